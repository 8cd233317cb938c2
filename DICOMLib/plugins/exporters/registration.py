"""Export of transforms as Spatial Registration, linear or deformable, for the registration plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import (
    data_node,
    hierarchy,
    item_tags,
    required_node,
    series_description_of,
    source_images,
    tags_to_write,
)
from DICOMLib.mrml.volumes.displacement_grid import displacement_grid
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of
from DICOMLib.standard.geometry import LPS_TO_RAS

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


TRANSFORM = "vtkMRMLTransformNode"
CONFIDENCE = 0.8
FRAME = "FrameOfReferenceUID"


class RegistrationExport(ExportsInSteps):
    """Transforms between two frames of reference become one Spatial Registration each."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer a transform."""
        node = data_node(subjectHierarchyItemID, TRANSFORM)
        if node is None:
            return []
        tooltip = _("Writes how the moving images are to be placed over the fixed ones.")
        kind = _("Spatial Registration") if node.IsLinear() else _("Deformable Spatial Registration")
        exportable = self.newExportable(subjectHierarchyItemID, kind, tooltip, CONFIDENCE)
        exportable.setTags(
            {
                "Modality": "REG",
                "SeriesDescription": series_description_of(node),
                "SeriesNumber": "500",
                "ContentCreatorName": writing.header.CREATOR,
            }
        )
        return [exportable]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one transform."""
        node = required_node(exportable.subjectHierarchyItemID, TRANSFORM)
        tags = tags_to_write(exportable)
        yield Progress(0, 1, "Writing the registration")
        moving = frame_of(node, "Moving", _moving_volume(node))
        fixed_volume = _fixed_volume(node)
        fixed = frame_of(node, "Fixed", fixed_volume)
        notes: list[str] = []
        if node.IsLinear():
            dataset = writing.spatial_registration.spatial_registration(
                fixed, moving, moving_to_fixed_lps(node), tags
            )
        else:
            dataset = writing.deformable_registration.deformable_registration(
                fixed, moving, displacement_grid(node, fixed_volume, notes), tags
            )
        path = writing.files.free_path(
            directory_of(exportable), f"Registration_{exportable.subjectHierarchyItemID}"
        )
        writing.files.write_dataset(dataset, path)
        return notes

    def originOf(self, exportable: Any) -> tuple[Dataset, dict[str, str]] | None:
        """The first of the fixed images, if they are in the database."""
        node = required_node(exportable.subjectHierarchyItemID, TRANSFORM)
        fixed = frame_of(node, "Fixed", _fixed_volume(node))
        return (fixed.images[0], tags_to_write(exportable)) if fixed.images else None

    def previewNotes(self, exportable: Any) -> list[str]:
        """How a deformation is written that is no grid of displacements."""
        node = required_node(exportable.subjectHierarchyItemID, TRANSFORM)
        frame_of(node, "Moving", _moving_volume(node))
        notes: list[str] = []
        if not node.IsLinear():
            displacement_grid(node, _fixed_volume(node), notes)
        return notes


def moving_to_fixed_lps(node: Any) -> Any:
    """The matrix to the parent of a transform node, in LPS."""
    matrix = vtkMatrix4x4()
    node.GetMatrixTransformToParent(matrix)
    return LPS_TO_RAS @ slicer.util.arrayFromVTKMatrix(matrix) @ LPS_TO_RAS


def _fixed_volume(node: Any) -> Any:
    """The volume over which a transform is said to place another; None if it is not said."""
    return node.GetNodeReference(slicer.vtkMRMLTransformNode.GetFixedNodeReferenceRole())


def _moving_volume(node: Any) -> Any:
    """The volume that the transform is said to move, else the first one below it."""
    volume = node.GetNodeReference(slicer.vtkMRMLTransformNode.GetMovingNodeReferenceRole())
    if volume is not None:
        return volume
    volumes = slicer.mrmlScene.GetNodesByClass("vtkMRMLScalarVolumeNode")
    volumes.UnRegister(None)
    candidates = [volumes.GetItemAsObject(index) for index in range(volumes.GetNumberOfItems())]
    return next((one for one in candidates if one.GetParentTransformNode() is node), None)


def frame_of(node: Any, which: str, volume: Any) -> writing.spatial_registration.RegisteredFrame:
    """The frame of reference of the moving or the fixed side, with the images of its volume.

    Raises
    ------
    ExportError
        If it is not known.
    """
    uid = node.GetAttribute(f"DICOM.{which}FrameOfReferenceUID") or ""
    images = None
    if volume is not None:
        item = hierarchy().GetItemByDataNode(volume)
        uid = item_tags(item, [FRAME]).get(FRAME, uid)
        images = source_images(None, volume)
    if not uid:
        raise ExportError(
            f"The {which.lower()} images of {node.GetName()!r} are not known. Let the transform refer to a "
            f"volume from DICOM as its {which.lower()} node."
        )
    return writing.spatial_registration.RegisteredFrame(
        uid, list(images.datasets) if images is not None else []
    )
