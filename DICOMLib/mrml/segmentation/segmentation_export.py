"""Segmentation nodes: what is written of them, and the images that they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import slicer

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.export_item import study_and_patient, tags_to_write
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.images.source_header import read_source_header
from DICOMLib.mrml.segmentation.segment_fractions import Fractions, fractions_of_segments
from DICOMLib.mrml.segmentation.segment_grid import SegmentGrid
from DICOMLib.mrml.segmentation.segment_voxels import (
    describe_segments,
    reference_volume,
    segment_ids,
)
from DICOMLib.mrml.segmentation.segmentation_writer import SegmentationSource
from DICOMLib.mrml.segmentation.segments import SegmentDescription
from DICOMLib.mrml.volumes.referred_images import images_to_refer_to
from DICOMLib.mrml.volumes.volume_export import DEFAULT_TAGS, PLACEHOLDERS, image_volume

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


CUT_OFF = "{part} of segment {name!r} lies outside of {volume!r}, which was segmented, and is left out."
SEGMENTATION = "vtkMRMLSegmentationNode"


@dataclass(frozen=True, slots=True)
class SegmentsToWrite:
    """The segments of a node that have voxels, and those that have none; fractions if all have some."""

    segments: list[SegmentDescription] = field(default_factory=list)
    masks: list[np.ndarray] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    fractions: list[Fractions] = field(default_factory=list)


def segments_to_write(node: Any, grid: SegmentGrid, ids: Sequence[str] | None = None) -> SegmentsToWrite:
    """Voxels and descriptions of segments; the empty ones are only named.

    Parameters
    ----------
    node
        vtkMRMLSegmentationNode.
    grid
        The voxels in which they are written.
    ids
        Which segments; all if None.
    """
    names = segment_ids(node) if ids is None else list(ids)
    masks = {name: grid.mask(node, name) for name in names}
    filled = [name for name in names if masks[name].any()]
    empty = [node.GetSegmentation().GetSegment(name).GetName() for name in names if name not in filled]
    return SegmentsToWrite(
        describe_segments(node, filled),
        [masks[name] for name in filled],
        empty,
        [] if grid.through_world is not None else fractions_of_segments(node, filled, grid.grid),
    )


def notes_on_grid(node: Any, grid: SegmentGrid, volume: Any, ids: Sequence[str]) -> list[str]:
    """What is to be known of the voxels in which segments are written, and what of them is left out."""
    notes = [grid.note] if grid.note else []
    for name in ids:
        outside = grid.outside(node, name)
        if outside > 0:
            notes.append(
                CUT_OFF.format(
                    part=f"{outside:.1%}" if outside < 1 else "All",
                    name=node.GetSegmentation().GetSegment(name).GetName(),
                    volume=volume.GetName(),
                )
            )
    return notes


def why_no_reference_volume(node: Any) -> str:
    """Why nothing can refer to what was segmented; empty if it is known."""
    volume = reference_volume(node)
    if volume is not None and volume.GetImageData() is not None:
        return ""
    return (
        f"{node.GetName()!r} has no reference volume. Choose the volume that was segmented as its source "
        "geometry, for example in the Segment Editor."
    )


def required_reference_volume(node: Any) -> Any:
    """The reference volume of a segmentation.

    Raises
    ------
    ExportError
        If it has none.
    """
    reason = why_no_reference_volume(node)
    if reason:
        raise ExportError(reason)
    return reference_volume(node)


def files_of_volume(volume: Any) -> list[str]:
    """The files of the database that a volume was loaded from; empty if it was not.

    Raises
    ------
    ExportError
        If some of them are missing.
    """
    uids = (volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    found = [slicer.dicomDatabase.fileForInstance(uid) for uid in uids] if slicer.dicomDatabase.isOpen else []
    there = list(dict.fromkeys(path for path in found if path))
    missing = sum(not path for path in found)
    if there and missing:
        raise ExportError(
            f"The images of {volume.GetName()!r} are incomplete: missing {missing} files out of {len(uids)}."
        )
    return there


def series_of_volume(volume: Any, tags: dict[str, str]) -> writing.image_series.ImageSeries:
    """The volume as a series, since a segmentation must refer to images and it was not loaded from any.

    Parameters
    ----------
    volume
        The reference volume.
    tags
        Those of the segmentation; patient and study are taken over.
    """
    kept = {name: value for name, value in tags.items() if name.startswith(("Patient", "Study"))}
    defaults = {name: value for name, value in DEFAULT_TAGS.items() if name not in PLACEHOLDERS}
    own = {**defaults, **kept, "SeriesDescription": volume.GetName()[:64]}
    return writing.image_series.image_series(image_volume(volume), own)


def source_of(images: Sequence[Any], grid: SegmentGrid) -> SegmentationSource:
    """What was segmented: its images, as they lie by the voxels that are written."""
    placed = writing.derive.SourceImages(images).placed(grid.slices)
    # a Segmentation object has one frame at each place
    places = {tuple(round(float(part), 3) for part in image.ImagePositionPatient) for image in placed}
    sizes = {(image.get("Rows"), image.get("Columns")) for image in placed}
    are_frames = len(places) == len(placed) and sizes == {grid.grid.shape[1:]}
    return SegmentationSource(placed if are_frames else images, grid.slices, are_frames)


def source_of_files(
    volume: Any, files: Sequence[str], grid: SegmentGrid, exportable: Any = None
) -> SegmentationSource:
    """The same from the files of the images of a volume; for `exportable` see `images_to_refer_to`.

    Raises
    ------
    ExportError
        If several of the images lie at one place.
    """
    images = writing.derive.SourceImages([read_source_header(path) for path in files])
    writing.frame_references.require_different_places(images, grid.slices, volume.GetName(), "a Segmentation")
    return replace(source_of(images.datasets, grid), referred=images_to_refer_to(exportable, volume, files))


def segmentation_tags(exportable: Any, volume: Any) -> dict[str, str]:
    """Tags of a segmentation: its own, and patient and study of its item or else of its volume.

    Raises
    ------
    ExportError
        If neither is below a study below a patient.
    """
    try:
        study_and_patient(exportable.subjectHierarchyItemID)
    except ExportError:
        if not files_of_volume(volume):
            raise
        # the images tell patient and study
        return {name: value for name, value in exportable.tags.items() if str(value).strip()}
    return tags_to_write(exportable)


def origin_of_segmentation(exportable: Any, node: Any) -> tuple[Dataset, dict[str, str]] | None:
    """Header of the first image that was segmented, and the tags to write; None if it is not in the database.

    Raises
    ------
    ExportError
        If it is not known what was segmented, or some of its images are missing.
    """
    volume = required_reference_volume(node)
    tags, files = segmentation_tags(exportable, volume), files_of_volume(volume)
    return (read_dataset(files[0], stop_before_pixels=True), tags) if files else None
