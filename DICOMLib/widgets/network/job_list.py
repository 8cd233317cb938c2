"""The list of jobs: where each stands; retry, stop, clear, filter, and the log of those chosen."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from qtpy.QtCore import QModelIndex, QRegularExpression, QSortFilterProxyModel, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.compat.ctkAbstractJob import JobStatus
from DICOMLib.compat.ctkDICOMJobDetail import ctkDICOMJobDetail
from DICOMLib.widgets.empty_text import EmptyText
from DICOMLib.widgets.file_questions import ask_new_file
from DICOMLib.widgets.lists import push_button, show_as_list
from DICOMLib.widgets.network.job_model import COLUMNS, STATUS_ROLE, STATUS_TEXTS, UID_ROLE, JobModel
from DICOMLib.widgets.progress import GuiDelivery
from DICOMLib.widgets.translation import _

STOPPABLE = (JobStatus.Initialized, JobStatus.Queued, JobStatus.Running)
RETRIABLE = (JobStatus.Failed, JobStatus.UserStopped)
_STATUS_OF_SIGNAL = {
    "jobInitialized": JobStatus.Initialized,
    "jobQueued": JobStatus.Queued,
    "jobStarted": JobStatus.Running,
    "progressJobDetail": JobStatus.Running,
    "jobFinished": JobStatus.Finished,
    "jobAttemptFailed": JobStatus.AttemptFailed,
    "jobFailed": JobStatus.Failed,
    "jobUserStopped": JobStatus.UserStopped,
}

log = logging.getLogger(__name__)


class _ShownJobs(QSortFilterProxyModel):
    """Jobs that match the expression; those that are completed only if they shall be shown."""

    completed = False

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        """Whether a job is shown."""
        status = self.sourceModel().index(row, 0, parent).data(STATUS_ROLE)
        if status in (JobStatus.Finished, JobStatus.AttemptFailed) and not self.completed:
            return False
        return bool(super().filterAcceptsRow(row, parent))


class ctkDICOMJobListWidget(QWidget):
    """The jobs of a scheduler."""

    patientSelected = Signal(str, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheduler: Any = None
        self._news = GuiDelivery(self)
        self.model = JobModel(self)
        self._shown = _ShownJobs(self)
        self._shown.setSourceModel(self.model)
        self._build_table()
        self._build_filters()
        self._build_buttons()
        self.detailsText = QPlainTextEdit(self)
        self.detailsText.setReadOnly(True)
        self.detailsText.setPlaceholderText(_("Details and log of the chosen jobs"))
        splitter = QSplitter(Qt.Horizontal, self)
        splitter.addWidget(self.table)
        splitter.addWidget(self.detailsText)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(self._filters)
        layout.addWidget(splitter, 1)
        layout.addLayout(self._buttons)
        self._follow()

    def _build_table(self) -> None:
        self.table = QTableView(self)
        self.table.setModel(self._shown)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(-1, Qt.AscendingOrder)
        show_as_list(self.table)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.Interactive)
        header.setStretchLastSection(True)
        EmptyText(self.table, _("No jobs. Queries and retrieves are listed here while they run."))
        self.table.selectionModel().selectionChanged.connect(lambda *_change: self._follow())
        self._shown.dataChanged.connect(lambda *_change: self._follow())
        self._shown.modelReset.connect(self._follow)

    def _build_filters(self) -> None:
        self.columnBox = QComboBox(self)
        self.columnBox.addItem(_("Any column"), -1)
        for column, title in enumerate(COLUMNS):
            self.columnBox.addItem(_(title), column)
        self.columnBox.setToolTip(_("Column in which the expression is looked for"))
        self.filterEdit = QLineEdit(self)
        self.filterEdit.setPlaceholderText(_("Filter (regular expression)"))
        self.filterEdit.setToolTip(_("Show only jobs that match this regular expression"))
        self.filterEdit.setClearButtonEnabled(True)
        self.completedBox = QCheckBox(_("Show completed"), self)
        self.completedBox.setToolTip(_("Show jobs that are completed, too"))
        self.columnBox.currentIndexChanged.connect(lambda _row: self._filter())
        self.filterEdit.textChanged.connect(lambda _text: self._filter())
        self.completedBox.toggled.connect(lambda _on: self._filter())
        self._filters = QHBoxLayout()
        self._filters.addWidget(self.columnBox)
        self._filters.addWidget(self.filterEdit, 1)
        self._filters.addWidget(push_button(self, _("Reset"), self.resetFilters, _("Show all jobs again")))
        self._filters.addWidget(self.completedBox)

    def _build_buttons(self) -> None:
        self.selectAllButton = push_button(self, _("Select all"), self.table.selectAll, _("Choose all jobs"))
        self.retryButton = push_button(self, _("Retry"), self.retry, _("Do failed or stopped jobs again"))
        self.stopButton = push_button(self, _("Stop"), self.stopSelected, _("Stop the chosen jobs"))
        self.clearCompletedButton = push_button(
            self, _("Clear completed"), self.clearCompleted, _("Take jobs that are completed off the list")
        )
        self.clearButton = push_button(
            self, _("Clear all"), self.clearAll, _("Stop all jobs and empty the list")
        )
        self.exportButton = push_button(
            self, _("Save log…"), self.chooseLogFile, _("Save details and logs of the chosen jobs, or of all")
        )
        self._buttons = QHBoxLayout()
        for button in (self.selectAllButton, self.retryButton, self.stopButton):
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        for button in (self.exportButton, self.clearCompletedButton, self.clearButton):
            self._buttons.addWidget(button)

    # Scheduler

    def scheduler(self) -> Any:
        """Whose jobs are listed; None at first."""
        return self._scheduler

    def setScheduler(self, scheduler: Any) -> None:
        """List the jobs of a ctkDICOMScheduler from now on."""
        self._scheduler = scheduler
        self.model.database = scheduler.dicomDatabase()
        self.model.remove(self.model.uids())
        for name, status in _STATUS_OF_SIGNAL.items():
            getattr(scheduler, name).connect(lambda news, status=status: self._post(news, status))

    def _post(self, news: Any, status: JobStatus) -> None:
        details = [news] if isinstance(news, ctkDICOMJobDetail) else list(news)
        self._news.post(lambda: self._take(details, status))

    def _take(self, details: list[ctkDICOMJobDetail], status: JobStatus) -> None:
        first = not self.model.rowCount()
        for detail in details:
            self.model.take(detail, status)
        if first:
            self.table.resizeColumnsToContents()
        self._follow()

    # Choice

    def selectedJobs(self) -> list[str]:
        """UIDs of the chosen jobs."""
        return [index.data(UID_ROLE) for index in self.table.selectionModel().selectedRows()]

    def _of_status(self, statuses: tuple[JobStatus, ...]) -> list[str]:
        wanted = set(self.model.uids(statuses))
        return [uid for uid in self.selectedJobs() if uid in wanted]

    def _follow(self) -> None:
        """Show the details of what is chosen, and offer what can be done with it."""
        chosen = self.selectedJobs()
        text = self.logText(chosen)
        if text != self.detailsText.toPlainText():
            self.detailsText.setPlainText(text)
        self.retryButton.setEnabled(bool(self._of_status(RETRIABLE)))
        self.stopButton.setEnabled(bool(self._of_status(STOPPABLE)))
        for button in (self.selectAllButton, self.exportButton, self.clearButton):
            button.setEnabled(self.model.rowCount() > 0)
        self.clearCompletedButton.setEnabled(bool(self.model.uids([JobStatus.Finished])))
        job = self.model.job(chosen[0]) if len(chosen) == 1 else None
        if job is not None and job[0].patientID():
            self.patientSelected.emit(job[0].patientID(), *self.model.patient(job[0].patientID()))

    def logText(self, uids: list[str]) -> str:
        """What is known of these jobs, with their logs."""
        jobs = [job for uid in uids if (job := self.model.job(uid)) is not None]
        return "\n".join(_as_text(detail, status) for detail, status in jobs)

    # Filters

    def _filter(self) -> None:
        expression = QRegularExpression(self.filterEdit.text(), QRegularExpression.CaseInsensitiveOption)
        self.filterEdit.setStyleSheet("" if expression.isValid() else "background: #b58900; color: black;")
        self._shown.completed = self.completedBox.isChecked()
        self._shown.setFilterKeyColumn(self.columnBox.currentData())
        if expression.isValid():
            self._shown.setFilterRegularExpression(expression)
        self._shown.invalidate()  # newer Qt deprecates the one for filters only

    def resetFilters(self) -> None:
        """Show all jobs that are not completed."""
        self.filterEdit.clear()
        self.columnBox.setCurrentIndex(0)

    # Actions

    def retry(self) -> None:
        """Do the chosen jobs that failed or were stopped again."""
        uids = self._of_status(RETRIABLE)
        self._scheduler.retryJobs(uids)
        self.model.remove(uids)

    def stopSelected(self) -> None:
        """Stop the chosen jobs."""
        self._scheduler.stopJobsByJobUIDs(self._of_status(STOPPABLE))

    def clearCompleted(self) -> None:
        """Take jobs that are completed off the list."""
        self.model.remove(self.model.uids([JobStatus.Finished, JobStatus.AttemptFailed]))

    def clearAll(self) -> None:
        """Stop all jobs and empty the list."""
        if self._scheduler is not None:
            self._scheduler.stopAllJobs(False, True)
        self._news.drop()
        self.model.remove(self.model.uids())

    def chooseLogFile(self) -> QFileDialog:
        """Ask where to save the log."""
        return ask_new_file(self, _("Save the log of jobs"), self.saveLog, "jobs.txt", [_("Text (*.txt)")])

    def saveLog(self, path: str) -> None:
        """Write details and logs of the chosen jobs, or of all, into a file."""
        try:
            Path(path).write_text(self.logText(self.selectedJobs() or self.model.uids()), encoding="utf-8")
        except OSError as error:
            log.warning("the log of the jobs was not saved: %s", error.strerror)
            self.detailsText.setPlainText(str(error))


def _as_text(detail: ctkDICOMJobDetail, status: JobStatus) -> str:
    lines = [
        (_("Job"), detail.jobClass()),
        (_("Status"), _(STATUS_TEXTS[status])),
        (_("Server"), detail.connectionName()),
        (_("Patient ID"), detail.patientID()),
        (_("Study"), detail.studyInstanceUID()),
        (_("Series"), detail.seriesInstanceUID()),
        (_("Instance"), detail.sopInstanceUID()),
        (_("Created"), detail.creationDateTime()),
        (_("Started"), detail.startDateTime()),
        (_("Ended"), detail.completionDateTime()),
    ]
    text = "".join(f"{name}: {value}\n" for name, value in lines if value)
    return f"{text}{detail.logging()}"
