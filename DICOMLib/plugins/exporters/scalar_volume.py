"""Export of the scalar volume plugin."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.jobs import Job
from DICOMLib.mrml.volumes.loop_export import browser_of
from DICOMLib.mrml.volumes.volume_export import default_tags, prepare_series
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of

CONFIDENCE = 0.5
ONE_OF_SEVERAL = (
    "Only the volume that is shown is written, one of the {count} of its sequence. To write them all, choose "
    "a type of export for sequences."
)


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
        series = self._series_to_write(exportable)
        name = f"ScalarVolume_{exportable.subjectHierarchyItemID}"
        yield from writing.series_files.write_series(
            series, writing.series_files.free_folder(directory_of(exportable), name)
        )
        return series.notes

    def previewExport(self, exportable: Any) -> list[writing.differences.TagChange] | None:
        """How the first image would differ from the one that it is derived from."""
        return self._series_to_write(exportable).changes()

    def previewNotes(self, exportable: Any) -> list[str]:
        """How the geometry differs from that of the images, what is rounded, and what else is to be known."""
        return self._series_to_write(exportable).notes

    def _series_to_write(self, exportable: Any) -> writing.image_series.ImageSeries:
        """The series; its notes tell, too, what of a sequence is left out."""
        series = prepare_series(exportable, self.defaultStudyID)
        browser = browser_of(exportable.subjectHierarchyItemID)
        count = browser.GetNumberOfItems() if browser is not None else 0
        if count > 1:
            series.notes.append(ONE_OF_SEVERAL.format(count=count))
        return series
