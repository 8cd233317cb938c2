"""Masks or fractions as a Segmentation object (PS3.3 A.51), by highdicom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.codes import Code
from DICOMLib.mrml.segmentation.segment_fractions import Fractions
from DICOMLib.mrml.segmentation.segments import SegmentDescription
from DICOMLib.standard.colours import rgb_to_cielab

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


SERIES_NUMBER = 100
FRACTIONAL_TYPES = ("PROBABILITY", "OCCUPANCY")
_OF_THE_PIXELS = ("SegmentationFractionalType", "MaximumFractionalValue")


@dataclass(frozen=True, slots=True)
class SegmentationSource:
    """What was segmented.

    Parameters
    ----------
    images
        Datasets of its images, at least one; patient, study and frame of reference are theirs.
    geometry
        Where the slices of the masks lie.
    is_of_images
        Whether mask k lies where image k does.
    referred
        The images that the frames refer to, if there are others than `images`, or frames of them.
    """

    images: Sequence[Dataset]
    geometry: writing.geometry.SliceGeometry
    is_of_images: bool
    referred: writing.derive.SourceImages | None = None


def segmentation_dataset(
    masks: Sequence[np.ndarray],
    segments: Sequence[SegmentDescription],
    source: SegmentationSource,
    tags: Mapping[str, str],
    fractions: Sequence[Fractions] = (),
) -> Dataset:
    """A Segmentation object.

    Parameters
    ----------
    masks
        Boolean arrays (slices, rows, columns), one for each segment.
    segments
        Names, codes and colours, in the order of `masks`.
    source
        What was segmented.
    tags
        As of `header.new_instance`; they go over what the images say.
    fractions
        Of all segments, instead of `masks`: how probable it is that a voxel belongs to the segment, or how
        much of it does; Segmentation Fractional Type of `tags` tells which.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    import highdicom as hd

    writing.derived_object.require_parallel(source.geometry)
    slices = None if source.is_of_images else source.geometry
    with writing.derived_object.foreign_faults("segmentation"):
        dataset = hd.seg.Segmentation(
            **writing.derived_object.arguments_of(source.images, tags, slices, SERIES_NUMBER),
            **_pixels(masks, fractions, tags),
            segment_descriptions=[_description(segment) for segment in segments],
            content_label="SEGMENTATION",
        )
    _pack_small_frames(dataset)
    writing.derived_object.complete_measures(dataset, source.geometry)
    if source.referred is not None:
        kind = writing.frame_references.SEGMENTATION
        writing.frame_references.refer_to_planes(dataset, source.referred, source.geometry, kind)
    for item, segment in zip(dataset.SegmentSequence, segments, strict=True):
        _add_to_item(item, segment)
    own = {name: value for name, value in tags.items() if name not in _OF_THE_PIXELS}
    writing.derived_object.complete(dataset, source.images[0], own)
    return dataset


def _pixels(
    masks: Sequence[np.ndarray], fractions: Sequence[Fractions], tags: Mapping[str, str]
) -> dict[str, Any]:
    """Type and pixels as highdicom takes them."""
    import highdicom as hd

    if not fractions:
        return {
            "pixel_array": _stacked(masks),
            "segmentation_type": hd.seg.SegmentationTypeValues.BINARY,
        }
    return {
        "pixel_array": np.stack([one.values for one in fractions], axis=-1),
        "segmentation_type": hd.seg.SegmentationTypeValues.FRACTIONAL,
        "fractional_type": _fractional_type(tags),
        "max_fractional_value": max(one.steps for one in fractions),
    }


def _pack_small_frames(dataset: Dataset) -> None:
    """Let frames of less than 8 bits follow each other without gaps (PS3.5 8.1.1): highdicom leaves some."""
    size = int(dataset.Rows) * int(dataset.Columns)
    if int(dataset.BitsAllocated) != 1 or size >= 8:
        return
    frames = np.frombuffer(dataset.PixelData, np.uint8)[: int(dataset.NumberOfFrames), None]
    bits = np.unpackbits(frames, axis=1, count=size, bitorder="little")
    data = np.packbits(bits, bitorder="little").tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)


def _fractional_type(tags: Mapping[str, str]) -> str:
    """What the fractions are (PS3.3 C.8.20.2.3): a probability, or the part of the voxel."""
    wanted = (tags.get("SegmentationFractionalType") or FRACTIONAL_TYPES[0]).strip().upper()
    if wanted not in FRACTIONAL_TYPES:
        raise ExportError(f"SegmentationFractionalType must be {' or '.join(FRACTIONAL_TYPES)}.")
    return wanted


def _stacked(masks: Sequence[np.ndarray]) -> np.ndarray:
    """One label map if no two segments overlap, which takes less memory; else an array of segments."""
    labels = np.zeros(masks[0].shape, np.uint8 if len(masks) < 256 else np.uint16)
    for number, mask in enumerate(masks, start=1):
        if labels[mask].any():
            return np.stack(masks, axis=-1).astype(np.uint8)
        labels[mask] = number
    return labels


def _description(segment: SegmentDescription) -> Any:
    """The description of highdicom; the algorithm is added later, since it wants more of it than there is."""
    import highdicom as hd

    return hd.seg.SegmentDescription(
        segment_number=segment.number,
        segment_label=segment.name[:64],
        segmented_property_category=_concept(segment.category),
        segmented_property_type=_concept(segment.kind),
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        tracking_uid=segment.tracking_uid or None,
        tracking_id=(segment.tracking_id or segment.name) if segment.tracking_uid else None,
        anatomic_regions=[_concept(segment.region)] if segment.region.value else None,
    )


def _concept(concept: Code) -> Any:
    import highdicom as hd

    return hd.sr.CodedConcept(concept.value, concept.scheme, concept.meaning or concept.value)


def _add_to_item(item: Dataset, segment: SegmentDescription) -> None:
    """What highdicom's description has no place for."""
    item.SegmentAlgorithmType = segment.algorithm_type
    if segment.algorithm_type != "MANUAL":
        item.SegmentAlgorithmName = segment.algorithm_name[:64]
    if segment.description:
        item.SegmentDescription = segment.description[:1024]
    if segment.colour is not None:
        item.RecommendedDisplayCIELabValue = list(rgb_to_cielab(segment.colour))
    if segment.modifier.value:
        kind = item.SegmentedPropertyTypeCodeSequence[0]
        kind.SegmentedPropertyTypeModifierCodeSequence = [writing.header.code(*segment.modifier)]
    if segment.region.value and segment.region_modifier.value:
        region = item.AnatomicRegionSequence[0]
        region.AnatomicRegionModifierSequence = [writing.header.code(*segment.region_modifier)]
