"""slicer-dicom find and retrieve, from a real server."""

from __future__ import annotations

import json

import pytest

from DICOMLib.cli import main
from DICOMLib.core.settings import MemorySettings
from DICOMLib.network.peers import Peer, save_peers
from Testing import dcmtk, factories
from Testing.orthanc import free_port

pytestmark = pytest.mark.network


@pytest.fixture
def peer(tmp_path, files):
    """Options of a server that has the files, and the port to which it moves."""
    (files / "readme.txt").unlink()
    port = free_port()
    server = dcmtk.dcmqrscp(tmp_path, {"SLICER": port})
    options = ["--host", "localhost", "--port", str(server.port), "--called-ae", "QRSCP"]
    assert main(["send", str(files), *options]) == 0
    yield options, str(port)
    server.close()


def test_find(peer, capsys):
    options, _port = peer
    capsys.readouterr()
    assert main(["find", "series", f"StudyInstanceUID={factories.uid('study')}", *options, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {row["SeriesInstanceUID"] for row in document["matches"]} == {
        factories.uid("ct"),
        factories.uid("report"),
    }
    assert main(["find", "study", "PatientName=D*", "--return", "StudyInstanceUID", *options]) == 0
    assert capsys.readouterr().out.splitlines()[1] == factories.uid("study")


@pytest.mark.parametrize("date", ["2024-01-15", "20240115", "2024-01-01-2024-01-31", "-2024-01-15"])
def test_dates_are_told_and_understood_as_lists_have_them(peer, capsys, date):
    options, _port = peer
    capsys.readouterr()
    assert main(["find", "study", f"StudyDate={date}", *options, "--json"]) == 0
    (study,) = json.loads(capsys.readouterr().out)["matches"]
    assert (study["StudyDate"], study["StudyTime"]) == ("2024-01-15", "10:15:00")
    assert "" not in study.values()
    assert main(["find", "study", "StudyDate=2024-01-16", *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["matches"] == []


def test_a_key_that_is_none(capsys):
    assert main(["find", "study", "PatientsName=D*", "--host", "localhost"]) == 2
    assert "is no keyword" in capsys.readouterr().err


def test_a_date_that_is_none(capsys):
    assert main(["find", "study", "StudyDate=31.12.2024", "--host", "localhost"]) == 2
    assert "StudyDate: '31.12.2024'" in capsys.readouterr().err


def test_options_stand_anywhere(peer, capsys):
    options, _port = peer
    capsys.readouterr()
    key = f"StudyInstanceUID={factories.uid('study')}"
    assert main(["find", "series", *options, "--json", key, "--limit", "5", "Modality=CT"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["matches"]
    assert row["SeriesInstanceUID"] == factories.uid("ct")


@pytest.mark.parametrize("protocol", ["get", "move"])
@pytest.mark.parametrize("where", ["--output", "--database"])
def test_a_study_that_is_not_there_leaves_nothing(peer, tmp_path, capsys, protocol, where):
    options, port = peer
    target = tmp_path / "new" / "target"
    command = ["retrieve", "1.2.3.4", *options, where, str(target), "--json", "--protocol", protocol]
    capsys.readouterr()
    assert main([*command, "--listener-port", port]) == 1
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert fault["what"] == "1.2.3.4"
    assert "nothing of it" in fault["reason"]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("protocol", ["get", "move"])
def test_retrieve_into_a_database_once(peer, tmp_path, capsys, protocol):
    options, port = peer
    command = [
        "retrieve",
        str(factories.uid("study")),
        *options,
        "--database",
        str(tmp_path / "db"),
        "--json",
    ]
    command += ["--protocol", protocol, "--listener-port", port]
    for _ in range(2):
        capsys.readouterr()
        assert main(command) == 0
        receipt = json.loads(capsys.readouterr().out)
        assert (receipt["asked"], receipt["done"], receipt["complete"]) == (4, 4, True)
    main(["list", "instances", "--database", str(tmp_path / "db"), "--json"])
    assert len(json.loads(capsys.readouterr().out)) == 4


def test_moved_to_the_title_that_is_given(peer, tmp_path, monkeypatch, capsys):
    """It comes before the move destination of the server list, which the peer does not know here."""
    options, port = peer
    known = Peer(
        "localhost", int(options[3]), "QRSCP", name="list", protocol="CMOVE", move_destination="OTHER"
    )
    monkeypatch.setattr("DICOMLib.cli.peers.user_settings", dict)
    monkeypatch.setattr("DICOMLib.cli.peers.find_target", lambda _settings, _name: known)
    command = ["retrieve", str(factories.uid("study")), "--peer", "list", "--listener-port", port, "--output"]
    assert main([*command, str(tmp_path / "one")]) == 1
    assert "move destination" in capsys.readouterr().out
    assert main([*command, str(tmp_path / "two"), "--listener-ae", "SLICER"]) == 0
    assert len(list((tmp_path / "two").iterdir())) == 4


def test_by_way_of_a_proxy(peer, tmp_path, monkeypatch, capsys):
    """The archive moves studies to its proxy, and does not know this computer."""
    options, port = peer
    (tmp_path / "archive").mkdir()
    archive = dcmtk.dcmqrscp(tmp_path / "archive", {"QRSCP": int(options[3])})
    settings, study = MemorySettings(), str(factories.uid("more"))
    proxy = Peer("localhost", int(options[3]), "QRSCP", name="Proxy", protocol="CMOVE")
    save_peers(settings, [Peer("localhost", archive.port, "QRSCP", name="Archive", proxy="Proxy"), proxy])
    for place in ("peers", "retrieve"):
        monkeypatch.setattr(f"DICOMLib.cli.{place}.user_settings", lambda: settings)
    paths = factories.write(factories.ct_series(3, "other", StudyInstanceUID=study), tmp_path / "other")
    command = ["retrieve", study, "--peer", "Archive", "--listener-port", port, "--json", "--output"]
    try:
        assert (
            main(["send", *paths, "--host", "localhost", "--port", str(archive.port), "--called-ae", "QRSCP"])
            == 0
        )
        assert main([*command, str(tmp_path / "got")]) == 0
    finally:
        archive.close()
    assert len(list((tmp_path / "got").iterdir())) == 3
    capsys.readouterr()
    assert main(["find", "study", f"StudyInstanceUID={study}", "--peer", "Proxy", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["matches"]) == 1
    assert main([*command, str(tmp_path / "late")]) == 1  # the archive is gone
    assert "Nothing listens" in capsys.readouterr().err


def test_one_series_into_a_folder(peer, tmp_path):
    options, _port = peer
    command = ["retrieve", str(factories.uid("study")), "--series", str(factories.uid("ct")), *options]
    assert main([*command, "--output", str(tmp_path / "out")]) == 0
    assert len(list((tmp_path / "out").glob("*.dcm"))) == 3
