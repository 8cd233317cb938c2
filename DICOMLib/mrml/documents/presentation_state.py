"""Grayscale Softcopy Presentation States (PS3.3 A.33.1): grey values, and what is written and drawn."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib.core.errors import UnusableData
from DICOMLib.mrml.documents.overlays import Overlay, displayed_overlays
from DICOMLib.mrml.documents.region_shapes import Region
from DICOMLib.standard.grayscale import LINEAR, SIGMOID, LookupTable, lookup_table, windowed

log = logging.getLogger(__name__)

GRAYSCALE_PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1"
DISPLAY = "DISPLAY"
INVERSE = "INVERSE"
QUARTER_TURNS = (90, 270)

Images = tuple[tuple[str, int], ...]
# Corner of a displayed area, and its two sides as rows, in pixels; (0, 0) is the edge of the image.
Area = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text or a drawing on an image.

    Parameters
    ----------
    region
        Points in pixels of the image; the image is that of the region.
    text
        What is written there; empty for a drawing.
    colour
        Red, green and blue from 0 to 1; None if none is recommended.
    """

    region: Region
    text: str = ""
    colour: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Window Width, Window Center and VOI LUT Function, or a VOI LUT (PS3.3 C.11.2.1).

    Parameters
    ----------
    function
        LINEAR, LINEAR_EXACT or SIGMOID.
    image_uids
        SOP Instance UIDs of the images that it is for; empty for all.
    table
        Instead of the window; `width` and `center` are then those of the values that it maps.
    """

    width: float
    center: float
    function: str = LINEAR
    image_uids: frozenset[str] = frozenset()
    table: LookupTable | None = None

    def grey(self, values: np.ndarray) -> np.ndarray:
        """From 0 to 1, of values as the modality LUT gives them."""
        if self.table is not None:
            return self.table.grey(values)
        return windowed(values, self.center, self.width, self.function)

    @property
    def text(self) -> str:
        """What it is, for the user."""
        if self.table is not None:
            name = self.table.explanation or "look-up table"
            return f"VOI LUT: {name}, of values {self.table.first} to {self.table.last}"
        return f"Window {self.width:g}, center {self.center:g}{' (sigmoid)' * (self.function == SIGMOID)}"


@dataclass(frozen=True, slots=True)
class PresentationState:
    """How images are to be shown.

    Parameters
    ----------
    label, description, creator
        Content Label, Content Description and Content Creator's Name.
    series
        SOP Instance UID and frame number of the referenced images, by Series Instance UID.
    windows
        The first one that fits is to be used.
    is_inverse
        Whether low values are bright.
    annotations
        Texts and drawings.
    modality
        Modality LUT, or Rescale Slope and Intercept, instead of those of the images; None if there are none.
    presentation
        Presentation LUT; None if its shape tells all.
    overlays
        Those that are displayed.
    """

    label: str
    description: str
    creator: str
    series: dict[str, Images]
    windows: list[Window]
    is_inverse: bool
    annotations: list[Annotation]
    modality: LookupTable | tuple[float, float] | None = None
    presentation: LookupTable | None = None
    overlays: tuple[Overlay, ...] = ()


def read_presentation_state(dataset: Any) -> PresentationState:
    """Read a presentation state; turning and mirroring are passed over, of which the plugin warns.

    Raises
    ------
    UnusableData
        If a look-up table is broken.
    """
    series: dict[str, Images] = {}
    for item in dataset.get("ReferencedSeriesSequence") or ():
        uid = str(item.get("SeriesInstanceUID", ""))
        series[uid] = series.get(uid, ()) + tuple(_images(item))
    images = tuple(image for of_series in series.values() for image in of_series)
    annotations = [
        annotation
        for item in dataset.get("GraphicAnnotationSequence") or ()
        for annotation in _annotations(item, images, dataset)
    ]
    return PresentationState(
        label=str(dataset.get("ContentLabel", "")),
        description=str(dataset.get("ContentDescription") or ""),
        creator=str(dataset.get("ContentCreatorName") or ""),
        series=series,
        windows=list(_windows(dataset)),
        is_inverse=dataset.get("PresentationLUTShape") == INVERSE,
        annotations=annotations,
        modality=_table(dataset, "ModalityLUTSequence") or _rescaling(dataset),
        presentation=_table(dataset, "PresentationLUTSequence"),
        overlays=displayed_overlays(dataset, _layer_colours(dataset)),
    )


def _table(item: Any, sequence: str) -> LookupTable | None:
    """The table of the first item of a sequence; None if there is none."""
    items = item.get(sequence)
    if not items:
        return None
    try:
        return lookup_table(items[0])
    except (ValueError, TypeError, AttributeError):
        raise UnusableData("A look-up table of the presentation state cannot be read.") from None


def _rescaling(dataset: Any) -> tuple[float, float] | None:
    if "RescaleSlope" not in dataset:
        return None
    return float(dataset.RescaleSlope or 1), float(dataset.get("RescaleIntercept") or 0)


def _images(item: Any) -> Iterator[tuple[str, int]]:
    for reference in item.get("ReferencedImageSequence") or ():
        numbers: Any = reference.get("ReferencedFrameNumber") or 1
        every = numbers if hasattr(numbers, "__iter__") else [numbers]
        for number in every:
            yield str(reference.get("ReferencedSOPInstanceUID", "")), int(number)


def _windows(dataset: Any) -> Iterator[Window]:
    for item in dataset.get("SoftcopyVOILUTSequence") or ():
        centers, widths = _numbers(item.get("WindowCenter")), _numbers(item.get("WindowWidth"))
        function = str(item.get("VOILUTFunction") or "LINEAR")
        uids = frozenset(uid for uid, _ in _images(item))
        for width, center in zip(widths, centers, strict=False):
            yield Window(width, center, function, uids)
        table = _table(item, "VOILUTSequence")
        if table is not None:
            span = float(table.last - table.first)
            yield Window(max(span, 1), table.first + span / 2, LINEAR, uids, table)


def _numbers(value: Any) -> list[float]:
    if value is None or value == "":
        return []
    return [float(part) for part in value] if hasattr(value, "__iter__") else [float(value)]


def _layer_colours(dataset: Any) -> dict[str, tuple[float, float, float]]:
    """Grey value of each graphic layer, as a colour."""
    colours = {}
    for layer in dataset.get("GraphicLayerSequence") or ():
        grey = layer.get("GraphicLayerRecommendedDisplayGrayscaleValue")
        if grey is not None:
            part = float(grey) / 65535
            colours[str(layer.get("GraphicLayer", ""))] = (part, part, part)
    return colours


def _annotations(item: Any, images: Images, dataset: Any) -> Iterator[Annotation]:
    """Texts and drawings of one item; without images of its own it is shown on the first one of the state."""
    colour = _layer_colours(dataset).get(str(item.get("GraphicLayer", "")))
    for uid, frame in tuple(_images(item)) or images[:1]:
        area = _displayed_area(dataset, uid, frame)
        for graphic in item.get("GraphicObjectSequence") or ():
            data = np.array(_numbers(graphic.get("GraphicData"))).reshape(-1, 2)
            points = _in_pixels(data, graphic.get("GraphicAnnotationUnits"), area)
            if len(points):
                yield Annotation(Region(str(graphic.get("GraphicType", "")), points, uid, frame), "", colour)
        for text in item.get("TextObjectSequence") or ():
            place = _place_of_text(text, area)
            if len(place):
                value = str(text.get("UnformattedTextValue", "")).strip()
                yield Annotation(Region("POINT", place, uid, frame), value, colour)


def _place_of_text(text: Any, area: Area | None) -> np.ndarray:
    """The anchor of a text, else the upper left corner of its box; pixels, shape (1, 2), or (0, 2)."""
    for place, units in (
        ("AnchorPoint", "AnchorPointAnnotationUnits"),
        ("BoundingBoxTopLeftHandCorner", "BoundingBoxAnnotationUnits"),
    ):
        value = _numbers(text.get(place))
        if len(value) == 2:
            return _in_pixels(np.array([value]), text.get(units), area)
    return np.empty((0, 2))


def _displayed_area(dataset: Any, uid: str, frame: int) -> Area | None:
    """What is displayed of a frame; None if the state does not tell.

    The corners are those on the screen, where the image may be mirrored or turned, in pixels of the image
    as it is stored (PS3.3 C.10.4).
    """
    areas = list(dataset.get("DisplayedAreaSelectionSequence") or ())
    fitting = [area for area in areas if _refers_to(area, uid, frame)] or [
        area for area in areas if not area.get("ReferencedImageSequence")
    ]
    if not fitting:
        return None
    first = np.array(_numbers(fitting[0].DisplayedAreaTopLeftHandCorner))
    last = np.array(_numbers(fitting[0].DisplayedAreaBottomRightHandCorner))
    forward = first <= last
    corner = np.where(forward, first - 1, first)
    axes = np.diag(np.where(forward, last, last - 1) - corner)
    return corner, axes[::-1] if dataset.get("ImageRotation") in QUARTER_TURNS else axes


def _refers_to(item: Any, uid: str, frame: int) -> bool:
    """Whether an item names a frame, or its image as a whole."""
    for reference in item.get("ReferencedImageSequence") or ():
        numbers = [int(number) for number in _numbers(reference.get("ReferencedFrameNumber"))]
        if reference.get("ReferencedSOPInstanceUID") == uid and (not numbers or frame in numbers):
            return True
    return False


def _in_pixels(points: np.ndarray, units: Any, area: Area | None) -> np.ndarray:
    """Points in pixels of the image, where (0, 0) is its upper left corner (PS3.3 C.10.5.1.2).

    Those in parts of the displayed area are dropped if it is not known.
    """
    if units != DISPLAY:
        return points
    if area is None:
        log.warning("An annotation lies in a displayed area that the presentation state does not tell.")
        return np.empty((0, 2))
    corner, axes = area
    in_pixels: np.ndarray = corner + points @ axes
    return in_pixels
