"""Export of the scalar volume plugin."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.jobs import Job
from DICOMLib.mrml.volumes.volume_export import default_tags, prepare_series
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of

CONFIDENCE = 0.5


class ScalarVolumeExport(ExportsInSteps):
    """Volumes become series of single-frame images: CT, MR, PET, secondary capture and others."""

    defaultStudyID = "SLICER10001"

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer a volume as a series of images."""
        tags = default_tags(subjectHierarchyItemID)
        if tags is None:
            return []
        tooltip = _("Writes each slice of the volume as an image of the chosen modality.")
        exportable = self.newExportable(subjectHierarchyItemID, _("Scalar Volume"), tooltip, CONFIDENCE)
        exportable.setTags(tags)
        return [exportable]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one volume to its own folder."""
        series = prepare_series(exportable, self.defaultStudyID)
        name = f"ScalarVolume_{exportable.subjectHierarchyItemID}"
        yield from writing.series_files.write_series(
            series, writing.series_files.free_folder(directory_of(exportable), name)
        )
        return series.notes

    def previewExport(self, exportable: Any) -> list[writing.differences.TagChange] | None:
        """How the first image would differ from the one that it is derived from."""
        return prepare_series(exportable, self.defaultStudyID).changes()

    def previewNotes(self, exportable: Any) -> list[str]:
        """How the geometry differs from that of the images, what is rounded, and what else is to be known."""
        return prepare_series(exportable, self.defaultStudyID).notes
