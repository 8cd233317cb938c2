"""What can be done with the selected patients, studies and series, and how it is asked for and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QPoint, QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QMenu,
    QMessageBox,
    QWidget,
)

from DICOMLib.indexing.repair import RepairPlan, examine
from DICOMLib.widgets.browsing.removal import (
    MissingReport,
    RemovalReport,
    find_missing_files,
    names_of,
    remove,
)
from DICOMLib.widgets.file_questions import ask_folder
from DICOMLib.widgets.files.export_folder import FolderExportReport, export_series
from DICOMLib.widgets.files.missing_dialog import MissingDialog
from DICOMLib.widgets.files.relink_dialog import RelinkDialog, relink
from DICOMLib.widgets.files.saved_list import SavedList
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _, by_number

if TYPE_CHECKING:
    from DICOMLib.widgets.files.deidentify_dialog import DeidentifyDialog

EXPORT_FOLDER_KEY = "DICOM/ExportFilesFolder"
DONT_CONFIRM_KEY = "MainWindow/DontConfirmDeleteSelected"
NOUNS = {
    "Patients": ("patient", "patients"),
    "Studies": ("study", "studies"),
    "Series": ("series", "series"),
}


def ask(
    parent: QWidget, title: str, text: str, accept: str, on_accept: Callable[[], object], details: str = ""
) -> QMessageBox:
    """Ask a question whose default is to do nothing; it does not block, `on_accept` is the answer yes."""
    box = QMessageBox(QMessageBox.Question, title, text, QMessageBox.Cancel, parent)
    box.setAttribute(Qt.WA_DeleteOnClose)
    box.setInformativeText(details)
    button = box.addButton(accept, QMessageBox.AcceptRole)
    box.setDefaultButton(QMessageBox.Cancel)
    button.clicked.connect(lambda _checked=False: on_accept())
    box.open()
    return box


class SelectionActions(QObject):
    """Removes, exports and repairs; each question is a dialog that does not block, each result a line."""

    databaseEdited = Signal()

    def __init__(self, database: Any, panel: TaskPanel, window: QWidget) -> None:
        super().__init__(window)
        self._database = database
        self._panel = panel
        self._window = window
        self.confirmRemove = False
        self.dontConfirmKey = DONT_CONFIRM_KEY

    # Menus

    def menu(self, table: str, uids: Sequence[str], act: dict[str, Callable[[], object]]) -> QMenu:
        """Menu for selected rows, in one order everywhere; `act` has what is offered, and what each does."""
        names = {
            "load": _("Load {what}"),
            "retrieve": _("Retrieve {what} from the servers"),
            "metadata": _("View DICOM metadata"),
            "remove": _("Delete {what} from the database"),
            "export": _("Export {what} to a folder…"),
            "deidentify": _("Export {what} without identity…"),
            "send": _("Send {what} to a DICOM server…"),
        }
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WA_DeleteOnClose)
        for key in [name for name in names if name in act]:
            action = menu.addAction(names[key].format(what=self.what(table, uids)))
            action.setObjectName(key)
            action.triggered.connect(lambda _checked=False, slot=act[key]: slot())
        return menu

    @staticmethod
    def what(table: str, uids: Sequence[str]) -> str:
        """Give "patient", or "3 selected patients"."""
        singular, plural = NOUNS[table]
        return by_number(len(uids), _(singular), _("{n} selected {noun}"), noun=_(plural))

    # Remove

    def askAndRemove(self, table: str, uids: Sequence[str], always_ask: bool = False) -> QMessageBox | None:
        """Remove rows, after a question if one is wanted; give the question that is open."""
        if not uids:
            return None
        silent = str(QSettings().value(self.dontConfirmKey, "false")).lower() == "true"
        if silent or not (self.confirmRemove or always_ask):
            self.remove(table, uids)
            return None
        names, more = names_of(self._database, table, uids)
        details = "\n".join(f"• {name}" for name in names)
        if more:
            details += "\n" + _("(and {n} more)").format(n=more)
        text = _("Remove {what} from the database?").format(what=self.what(table, uids))
        details += "\n\n" + _(
            "Files that were imported as links stay on the disk; copies in the database folder are deleted."
        )
        box = ask(
            self._window, _("Remove"), text, _("Remove"), lambda: self._removeAsked(box, table, uids), details
        )
        again = QCheckBox(_("Do not ask again"), box)
        again.setToolTip(_("What is to be removed goes at once from now on"))
        box.setCheckBox(again)
        return box

    def _removeAsked(self, box: QMessageBox, table: str, uids: Sequence[str]) -> None:
        if box.checkBox().isChecked():
            QSettings().setValue(self.dontConfirmKey, "true")
        self.remove(table, uids)

    def remove(self, table: str, uids: Sequence[str]) -> None:
        """Remove rows in the background."""

        def done(report: RemovalReport) -> None:
            self.databaseEdited.emit()
            singular, plural = NOUNS[table]
            what = by_number(len(report.removed), f"1 {_(singular)}", f"{{n:,}} {_(plural)}")
            text = _("Cancelled.") + " " if report.cancelled else ""
            text += _("Removed {what} from the database.").format(what=what)
            if report.failed:
                text += " " + _("{n:,} could not be removed.").format(n=len(report.failed))
            rows = [(name, _("removed")) for name in report.removed]
            rows += [(name, _("not removed")) for name in report.failed]
            self._panel.tellList(text, SavedList((_("Name"), _("Outcome")), rows), "removed.txt")

        self._panel.start(remove(self._database, table, uids), _("Removing from the database"), done)

    # Export

    def chooseFolderAndExport(self, series_uids: Sequence[str]) -> QFileDialog:
        """Ask for a folder and copy the files of these series there."""
        dialog = ask_folder(
            self._window,
            _("Export to a folder"),
            lambda folder: self.export(series_uids, folder),
            key=EXPORT_FOLDER_KEY,
        )
        dialog.setObjectName("ExportDialog")
        dialog.setLabelText(QFileDialog.Accept, _("Export"))
        return dialog

    def export(self, series_uids: Sequence[str], folder: str) -> None:
        """Copy the files of these series below `folder`."""

        def done(report: FolderExportReport) -> None:
            begin = _("Export cancelled.") if report.cancelled else _("Export finished.")
            if report.problem:
                begin = _("Export halted: {reason}").format(reason=report.problem)
            one = _("1 file of {series:,} series was copied to {folder}.")
            several = _("{n:,} files of {series:,} series were copied to {folder}.")
            counts = by_number(len(report.copies), one, several, series=report.series, folder=folder)
            copies = SavedList((_("File"), _("Copy")), list(report.copies))
            self._panel.tellList(f"{begin} {counts}", copies, "exported-files.txt")

        self._panel.start(
            export_series(self._database, series_uids, Path(folder)), _("Exporting files"), done
        )

    def deidentify(self, series_uids: Sequence[str]) -> DeidentifyDialog:
        """Ask how and where to, and copy these series without the identity of patients."""
        from DICOMLib.widgets.files.deidentify_dialog import DeidentifyDialog

        dialog = DeidentifyDialog(self._database, series_uids, self._window)
        dialog.open()
        return dialog

    # Repair

    def repair(self) -> None:
        """Look for series whose files are gone, and offer to remove them."""
        self._panel.start(
            find_missing_files(self._database), _("Looking for the files of all series"), self._tellMissing
        )

    def _tellMissing(self, report: MissingReport) -> None:
        if report.cancelled:
            self._panel.tell(_("Cancelled."))
        elif report.series:
            self.askToRemoveMissing(report)
        else:
            one, several = (
                _("The files of the series are there."),
                _("The files of all {n} series are there."),
            )
            self._panel.tell(by_number(report.checked, one, several))
        self.databaseEdited.emit()

    def askToRemoveMissing(self, report: MissingReport) -> MissingDialog:
        """Ask which of the series shall be removed."""
        dialog = MissingDialog(report, self._window)
        dialog.accepted.connect(lambda: self.remove("Series", dialog.chosen()))
        dialog.folderChosen.connect(self.lookForMoved)
        dialog.open()
        return dialog

    def lookForMoved(self, folder: str) -> None:
        """Look under a folder for the files that are gone, and show what was found."""
        job = examine(self._database.core, [folder])
        self._panel.start(job, _("Looking for moved files"), self._tellPlan)

    def _tellPlan(self, plan: RepairPlan) -> None:
        self.askToRelink(plan)

    def askToRelink(self, plan: RepairPlan) -> RelinkDialog:
        """Ask whether instances shall be linked to the files that were found."""
        dialog = RelinkDialog(self._database, plan, self._window)

        def done(count: int) -> None:
            self.databaseEdited.emit()
            one = _("1 instance is linked to its file again.")
            several = _("{n:,} instances are linked to their files again.")
            self._panel.tell(by_number(count, one, several))

        dialog.accepted.connect(
            lambda: self._panel.start(relink(self._database, plan), _("Linking files again"), done)
        )
        dialog.open()
        return dialog


def show_menu(menu: QMenu, widget: QWidget, position: QPoint) -> None:
    """Show a menu at a point of `widget`, without blocking."""
    menu.popup(widget.mapToGlobal(position))
