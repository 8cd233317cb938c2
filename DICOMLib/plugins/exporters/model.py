"""Export of models as Encapsulated STL, for the plugin of manufacturing models."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
import vtk
from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import (
    data_node,
    header_of_study,
    item_tags,
    required_node,
    series_description_of,
    tags_to_write,
)
from DICOMLib.plugins.exporters.steps import ROOM_FOR_TEMPORARY_FILES, ExportsInSteps, directory_of
from DICOMLib.standard.colours import rgb_to_cielab

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


MODEL = "vtkMRMLModelNode"
CONFIDENCE = 0.7


class ModelExport(ExportsInSteps):
    """Models become one Encapsulated STL file each."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer a model with a surface."""
        node = data_node(subjectHierarchyItemID, MODEL)
        if node is None or node.GetPolyData() is None or not node.GetPolyData().GetNumberOfPolys():
            return []
        tooltip = _("Writes the surface as STL in a DICOM object, as for 3D printing.")
        exportable = self.newExportable(subjectHierarchyItemID, _("Encapsulated STL"), tooltip, CONFIDENCE)
        exportable.setTags(
            {"Modality": "M3D", "SeriesDescription": series_description_of(node), "SeriesNumber": "400"}
        )
        for name, value in item_tags(subjectHierarchyItemID, ["FrameOfReferenceUID"]).items():
            exportable.setTag(name, value)
        return [exportable]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one model."""
        node = required_node(exportable.subjectHierarchyItemID, MODEL)
        tags, image = tags_to_write(exportable), header_of_study(exportable)
        if exportable.referenceSeriesUID and image is not None:  # the surface is said to lie in its images
            tags.setdefault("FrameOfReferenceUID", str(image.get("FrameOfReferenceUID") or ""))
        yield Progress(0, 1, "Writing the surface")
        display = node.GetDisplayNode()
        colour = rgb_to_cielab(display.GetColor()) if display is not None else None
        dataset = writing.encapsulated_stl.encapsulated_stl(stl_of(node), tags, colour, image)
        name = f"Model_{exportable.subjectHierarchyItemID}"
        writing.files.write_dataset(dataset, writing.files.free_path(directory_of(exportable), name))
        return []

    def originOf(self, exportable: Any) -> tuple[Dataset, dict[str, str]] | None:
        """An image of the study, if the database has one."""
        image = header_of_study(exportable)
        return None if image is None else (image, tags_to_write(exportable))


def stl_of(node: Any) -> bytes:
    """The surface of a model as binary STL in LPS, with the transforms above it.

    Raises
    ------
    ExportError
        If it has no surface, or there is no room for it.
    """
    surface = node.GetPolyData()
    if surface is None or not surface.GetNumberOfPolys():
        raise ExportError(f"{node.GetName()!r} has no surface.")
    to_lps = vtk.vtkGeneralTransform()
    to_lps.Scale(-1, -1, 1)  # two mirrors are a rotation: the sides of the polygons stay what they are
    if node.GetParentTransformNode() is not None:
        to_world = vtk.vtkGeneralTransform()
        node.GetParentTransformNode().GetTransformToWorld(to_world)
        to_lps.Concatenate(to_world)
    moved = vtk.vtkTransformPolyDataFilter()
    moved.SetTransform(to_lps)
    triangles = vtk.vtkTriangleFilter()
    moved.SetInputData(surface)
    triangles.SetInputConnection(moved.GetOutputPort())
    writer = vtk.vtkSTLWriter()
    writer.SetFileTypeToBinary()
    writer.SetHeader("STL in LPS, mm")
    writer.SetInputConnection(triangles.GetOutputPort())
    with tempfile.TemporaryDirectory(dir=slicer.app.temporaryPath) as folder:
        path = Path(folder) / "surface.stl"
        writer.SetFileName(str(path))
        if not writer.Write() or writer.GetErrorCode():
            raise ExportError(f"The surface cannot be saved. {ROOM_FOR_TEMPORARY_FILES}")
        return path.read_bytes()
