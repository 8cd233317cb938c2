"""Export of the volume sequence plugin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import Job
from DICOMLib.mrml.export_item import item_tags, study_and_patient
from DICOMLib.mrml.volumes import sequence_export
from DICOMLib.mrml.volumes.volume_export import PLACEHOLDERS
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of

CONFIDENCE = 0.6
_OF_THE_ITEM = ("Modality", "Manufacturer", "Model")


class VolumeSequenceExport(ExportsInSteps):
    """Sequences of volumes become one series of single-frame images, told apart by time."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer the volume that shows a sequence."""
        sequence = sequence_export.sequence_of(subjectHierarchyItemID)
        if sequence is None:
            return []
        count = sequence.GetNumberOfDataNodes()
        tooltip = _("Writes all volumes of the sequence as images of one series.")
        exportable = self.newExportable(subjectHierarchyItemID, _("Volume sequence"), tooltip, CONFIDENCE)
        exportable.setTags(
            {
                "SeriesDescription": f"Volume sequence of {count} frames",
                "Modality": "CT",
                "Manufacturer": PLACEHOLDERS["Manufacturer"],
                "Model": PLACEHOLDERS["Model"],
                "StudyID": "1",
                "SeriesNumber": "301",
                "SeriesDate": "",
                "SeriesTime": "",
                **_study_id(subjectHierarchyItemID),
                **item_tags(subjectHierarchyItemID, _OF_THE_ITEM),
            }
        )
        return [exportable]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one sequence to its own folder."""
        item = exportable.subjectHierarchyItemID
        sequence = sequence_export.required_sequence(item)
        notes: list[str] = []
        parts = sequence_export.series_parts(exportable, sequence, notes)
        folder = writing.series_files.free_folder(directory_of(exportable), f"VolumeSequence_{item}")
        yield from writing.series_files.write_parts(parts, sequence_export.number_of_slices(sequence), folder)
        return notes

    def previewExport(self, exportable: Any) -> list[writing.differences.TagChange] | None:
        """How the first image would differ from the one that it is derived from."""
        sequence = sequence_export.required_sequence(exportable.subjectHierarchyItemID)
        return next(sequence_export.series_parts(exportable, sequence, []))[1].changes()

    def previewNotes(self, exportable: Any) -> list[str]:
        """What is to be known of the volumes."""
        sequence = sequence_export.required_sequence(exportable.subjectHierarchyItemID)
        notes: list[str] = []
        for _prefix, _series in sequence_export.series_parts(exportable, sequence, notes):
            pass  # each adds its own
        return notes

    def datetimeFromDicom(self, dicomDate: str, dicomTime: str) -> datetime:
        """The moment of a date and a time of DICOM; OSError if they are not written as such."""
        return sequence_export.datetime_from_dicom(dicomDate, dicomTime)


def _study_id(item: int) -> dict[str, str]:
    """The Study ID of the study above an item, which the default must not replace."""
    try:
        study, _patient = study_and_patient(item)
    except ExportError:
        return {}
    return item_tags(study, ["StudyID"])
