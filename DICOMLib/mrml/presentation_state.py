"""Grayscale Softcopy Presentation States (PS3.3 A.33.1): windows, and what is written and drawn on images."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib.mrml.region_shapes import Region

log = logging.getLogger(__name__)

GRAYSCALE_PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1"
DISPLAY, PIXEL = "DISPLAY", "PIXEL"

Images = tuple[tuple[str, int], ...]


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
class PresentationState:
    """How images are to be shown.

    Parameters
    ----------
    label, description, creator
        Content Label, Content Description and Content Creator's Name.
    series_uid
        The referenced series.
    images
        SOP Instance UID and frame number of the referenced images.
    windows
        Pairs (width, center), the first one to be used.
    is_inverse
        Whether low values are bright.
    annotations
        Texts and drawings.
    """

    label: str
    description: str
    creator: str
    series_uid: str
    images: Images
    windows: list[tuple[float, float]]
    is_inverse: bool
    annotations: list[Annotation]


def read_presentation_state(dataset: Any) -> PresentationState:
    """Read a presentation state; look-up tables and overlays are passed over, with a line in the log."""
    series = list(dataset.get("ReferencedSeriesSequence") or ())
    images = tuple(image for item in series for image in _images(item))
    colours = _layer_colours(dataset)
    areas = list(dataset.get("DisplayedAreaSelectionSequence") or ())
    annotations = [
        annotation
        for item in dataset.get("GraphicAnnotationSequence") or ()
        for annotation in _annotations(item, images, areas, colours)
    ]
    _log_what_is_not_shown(dataset)
    return PresentationState(
        label=str(dataset.get("ContentLabel", "")),
        description=str(dataset.get("ContentDescription") or ""),
        creator=str(dataset.get("ContentCreatorName") or ""),
        series_uid=str(series[0].get("SeriesInstanceUID", "")) if series else "",
        images=images,
        windows=list(_windows(dataset)),
        is_inverse=dataset.get("PresentationLUTShape") == "INVERSE",
        annotations=annotations,
    )


def _images(item: Any) -> Iterator[tuple[str, int]]:
    for reference in item.get("ReferencedImageSequence") or ():
        numbers: Any = reference.get("ReferencedFrameNumber") or 1
        every = numbers if hasattr(numbers, "__iter__") else [numbers]
        for number in every:
            yield str(reference.get("ReferencedSOPInstanceUID", "")), int(number)


def _windows(dataset: Any) -> Iterator[tuple[float, float]]:
    for item in dataset.get("SoftcopyVOILUTSequence") or ():
        centers, widths = _numbers(item.get("WindowCenter")), _numbers(item.get("WindowWidth"))
        yield from zip(widths, centers, strict=False)


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


def _annotations(
    item: Any, images: Images, areas: list[Any], colours: dict[str, tuple[float, float, float]]
) -> Iterator[Annotation]:
    """Texts and drawings of one item; without images of its own it is for the first one of the state."""
    colour = colours.get(str(item.get("GraphicLayer", "")))
    for uid, frame in tuple(_images(item)) or images[:1]:
        corner, size = _displayed_area(areas, uid)
        for graphic in item.get("GraphicObjectSequence") or ():
            data = np.array(_numbers(graphic.get("GraphicData"))).reshape(-1, 2)
            points = _in_pixels(data, graphic.get("GraphicAnnotationUnits"), corner, size)
            if len(points):
                yield Annotation(Region(str(graphic.get("GraphicType", "")), points, uid, frame), "", colour)
        for text in item.get("TextObjectSequence") or ():
            place = _place_of_text(text, corner, size)
            if place is not None:
                value = str(text.get("UnformattedTextValue", "")).strip()
                yield Annotation(Region("POINT", place, uid, frame), value, colour)


def _place_of_text(text: Any, corner: np.ndarray, size: np.ndarray) -> np.ndarray | None:
    """The anchor of a text, else the upper left corner of its box; pixels, shape (1, 2)."""
    for place, units in (
        ("AnchorPoint", "AnchorPointAnnotationUnits"),
        ("BoundingBoxTopLeftHandCorner", "BoundingBoxAnnotationUnits"),
    ):
        value = _numbers(text.get(place))
        if len(value) == 2:
            return _in_pixels(np.array([value]), text.get(units), corner, size)
    return None


def _displayed_area(areas: list[Any], uid: str) -> tuple[np.ndarray, np.ndarray]:
    """Upper left corner (0 is the edge of the image) and size in pixels of what is displayed of an image."""
    fitting = [area for area in areas if uid in dict(_images(area))] or [
        area for area in areas if not area.get("ReferencedImageSequence")
    ]
    if not fitting:
        return np.zeros(2), np.ones(2)
    first = np.array(_numbers(fitting[0].DisplayedAreaTopLeftHandCorner))
    last = np.array(_numbers(fitting[0].DisplayedAreaBottomRightHandCorner))
    return first - 1, last - first + 1


def _in_pixels(points: np.ndarray, units: Any, corner: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Points in pixels of the image, where (0, 0) is its upper left corner (PS3.3 C.10.5.1.2)."""
    in_pixels: np.ndarray = corner + points * size if units == DISPLAY else points
    return in_pixels


def _log_what_is_not_shown(dataset: Any) -> None:
    items = dataset.get("SoftcopyVOILUTSequence") or ()
    if any("VOILUTSequence" in item for item in items) or "PresentationLUTSequence" in dataset:
        log.warning("Look-up tables of a presentation state are not applied.")
    if any(element.tag.group & 0xFF01 == 0x6000 for element in dataset):
        log.warning("Overlays of a presentation state are not shown.")
