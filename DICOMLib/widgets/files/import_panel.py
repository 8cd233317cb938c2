"""Imports into the browser's database: started, counted, and told about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, Signal

from DICOMLib.indexing.importer import ImportOptions, import_paths
from DICOMLib.indexing.report import ImportReport
from DICOMLib.widgets.files.account_dialog import AccountDialog
from DICOMLib.widgets.files.import_dialog import ImportDirectoryMode
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _, by_number

LEVELS = ("patients", "studies", "series", "instances")


class Imports(QObject):
    """Starts imports in a task panel; counts what was added until it is told to begin anew."""

    imported = Signal(object)

    def __init__(self, panel: TaskPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self.displaySummary = True
        self.added = dict.fromkeys(LEVELS, 0)
        self.lastReport: ImportReport | None = None

    def start(
        self,
        database: Any,
        paths: Sequence[str],
        mode: ImportDirectoryMode,
        before: Callable[[], None] = lambda: None,
    ) -> bool:
        """Import these files and folders; those that do not exist are left out. False if none is left."""
        existing = [Path(path) for path in paths if path and Path(path).exists()]
        if not existing:
            return False
        before()
        copy = mode == ImportDirectoryMode.ImportDirectoryCopy
        options = ImportOptions(copy=copy, tags=tuple(database.tagsToPrecache))
        job = import_paths(database.core, existing, options)
        self._panel.start(job, _("Looking for DICOM files"), self._tell)
        return True

    def resetCounters(self) -> None:
        """Count from zero."""
        self.added = dict.fromkeys(LEVELS, 0)

    def _tell(self, report: ImportReport) -> None:
        self.lastReport = report
        for level in LEVELS:
            self.added[level] += getattr(report, level)
        self.imported.emit(report)
        if self.displaySummary:
            self._panel.tell(*self.summary(report))

    def summary(self, report: ImportReport) -> tuple[str, str, Callable[[], object]]:
        """Text of the information line, and its button if there is something to explain."""
        text = _counts(report)
        left_out = len(report.failed) + len(report.skipped)
        if left_out:
            one, several = _("1 file was not taken."), _("{n:,} files were not taken.")
            text += " " + by_number(left_out, one, several)
        if report.notes:
            one, several = _("There is a note on 1 file."), _("There are notes on {n:,} of the files.")
            text += " " + by_number(len(report.notes), one, several)
        for rule, error in report.failed_rules:
            text += " " + _(
                "The rule {rule} failed ({error}); its columns are not filled. Correct it, then run it again "
                "with: slicer-dicom fields --recompute"
            ).format(rule=rule, error=error)
        if not report.account():
            return text, "", lambda: None
        return text, _("Show why…"), lambda: self.showAccount(report)

    def showAccount(self, report: ImportReport) -> AccountDialog:
        """Show what was not taken and why."""
        dialog = AccountDialog(report, self._panel.window())
        dialog.show()
        return dialog


def _counts(report: ImportReport) -> str:
    added = [(getattr(report, level), level) for level in LEVELS]
    if report.cancelled:
        begin = _("Import cancelled.")
    elif not any(count for count, _level in added):
        one = _("Nothing new: 1 file was already in the database.")
        several = _("Nothing new: {n} files were already in the database.")
        there = by_number(report.unchanged, one, several)
        begin = there if report.unchanged else _("No DICOM files were found.")
    else:
        begin = _("Import finished.")
    if not any(count for count, _level in added):
        return begin
    words = ", ".join(_count(count, level) for count, level in added)
    return f"{begin} {_('Added:')} {words}."


def _count(count: int, level: str) -> str:
    words = {
        "patients": (_("1 patient"), _("{n:,} patients")),
        "studies": (_("1 study"), _("{n:,} studies")),
        "series": (_("1 series"), _("{n:,} series")),
        "instances": (_("1 image"), _("{n:,} images")),
    }
    return by_number(count, *words[level])
