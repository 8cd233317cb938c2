"""The jobs of a scheduler as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from DICOMLib.compat.ctkAbstractJob import ENDED, JobStatus
from DICOMLib.compat.ctkDICOMJobDetail import ctkDICOMJobDetail
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.widgets.outcome_colors import OutcomeColor
from DICOMLib.widgets.translation import _, translatable

STATUS_TEXTS = {
    JobStatus.Initialized: translatable("initialized"),
    JobStatus.Queued: translatable("queued"),
    JobStatus.Running: translatable("in-progress"),
    JobStatus.UserStopped: translatable("user-stopped"),
    JobStatus.AttemptFailed: translatable("attempt-failed"),
    JobStatus.Failed: translatable("failed"),
    JobStatus.Finished: translatable("completed"),
}
OUTCOMES = {JobStatus.Finished: OutcomeColor.GOOD, JobStatus.Failed: OutcomeColor.BAD}
TYPE_TEXTS = {
    JobType.QueryPatients: translatable("Query patients"),
    JobType.QueryStudies: translatable("Query studies"),
    JobType.QuerySeries: translatable("Query series"),
    JobType.QueryInstances: translatable("Query instances"),
    JobType.RetrieveStudy: translatable("Retrieve studies"),
    JobType.RetrieveSeries: translatable("Retrieve series"),
    JobType.RetrieveSOPInstance: translatable("Retrieve instances"),
    JobType.StoreSOPInstance: translatable("Storage listener"),
    JobType.Echo: translatable("Echo server"),
    JobType.Inserter: translatable("Inserter"),
    JobType.ThumbnailGenerator: translatable("Thumbnail generator"),
}
COLUMNS = (
    translatable("Type"),
    translatable("Status"),
    translatable("Progress"),
    translatable("Time and date"),
    translatable("Patient ID"),
    translatable("Patient name"),
    translatable("Birth date"),
    translatable("Connection"),
)
TYPE, STATUS, PROGRESS, TIME, PATIENT_ID, PATIENT_NAME, BIRTH_DATE, CONNECTION = range(len(COLUMNS))
UID_ROLE = int(Qt.UserRole)
STATUS_ROLE = UID_ROLE + 1


class JobModel(QAbstractTableModel):
    """What is known of each job: the last detail that was told, and where the job stands."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._uids: list[str] = []
        self._rows: dict[str, int] = {}
        self._jobs: dict[str, tuple[ctkDICOMJobDetail, JobStatus]] = {}
        self._patients: dict[str, tuple[str, str]] = {}
        self.database: Any = None

    def take(self, detail: ctkDICOMJobDetail, status: JobStatus) -> None:
        """Take news of a job; news that came late do not bring an ended one back."""
        uid = detail.JobUID()
        known = self._jobs.get(uid)
        if known is None:
            self.beginInsertRows(QModelIndex(), len(self._uids), len(self._uids))
            self._rows[uid] = len(self._uids)
            self._uids.append(uid)
            self._jobs[uid] = detail, status
            self.endInsertRows()
            return
        if known[1] in ENDED and status not in ENDED:
            return
        row = self._rows[uid]
        if not detail.creationDateTime():  # the listener tells of each file without its own times
            detail = known[0]
        self._jobs[uid] = detail, status
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def remove(self, uids: Iterable[str]) -> None:
        """Forget jobs."""
        gone = set(uids)
        self.beginResetModel()
        self._uids = [uid for uid in self._uids if uid not in gone]
        self._jobs = {uid: self._jobs[uid] for uid in self._uids}
        self._rows = {uid: row for row, uid in enumerate(self._uids)}
        self.endResetModel()

    def uids(self, statuses: Iterable[JobStatus] = tuple(JobStatus)) -> list[str]:
        """UIDs of the jobs that stand so."""
        wanted = set(statuses)
        return [uid for uid in self._uids if self._jobs[uid][1] in wanted]

    def job(self, uid: str) -> tuple[ctkDICOMJobDetail, JobStatus] | None:
        """What is known of a job."""
        return self._jobs.get(uid)

    def patient(self, patient_id: str) -> tuple[str, str]:
        """Name and birth date of a patient, as far as the database knows them."""
        if patient_id and patient_id not in self._patients and self.database is not None:
            core = self.database.core if self.database.isOpen else None
            rows = core.rows("patients", PatientID=patient_id) if core is not None else []
            if not rows:
                return "", ""
            self._patients[patient_id] = tuple(  # type: ignore[assignment]
                str(rows[0][name] or "") for name in ("PatientsName", "PatientsBirthDate")
            )
        return self._patients.get(patient_id, ("", ""))

    # Qt

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of jobs."""
        return 0 if parent.isValid() else len(self._uids)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Any, role: int = Qt.DisplayRole) -> Any:
        """Titles of columns."""
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return _(COLUMNS[section])
        return super().headerData(section, orientation, role)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Text and colour of a cell; the UID and the status of its job."""
        if not index.isValid():
            return None
        uid = self._uids[index.row()]
        detail, status = self._jobs[uid]
        if role == UID_ROLE:
            return uid
        if role == STATUS_ROLE:
            return status
        if role == Qt.ForegroundRole and index.column() == STATUS:
            outcome = OUTCOMES.get(status)
            return outcome and outcome.color
        if role in (Qt.DisplayRole, Qt.ToolTipRole):
            return self._text(index.column(), detail, status)
        return None

    def _text(self, column: int, detail: ctkDICOMJobDetail, status: JobStatus) -> str:
        if column == TYPE:
            return _(TYPE_TEXTS.get(detail.jobType(), detail.jobClass()))
        if column == STATUS:
            return _(STATUS_TEXTS[status])
        if column == PROGRESS:
            return _progress_text(detail, status)
        if column == TIME:
            return str(detail.creationDateTime())
        if column in (PATIENT_NAME, BIRTH_DATE):
            return self.patient(detail.patientID())[column - PATIENT_NAME]
        return str(detail.patientID() if column == PATIENT_ID else detail.connectionName())


def _progress_text(detail: ctkDICOMJobDetail, status: JobStatus) -> str:
    """Per cent where they are known, and how much came."""
    texts = []
    if status == JobStatus.Finished:
        texts.append("100 %")
    elif status == JobStatus.Running and detail.percent():
        texts.append(f"{detail.percent()} %")
    if detail.numberOfDataSets():
        texts.append(f"({detail.numberOfDataSets()})")
    return " ".join(texts)
