"""What a Segmentation object (PS3.3 A.51, A.91) says of its segments: names, concepts, colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib.mrml.codes import NO_CODE, Code, first_code
from DICOMLib.standard.colours import cielab_to_rgb

# Slicer's dcmqi-based plugin writes (150, 150, 0) for segments without a colour.
DEFAULT_COLOUR = (150 / 255, 150 / 255, 0.0)
BACKGROUND = ("125040", "DCM")


@dataclass(frozen=True, slots=True)
class SegmentDescription:
    """One item of the Segment Sequence (PS3.3 C.8.20.4).

    Parameters
    ----------
    number
        Segment Number; in a label map it is the value of the pixels.
    label, description
        Names for the user; either can be empty.
    colour
        Red, green and blue from 0 to 1; None if none is recommended.
    category, kind, modifier, region, region_modifier
        The coded property and where in the body it is.
    """

    number: int
    label: str = ""
    description: str = ""
    colour: tuple[float, float, float] | None = None
    algorithm_type: str = ""
    algorithm_name: str = ""
    tracking_id: str = ""
    tracking_uid: str = ""
    category: Code = NO_CODE
    kind: Code = NO_CODE
    modifier: Code = NO_CODE
    region: Code = NO_CODE
    region_modifier: Code = NO_CODE

    @property
    def name(self) -> str:
        """Label, else description, else what kind of thing it is."""
        return self.label or self.description or self.kind.meaning or f"Segment {self.number}"

    @property
    def is_named_by_kind(self) -> bool:
        """Whether the name was made from the coded property."""
        return not (self.label or self.description)

    @property
    def is_background(self) -> bool:
        """Whether it stands for what is in no segment."""
        return self.kind.key == BACKGROUND


def read_segments(dataset: Any) -> list[SegmentDescription]:
    """The segments of a Segmentation object, without background, in its order."""
    palette = _palette(dataset)
    described = [_segment(item, palette) for item in dataset.get("SegmentSequence") or ()]
    return [segment for segment in described if segment.number != 0 and not segment.is_background]


def _segment(item: Any, palette: np.ndarray | None) -> SegmentDescription:
    number = int(item.get("SegmentNumber", 0))
    kind_items = item.get("SegmentedPropertyTypeCodeSequence") or ()
    region_items = item.get("AnatomicRegionSequence") or ()
    modifiers = kind_items[0] if kind_items else {}
    return SegmentDescription(
        number=number,
        label=str(item.get("SegmentLabel", "")),
        description=str(item.get("SegmentDescription", "")),
        colour=_colour(item, number, palette),
        algorithm_type=str(item.get("SegmentAlgorithmType", "")),
        algorithm_name=str(item.get("SegmentAlgorithmName", "")),
        tracking_id=str(item.get("TrackingID", "")),
        tracking_uid=str(item.get("TrackingUID", "")),
        category=first_code(item, "SegmentedPropertyCategoryCodeSequence"),
        kind=first_code(item, "SegmentedPropertyTypeCodeSequence"),
        modifier=first_code(modifiers, "SegmentedPropertyTypeModifierCodeSequence"),
        region=first_code(item, "AnatomicRegionSequence"),
        region_modifier=first_code(region_items[0] if region_items else {}, "AnatomicRegionModifierSequence"),
    )


def _colour(item: Any, number: int, palette: np.ndarray | None) -> tuple[float, float, float] | None:
    """The recommended colour, else that of the palette of a label map."""
    stored = item.get("RecommendedDisplayCIELabValue")
    if stored:
        return cielab_to_rgb(stored)
    if palette is not None and number < len(palette):
        red, green, blue = palette[number]
        return float(red), float(green), float(blue)
    return None


def _palette(dataset: Any) -> np.ndarray | None:
    """Colours of a label map's palette, shape (entries, 3), 0 to 1 (PS3.3 C.7.6.3.1.5)."""
    if dataset.get("PhotometricInterpretation") != "PALETTE COLOR":
        return None
    channels = []
    for name in ("Red", "Green", "Blue"):
        table = dataset.get(f"{name}PaletteColorLookupTableData")
        entries, first, bits = dataset.get(f"{name}PaletteColorLookupTableDescriptor") or (0, 0, 0)
        if table is None or bits not in (8, 16):
            return None
        values = np.frombuffer(table, f"<u{bits // 8}")[: entries or 65536] / (2**bits - 1)
        channels.append(np.concatenate([np.zeros(first), values]))
    return np.stack(channels, axis=1) if len({len(channel) for channel in channels}) == 1 else None
