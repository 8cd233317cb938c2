"""CTK's classes of the network with a DICOMweb server, which scripts use like any other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMEcho import ctkDICOMEcho
from DICOMLib.compat.ctkDICOMQuery import ctkDICOMQuery
from DICOMLib.compat.ctkDICOMRetrieve import ctkDICOMRetrieve
from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.network.origin_servers import OriginServer
from Testing import factories
from Testing.orthanc import Orthanc

pytestmark = pytest.mark.network

STUDY, SERIES = str(factories.uid("study")), str(factories.uid("series"))


@pytest.fixture
def server(orthanc: Orthanc, tmp_path) -> OriginServer:
    orthanc.upload(factories.write(factories.ct_series(3), tmp_path / "source"))
    return OriginServer(orthanc.web_url, "web", trusted=True)


@pytest.fixture
def database(tmp_path) -> Iterator[Any]:
    database = ctkDICOMDatabase(str(tmp_path / "ctkDICOM.sql"))
    yield database
    database.closeDatabase()


def test_query_retrieve_and_echo(server, database):
    echo, query, retrieve = ctkDICOMEcho(), ctkDICOMQuery(), ctkDICOMRetrieve()
    for one in (echo, query, retrieve):
        one.web = server
    assert echo.echo()
    query.setFilters({"ID": "P1"})
    assert query.query(database)
    assert query.studyAndSeriesInstanceUIDQueried == [(STUDY, SERIES)]
    retrieve.setDatabase(database)
    assert retrieve.getSeries(STUDY, SERIES)
    assert len(database.filesForSeries(SERIES)) == 3
    assert not retrieve.moveStudy(STUDY)
    assert "cannot move" in retrieve.lastError


def test_scheduler(server, database):
    entry = ctkDICOMServer.of_peer(server)
    assert (entry.connectionName, entry.web, entry.clone().web) == ("web", server, server)
    scheduler = ctkDICOMScheduler()
    scheduler.setDicomDatabase(database)
    scheduler.addServer(entry)
    scheduler.setFilters({"ID": "P1"})
    scheduler.queryStudies("P1")
    scheduler.waitForFinish()
    assert database.studiesForPatient(database.patients()[0]) == [STUDY]
    scheduler.retrieveStudy("P1", STUDY)
    scheduler.waitForFinish()
    assert len(database.filesForSeries(SERIES)) == 3
    assert scheduler.waitForDone(10_000)
