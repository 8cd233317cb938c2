"""Series whose files are gone: removed from the database, or looked for elsewhere."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.widgets.browsing.removal import MissingReport
from DICOMLib.widgets.dialogs import begin_dialog, explanation_label
from DICOMLib.widgets.file_questions import ask_folder
from DICOMLib.widgets.files.saved_list import SavedList, choose_list_file
from DICOMLib.widgets.translation import _


def missing_list(report: MissingReport) -> SavedList:
    """One row for each file that is gone."""
    columns = (_("Series"), _("Series Instance UID"), _("File"))
    return SavedList(
        columns, [(one.description, one.series_uid, path) for one in report.series for path in one.missing]
    )


class MissingDialog(QDialog):
    """Lists the series whose files are gone; those that are checked will be removed.

    `folderChosen` tells a folder under which the files shall be looked for instead.
    """

    folderChosen = Signal(str)

    def __init__(self, report: MissingReport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        begin_dialog(self, _("Repair"), 620, 380)
        text = _(
            "The files of these series are gone. Checked series are removed from the database; "
            "nothing is deleted from the disk."
        )
        label = explanation_label(self, text)
        self.list = QListWidget(self)
        self.list.setAccessibleName(_("Series whose files are gone"))
        for series in report.series:
            missing = _("{missing} of {total} files are missing").format(
                missing=len(series.missing), total=series.total
            )
            item = QListWidgetItem(f"{series.description} – {missing}")  # noqa: RUF001
            item.setData(Qt.UserRole, series.series_uid)
            item.setCheckState(Qt.Checked if len(series.missing) == series.total else Qt.Unchecked)
            self.list.addItem(item)
        buttons = QDialogButtonBox(QDialogButtonBox.Cancel, self)
        self.removeButton = buttons.addButton(_("Remove checked series"), QDialogButtonBox.AcceptRole)
        self.removeButton.setToolTip(_("Forget these series; nothing is deleted from the disk"))
        self.lookButton = buttons.addButton(_("Look for moved files…"), QDialogButtonBox.ActionRole)
        self.lookButton.setToolTip(_("Look for the files in a folder to which they may have been moved"))
        self.lookButton.clicked.connect(lambda _checked=False: self.chooseFolder())
        self.saveButton = buttons.addButton(_("Save list…"), QDialogButtonBox.ActionRole)
        self.saveButton.setToolTip(_("Save which files of which series are gone"))
        self.saveButton.clicked.connect(
            lambda _checked=False: choose_list_file(self, missing_list(report), "missing-files.txt")
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (label, self.list, buttons):
            layout.addWidget(widget)

    def chooseFolder(self) -> QFileDialog:
        """Ask for the folder in which to look."""
        return ask_folder(self, _("Folder to which the files may have been moved"), self._tell_folder)

    def _tell_folder(self, folder: str) -> None:
        self.folderChosen.emit(folder)
        self.reject()

    def chosen(self) -> list[str]:
        """UIDs of the checked series."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item.data(Qt.UserRole) for item in items if item.checkState() == Qt.Checked]
