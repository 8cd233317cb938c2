"""Files that were moved: what was found under another folder is shown before instances are linked to it."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.jobs import Job, Progress
from DICOMLib.indexing.repair import RepairPlan, apply
from DICOMLib.widgets.dialogs import begin_dialog, explanation_label
from DICOMLib.widgets.files.saved_list import SavedList, choose_list_file
from DICOMLib.widgets.lists import show_as_list
from DICOMLib.widgets.translation import _, by_number

MOST_ROWS = 5000


def relink(database: Any, plan: RepairPlan) -> Job[int]:
    """Link instances of a ctkDICOMDatabase to the files that were found; one step that cannot be cut."""
    yield Progress(step="Linking files again")
    apply(database.core, plan)
    return len(plan.found)


def found_text(plan: RepairPlan) -> str:
    """How many files were found again, how many stay missing, and that nothing has been done yet."""
    found, gone = len(plan.found), len(plan.gone)
    one, several = _("1 file was found again."), _("{n:,} files were found again.")
    texts = [by_number(found, one, several)]
    if gone:
        one, several = _("1 is still missing."), _("{n:,} are still missing.")
        texts.append(by_number(gone, one, several))
    return " ".join([*texts, _("Nothing is changed until you press Link.")])


class RelinkDialog(QDialog):
    """A table of instances whose files were found elsewhere, and how many stay missing."""

    def __init__(self, database: Any, plan: RepairPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        begin_dialog(self, _("Repair"), 760, 420)
        self.plan = plan
        self.label = explanation_label(self, found_text(plan))
        self.table = QTableWidget(0, 2, self)
        show_as_list(self.table)
        self.table.setHorizontalHeaderLabels(self._columns())
        self.table.setEditTriggers(QAbstractItemView.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.Interactive)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setAccessibleName(_("Files that were found again"))
        self._fill()
        buttons = QDialogButtonBox(QDialogButtonBox.Cancel, self)
        self.linkButton = buttons.addButton(_("Link"), QDialogButtonBox.AcceptRole)
        self.linkButton.setToolTip(_("Use these files for the instances from now on"))
        self.linkButton.setEnabled(bool(plan.found))
        self.saveButton = buttons.addButton(_("Save list…"), QDialogButtonBox.ActionRole)
        self.saveButton.setToolTip(_("Save where each file is now, and which were not found"))
        self.saveButton.clicked.connect(
            lambda _checked=False: choose_list_file(
                self, SavedList(self._columns(), self._rows()), "moved-files.txt"
            )
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.label, self.table, buttons):
            layout.addWidget(widget)

    @staticmethod
    def _columns() -> tuple[str, str]:
        return _("Instance"), _("File is now")

    def _rows(self) -> list[tuple[str, ...]]:
        return [*self.plan.found.items(), *((one.sop, _("not found")) for one in self.plan.gone)]

    def _fill(self) -> None:
        rows = self._rows()[:MOST_ROWS]
        self.table.setRowCount(len(rows))
        for row, (sop, path) in enumerate(rows):
            self.table.setItem(row, 0, QTableWidgetItem(sop))
            item = QTableWidgetItem(path)
            item.setToolTip(path)
            self.table.setItem(row, 1, item)
        self.table.resizeColumnToContents(0)
