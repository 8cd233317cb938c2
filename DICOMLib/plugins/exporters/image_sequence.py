"""Export of the image sequence plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import (
    data_node,
    item_tags,
    series_description_of,
    source_images,
    source_of_same_patient,
    tags_to_write,
)
from DICOMLib.mrml.volumes import loop_export
from DICOMLib.mrml.volumes.volume_export import VOLUME
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from DICOMLib.writing.derive import SourceImages

CONFIDENCE = 0.6


class ImageSequenceExport(ExportsInSteps):
    """Loops of images without a place in the patient become one multi-frame image each."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer the image that shows a loop."""
        sequence = loop_export.loop_of(subjectHierarchyItemID)
        if sequence is None:
            return []
        tooltip = _("Writes all frames of the sequence as one multi-frame image.")
        exportable = self.newExportable(subjectHierarchyItemID, _("Image sequence"), tooltip, CONFIDENCE)
        exportable.setTags(
            {
                "SeriesDescription": series_description_of(sequence),
                "Modality": "OT",
                "SeriesNumber": "301",
                "SeriesDate": "",
                "SeriesTime": "",
                **item_tags(subjectHierarchyItemID, ["Modality"]),
            }
        )
        return [exportable]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one loop."""
        yield Progress(0, 1, "Writing the frames")
        dataset, _source, notes = _written(exportable)
        name = f"ImageSequence_{exportable.subjectHierarchyItemID}"
        writing.files.write_dataset(dataset, writing.files.free_path(directory_of(exportable), name))
        return notes

    def previewExport(self, exportable: Any) -> list[writing.differences.TagChange] | None:
        """How the image would differ from the one that its frames were made of."""
        dataset, source, _notes = _written(exportable)
        return None if source is None else writing.differences.differences(source.datasets[0], dataset)

    def previewNotes(self, exportable: Any) -> list[str]:
        """What is to be known of times, values and the size of pixels."""
        return _written(exportable)[2]


def _written(exportable: Any) -> tuple[Dataset, SourceImages | None, list[str]]:
    """The image, the one that it is made of, and notes for the user."""
    item, notes = exportable.subjectHierarchyItemID, list[str]()
    sequence, tags = loop_export.loop_of(item), tags_to_write(exportable)
    node = data_node(item, VOLUME) if sequence is None else sequence.GetNthDataNode(0)
    source = source_of_same_patient(source_images(exportable, node), tags, notes)
    loop = loop_export.prepared_loop(item, source, notes)
    dataset, told = writing.image_loop.image_loop(loop, tags, source)
    return dataset, source, notes + told
