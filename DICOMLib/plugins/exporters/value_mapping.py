"""Export of volumes as Real World Value Mappings of the images that they were made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import data_node, required_node, series_description_of, tags_to_write
from DICOMLib.mrml.volumes.value_mapping import meaning_of
from DICOMLib.mrml.volumes.value_mapping_export import has_slices_of, mapped_frames
from DICOMLib.mrml.volumes.volume_export import VOLUME
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


CONFIDENCE = 0.4
SERIES_NUMBER = "700"
PIXEL_DATA = "7FE0,0010"
OTHERS = ("vtkMRMLVectorVolumeNode", "vtkMRMLLabelMapVolumeNode")


class ValueMappingExport(ExportsInSteps):
    """Volumes of real-world values become one mapping of their images each."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer a volume that says what its voxels measure, and whose slices are images in the database."""
        node = data_node(subjectHierarchyItemID, VOLUME)
        if node is None or any(node.IsA(other) for other in OTHERS) or node.GetImageData() is None:
            return []
        if not (node.GetVoxelValueQuantity() or node.GetVoxelValueUnits()):
            return []
        paths = _paths(node)
        if not (paths and _hold_whole_numbers(paths) and has_slices_of(node, paths)):
            return []
        tooltip = _("Writes what the stored values of the source images stand for, without voxels.")
        exportable = self.newExportable(
            subjectHierarchyItemID, _("Real World Value Mapping"), tooltip, CONFIDENCE
        )
        exportable.setTags(
            {
                "Modality": "RWV",
                "SeriesDescription": series_description_of(node),
                "SeriesNumber": SERIES_NUMBER,
                "ContentCreatorName": writing.header.CREATOR,
            }
        )
        return [exportable]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one mapping."""
        node = required_node(exportable.subjectHierarchyItemID, VOLUME)
        tags = tags_to_write(exportable)
        yield Progress(0, 2, "Comparing with the source images")
        parts = mapped_frames(node, _required_paths(node))
        yield Progress(1, 2, "Writing the mapping")
        dataset = writing.value_mapping_object.value_mapping_object(parts, meaning_of(node), tags)
        name = f"RealWorldValueMapping_{exportable.subjectHierarchyItemID}"
        writing.files.write_dataset(dataset, writing.files.free_path(directory_of(exportable), name))
        return []

    def originOf(self, exportable: Any) -> tuple[Dataset, dict[str, str]] | None:
        """The first image whose values are mapped."""
        node = required_node(exportable.subjectHierarchyItemID, VOLUME)
        parts = mapped_frames(node, _required_paths(node))
        return parts[0].frames[0][0], tags_to_write(exportable)


def _required_paths(node: Any) -> list[str]:
    paths = _paths(node)
    if not paths:
        raise ExportError(f"The images of {node.GetName()!r} are not in the database.")
    return paths


def _hold_whole_numbers(paths: list[str]) -> bool:
    """Whether images have pixels that a mapping is for: not those of floating point numbers."""
    return bool(slicer.dicomDatabase.fileValueExists(paths[0], PIXEL_DATA))


def _paths(node: Any) -> list[str]:
    """Files of all images of a volume; empty if one is missing."""
    uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
    if not slicer.dicomDatabase.isOpen:
        return []
    paths = [slicer.dicomDatabase.fileForInstance(uid) for uid in uids]
    return paths if all(paths) else []
