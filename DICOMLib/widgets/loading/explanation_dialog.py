"""Why a series is loaded as it is, or not at all: facts of its files and the answer of each plugin."""

from __future__ import annotations

from qtpy.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.plugins.explain import Explanation
from DICOMLib.widgets.dialogs import begin_dialog, explanation_label
from DICOMLib.widgets.lists import show_as_list
from DICOMLib.widgets.translation import _


class ExplanationDialog(QDialog):
    """Shows the explanation of a series; its text can be copied."""

    def __init__(self, explanation: Explanation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        begin_dialog(self, _("Why does this series load as it does?"), 820, 460)
        self.facts = explanation_label(self, "\n".join(f"• {fact}" for fact in explanation.facts))
        self.table = QTableWidget(len(explanation.answers), 3, self)
        self.table.setAccessibleName(_("Answers of the plugins"))
        self._fill(explanation)
        buttons = QDialogButtonBox(QDialogButtonBox.Close, self)
        buttons.rejected.connect(self.reject)
        self.copyButton = buttons.addButton(_("Copy"), QDialogButtonBox.ActionRole)
        self.copyButton.setToolTip(_("Copy facts and answers as text"))
        self.copyButton.clicked.connect(
            lambda _checked=False: QApplication.clipboard().setText(explanation.as_text())
        )
        layout = QVBoxLayout(self)
        layout.addWidget(self.facts)
        layout.addWidget(self.table, 1)
        layout.addWidget(buttons)

    def _fill(self, explanation: Explanation) -> None:
        self.table.setHorizontalHeaderLabels([_("Plugin"), _("Confidence"), _("Answer")])
        self.table.setEditTriggers(QTableWidget.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.NoSelection)
        show_as_list(self.table)
        for row, answer in enumerate(explanation.answers):
            confidence = "–" if answer.confidence is None else f"{answer.confidence:.0%}"  # noqa: RUF001
            for column, text in enumerate((_(answer.title), confidence, answer.reason)):
                item = QTableWidgetItem(text)
                item.setToolTip(answer.plugin if column == 0 else text)
                self.table.setItem(row, column, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.Stretch)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)
