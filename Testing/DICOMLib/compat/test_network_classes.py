"""ctkDICOMServer, ctkDICOMEcho, ctkDICOMQuery, ctkDICOMRetrieve with a real server, as scripts use them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMEcho import ctkDICOMEcho
from DICOMLib.compat.ctkDICOMInserterJob import ctkDICOMInserterJob
from DICOMLib.compat.ctkDICOMJobResponseSet import ctkDICOMJobResponseSet
from DICOMLib.compat.ctkDICOMQuery import ctkDICOMQuery
from DICOMLib.compat.ctkDICOMRetrieve import ctkDICOMRetrieve
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.core.jobs import Progress, run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.find import FindReport
from DICOMLib.network.listener import ListenerOptions
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import send
from Testing import dcmtk, factories
from Testing.DICOMLib.network import files
from Testing.orthanc import free_port

pytestmark = pytest.mark.network

STUDY, CT, MR = (str(factories.uid(name)) for name in ("study", "ct", "mr"))


@pytest.fixture
def server(tmp_path):
    """A `dcmqrscp` with a CT of 3 and an MR of 2 slices; it may move to "MOVED" (`storescp`)."""
    mover = dcmtk.storescp(tmp_path / "moved")
    running = dcmtk.dcmqrscp(tmp_path, {"MOVED": mover.port})
    sources = factories.write(
        [*factories.ct_series(3, "ct"), *factories.mr_series(2, "mr", SeriesDescription="T1")],
        tmp_path / "source",
    )
    running.sources = files.by_sop(sources)
    assert run(send(Peer("localhost", running.port, "QRSCP"), sources)).complete
    yield running
    running.close()
    mover.close()


@pytest.fixture
def database(tmp_path):
    (tmp_path / "db").mkdir()
    opened = ctkDICOMDatabase(str(tmp_path / "db" / "ctkDICOM.sql"))
    yield opened
    opened.closeDatabase()


def configured(face: Any, server: dcmtk.Server) -> Any:
    face.callingAETitle, face.calledAETitle = "SLICER", "QRSCP"
    face.host, face.port = "localhost", server.port
    return face


def test_defaults():
    assert (ctkDICOMServer().port, ctkDICOMServer().connectionTimeout) == (80, 10)
    assert (ctkDICOMEcho().port, ctkDICOMEcho().connectionTimeout) == (80, 3)
    assert (ctkDICOMQuery().port, ctkDICOMQuery().maximumPatientsQuery) == (0, 0)
    retrieve = ctkDICOMRetrieve()
    assert (retrieve.port, retrieve.connectionTimeout, retrieve.keepAssociationOpen) == (104, 3, True)
    assert (retrieve.callingAETitle, retrieve.calledAETitle) == ("ANY-SCU", "ANY-SCP")
    assert (retrieve.moveDestinationAETitle, retrieve.host) == ("", "")


def test_server_signals_copies_and_protocols():
    server, told = ctkDICOMServer(), []
    server.connect("serverModified(QString)", told.append)
    server.connectionName = "PACS"
    server.setHost("10.0.0.1")
    server.setRetrieveProtocolAsString("CMOVE")
    server.setRetrieveProtocolAsString("nonsense")
    assert told == ["PACS"] * 4
    assert (server.host, server.retrieveProtocol) == ("10.0.0.1", ctkDICOMServer.CMOVE)
    proxy = ctkDICOMServer()
    proxy.connectionName = "proxy"
    server.setProxyServer(proxy)
    copy = server.clone()
    proxy.connectionName = "changed"
    assert copy.proxyServer().connectionName == "proxy"
    assert copy.retrieveProtocolAsString() == "CMOVE"
    with pytest.raises(AttributeError, match="hostt"):
        _ = server.hostt


def test_echo(server):
    assert configured(ctkDICOMEcho(), server).echo()
    wrong = configured(ctkDICOMEcho(), server)
    wrong.calledAETitle = "NOBODY"
    assert not wrong.echo()
    assert "another AE title" in wrong.lastError


def test_query_into_a_database_then_retrieve(server, database):
    """The task of the script repository: an in-memory database of answers, then series by series."""
    query = configured(ctkDICOMQuery(), server)
    query.setFilters(
        {"Name": "Doe", "Modalities": "MR", "Study": "", "StartDate": "20240101", "EndDate": "20241231"}
    )
    answers = ctkDICOMDatabase()
    answers.openDatabase("")
    texts, percents = [], []
    query.connect("progress(QString)", texts.append)
    query.connect("progress(int)", percents.append)
    assert query.query(answers)
    assert query.studyAndSeriesInstanceUIDQueried == [(STUDY, MR)]
    assert answers.seriesForStudy(STUDY) == [MR]
    assert answers.filesForSeries(MR) == []
    assert percents == [10, 20, 30, 40, 50, 75, 100]
    assert texts
    retrieve = configured(ctkDICOMRetrieve(), server)
    retrieve.setDatabase(database)
    added = []
    database.connect("seriesAdded(QString)", added.append)
    for study, series in query.studyAndSeriesInstanceUIDQueried:
        assert retrieve.getSeries(study, series)
    database.updateDisplayedFields()
    paths = database.filesForSeries(MR)
    assert len(paths) == 2
    assert all(files.same_data(path, server.sources[files.sop_of(path)]) for path in paths)
    assert added == [MR]
    answers.closeDatabase()


def test_with_our_own_archive(server, database, tmp_path):
    """Query and retrieve of scripts, by C-GET and C-MOVE, where our own server answers."""
    sources = sorted(map(str, (tmp_path / "source").iterdir()))
    mover = dcmtk.storescp(tmp_path / "archive-moved")
    with Database.open(tmp_path / "archive") as archive:
        run(import_paths(archive, sources))
        how = ListenerOptions(port=0, address="127.0.0.1", acceptance=Acceptance("QRSCP"))
        with DimseServer(archive, how, [Peer("localhost", mover.port, "MOVED")]) as ours:
            query, answers = configured(ctkDICOMQuery(), ours), ctkDICOMDatabase()
            answers.openDatabase("")
            query.setFilters({"Name": "Doe", "Series": "T1"})
            assert query.query(answers)
            assert query.studyAndSeriesInstanceUIDQueried == [(STUDY, MR)]
            assert query.queryPatients()
            assert list(query.jobResponseSets()[-1].datasets()) == ["P1"]
            retrieve = configured(ctkDICOMRetrieve(), ours)
            retrieve.setDatabase(database)
            assert retrieve.getSeries(STUDY, MR)
            retrieve.moveDestinationAETitle = "MOVED"
            assert retrieve.moveStudy(STUDY)
    paths = database.filesForSeries(MR)
    assert len(paths) == 2
    assert all(files.same_data(path, server.sources[files.sop_of(path)]) for path in paths)
    moved = files.by_sop((tmp_path / "archive-moved" / "received").iterdir())
    assert moved.keys() == server.sources.keys()
    answers.closeDatabase()
    mover.close()


def test_queries_of_one_level(server):
    query = configured(ctkDICOMQuery(), server)
    query.setFilters({"Name": "Doe", "unknown": 1})
    percents = []
    query.connect("progress(int)", percents.append)
    assert query.queryPatients()
    assert percents == [10, 20, 30, 40, 50, 100]
    assert query.queryStudies("P1")
    assert query.querySeries("P1", STUDY)
    assert query.queryInstances("P1", STUDY, CT)
    patients, studies, series, instances = query.jobResponseSets()
    assert list(patients.datasets()) == ["P1"]
    assert list(studies.datasets()) == [STUDY]
    assert set(series.datasets()) == {CT, MR}
    assert len(instances.datasets()) == 3
    assert instances.jobType == ctkDICOMJobResponseSet.QueryInstances
    assert instances.jobTypeString() == "QueryInstances"
    assert studies.dataset().GetElementAsString("0010,0020") == "P1"


def test_a_limit_is_told(server):
    query, warnings = configured(ctkDICOMQuery(), server), []
    query.connect("warn(QString)", warnings.append)
    query.maximumPatientsQuery = 2
    assert query.queryInstances("P1", STUDY, CT)
    assert len(query.jobResponseSets()[0].datasets()) == 2
    assert len(warnings) == 1
    assert "limit" in warnings[0]
    query.maximumPatientsQuery = 0
    assert query.queryInstances("P1", STUDY, CT)
    assert len(query.jobResponseSets()[1].datasets()) == 3
    assert len(warnings) == 1


class Sparse:
    """What a server answers that tells no more of a series than it must."""

    def __init__(self, *series, studies=()):
        self.answers = {"SERIES": list(series), "STUDY": list(studies)}
        self.asked = []

    def __call__(self, _target, level, keys, returned=None, on_match=None, limit=0):
        self.asked.append((level, dict(keys)))
        for match in self.answers[level]:
            on_match(match)
        yield Progress(1, 1)
        return FindReport()


def answer(**values):
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def test_series_are_completed_from_their_study(monkeypatch):
    """Once for each study; a series that has no patient even then is left out with a warning."""
    series = [
        answer(StudyInstanceUID=study, SeriesInstanceUID=uid)
        for study, uid in (("1.1", "1.1.1"), ("1.1", "1.1.2"), ("1.2", "1.2.1"), ("", "1.3.1"))
    ]
    study = answer(StudyInstanceUID="1.1", PatientID="P1", PatientName="Doe", StudyDescription="Head")
    server = Sparse(*series, studies=[study])
    monkeypatch.setattr("DICOMLib.compat.ctkDICOMQuery.find", server)
    query, warnings = ctkDICOMQuery(), []
    query.connect("warn(QString)", warnings.append)
    assert query.querySeries("", "")
    (found,) = query.jobResponseSets()
    named = {uid: item.GetElementAsString("0008,1030") for uid, item in found.datasets().items()}
    assert named["1.1.1"] == named["1.1.2"] == "Head"
    assert "1.3.1" not in named
    assert len(warnings) == 1
    asked = [keys.get("StudyInstanceUID") for level, keys in server.asked if level == "STUDY"]
    assert asked == ["1.1", "1.2"]


def test_get_and_move(server, database, tmp_path):
    retrieve = configured(ctkDICOMRetrieve(), server)
    retrieve.setDatabase(database)
    assert retrieve.getStudy(STUDY)
    assert len(retrieve.jobResponseSets()) == 5
    assert Path(retrieve.jobResponseSets()[0].filePath).is_file()
    assert all(one.copyFile for one in retrieve.jobResponseSets())
    before = database.filesForSeries(CT)
    assert database.insert(retrieve.jobResponseSets()) == database.NotInserted  # it is there already
    assert database.filesForSeries(CT) == before
    retrieve.moveDestinationAETitle = "MOVED"
    assert retrieve.moveSeries(STUDY, CT)
    assert len(list((tmp_path / "moved" / "received").iterdir())) == 3
    assert retrieve.getSOPInstance(STUDY, MR, str(factories.uid("mr", 1)))


@pytest.fixture(params=["dcmqrscp", "orthanc"])
def archive(request, server):
    """A retrieval from a server that has the files of `server`."""
    retrieve = configured(ctkDICOMRetrieve(), server)
    if request.param == "orthanc":
        retrieve.port, retrieve.calledAETitle = request.getfixturevalue("orthanc").dicom_port, "ORTHANC"
        paths = [str(path) for path in server.sources.values()]
        assert run(send(Peer("localhost", retrieve.port, "ORTHANC"), paths)).complete
    return retrieve


def test_without_a_database_the_files_can_be_inserted_into_any(archive, server, database):
    assert archive.getStudy(STUDY)
    sets = archive.jobResponseSets()
    assert {one.sopInstanceUID for one in sets} == set(server.sources)
    for one in sets:
        assert files.same_data(one.filePath, server.sources[one.sopInstanceUID])
        assert list(one.datasets()) == [one.sopInstanceUID]
        assert one.dataset().GetElementAsString("0020,000D") == STUDY
    assert database.insert(sets) == database.Inserted
    folders = {Path(one.filePath).parent for one in sets}
    for folder in folders:
        shutil.rmtree(folder)
    paths = [*database.filesForSeries(CT), *database.filesForSeries(MR)]
    assert len(paths) == 5
    assert all(Path(path).is_relative_to(database.databaseDirectory) for path in paths)
    assert all(files.same_data(path, server.sources[files.sop_of(path)]) for path in paths)
    assert [one.datasets() for one in sets] == [{}] * 5


def test_a_job_inserts_what_came_without_a_database(archive, database):
    assert archive.getSeries(STUDY, CT)
    told = []
    job = ctkDICOMInserterJob(database, archive.jobResponseSets())
    job.execute(told.append)
    assert [detail.numberOfDataSets() for detail in told] == [1, 1, 1]
    assert len(database.filesForSeries(CT)) == 3
    answers = ctkDICOMDatabase()
    answers.openDatabase(":memory:")
    assert answers.insert(archive.jobResponseSets()) == answers.Inserted
    assert sorted(answers.filesForSeries(CT)) == sorted(one.filePath for one in archive.jobResponseSets())
    answers.closeDatabase()


def test_nothing_that_came_leaves_no_folder(server, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert not configured(ctkDICOMRetrieve(), server).getStudy("1.2.3")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_fails_says_why(server):
    retrieve = configured(ctkDICOMRetrieve(), server)
    errors = []
    retrieve.connect("error(QString)", errors.append)
    assert not retrieve.getSeries(STUDY, "")
    assert "UID is missing" in errors[-1]
    assert not retrieve.getStudy("1.2.3")
    retrieve.moveDestinationAETitle = "STRANGER"
    assert not retrieve.moveStudy(STUDY)
    retrieve.port = free_port()
    assert not retrieve.getStudy(STUDY)
    assert "Nothing listens" in errors[-1]


def test_cancelled_for_good(server):
    query = configured(ctkDICOMQuery(), server)
    query.cancel()
    assert not query.queryPatients()
    assert query.wasCanceled()
