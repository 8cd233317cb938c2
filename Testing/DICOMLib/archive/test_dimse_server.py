"""Our database as an archive: asked by DCMTK, by Orthanc, and by ourselves, over every transfer syntax."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from types import SimpleNamespace

import pytest
import requests

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.core.errors import AssociationRefused, NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.echo import echo
from DICOMLib.network.find import find
from DICOMLib.network.listener import Listener
from DICOMLib.network.peers import C_MOVE, Peer
from DICOMLib.network.query import identifier
from DICOMLib.network.retrieve import retrieve
from DICOMLib.network.send import send
from Testing import dcmtk, factories
from Testing.DICOMLib.archive.conftest import LOOPBACK, TITLE, options
from Testing.DICOMLib.network import files
from Testing.orthanc import free_port

pytestmark = pytest.mark.network

STUDY, SERIES = str(factories.uid("study")), str(factories.uid("many"))
AT_STUDY = ("-k", "0008,0052=STUDY", "-k", f"0020,000D={STUDY}")
AET = ("-aec", TITLE, "-aet", "TESTER")


def peer_of(server, **more) -> Peer:
    return Peer("localhost", server.port, TITLE, "TESTER", response_timeout_s=10, **more)


# DCMTK


def test_echoscu(server):
    dcmtk.tool("echoscu", *AET, "localhost", server.port)


@pytest.mark.parametrize("model", ["-S", "-P"])
def test_findscu(server, tmp_path, model):
    """Both information models, four levels, values as they are in the files."""
    for level, keys, expected in (
        ("PATIENT", ["PatientName=doe*", "PatientID"], "P1"),
        ("STUDY", ["PatientID=P1", "StudyInstanceUID", "NumberOfStudyRelatedInstances"], STUDY),
        ("SERIES", ["Modality=CT", f"StudyInstanceUID={STUDY}", "SeriesInstanceUID"], SERIES),
        ("IMAGE", [f"SeriesInstanceUID={SERIES}", "InstanceNumber=3", "SOPInstanceUID"],
         str(factories.uid("many", 2))),
    ):  # fmt: skip
        asked = [part for key in keys for part in ("-k", key)]
        output = dcmtk.tool(
            "findscu", "-v", model, *AET, "-k", f"0008,0052={level}", *asked, "localhost", server.port
        )
        assert f"[{expected}" in output, output
        assert output.count("Find Response:") == 1, output


def test_findscu_is_told_what_cannot_be_understood(server):
    asked = ("-k", "0008,0052=STUDY", "-k", "StudyDate=tomorrow")
    output = dcmtk.tool("findscu", "-v", "-S", *AET, *asked, "localhost", server.port, check=False)
    assert "DataSetDoesNotMatchSOPClass" in output  # DCMTK's name of 0xA900


@pytest.mark.parametrize(
    ("option", "syntax"),
    [("+xe", files.EXPLICIT), ("+xt", files.JPEG_LS), ("+xv", files.JPEG_2000),
     ("+xr", files.RLE), ("+xd", files.DEFLATED)],
)  # fmt: skip
def test_getscu(server, sources, tmp_path, option, syntax):
    """What is in the syntax that it prefers comes byte for byte; the rest is encoded anew."""
    (tmp_path / "got").mkdir()
    keys = ("+B", "-S", *AET, *AT_STUDY, "-od", tmp_path / "got")
    dcmtk.tool("getscu", option, *keys, "localhost", server.port)
    got = files.by_sop((tmp_path / "got").iterdir())
    asked = files.by_sop(sources)
    assert got.keys() == asked.keys()
    assert all(files.same_pixels(got[sop], path) for sop, path in asked.items())
    (same,) = (sop for sop, path in asked.items() if files.syntax_of(path) == syntax)
    assert files.same_data(got[same], asked[same])


@pytest.mark.parametrize(("every_s", "expected"), [(0, 6), (3600, 1)])
def test_how_far_it_is_is_told_no_more_often_than_needed(server, tmp_path, monkeypatch, every_s, expected):
    monkeypatch.setattr("DICOMLib.network.retrieve_scp._PENDING_EVERY_S", every_s)
    (tmp_path / "got").mkdir()
    asked = ("-S", *AET, *AT_STUDY, "-od", tmp_path / "got")
    output = dcmtk.tool("getscu", "-d", *asked, "localhost", server.port)
    assert output.count("0xff00") == expected, output
    assert len(list((tmp_path / "got").iterdir())) == 7


def test_how_far_it_is_is_told_on_a_computer_that_was_just_switched_on(server, tmp_path, monkeypatch):
    """Its clock has not reached the time between two news yet; it stands, so that there are no others."""
    monkeypatch.setattr("DICOMLib.network.retrieve_scp.time", SimpleNamespace(monotonic=lambda: 0.01))
    (tmp_path / "got").mkdir()
    output = dcmtk.tool(
        "getscu", "-d", "-S", *AET, *AT_STUDY, "-od", tmp_path / "got", "localhost", server.port
    )
    assert output.count("0xff00") == 1, output


def test_movescu(serve, sources, tmp_path, servers):
    storescp = servers(dcmtk.storescp(tmp_path))
    server = serve(destinations=[Peer("localhost", storescp.port, "THERE")])
    keys = ("-v", "-S", *AET, "-aem", "THERE", *AT_STUDY)
    output = dcmtk.tool("movescu", *keys, "localhost", server.port)
    assert re.search(r"Success", output), output
    received = files.by_sop((tmp_path / "received").iterdir())
    assert received.keys() == files.by_sop(sources).keys()
    assert all(files.same_data(received[sop], path) for sop, path in files.by_sop(sources).items())


def test_movescu_to_whom_we_do_not_know(server):
    output = dcmtk.tool(
        "movescu", "-v", "-S", *AET, "-aem", "NOBODY", *AT_STUDY, "localhost", server.port, check=False
    )
    assert "MoveDestinationUnknown" in output or "0xa801" in output.lower(), output


def test_movescu_to_somebody_who_is_not_there(serve):
    server = serve(destinations=[Peer("localhost", free_port(), "GONE")])
    output = dcmtk.tool(
        "movescu", "-d", "-S", *AET, "-aem", "GONE", *AT_STUDY, "localhost", server.port, check=False
    )
    assert "OutOfResourcesSubOperations" in output  # DCMTK's name of 0xA702
    assert re.search(r"Failed Suboperations +: 7\b", output), output


def test_storescu_is_refused_by_a_server_that_only_reads(server, sources):
    output = dcmtk.tool("storescu", *AET, "localhost", server.port, sources[0], check=False)
    assert "No Acceptable Presentation Contexts" in output, output


def test_our_sender_says_that_the_server_only_reads(server, sources):
    with pytest.raises(NetworkError, match="read-only"):
        run(send(peer_of(server), sources))


def test_storescu_and_at_once_findscu(serve, database, tmp_path):
    """Where the database may be written, what was just sent is found and comes back."""
    (mr,) = factories.write(factories.mr_series(1, PatientID="P9", StudyInstanceUID="1.9"), tmp_path / "more")
    with Receiver(database) as receiver:
        server = serve(receiver=receiver, settle=receiver.settle)
        dcmtk.tool("storescu", *AET, "localhost", server.port, mr)
        found = run(find(peer_of(server), identifier("STUDY", {"PatientID": "P9"}))).matches
        assert [match.NumberOfStudyRelatedInstances for match in found] == [1]
        taken = FolderReceiver(tmp_path / "taken")
        wanted = Wanted("1.9", str(factories.uid("mr")))
        assert run(retrieve(peer_of(server), [wanted], taken)).complete
    assert files.same_data(taken.files[str(factories.uid("mr", 0))], mr)


# Ourselves


@pytest.mark.parametrize("protocol", ["CGET", "CMOVE"])
def test_our_client_gets_every_syntax_byte_for_byte(serve, sources, tmp_path, protocol):
    taken = FolderReceiver(tmp_path / "taken")
    with Listener(taken, options(acceptance=Acceptance("US"))) as listener:
        server = serve(destinations=[Peer("localhost", listener.port, "US")])
        peer = peer_of(server, protocol=protocol, move_destination="US" if protocol == C_MOVE else "")
        receipt = run(retrieve(peer, [Wanted(STUDY)], taken, listener))
    assert (receipt.complete, receipt.done) == (True, 7), receipt.as_text()
    assert all(files.same_data(taken.files[sop], path) for sop, path in files.by_sop(sources).items())


@pytest.mark.parametrize("level", ["PATIENT", "STUDY", "SERIES", "IMAGE"])
def test_our_query(server, level):
    report = run(find(peer_of(server), identifier(level, {})))
    assert len(report.matches) == (7 if level == "IMAGE" else 1)
    assert {match.RetrieveAETitle for match in report.matches} == {TITLE}


def test_many_answers_are_cancelled(database, serve, tmp_path):
    datasets = [dataset for number in range(60) for dataset in factories.ct_series(1, f"s{number}")]
    run(import_all(database, factories.write(datasets, tmp_path / "more")))
    report = run(find(peer_of(serve()), identifier("SERIES", {}), limit=5))
    assert (len(report.matches), report.limited) == (5, True)


def import_all(database, paths):
    from DICOMLib.indexing import import_paths

    return import_paths(database, paths)


def test_a_file_that_is_gone_is_a_failure_with_its_name(server, sources, tmp_path):
    lost = files.sop_of(sources[2])
    (tmp_path / "source" / "2.dcm").unlink()
    taken = FolderReceiver(tmp_path / "taken")
    receipt = run(retrieve(peer_of(server), [Wanted(STUDY)], taken))
    assert receipt.done == 6
    assert [uid for uid, _reason in receipt.missing] == [lost]


def test_whom_it_serves(serve):
    server = serve(options(acceptance=Acceptance(TITLE, True, frozenset({"FRIEND"}))))
    with pytest.raises(AssociationRefused, match="does not know our AE title"):
        run(echo(peer_of(server)))
    run(echo(Peer("localhost", server.port, TITLE, "FRIEND")))
    stranger = serve(options(addresses=("10.0.0.0/8",)))
    with pytest.raises(Exception, match=r"end|answer"):
        run(echo(Peer("localhost", stranger.port, TITLE, timeout_s=2)))


# Orthanc


def test_orthanc_queries_and_retrieves(serve, sources, orthanc):
    server = serve(destinations=[Peer("localhost", orthanc.dicom_port, "ORTHANC")])
    modality = {"AET": TITLE, "Host": "127.0.0.1", "Port": server.port}
    requests.put(f"{orthanc.url}/modalities/ours", json=modality, timeout=10).raise_for_status()
    requests.post(f"{orthanc.url}/modalities/ours/echo", json={}, timeout=10).raise_for_status()
    query = {"Level": "Study", "Query": {"PatientName": "DOE*", "StudyDate": "20240101-20241231"}}
    found = requests.post(f"{orthanc.url}/modalities/ours/query", json=query, timeout=10).json()
    answers = f"{orthanc.url}{found['Path']}/answers"
    assert requests.get(answers, timeout=10).json() == ["0"]
    content = requests.get(f"{answers}/0/content?simplify", timeout=10).json()
    assert (content["StudyInstanceUID"], content["PatientID"]) == (STUDY, "P1")
    requests.post(f"{answers}/0/retrieve", "ORTHANC", timeout=60).raise_for_status()
    end = time.monotonic() + 10
    while len(requests.get(f"{orthanc.url}/instances", timeout=10).json()) < 7 and time.monotonic() < end:
        time.sleep(0.05)
    for identifier_ in requests.get(f"{orthanc.url}/instances", timeout=10).json():
        raw = requests.get(f"{orthanc.url}/instances/{identifier_}/file", timeout=10).content
        path = orthanc_file(sources, raw)
        assert files.data_set(path).rstrip(b"\0") in raw


def orthanc_file(sources, raw) -> str:
    """The source of an instance that Orthanc gives."""
    import io

    import pydicom

    sop = str(pydicom.dcmread(io.BytesIO(raw), stop_before_pixels=True).SOPInstanceUID)
    return files.by_sop(sources)[sop]


def test_a_code_that_is_no_ascii_does_not_end_a_query(database):
    """Neither one that is asked for, nor one as CTK stores it: "?" takes its place, and the rest comes."""
    with contextlib.closing(sqlite3.connect(database.directory / "ctkDICOM.sql")) as other, other:
        other.execute("UPDATE Series SET BodyPartExamined = 'A\u6f22\u5b57'")
    with DimseServer(database, LOOPBACK) as server:
        peer = peer_of(server)
        keys = {"StudyInstanceUID": STUDY, "BodyPartExamined": ""}
        (found,) = run(find(peer, identifier("SERIES", keys))).matches
        assert (found.BodyPartExamined, found.SeriesInstanceUID) == ("A??", SERIES)
        keys["BodyPartExamined"] = "A\u6f22\u5b57"  # sent as A??, which matches any two characters
        (found,) = run(find(peer, identifier("SERIES", keys))).matches
        assert found.SeriesInstanceUID == SERIES
        asked = ("-k", "0008,0052=SERIES", "-k", f"0020,000D={STUDY}", "-k", "0018,0015")
        assert "[A??" in dcmtk.tool("findscu", "-v", "-S", *asked, "localhost", server.port)
