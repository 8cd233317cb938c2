"""The words of CTK's list of jobs: titles, what jobs do, and where they stand."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt

from DICOMLib.compat.ctkAbstractJob import JobStatus
from DICOMLib.compat.ctkDICOMJobDetail import ctkDICOMJobDetail
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.widgets.network.job_model import STATUS, TYPE, JobModel
from Testing.contrast import READABLE, contrasts

pytestmark = pytest.mark.gui

TITLES = "Type,Status,Progress,Time and date,Patient ID,Patient name,Birth date,Connection"
TYPES = (
    *("Query patients", "Query studies", "Query series", "Query instances"),
    *("Retrieve studies", "Retrieve series", "Retrieve instances"),
    *("Storage listener", "Inserter", "Echo server", "Thumbnail generator"),
)
STATUSES = {
    "Initialized": "initialized",
    "Queued": "queued",
    "Running": "in-progress",
    "UserStopped": "user-stopped",
    "AttemptFailed": "attempt-failed",
    "Failed": "failed",
    "Finished": "completed",
}


def test_titles(qapp):
    model = JobModel()
    titles = [model.headerData(column, Qt.Horizontal) for column in range(model.columnCount())]
    assert ",".join(titles) == TITLES


@pytest.mark.parametrize(("number", "text"), list(enumerate(TYPES, 1)))
def test_types(qapp, number, text):
    model = JobModel()
    model.take(ctkDICOMJobDetail(JobUID="1", jobType=JobType(number)), JobStatus.Queued)
    assert model.index(0, TYPE).data() == text


@pytest.mark.parametrize("name", list(STATUSES))
def test_where_a_job_stands(qapp, name):
    model = JobModel()
    model.take(ctkDICOMJobDetail(JobUID="1", jobType=JobType.Echo), JobStatus[name])
    assert model.index(0, STATUS).data() == STATUSES[name]


@pytest.mark.parametrize("status", [JobStatus.Failed, JobStatus.Finished])
def test_how_a_job_ended_can_be_read_in_light_and_in_dark_colours(qapp, status):
    model = JobModel()
    model.take(ctkDICOMJobDetail(JobUID="1", jobType=JobType.Echo), status)
    assert min(contrasts(model.index(0, STATUS), Qt.ForegroundRole)) >= READABLE
    assert model.index(0, TYPE).data(Qt.ForegroundRole) is None
