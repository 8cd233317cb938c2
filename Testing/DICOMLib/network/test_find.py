"""C-FIND to DCMTK and Orthanc, at all levels."""

from __future__ import annotations

import time

import pytest
from pynetdicom import AE, evt

from DICOMLib.core.errors import NetworkError, PeerStatus
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.find import find
from DICOMLib.network.models import FIND_MODELS
from DICOMLib.network.peers import Peer
from DICOMLib.network.query import Range, identifier
from DICOMLib.network.send import send
from Testing import factories

pytestmark = pytest.mark.network

STUDY, OTHER = str(factories.uid("study")), str(factories.uid("other study"))


@pytest.fixture(params=["dcmtk", "orthanc"])
def pacs(request):
    """A server with two patients: Doe^Jane with series "one" (3) and "two" (2), Müller^Jörg with one."""
    if request.param == "dcmtk":
        peer = Peer("localhost", request.getfixturevalue("qrscp").port, "QRSCP", response_timeout_s=10)
    else:
        port = request.getfixturevalue("orthanc").dicom_port
        peer = Peer("localhost", port, "ORTHANC", response_timeout_s=10)
    other = factories.ct_series(
        1,
        "three",
        StudyInstanceUID=OTHER,
        PatientName="Müller^Jörg",
        PatientID="P2",
        StudyDate="20230601",
        SpecificCharacterSet="ISO_IR 100",
    )
    datasets = [*factories.ct_series(3, "one"), *factories.ct_series(2, "two", Modality="CT"), *other]
    paths = factories.write(datasets, request.getfixturevalue("tmp_path") / "source")
    assert run(send(peer, paths)).complete
    return peer


def matches(peer, level, keys, returned=None):
    return run(find(peer, identifier(level, keys, returned))).matches


def test_patients(pacs):
    found = matches(pacs, "PATIENT", {"PatientName": "D*"})
    assert [(str(match.PatientName), match.PatientID) for match in found] == [("Doe^Jane", "P1")]


def test_studies_by_date(pacs):
    found = matches(pacs, "STUDY", {"StudyDate": Range("20240101", "20241231")})
    assert [match.StudyInstanceUID for match in found] == [STUDY]
    assert len(matches(pacs, "STUDY", {"StudyDate": Range("", "20241231")})) == 2


def test_a_list_of_studies(pacs):
    found = matches(pacs, "STUDY", {"StudyInstanceUID": [STUDY, OTHER]})
    assert {match.StudyInstanceUID for match in found} == {STUDY, OTHER}


def test_a_name_with_umlauts(pacs):
    found = matches(pacs, "STUDY", {"PatientName": "Müller*"})
    assert [str(match.PatientName) for match in found] == ["Müller^Jörg"]


def test_series_and_instances(pacs):
    series = matches(pacs, "SERIES", {"StudyInstanceUID": STUDY})
    assert {match.SeriesInstanceUID for match in series} == {factories.uid("one"), factories.uid("two")}
    keys = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": factories.uid("one")}
    images = matches(pacs, "IMAGE", keys)
    assert {match.SOPInstanceUID for match in images} == {factories.uid("one", number) for number in range(3)}
    assert {int(match.InstanceNumber) for match in images} == {1, 2, 3}


def test_matches_come_one_by_one_and_a_limit_stops_them(pacs):
    keys = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": factories.uid("one")}
    seen = []
    report = run(find(pacs, identifier("IMAGE", keys), seen.append, limit=2))
    assert len(report.matches) == len(seen) == 2
    assert report.limited


def test_nothing_found(pacs):
    report = run(find(pacs, identifier("STUDY", {"PatientID": "nobody"})))
    assert (report.matches, report.limited, report.cancelled) == ([], False, False)


class Scripted:
    """A query server that answers as a test says."""

    def __init__(self, handler):
        entity = AE("SCRIPTED")
        for model in FIND_MODELS:
            entity.add_supported_context(model)
        self.server = entity.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, handler)]
        )
        self.peer = Peer("127.0.0.1", self.server.server_address[1], "SCRIPTED", response_timeout_s=2)


@pytest.fixture
def scripted():
    running = []

    def start(handler):
        running.append(Scripted(handler))
        return running[-1].peer

    yield start
    for one in running:
        one.server.shutdown()


def test_a_failure_is_told_in_words(scripted):
    peer = scripted(lambda event: iter([(0xA700, None)]))
    with pytest.raises(PeerStatus, match=r"out of resources.*0xA700"):
        run(find(peer, identifier("STUDY", {})))


def test_a_peer_that_stops_answering_is_given_up_in_time(scripted):
    def hang(event):
        yield 0xFF00, identifier("STUDY", {"StudyInstanceUID": "1.2"})
        time.sleep(4)
        yield 0xFF00, identifier("STUDY", {"StudyInstanceUID": "1.3"})

    peer = scripted(hang)
    seen = []
    begin = time.monotonic()
    with pytest.raises(NetworkError, match="stopped answering"):
        run(find(peer, identifier("STUDY", {}), seen.append))
    assert len(seen) == 1
    assert time.monotonic() - begin < 30


def test_cancel_reaches_the_peer(scripted):
    told = []

    def endless(event):
        for number in range(10_000):
            if event.is_cancelled:
                told.append(number)
                yield 0xFE00, None
                return
            time.sleep(0.01)
            yield 0xFF00, identifier("STUDY", {"StudyInstanceUID": f"1.2.{number}"})

    job = find(scripted(endless), identifier("STUDY", {}))
    while next(job).done < 3:
        pass
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled
    assert told


def test_the_key_that_a_hierarchical_peer_misses_is_named(qrscp, tmp_path):
    peer = Peer("localhost", qrscp.port, "QRSCP")
    assert run(send(peer, factories.write(factories.ct_series(1), tmp_path / "source"))).complete
    with pytest.raises(PeerStatus, match="may need SeriesInstanceUID in the query"):
        run(find(peer, identifier("IMAGE", {"StudyInstanceUID": str(factories.uid("study"))})))
    with pytest.raises(PeerStatus, match="may need StudyInstanceUID in the query"):
        run(find(peer, identifier("SERIES", {"Modality": "CT"})))
