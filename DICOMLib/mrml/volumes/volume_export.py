"""Scalar and colour volume nodes as series of images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import slicer

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
from DICOMLib.mrml.volumes.slice_planes import Grid, is_moved
from DICOMLib.mrml.volumes.volume import INVERTED_GREY

VOLUME = "vtkMRMLScalarVolumeNode"
LABEL_MAP = "vtkMRMLLabelMapVolumeNode"
LABELS = (
    "The labels are written as gray values, which are read as a volume. To keep them as labels, import the "
    "label map into a segmentation and export that."
)
# What images of CT and MR are read as measuring; PET tells it by its units.
_TOLD_BY_IMAGES = ("112031", "110852")
QUANTITY = (
    "Images do not tell that the voxels are of the quantity {quantity!r}; a Parametric Map or a Real World "
    "Value Mapping would."
)
MOVED = "The linear transform of the volume is applied to the position of its slices."
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
    tags = {**DEFAULT_TAGS, **item_tags(item, _OF_THE_ITEM)}
    is_unknown_label_map = data_node(item, LABEL_MAP) is not None and not item_tags(item, ["Modality"])
    if is_unknown_label_map or tags["Modality"] in writing.image_classes.NOT_OF_IMAGES:
        tags["Modality"] = writing.image_classes.OTHER
    return tags


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
        notes.append(MOVED)
    if node.IsA(LABEL_MAP):
        notes.append(LABELS)
    notes += _note_on_quantity(node, tags)
    series = writing.image_series.image_series(image_volume(node), tags, source)
    series.notes += notes
    return series


def _note_on_quantity(node: Any, tags: Mapping[str, str]) -> list[str]:
    """That what the voxels measure is not kept, if it is not what images of the modality are read as."""
    quantity = node.GetVoxelValueQuantity()
    if quantity is None or tags.get("Modality") == "PT" or quantity.GetCodeValue() in _TOLD_BY_IMAGES:
        return []
    return [QUANTITY.format(quantity=quantity.GetCodeMeaning())]


def image_volume(node: Any, shown_as: Any = None) -> writing.image_series.ImageVolume:
    """Voxels, place in the world and window of a volume node.

    Parameters
    ----------
    node
        The volume.
    shown_as
        The node that shows it and is under the transforms, if it is one of a sequence.

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
    shown = shown_as if shown_as is not None else node
    transform = shown.GetParentTransformNode()
    slices = replace(Grid.of_volume(node), transform=transform).in_world()
    return writing.image_series.ImageVolume(voxels, slices, display_window(node), _is_inverted(shown))


def _is_inverted(node: Any) -> bool:
    """Whether a volume is shown with low values bright, as images of MONOCHROME1 are loaded."""
    display = node.GetDisplayNode()
    return display is not None and display.GetColorNodeID() == INVERTED_GREY


def display_window(node: Any) -> tuple[float, float] | None:
    """Center and width that the volume is shown with; None if it is not shown by a window."""
    display = node.GetDisplayNode()
    if display is None or not display.IsA("vtkMRMLScalarVolumeDisplayNode"):
        return None
    if display.GetWindow() <= 0:
        return None
    return float(display.GetLevel()), float(display.GetWindow())
