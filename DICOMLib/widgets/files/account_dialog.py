"""What an import did not take, and why: one line for each reason, with its files."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.widgets.dialogs import begin_dialog, explanation_label
from DICOMLib.widgets.file_questions import ask_new_file, save_text
from DICOMLib.widgets.translation import _

LINE_LENGTH = 96
SHOWN_PATHS = 1000  # of one reason; the exported account has all


class AccountDialog(QDialog):
    """Shows the account of an import; it can be copied, and exported as text, CSV or JSON."""

    def __init__(self, report: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        begin_dialog(self, _("What the import did not take"), 800, 480)
        self._report = report
        self.tree = QTreeWidget(self)
        self.tree.setHeaderLabels([_("Reason, what to do, and the files"), _("Files")])
        self.tree.setTextElideMode(Qt.ElideMiddle)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeToContents)
        self.tree.setAccessibleName(_("Reasons"))
        self._fill()
        buttons = QDialogButtonBox(QDialogButtonBox.Close, self)
        buttons.rejected.connect(self.reject)
        self.exportButton = buttons.addButton(_("Export…"), QDialogButtonBox.ActionRole)
        self.exportButton.setToolTip(_("Save all reasons and files as text, table or JSON"))
        self.exportButton.clicked.connect(self._choose_file)
        self.copyButton = buttons.addButton(_("Copy"), QDialogButtonBox.ActionRole)
        self.copyButton.setToolTip(_("Copy all reasons and files as text"))
        self.copyButton.clicked.connect(lambda _c=False: QApplication.clipboard().setText(report.as_text()))
        layout = QVBoxLayout(self)
        text = _("Files that were not taken or need a look, by reason. Open a reason to see its files.")
        layout.addWidget(explanation_label(self, text))
        layout.addWidget(self.tree, 1)
        layout.addWidget(buttons)

    def _fill(self) -> None:
        for line in self._report.account():
            reason = _(line.reason)
            advice = textwrap.fill(_(line.advice), LINE_LENGTH)
            item = QTreeWidgetItem([f"{reason[:1].upper()}{reason[1:]}\n{advice}", f"{line.count:,}"])
            item.setTextAlignment(1, Qt.AlignRight | Qt.AlignTop)
            for path in line.paths[:SHOWN_PATHS]:
                child = QTreeWidgetItem([str(path)])
                child.setToolTip(0, str(path))
                item.addChild(child)
            if len(line.paths) > SHOWN_PATHS:
                item.addChild(
                    QTreeWidgetItem([_("… and {count} more").format(count=len(line.paths) - SHOWN_PATHS)])
                )
            self.tree.addTopLevelItem(item)
        if self.tree.topLevelItemCount() == 1:
            self.tree.topLevelItem(0).setExpanded(True)

    def _choose_file(self) -> None:
        filters = [_("Text (*.txt)"), _("Table (*.csv)"), _("JSON (*.json)")]
        ask_new_file(self, _("Export the account"), self.export, "import-account.txt", filters)

    def export(self, path: str) -> None:
        """Write the account to `path`; its suffix tells the format."""
        formats = {".csv": self._report.as_csv, ".json": self._report.as_json}
        text = formats.get(Path(path).suffix.lower(), self._report.as_text)()
        save_text(self, _("Export"), path, text)
