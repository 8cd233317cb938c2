"""Names, defaults, enumerations, signals and arguments of CTK's network classes, one row each."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

ADDRESS = {"connectionName": "", "callingAETitle": "", "calledAETitle": "", "host": "", "port": 80}
UIDS = {"patientID": "", "studyInstanceUID": "", "seriesInstanceUID": "", "sopInstanceUID": ""}
JOB = {
    "status": 0,
    "persistent": False,
    "retryCounter": 0,
    "maximumNumberOfRetry": 3,
    "retryDelay": 100,
    "maximumConcurrentJobsPerType": 20,
    "priority": 2,
    "log": "",
    "destroyAfterUse": True,
    "runningThreadID": "",
    "startDateTime": None,
    "completionDateTime": None,
    "referenceInserterJobUID": "",
    "dicomLevel": 0,
    **UIDS,
}
# Properties of a new object; all but those of READ_ONLY can be set as attributes and by setName(value).
DEFAULTS: dict[str, dict[str, Any]] = {
    "ctkDICOMServer": {
        **ADDRESS,
        "connectionTimeout": 10,
        "retrieveProtocol": 0,
        "keepAssociationOpen": False,
        "moveDestinationAETitle": "",
        "queryRetrieveEnabled": True,
        "storageEnabled": True,
        "trustedEnabled": True,
    },
    "ctkDICOMEcho": {**ADDRESS, "connectionTimeout": 3, "jobUID": ""},
    "ctkDICOMQuery": {**ADDRESS, "port": 0, "connectionTimeout": 10, "maximumPatientsQuery": 0, "jobUID": ""},
    "ctkDICOMRetrieve": {
        **ADDRESS,
        "callingAETitle": "ANY-SCU",
        "calledAETitle": "ANY-SCP",
        "port": 104,
        "connectionTimeout": 3,
        "keepAssociationOpen": True,
        "moveDestinationAETitle": "",
        "jobUID": "",
    },
    "ctkDICOMStorageListener": {"AETitle": "CTKSTORE", "port": 11112, "connectionTimeout": 1, "jobUID": ""},
    "ctkDICOMQueryJob": {**JOB, "maximumPatientsQuery": 0},
    "ctkDICOMRetrieveJob": JOB,
    "ctkDICOMEchoJob": {**JOB, "maximumNumberOfRetry": 0},
    "ctkDICOMInserterJob": {
        **JOB,
        "maximumNumberOfRetry": 0,
        "maximumConcurrentJobsPerType": 1,
        "databaseFilename": "",
    },
    "ctkDICOMThumbnailGeneratorJob": {**JOB, "maximumNumberOfRetry": 0, "dicomFilePath": "", "modality": ""},
    "ctkDICOMStorageListenerJob": {
        **JOB,
        "maximumNumberOfRetry": 0,
        "persistent": True,
        "AETitle": "CTKSTORE",
        "port": 11112,
        "connectionTimeout": 1,
    },
    "ctkDICOMJobResponseSet": {
        **UIDS,
        "filePath": "",
        "copyFile": False,
        "overwriteExistingDataset": False,
        "jobType": 0,
        "jobUID": "",
        "connectionName": "",
    },
    "ctkDICOMThumbnailGenerator": {"width": 256, "height": 256, "smoothResize": False},
}
SCHEDULER = {
    "maximumThreadCount": 20,
    "maximumNumberOfRetry": 3,
    "retryDelay": 100,
    "maximumPatientsQuery": 0,
    "freezeJobsScheduling": False,
}
COUNTERS = ("numberOfJobs", "numberOfPersistentJobs", "numberOfRunningJobs")
STATUSES = ("Initialized", "Queued", "Running", "UserStopped", "AttemptFailed", "Failed", "Finished")
LEVELS = ("None_", "Patients", "Studies", "Series", "Instances")
TYPES = (
    "None_",
    "QueryPatients",
    "QueryStudies",
    "QuerySeries",
    "QueryInstances",
    "RetrieveStudy",
    "RetrieveSeries",
    "RetrieveSOPInstance",
    "StoreSOPInstance",
    "Inserter",
    "Echo",
    "ThumbnailGenerator",
)
ENUMERATIONS = [
    ("ctkDICOMServer", "RetrieveProtocol", ("CGET", "CMOVE")),
    ("ctkAbstractJob", "JobStatus", STATUSES),
    ("ctkDICOMQueryJob", "JobStatus", STATUSES),
    ("ctkDICOMJob", "DICOMLevels", LEVELS),
    ("ctkDICOMJobResponseSet", "JobType", TYPES),
]
CONVERSATION = (
    "progress(int)",
    "progress(QString)",
    "debug(QString)",
    "warn(QString)",
    "error(QString)",
    "done(bool)",
)
JOB_SIGNALS = (
    "started()",
    "userStopped()",
    "attemptFailed()",
    "failed()",
    "finished()",
    "progressJobDetail(QVariant)",
)
LISTS = (
    "jobStarted",
    "jobUserStopped",
    "jobFinished",
    "jobAttemptFailed",
    "jobFailed",
    "progressJobDetail",
)
SIGNALS: dict[str, tuple[str, ...]] = {
    "ctkDICOMServer": ("serverModified(QString)",),
    "ctkDICOMEcho": CONVERSATION,
    "ctkDICOMQuery": CONVERSATION,
    "ctkDICOMRetrieve": CONVERSATION,
    "ctkDICOMScheduler": (
        "jobInitialized(QVariant)",
        "jobQueued(QVariant)",
        "serverModified(QString)",
        *(f"{name}(QList<QVariant>)" for name in LISTS),
    ),
    **{name: JOB_SIGNALS for name in DEFAULTS if name.endswith("Job")},
}
FOUR = "patientID studyInstanceUID seriesInstanceUID"
# Method and its parameters as a script may give them by position; those with "=" may be left out.
METHODS: dict[str, dict[str, str]] = {
    "ctkDICOMServer": {
        "retrieveProtocolAsString": "",
        "setRetrieveProtocolAsString": "protocolString",
        "proxyServer": "",
        "setProxyServer": "proxyServer",
        "clone": "",
    },
    "ctkDICOMEcho": {"echo": "", "cancel": "", "wasCanceled": ""},
    "ctkDICOMQuery": {
        "query": "database",
        "queryPatients": "",
        "queryStudies": "patientID",
        "querySeries": "patientID studyInstanceUID",
        "queryInstances": FOUR,
        "setFilters": "filters",
        "filters": "",
        "jobResponseSets": "",
        "cancel": "",
        "wasCanceled": "",
    },
    "ctkDICOMRetrieve": {
        "getStudy": "studyInstanceUID patientID=",
        "getSeries": "studyInstanceUID seriesInstanceUID patientID=",
        "getSOPInstance": "studyInstanceUID seriesInstanceUID SOPInstanceUID patientID=",
        "moveStudy": "studyInstanceUID patientID=",
        "moveSeries": "studyInstanceUID seriesInstanceUID patientID=",
        "moveSOPInstance": "studyInstanceUID seriesInstanceUID SOPInstanceUID patientID=",
        "setDatabase": "database",
        "dicomDatabase": "",
        "jobResponseSets": "",
        "addJobResponseSet": "jobResponseSet",
        "releaseAssociation": "",
        "cancel": "",
    },
    "ctkDICOMJob": {
        "clone": "",
        "toVariant": "",
        "loggerReport": "status",
        "jobResponseSets": "",
        "cancel": "",
    },
    "ctkDICOMJobResponseSet": {
        "dataset": "",
        "datasets": "",
        "clone": "",
        "toVariant": "",
        "jobTypeString": "",
    },
    "ctkDICOMScheduler": {
        "queryPatients": "priority=",
        "queryStudies": "patientID priority= allowed=",
        "querySeries": "patientID studyInstanceUID priority= allowed=",
        "queryInstances": f"{FOUR} priority= allowed=",
        "retrieveStudy": "patientID studyInstanceUID priority= allowed=",
        "retrieveSeries": f"{FOUR} priority= allowed=",
        "retrieveSOPInstance": f"{FOUR} SOPInstanceUID priority= allowed=",
        "startListener": "port AETitle priority=",
        "listenerJob": "",
        "isStorageListenerActive": "",
        "echo": "server priority=",
        "generateThumbnail": f"originalFilePath {FOUR} sopInstanceUID modality backgroundColor= priority=",
        "setDicomDatabase": "database",
        "dicomDatabase": "",
        "setFilters": "filters",
        "filters": "",
        "serversCount": "",
        "queryRetrieveServersCount": "",
        "storageServersCount": "",
        "server": "key",
        "addServer": "server",
        "removeServer": "key",
        "removeAllServers": "",
        "getServerNameFromIndex": "id",
        "getServerIndexFromName": "connectionName",
        "getAllServersConnectionNames": "",
        "getConnectionNamesForActiveServers": "",
        "serverHasProxy": "connectionName",
        "waitForFinish": "waitForPersistentJobs= processEvents=",
        "waitForDone": "msec=",
        "waitForFinishByDICOMUIDs": "patientIDs= studyInstanceUIDs= seriesInstanceUIDs= sopInstanceUIDs=",
        "stopJobsByDICOMUIDs": "patientIDs= studyInstanceUIDs= seriesInstanceUIDs= sopInstanceUIDs=",
        "stopAllJobs": "stopPersistentJobs= removeJobs=",
        "stopJobsByJobUIDs": "jobUIDs removeJobs=",
        "retryJob": "jobUID",
        "retryJobs": "jobUIDs",
        "deleteJobs": "jobUIDs",
        "getJobByUID": "jobUID",
        "addJob": "job",
        "raiseJobsPriorityForSeries": "selectedSeriesInstanceUIDs priority=",
    },
    "ctkDICOMThumbnailGenerator": {
        "generateThumbnail": "dicomFilePath thumbnailPath",
        "generateBlankThumbnail": "image color",
        "generateDocumentThumbnail": "thumbnailPath color=",
    },
}
# Accessors of job details, with what a new detail tells.
DETAIL: dict[str, Any] = {
    "jobType": 0,
    "DICOMLevel": 0,
    "patientID": "",
    "studyInstanceUID": "",
    "seriesInstanceUID": "",
    "sopInstanceUID": "",
    "referenceInserterJobUID": "",
    "connectionName": "",
    "numberOfDataSets": 0,
    "queriedPatientIDs": [],
    "queriedStudyInstanceUIDs": [],
    "queriedSeriesInstanceUIDs": [],
    "queriedSOPInstanceUIDs": [],
    "jobClass": "",
    "JobUID": "",
    "creationDateTime": "",
    "startDateTime": "",
    "completionDateTime": "",
    "runningThreadID": "",
    "logging": "",
}


def class_of(name: str) -> Any:
    return getattr(importlib.import_module(f"DICOMLib.compat.{name}"), name)


def other_than(value: Any) -> Any:
    """Another value of the same kind."""
    return {bool: not value, int: 7, str: "other"}.get(type(value), "other")


@pytest.mark.parametrize(
    ("name", "attribute", "default"),
    [(name, attribute, value) for name, values in DEFAULTS.items() for attribute, value in values.items()],
)
def test_property(name: str, attribute: str, default: Any) -> None:
    made = class_of(name)()
    assert getattr(made, attribute) == default
    assert isinstance(getattr(made, attribute), type(default))
    setattr(made, attribute, other_than(default))
    assert getattr(made, attribute) == other_than(default)
    getattr(made, f"set{attribute[0].upper()}{attribute[1:]}")(default)
    assert getattr(made, attribute) == default


def test_scheduler() -> None:
    made = class_of("ctkDICOMScheduler")()
    assert {name: getattr(made, name) for name in SCHEDULER} == SCHEDULER
    assert {name: getattr(made, name) for name in COUNTERS} == dict.fromkeys(COUNTERS, 0)
    for name, value in SCHEDULER.items():
        setattr(made, name, other_than(value))
        assert getattr(made, name) == other_than(value)
    for name in COUNTERS:
        with pytest.raises(AttributeError):
            setattr(made, name, 1)


@pytest.mark.parametrize(("name", "enumeration", "values"), ENUMERATIONS)
def test_enumeration(name: str, enumeration: str, values: tuple[str, ...]) -> None:
    owner = class_of(name)
    for number, value in enumerate(values):
        assert getattr(owner, value) == getattr(getattr(owner, enumeration), value) == number


@pytest.mark.parametrize(
    ("name", "signature"), [(name, one) for name, signatures in SIGNALS.items() for one in signatures]
)
def test_signal(name: str, signature: str) -> None:
    """A script connects it by its signature, and emits it by calling it."""
    made = class_of(name)()
    heard: list[Any] = []
    assert made.connect(signature, lambda *values: heard.append(values))
    own, arguments = signature.rstrip(")").split("(")
    values = ("x",) if arguments else ()
    getattr(made, "progressText" if signature == "progress(QString)" else own)(*values)
    assert heard == [values]
    assert made.disconnect(signature)
    getattr(made, own)(*values)
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("name", "method", "parameters"),
    [
        (name, method, parameters)
        for name, methods in METHODS.items()
        for method, parameters in methods.items()
    ],
)
def test_method(name: str, method: str, parameters: str) -> None:
    found = inspect.signature(getattr(class_of(name)(), method)).parameters.values()
    assert all(one.kind == one.POSITIONAL_OR_KEYWORD for one in found)
    told = [one.name + ("" if one.default is one.empty else "=") for one in found]
    assert told == parameters.split()


@pytest.mark.parametrize(("name", "default"), list(DETAIL.items()))
def test_detail(name: str, default: Any) -> None:
    detail = class_of("ctkDICOMJobDetail")()
    assert getattr(detail, name)() == default
    value = ["a", "b"] if isinstance(default, list) else other_than(default)
    getattr(detail, f"set{name[0].upper()}{name[1:]}")(value)
    assert getattr(detail, name)() == value


@pytest.mark.parametrize(("number", "name"), list(enumerate(TYPES)))
def test_names_of_job_types(number: int, name: str) -> None:
    made = class_of("ctkDICOMJobResponseSet")()
    made.jobType = number
    assert made.jobTypeString() == name.rstrip("_")


@pytest.mark.parametrize("name", [name for name in DEFAULTS if name.endswith("Job")])
def test_job(name: str) -> None:
    """Its own UID and class name, and a twin that is another job."""
    job = class_of(name)()
    job.patientID, job.retryCounter = "P1", 2
    twin = job.clone()
    assert job.className == twin.className == name
    assert "{" not in job.jobUID
    assert len({job.jobUID, twin.jobUID, class_of(name)().jobUID}) == 3
    assert (twin.patientID, twin.retryCounter, twin.status) == ("P1", 2, 0)
    detail = job.toVariant()
    assert (detail.jobClass(), detail.JobUID(), detail.patientID()) == (name, job.jobUID, "P1")
    assert detail.creationDateTime()[2::3][:2] == "::"
    assert name in job.loggerReport("started")
    assert job.jobResponseSets() == []
