"""The scheduler with real servers: jobs, followers, retries, stopping, signals, listener."""

from __future__ import annotations

import threading
import time
from typing import ClassVar

import pytest

from DICOMLib.compat.ctkAbstractJob import JobStatus
from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMInserterJob import ctkDICOMInserterJob
from DICOMLib.compat.ctkDICOMJob import ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobResponseSet import ctkDICOMJobResponseSet
from DICOMLib.compat.ctkDICOMQueryJob import ctkDICOMQueryJob
from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.compat.ctkDICOMStorageListenerJob import ctkDICOMStorageListenerJob
from DICOMLib.core.events import main_thread
from DICOMLib.core.jobs import run
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import send
from Testing import dcmtk, factories
from Testing.orthanc import free_port

pytestmark = pytest.mark.network

STUDY, CT = str(factories.uid("study")), str(factories.uid("ct"))


@pytest.fixture
def database(tmp_path):
    (tmp_path / "db").mkdir()
    opened = ctkDICOMDatabase(str(tmp_path / "db" / "ctkDICOM.sql"))
    yield opened
    opened.closeDatabase()


@pytest.fixture
def scheduler(database):
    made = ctkDICOMScheduler()
    made.setDicomDatabase(database)
    yield made
    made.stopAllJobs(True)
    assert made.waitForDone(10_000)


@pytest.fixture
def pacs(tmp_path):
    server = dcmtk.dcmqrscp(tmp_path)
    sources = factories.write(factories.ct_series(3, "ct"), tmp_path / "source")
    assert run(send(Peer("localhost", server.port, "QRSCP"), sources)).complete
    yield entry("pacs", server.port)
    server.close()


def entry(name, port, **values):
    server = ctkDICOMServer()
    server.connectionName, server.host, server.port = name, "localhost", port
    server.calledAETitle, server.callingAETitle = "QRSCP", "SLICER"
    for key, value in values.items():
        setattr(server, key, value)
    return server


def details_of(scheduler, signal):
    """Details that a signal tells, filled as they come."""
    found = []
    scheduler.connect(f"{signal}(QList<QVariant>)", found.extend)
    return found


def test_from_patients_to_files(scheduler, pacs, database):
    """As the script repository does it: patients, then their studies, then what is in them."""
    scheduler.addServer(pacs)
    told, finished = details_of(scheduler, "progressJobDetail"), details_of(scheduler, "jobFinished")
    scheduler.setFilters({"Name": "Doe"})
    scheduler.queryPatients()
    scheduler.waitForFinish()
    assert [database.fieldForPatient("PatientID", uid) for uid in database.patients()] == ["P1"]
    assert [detail.queriedPatientIDs() for detail in told] == [["P1"]]
    assert told[0].jobType() == ctkDICOMJobResponseSet.QueryPatients
    assert [detail.jobClass() for detail in finished] == ["ctkDICOMQueryJob", "ctkDICOMInserterJob"]
    assert finished[0].percent() == 100
    scheduler.queryStudies("P1")
    scheduler.waitForFinish()
    scheduler.querySeries("P1", STUDY)
    scheduler.waitForFinish()
    assert database.seriesForStudy(STUDY) == [CT]
    assert database.filesForSeries(CT) == []
    scheduler.retrieveSeries("P1", STUDY, CT)
    scheduler.waitForFinish()
    assert len(database.filesForSeries(CT)) == 3
    assert sum(d.jobType() == ctkDICOMJobResponseSet.RetrieveSeries for d in told) >= 3
    assert "3 of 3 instances" in scheduler.getJobByUID(finished[-2].JobUID()).log
    assert scheduler.numberOfJobs == 0


def test_how_far_a_query_is(pacs, monkeypatch):
    """While it runs, the job has the percentage that its query tells, even if the main thread is busy."""
    seen = []
    monkeypatch.setattr(main_thread, "post", [].append)

    class Watched(ctkDICOMQueryJob):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if name == "percent":
                seen.append(value)

    job = Watched(pacs, {"Name": "Doe"}, dicomLevel=ctkDICOMQueryJob.Patients)
    asking = threading.Thread(target=job.execute, args=(print,))
    asking.start()
    asking.join()
    assert seen == [0, 10, 20, 30, 40, 50, 100]
    assert job.toVariant().percent() == 100


def test_study_and_instances(scheduler, pacs, database):
    scheduler.addServer(pacs)
    scheduler.queryStudies("")
    scheduler.querySeries("", STUDY)
    scheduler.waitForFinish()
    scheduler.queryInstances("P1", STUDY, CT)
    scheduler.waitForFinish()
    urls = database.urlsForSeries(CT)
    assert len(urls) == 3
    scheduler.retrieveSOPInstance("P1", STUDY, CT, str(factories.uid("ct", 1)))
    scheduler.waitForFinish()
    assert database.fileForInstance(str(factories.uid("ct", 1)))
    scheduler.retrieveStudy("P1", STUDY)
    scheduler.waitForFinish()
    assert len([path for path in database.filesForSeries(CT) if path]) == 3


