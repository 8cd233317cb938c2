"""What plugins that export have in common: Slicer's `export` over a job, one exportable after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from DICOMLib import writing
from DICOMLib.core.errors import LIMITS_OF_SIZE, ExportError, is_disk_full, is_file_too_large, reason_of
from DICOMLib.core.jobs import Job
from DICOMLib.mrml.export_item import hierarchy
from DICOMLib.mrml.segmentation import segmentation_export
from DICOMLib.plugins import registry
from DICOMLib.plugins.export import answer_for_slicer
from DICOMLib.plugins.exportable import qSlicerDICOMExportable

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


NO_ROOM = "There is no room for it ({}). Make room on the disk, or choose another folder."
TOO_LARGE = f"Files as large as this are not allowed there ({{}}). {LIMITS_OF_SIZE} Choose another folder."
ROOM_FOR_TEMPORARY_FILES = "See to it that there is room in the folder of temporary files."
HINDERED = 0.1  # of the confidence, for what cannot be written as it is


class ExportsInSteps:
    """Mixed into a plugin: it gives `exportOne`, and `originOf` if the object is made of images."""

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one exportable to its directory; returns notes for the user.

        Raises
        ------
        ExportError
            If it cannot be written.
        """
        raise NotImplementedError

    def originOf(self, exportable: Any) -> tuple[Dataset, dict[str, str]] | None:
        """Header of an image whose patient and study are kept, and the tags to write; None without one.

        Raises
        ------
        ExportError
            If the exportable could not be written.
        """
        return None

    def previewExport(self, exportable: Any) -> list[writing.differences.TagChange] | None:
        """How the first instance would differ from what it is derived from; None if from nothing.

        Of objects that are no images, these are patient and study: all else is new.
        """
        origin = self.originOf(exportable)
        return None if origin is None else writing.identity.identity_changes(*origin)

    def previewNotes(self, exportable: Any) -> list[str]:
        """What the user should know before anything is written: the notes that the export will give."""
        return []

    def exportSteps(self, exportables: Sequence[Any]) -> Job[list[str]]:
        """Write exportables; returns notes for the user.

        Raises
        ------
        ExportError
            If one cannot be written, or there is no room for it.
        """
        notes: list[str] = []
        for exportable in exportables:
            try:
                notes += yield from self.exportOne(exportable)
            except OSError as error:
                if not (is_disk_full(error) or is_file_too_large(error)):
                    raise
                words = TOO_LARGE if is_file_too_large(error) else NO_ROOM
                raise ExportError(words.format(reason_of(error))) from error
        return notes

    def export(self, exportables: Sequence[Any]) -> str:
        """Write exportables; the text says what went wrong, empty when nothing did."""
        return answer_for_slicer(self.exportSteps(exportables))

    def newExportable(self, item: int, name: str, tooltip: str, confidence: float) -> qSlicerDICOMExportable:
        """An exportable of this plugin."""
        exportable = qSlicerDICOMExportable()
        exportable.name = name
        exportable.tooltip = tooltip
        exportable.subjectHierarchyItemID = item
        exportable.pluginClass = registry.registered_name(self)
        exportable.confidence = confidence
        return exportable

    def exportableOfSegments(
        self, item: int, name: str, tooltip: str, confidence: float
    ) -> qSlicerDICOMExportable:
        """An exportable of a segmentation; one that refers to no images is hardly offered, and says so."""
        node = hierarchy().GetItemDataNode(item)
        reason = segmentation_export.why_no_reference_volume(node)
        if reason:
            tooltip, confidence = f"{tooltip}\n{reason}", confidence * HINDERED
        exportable = self.newExportable(item, name, tooltip, confidence)
        exportable.hindrance = reason
        return exportable


def directory_of(exportable: Any) -> Path:
    """The folder that the user chose."""
    return Path(exportable.directory)
