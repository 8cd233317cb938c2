"""Scalar and colour volume nodes as series of images."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.export_item import (
    data_node,
    item_tags,
    required_node,
    source_images,
    source_of_same_patient,
    tags_to_write,
)
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

VOLUME = "vtkMRMLScalarVolumeNode"
ACQUISITION_TRANSFORM = "acquisition transform"
AT_UNEVEN_PLACES = (
    "Slices are written where the images of the reference lie, which are uneven: up to {away:.3g} mm from "
    "where the volume has them. That is wrong if it was resampled, as load --straighten does."
)
# What Slicer writes where nothing is known.
PLACEHOLDERS = {
    "SeriesDescription": "No series description",
    "Manufacturer": "Unknown manufacturer",
    "Model": "Unknown model",
}
DEFAULT_TAGS = {
    **PLACEHOLDERS,
    "Modality": "CT",
    "StudyDate": "",
    "StudyTime": "",
    "StudyInstanceUID": "",
    "SeriesDate": "",
    "SeriesTime": "",
    "ContentDate": "",
    "ContentTime": "",
    "SeriesNumber": "301",
    "SeriesInstanceUID": "",
    "FrameOfReferenceUID": "",
}
# Defaults that give way to what the item is known to be.
_OF_THE_ITEM = ("SeriesDescription", "Modality", "Manufacturer", "Model", "FrameOfReferenceUID")


def default_tags(item: int) -> dict[str, str] | None:
    """What is written of a volume if the user changes nothing; None if the item is no volume."""
    if data_node(item, VOLUME) is None:
        return None
    return {**DEFAULT_TAGS, **item_tags(item, _OF_THE_ITEM)}


def prepare_series(exportable: Any, default_study_id: str = "") -> writing.image_series.ImageSeries:
    """The series that an exportable stands for, ready to be written.

    Raises
    ------
    ExportError
        If the item is no volume or lacks study or patient, a tag is not valid, or images cannot hold it.
    """
    node = required_node(exportable.subjectHierarchyItemID, VOLUME)
    notes: list[str] = []
    tags = tags_to_write(exportable)
    source = source_of_same_patient(source_images(exportable, node), tags, notes)
    if source is not None:  # its images know better
        tags = {name: value for name, value in tags.items() if PLACEHOLDERS.get(name) != value}
    if source is None and not tags.get("StudyID"):
        tags["StudyID"] = default_study_id
    if is_moved(node):
        notes.append("The linear transform of the volume is applied to the position of its slices.")
    series = writing.image_series.image_series(image_volume(node), tags, source)
    series.notes += notes
    away = series.away_mm()
    if away and node.GetParentTransformNode() is None:  # nothing tells that it is as it was loaded
        series.notes.append(AT_UNEVEN_PLACES.format(away=away))
    return series


def image_volume(node: Any) -> writing.image_series.ImageVolume:
    """Voxels, place in the world and window of a volume node.

    Raises
    ------
    ExportError
        If it has no voxels, or a transform that images cannot express.
    """
    if node.GetImageData() is None or node.GetImageData().GetPointData().GetScalars() is None:
        raise ExportError(f"{node.GetName()!r} has no voxels.")
    voxels = slicer.util.arrayFromVolume(node)
    if voxels.ndim == 4 and (voxels.shape[3] != 3 or voxels.dtype != np.uint8):
        raise ExportError(
            f"{node.GetName()!r} has {voxels.shape[3]} components of type {voxels.dtype}; "
            "only gray values and 8 bit RGB colours can be written as images."
        )
    return writing.image_series.ImageVolume(voxels, ijk_to_world(node), display_window(node))


def ijk_to_world(node: Any) -> np.ndarray:
    """IJK to RAS with the linear transforms above the node.

    An acquisition transform is left out: it corrects what the slices of the acquisition do not say.

    Raises
    ------
    ExportError
        If there is another transform that is not linear.
    """
    matrix = ijk_to_ras_of(node)
    transform = node.GetParentTransformNode()
    if transform is None or is_acquisition_transform(transform):
        return matrix
    if not transform.IsTransformToWorldLinear():
        raise ExportError(
            f"{node.GetName()!r} has a non-linear transform, which slices cannot express. Harden it first."
        )
    to_world = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(to_world)
    moved: np.ndarray = slicer.util.arrayFromVTKMatrix(to_world) @ matrix
    return moved


def is_moved(node: Any) -> bool:
    """Whether a linear transform moves the volume."""
    transform = node.GetParentTransformNode()
    return transform is not None and not is_acquisition_transform(transform)


def is_acquisition_transform(transform: Any) -> bool:
    """Whether a transform node puts the slices of an acquisition where they were."""
    return transform.IsA("vtkMRMLGridTransformNode") and ACQUISITION_TRANSFORM in transform.GetName()


def display_window(node: Any) -> tuple[float, float] | None:
    """Center and width that the volume is shown with; None if it is not shown by a window."""
    display = node.GetDisplayNode()
    if display is None or not display.IsA("vtkMRMLScalarVolumeDisplayNode"):
        return None
    if display.GetWindow() <= 0:
        return None
    return float(display.GetLevel()), float(display.GetWindow())
