"""The way to a server, step by step: which work, which fails, and what to do."""

from __future__ import annotations

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

from DICOMLib.network.doctor import Diagnosis, Finding
from DICOMLib.network.peers import Peer
from DICOMLib.web.exchange import Target, diagnose, own_listener
from DICOMLib.widgets.dialogs import begin_dialog
from DICOMLib.widgets.information_line import InformationLine
from DICOMLib.widgets.network.transfers import listener_port
from DICOMLib.widgets.outcome_colors import OutcomeColor
from DICOMLib.widgets.progress import ProgressPanel, WorkerJobs
from DICOMLib.widgets.translation import _

MARKS = {True: ("✓", OutcomeColor.GOOD), False: ("✗", OutcomeColor.BAD), None: ("", None)}


class _Step(QTreeWidgetItem):
    """A step in words; its mark has the colour that can be read now, also after a change of colours."""

    def __init__(self, finding: Finding) -> None:
        mark, self._outcome = MARKS[finding.good]
        super().__init__([mark, _(finding.step), _(finding.text)])
        self.setToolTip(2, finding.text)

    def data(self, column: int, role: int) -> Any:
        """Text and colour of a cell."""
        if column == 0 and role == Qt.ForegroundRole and self._outcome is not None:
            return self._outcome.color
        return super().data(column, role)


class DiagnosisDialog(QDialog):
    """Tries each step of the way to a server in the background; its text can be copied."""

    def __init__(self, target: Target, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        begin_dialog(self, _("The way to {server}").format(server=target.label), 960, 360)
        self.diagnosis: Diagnosis | None = None
        self._jobs = WorkerJobs()
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName(_("Steps"))
        self.tree.setHeaderLabels(["", _("Step"), _("What was found, and what to do")])
        self.tree.setRootIsDecorated(False)
        self.tree.setWordWrap(True)
        header = self.tree.header()
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setStretchLastSection(True)
        self.information = InformationLine(self)
        self.progress = ProgressPanel(self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.Close, self)
        self.buttons.rejected.connect(self.reject)
        self.copyButton = self.buttons.addButton(_("Copy"), QDialogButtonBox.ActionRole)
        self.copyButton.setToolTip(_("Copy the steps as text, for whoever runs the server"))
        self.copyButton.setEnabled(False)
        self.copyButton.clicked.connect(lambda _checked=False: self.copyText())
        layout = QVBoxLayout(self)
        for widget in (self.tree, self.progress, self.information, self.buttons):
            layout.addWidget(widget)
        self.progress.begin(_("Asking the server"))
        listener = own_listener(target, listener_port()) if isinstance(target, Peer) else None
        handle = self._jobs.start(
            diagnose(target, listener), self.progress.showProgress, self._show, self._tell_error
        )
        self.progress.cancelRequested.connect(handle.cancel)

    def _show(self, diagnosis: Diagnosis) -> None:
        self.progress.end()
        self.diagnosis = diagnosis
        for finding in diagnosis.findings:
            self.tree.addTopLevelItem(_Step(finding))
        self.copyButton.setEnabled(True)

    def _tell_error(self, error: Exception) -> None:
        self.progress.end()
        self.information.tell(str(error) or type(error).__name__)

    def copyText(self) -> None:
        """Copy the steps as text."""
        if self.diagnosis is not None:
            QApplication.clipboard().setText(self.diagnosis.as_text())

    def done(self, result: int) -> None:
        """Stop asking, and close."""
        self._jobs.stop()
        super().done(result)