def test_defaults():
    scheduler, query = ctkDICOMScheduler(), ctkDICOMQueryJob()
    assert (scheduler.maximumThreadCount, scheduler.maximumNumberOfRetry, scheduler.retryDelay) == (
        20,
        3,
        100,
    )
    assert (scheduler.maximumPatientsQuery, scheduler.freezeJobsScheduling) == (0, False)
    assert (query.status, query.persistent, query.retryCounter, query.retryDelay) == (
        JobStatus.Initialized,
        False,
        0,
        100,
    )
    assert (query.maximumNumberOfRetry, query.maximumConcurrentJobsPerType, query.priority) == (3, 20, 2)
    assert (query.maximumPatientsQuery, query.server(), query.uids()) == (0, None, ("", "", "", ""))
    assert ctkDICOMInserterJob().maximumConcurrentJobsPerType == 1
    assert ctkDICOMInserterJob().databaseFilename == ""
    listener = ctkDICOMStorageListenerJob()
    assert (listener.port, listener.AETitle, listener.connectionTimeout, listener.persistent) == (
        11112,
        "CTKSTORE",
        1,
        True,
    )


def test_ten_instances_at_once(scheduler, database, tmp_path):
    """As in CTK's own test: ten answers with URLs become ten files."""
    server = dcmtk.dcmqrscp(tmp_path, None)
    try:
        sources = factories.write(factories.ct_series(10, "ct"), tmp_path / "ten")
        assert run(send(Peer("localhost", server.port, "QRSCP"), sources)).complete
        scheduler.addServer(entry("pacs", server.port))
        scheduler.setFilters({"ID": "P1"})
        for ask in (
            lambda: scheduler.queryStudies("P1"),
            lambda: scheduler.querySeries("P1", STUDY),
            lambda: scheduler.queryInstances("P1", STUDY, CT),
        ):
            ask()
            scheduler.waitForFinish(False, True)
        assert len(database.urlsForSeries(CT)) == 10
        assert [path for path in database.filesForSeries(CT) if path] == []
        scheduler.freezeJobsScheduling = True
        for number in range(10):
            scheduler.retrieveSOPInstance("P1", STUDY, CT, str(factories.uid("ct", number)))
        assert scheduler.numberOfJobs == 10
        scheduler.freezeJobsScheduling = False
        assert scheduler.numberOfRunningJobs == 10
        scheduler.waitForFinish(False, True)
        assert len(database.instancesForSeries(CT)) == 10
        assert len([path for path in database.filesForSeries(CT) if path]) == 10
        assert [url for url in database.urlsForSeries(CT) if url] == []
    finally:
        server.close()


def test_who_is_asked(scheduler):
    scheduler.freezeJobsScheduling = True
    for name, values in (
        ("trusted", {}),
        ("foreign", {"trustedEnabled": False}),
        ("off", {"queryRetrieveEnabled": False}),
    ):
        scheduler.addServer(entry(name, 1, **values))

    def asked(call):
        before = {job.jobUID for job in scheduler._queue.jobs()}
        call()
        return [job.connectionName for job in scheduler._queue.jobs() if job.jobUID not in before]

    assert asked(scheduler.queryPatients) == ["trusted", "foreign"]
    assert asked(lambda: scheduler.queryStudies("")) == ["trusted", "foreign"]
    assert asked(lambda: scheduler.queryStudies("P1")) == ["trusted"]
    assert asked(lambda: scheduler.queryStudies("P1", 2, ["foreign"])) == ["trusted", "foreign"]
    assert asked(lambda: scheduler.retrieveStudy("P1", "1.2", 2, ["off"])) == ["trusted"]
    assert asked(lambda: scheduler.echo("nobody")) == []
    assert scheduler.numberOfJobs == 8


def test_servers_by_place_and_name(scheduler):
    proxy = entry("proxy", 2)
    first = entry("first", 1, storageEnabled=False)
    first.setProxyServer(proxy)
    scheduler.addServer(first)
    scheduler.addServer(entry("second", 3, queryRetrieveEnabled=False, storageEnabled=False))
    assert (
        scheduler.serversCount(),
        scheduler.queryRetrieveServersCount(),
        scheduler.storageServersCount(),
    ) == (2, 1, 0)
    assert scheduler.getAllServersConnectionNames() == ["first", "second"]
    assert scheduler.getConnectionNamesForActiveServers() == ["first"]
    assert scheduler.server("proxy").port == 2
    assert scheduler.server(7) is None
    assert (scheduler.getServerIndexFromName("second"), scheduler.getServerIndexFromName("x")) == (1, -1)
    assert scheduler.serverHasProxy("first")
    assert not scheduler.serverHasProxy("second")
    scheduler.removeServer("first")
    assert scheduler.getServerNameFromIndex(0) == "second"
    assert scheduler.getServerNameFromIndex(5) == ""


