"""slicer-dicom echo and send, to a real server."""

from __future__ import annotations

import io
import json
import os
import shutil

import pytest

from DICOMLib.cli import main
from Testing import dcmtk, factories
from Testing.ordinary_user import open_place as open_place
from Testing.ordinary_user import ordinary_user
from Testing.orthanc import free_port

pytestmark = pytest.mark.network


@pytest.fixture
def port(tmp_path):
    server = dcmtk.storescp(tmp_path)
    yield str(server.port)
    server.close()


def test_send_a_folder(files, tmp_path, port, capsys):
    assert main(["send", str(files), "--host", "localhost", "--port", port, "--json"]) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert (receipt["asked"], receipt["done"], receipt["complete"]) == (4, 4, True)
    assert len(receipt["series"]) == 2
    assert receipt["remarks"] == ["Files in the folders that are no DICOM, and were left out: 1."]
    assert len(list((tmp_path / "received").iterdir())) == 4


def test_an_empty_folder(tmp_path, port, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["send", str(tmp_path / "empty"), "--host", "localhost", "--port", port]) == 1
    assert "there are no files in it" in capsys.readouterr().out


def test_what_is_named_and_is_no_dicom_is_a_failure(files, port, capsys):
    assert main(["send", str(files / "readme.txt"), "--host", "localhost", "--port", port]) == 1
    assert "1 x no DICOM file" in capsys.readouterr().out


def test_a_relative_name_of_no_dicom_is_a_failure_too(files, port, capsys, monkeypatch):
    monkeypatch.chdir(files)
    assert main(["send", "readme.txt", "--host", "localhost", "--port", port]) == 1
    assert "1 x no DICOM file" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="POSIX permissions")
def test_a_folder_that_cannot_be_read_is_a_failure_and_the_rest_is_sent(open_place, tmp_path, port, capsys):
    factories.write(factories.ct_series(2), open_place / "files")
    command = ["send", str(open_place / "files"), "--host", "localhost", "--port", port]
    assert main(command) == 0  # modules that are read late may lie where others read nothing
    capsys.readouterr()
    locked = open_place / "files" / "locked"
    locked.mkdir(mode=0)
    (open_place / "files" / "empty.dcm").touch()
    with ordinary_user():
        assert main([*command, "--json"]) == 1
    receipt = json.loads(capsys.readouterr().out)
    assert (receipt["asked"], receipt["done"], receipt["complete"]) == (2, 2, False)
    assert receipt["faults"] == [{"what": str(locked), "reason": "cannot be read"}]
    assert receipt["remarks"] == ["Files in the folders that are no DICOM, and were left out: 1."]


def test_archives_are_not_sent_and_that_is_told(files, port, capsys):
    """One that is named is a failure; one that lies in a folder is not."""
    archive = shutil.make_archive(str(files.parent / "more"), "zip", files)
    assert main(["send", archive, "--host", "localhost", "--port", port]) == 1
    told = "1 x zip archive, which is not sent: unpack it, or import it"
    assert f"\n{told}" in capsys.readouterr().out
    shutil.move(archive, files)
    assert main(["send", str(files), "--host", "localhost", "--port", port, "--json"]) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert (receipt["done"], receipt["faults"]) == (4, [])
    assert receipt["remarks"][1].startswith(f"In the folders: {told}")


def test_a_password_without_a_terminal_is_asked_for_by_option(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["echo", "--url", "http://127.0.0.1:1/dicom-web", "--user", "me"]) == 1
    assert "--password-env" in capsys.readouterr().err


def test_nothing_is_sent_if_a_name_is_wrong(files, tmp_path, port, capsys):
    assert main(["send", str(files), "nosuch", "--host", "localhost", "--port", port]) == 1
    assert "no file or folder nosuch" in capsys.readouterr().err
    assert not any((tmp_path / "received").glob("*"))


def test_echo(port, capsys):
    assert main(["echo", "--host", "localhost", "--port", port]) == 0
    assert capsys.readouterr().out.startswith(f"ANY-SCP at localhost:{port} answers")


def test_echo_to_nobody_says_why(capsys):
    assert main(["echo", "--host", "localhost", "--port", str(free_port())]) == 1
    assert "Nothing listens at port" in capsys.readouterr().err


def test_the_doctor_says_which_step_fails(port, capsys):
    assert main(["echo", "--doctor", "--host", "localhost", "--port", port, "--json"]) == 1
    diagnosis = json.loads(capsys.readouterr().out)
    assert [step["step"] for step in diagnosis["steps"] if step["good"] is False] == ["Services"]


def test_a_peer_must_be_named(capsys):
    assert main(["echo"]) == 2
    assert "--peer NAME" in capsys.readouterr().err
