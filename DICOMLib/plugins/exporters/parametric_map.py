"""Export of volumes as Parametric Maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import (
    data_node,
    item_tags,
    required_node,
    series_description_of,
    tags_to_write,
)
from DICOMLib.mrml.segmentation.segmentation_export import series_of_volume
from DICOMLib.mrml.volumes.referred_images import source_to_refer_to
from DICOMLib.mrml.volumes.value_mapping import meaning_of
from DICOMLib.mrml.volumes.volume_export import VOLUME, image_volume
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


KNOWN_CONFIDENCE, UNKNOWN_CONFIDENCE = 0.7, 0.3
FLOATS = ("float", "double")


class ParametricMapExport(ExportsInSteps):
    """Volumes of floating point numbers become one Parametric Map each."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer a volume of floating point numbers, with more confidence if it says what they measure."""
        node = data_node(subjectHierarchyItemID, VOLUME)
        if node is None or node.IsA("vtkMRMLVectorVolumeNode") or node.GetImageData() is None:
            return []
        if node.GetImageData().GetScalarTypeAsString() not in FLOATS:
            return []
        confidence = KNOWN_CONFIDENCE if node.GetVoxelValueQuantity() else UNKNOWN_CONFIDENCE
        tooltip = _("Writes the values as they are, with their quantity and unit, as one object.")
        exportable = self.newExportable(subjectHierarchyItemID, _("Parametric Map"), tooltip, confidence)
        modality = item_tags(subjectHierarchyItemID, ["Modality"]).get("Modality", "OT")
        exportable.setTags(
            {
                "Modality": modality,
                "SeriesDescription": series_description_of(node),
                "SeriesNumber": "600",
                "ContentCreatorName": writing.header.CREATOR,
            }
        )
        return [exportable]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one map."""
        from DICOMLib.mrml.volumes.parametric_map_writer import parametric_map_dataset

        node = required_node(exportable.subjectHierarchyItemID, VOLUME)
        tags = tags_to_write(exportable)
        yield Progress(0, 1, "Writing the parametric map")
        notes: list[str] = []
        source = source_to_refer_to(exportable, node, notes, "a Parametric Map")
        images = source or writing.derive.SourceImages(list(series_of_volume(node, tags)))
        volume = image_volume(node)
        dataset = parametric_map_dataset(
            volume.voxels, volume.slices, images, meaning_of(node), tags, refer=source is not None
        )
        name = f"ParametricMap_{exportable.subjectHierarchyItemID}"
        writing.files.write_dataset(dataset, writing.files.free_path(directory_of(exportable), name))
        return notes

    def originOf(self, exportable: Any) -> tuple[Dataset, dict[str, str]] | None:
        """The first image that the map was made of, if it is in the database."""
        node = required_node(exportable.subjectHierarchyItemID, VOLUME)
        source = source_to_refer_to(exportable, node, [], "a Parametric Map")
        return None if source is None else (source.datasets[0], tags_to_write(exportable))

    def previewNotes(self, exportable: Any) -> list[str]:
        """Whether the images that the map was made of cannot be referred to, or which of them are."""
        notes: list[str] = []
        node = required_node(exportable.subjectHierarchyItemID, VOLUME)
        source_to_refer_to(exportable, node, notes, "a Parametric Map")
        return notes
