"""Segments of a segmentation node as they are written: their voxels in a volume, names, codes and colours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.codes import NO_CODE, Code
from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.mrml.segmentation.segmentation import BINARY_LABELMAP
from DICOMLib.mrml.segmentation.segments import SegmentDescription
from DICOMLib.mrml.volumes.slice_planes import Grid
from DICOMLib.mrml.volumes.volume import vtk_matrix

# What Slicer's segments are until the user says more.
TISSUE = Code("85756007", "SCT", "Tissue")
ALGORITHM_TYPES = ("MANUAL", "SEMIAUTOMATIC", "AUTOMATIC")


def reference_volume(node: Any) -> Any:
    """The volume that a segmentation was made on; None if it is not known."""
    return node.GetNodeReference(slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole())


def segment_ids(node: Any, visible_only: bool = False) -> list[str]:
    """IDs of the segments, in their order."""
    names = vtk.vtkStringArray()
    node.GetSegmentation().GetSegmentIDs(names)
    ids = [names.GetValue(index) for index in range(names.GetNumberOfValues())]
    display = node.GetDisplayNode()
    if not visible_only or display is None:
        return ids
    return [name for name in ids if display.GetSegmentVisibility(name)]


def segment_mask(node: Any, segment_id: str, grid: Grid) -> np.ndarray:
    """Which voxels of a grid, under the transform of the segmentation, are in a segment.

    Returns
    -------
    numpy.ndarray
        Boolean (slices, rows, columns).

    Raises
    ------
    ExportError
        If the segment has no voxels and none can be made.
    """
    if not node.GetSegmentation().ContainsRepresentation(BINARY_LABELMAP):
        node.CreateBinaryLabelmapRepresentation()
    image = slicer.vtkOrientedImageData()
    if not node.GetBinaryLabelmapRepresentation(segment_id, image):
        name = node.GetSegmentation().GetSegment(segment_id).GetName()
        raise ExportError(f"Segment {name!r} cannot be written as voxels.")
    if image.IsEmpty():
        return np.zeros(grid.shape, bool)
    target = slicer.vtkOrientedImageData()
    target.SetDimensions(*reversed(grid.shape))
    target.SetImageToWorldMatrix(vtk_matrix(grid.ijk_to_ras))
    resampled = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(
        image, target, resampled
    )
    voxels: np.ndarray = voxels_of(resampled).reshape(grid.shape) != 0
    return voxels


def describe_segments(node: Any, ids: Iterable[str]) -> list[SegmentDescription]:
    """What is said of segments, numbered from 1 in the given order.

    Raises
    ------
    ExportError
        If an algorithm type is none of the Standard, or the name of an algorithm is missing.
    """
    segmentation = node.GetSegmentation()
    return [_describe(segmentation.GetSegment(name), number) for number, name in enumerate(ids, start=1)]


def _describe(segment: Any, number: int) -> SegmentDescription:
    algorithm = segment_tag(segment, "DICOM.SegmentAlgorithmType") or "MANUAL"
    algorithm_name = segment_tag(segment, "DICOM.SegmentAlgorithmName")
    if algorithm not in ALGORITHM_TYPES:
        raise ExportError(
            f"Segment {segment.GetName()!r} has the algorithm type {algorithm!r}; "
            "the segment tag DICOM.SegmentAlgorithmType must be MANUAL, SEMIAUTOMATIC or AUTOMATIC."
        )
    if algorithm != "MANUAL" and not algorithm_name:
        raise ExportError(
            f"Segment {segment.GetName()!r} is {algorithm}; the segment tag DICOM.SegmentAlgorithmName must "
            "tell by which algorithm."
        )
    category, kind, modifier, region, region_modifier = _codes(segment)
    return SegmentDescription(
        number=number,
        label=segment.GetName(),
        description=segment_tag(segment, "Description"),
        colour=tuple(segment.GetColor()),
        algorithm_type=algorithm,
        algorithm_name=algorithm_name,
        tracking_id=segment_tag(segment, "DICOM.TrackingID"),
        tracking_uid=segment_tag(segment, "TrackingUniqueIdentifier"),
        category=category if category.value else TISSUE,
        kind=kind if kind.value else TISSUE,
        modifier=modifier,
        region=region,
        region_modifier=region_modifier,
    )


def segment_tag(segment: Any, name: str) -> str:
    """A tag of a segment; empty if it has none of that name."""
    value = vtk.reference("")
    return str(value) if segment.GetTag(name, value) else ""


def _codes(segment: Any) -> tuple[Code, Code, Code, Code, Code]:
    """Category, type, modifier, region and its modifier of a terminology entry."""
    text = segment_tag(segment, slicer.vtkSegment.GetTerminologyEntryTagName())
    parts = text.split("~")
    if len(parts) < 7:
        return NO_CODE, NO_CODE, NO_CODE, NO_CODE, NO_CODE
    category, kind, modifier, region, region_modifier = (_code(parts[index]) for index in (1, 2, 3, 5, 6))
    return category, kind, modifier, region, region_modifier


def _code(text: str) -> Code:
    """A code written as "scheme^value^meaning"."""
    scheme, _, rest = text.partition("^")
    value, _, meaning = rest.partition("^")
    return Code(value, scheme, meaning) if value else NO_CODE