def test_echo_is_tried_once_and_its_log_says_why(scheduler):
    scheduler.addServer(entry("gone", free_port()))
    failed = details_of(scheduler, "jobFailed")
    scheduler.echo("gone")
    scheduler.waitForFinish()
    assert len(failed) == 1
    assert "Nothing listens" in failed[0].logging()


def test_a_failing_job_is_tried_again(scheduler):
    scheduler.addServer(entry("gone", free_port()))
    scheduler.maximumNumberOfRetry = 2
    attempts, failed = details_of(scheduler, "jobAttemptFailed"), details_of(scheduler, "jobFailed")
    scheduler.queryPatients()
    scheduler.waitForFinish()
    assert (len(attempts), len(failed)) == (2, 1)
    scheduler.retryJobs([failed[0].JobUID()])
    scheduler.waitForFinish()
    assert (len(attempts), len(failed)) == (4, 2)
    scheduler.deleteJobs([detail.JobUID() for detail in failed])
    assert scheduler.getJobByUID(failed[0].JobUID()) is None


class Waiting(ctkDICOMJob):
    """A job that waits until it is let go."""

    order: ClassVar[list[str]] = []

    def __init__(self, **values):
        super().__init__(**values)
        self.let_go = threading.Event()

    def execute(self, tell):
        Waiting.order.append(self.patientID)
        while not self.let_go.wait(0.01) and not self.wasCanceled():
            pass


def test_priorities_and_stopping(scheduler):
    Waiting.order.clear()
    jobs = [
        Waiting(patientID=name, priority=priority, maximumConcurrentJobsPerType=1)
        for name, priority in (("first", 2), ("low", 2), ("high", 4), ("never", 0))
    ]
    stopped, finished = details_of(scheduler, "jobUserStopped"), details_of(scheduler, "jobFinished")
    for job in jobs:
        scheduler.addJob(job)
    assert (scheduler.numberOfRunningJobs, scheduler.numberOfJobs) == (1, 4)
    assert scheduler.stopJobsByDICOMUIDs(["never"]) == [jobs[3].jobUID]
    for job in jobs[:3]:
        job.let_go.set()
    scheduler.waitForFinishByDICOMUIDs(["first", "low", "high"])
    assert Waiting.order == ["first", "high", "low"]
    assert [detail.patientID() for detail in stopped] == ["never"]
    assert len(finished) == 3
    assert jobs[0].status == JobStatus.Finished


def test_a_running_job_is_stopped(scheduler):
    job = Waiting(patientID="runs")
    scheduler.addJob(job)
    assert scheduler.stopJobsByJobUIDs([job.jobUID]) == [job.jobUID]
    scheduler.waitForFinish()
    assert job.status == JobStatus.UserStopped


def test_listener(scheduler, database, tmp_path):
    port = free_port()
    scheduler.startListener(port, "HERE")
    sources = factories.write(factories.ct_series(2, "sent"), tmp_path / "sent")
    end = time.monotonic() + 10
    while dcmtk.tool("storescu", "localhost", port, *sources, check=False) and time.monotonic() < end:
        pass
    assert scheduler.isStorageListenerActive()
    scheduler.waitForFinish()  # not for what goes on until it is stopped
    assert scheduler.numberOfPersistentJobs == 1
    scheduler.stopAllJobs(True)
    scheduler.waitForFinish(True)
    assert not scheduler.isStorageListenerActive()
    assert len(database.filesForSeries(str(factories.uid("sent")))) == 2


def test_news_go_where_they_are_wanted(database, monkeypatch):
    posted = []
    monkeypatch.setattr(main_thread, "post", posted.append)
    scheduler = ctkDICOMScheduler()
    scheduler.setDicomDatabase(database)
    queued = []
    scheduler.connect("jobFinished(QList<QVariant>)", queued.extend)
    job = Waiting(patientID="x")
    job.let_go.set()
    scheduler.addJob(job)
    assert scheduler.waitForDone(5000)
    end = time.monotonic() + 5
    while not posted and time.monotonic() < end:
        time.sleep(0.05)
    for call in posted:
        call()
    assert [detail.patientID() for detail in queued] == ["x"]
    assert scheduler.waitForDone(5000)
