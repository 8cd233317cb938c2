"""Peers of the command line: from the server list of the settings, or by options."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from DICOMLib.cli import main
from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.cli.peers import add_peer_arguments, peer_of
from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.network.tls import TLSOptions
from Testing import dcmtk


def peer(*arguments: str) -> Peer:
    parser = argparse.ArgumentParser()
    add_peer_arguments(parser)
    return peer_of(parser.parse_args(arguments))


def test_by_options():
    given = peer(
        "--host", "h", "--port", "11112", "--called-ae", "PACS", "--calling-ae", "ME", "--timeout", "3"
    )
    assert given == Peer("h", 11112, "PACS", "ME", timeout_s=3.0)


def test_tls_has_a_port_of_its_own():
    secured = peer("--host", "h", "--tls", "--tls-ca", "ca.pem", "--tls-no-verify")
    assert (secured.port, secured.tls) == (2762, TLSOptions("ca.pem", verify=False))
    assert peer("--host", "h").port == 104


WEB, DIMSE = ("--url", "http://pacs.example/dicom-web"), ("--host", "h")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*DIMSE, "--tls-ca", "ca.pem"), "--tls-ca is for secured connections only: add --tls"),
        ((*DIMSE, "--tls-cert", "own.pem", "--tls-key", "own.key"), "--tls-cert is for secured"),
        ((*DIMSE, "--tls-no-verify"), "--tls-no-verify is for secured"),
        (
            (*DIMSE, "--token-env", "TOKEN"),
            "--token-env means nothing to ANY-SCP at h:104, which is called over",
        ),
        ((*DIMSE, "--user", "me"), "--user means nothing"),
        ((*DIMSE, "--header", "A=B"), "--header means nothing"),
        ((*WEB, "--port", "1"), "--port means nothing to http://pacs.example/dicom-web"),
        ((*WEB, "--called-ae", "PACS"), "--called-ae means nothing"),
        ((*WEB, "--timeout", "3"), "--timeout means nothing"),
        ((*WEB, "--tls"), "--tls is for secured connections only: write https in the URL"),
        ((*WEB, "--tls-ca", "ca.pem"), "--tls-ca is for secured connections only: write https"),
    ],
)
def test_options_that_would_be_passed_over_are_refused(arguments, words):
    with pytest.raises(Misuse, match=words):
        peer(*arguments)


def test_options_of_tls_over_https():
    server = peer("--url", "https://pacs.example", "--tls", "--tls-ca", "ca.pem")
    assert server.ca_file == "ca.pem"


def test_certificates_besides_those_of_the_list(monkeypatch):
    """What the list says of a peer holds where the options say nothing else."""
    known = TLSOptions("list.pem", "own.pem", "own.key")
    monkeypatch.setattr("DICOMLib.cli.peers.user_settings", dict)
    monkeypatch.setattr(
        "DICOMLib.cli.peers.find_target", lambda _settings, name: Peer("h", name=name, tls=known)
    )
    assert peer("--peer", "x").tls == known
    assert peer("--peer", "x", "--tls-ca", "other.pem").tls == replace(known, ca_file="other.pem")
    assert peer("--peer", "x", "--tls-no-verify").tls == replace(known, verify=False)
    assert peer("--peer", "x", "--tls", "--tls-ca", "other.pem").tls == TLSOptions("other.pem")


@pytest.mark.parametrize("command", [["listen"], ["serve"]])
def test_a_listener_with_a_certificate_that_it_would_not_use(tmp_path, capsys, command):
    arguments = ["--database", str(tmp_path / "db"), "--tls-cert", "own.pem", "--tls-key", "own.key"]
    assert main([*command, *arguments]) == 2
    assert "--tls-cert is for secured connections only: add --tls" in capsys.readouterr().err
    assert not (tmp_path / "db").exists()


def test_nobody_is_called():
    with pytest.raises(Misuse, match="--peer NAME"):
        peer()


@pytest.mark.network
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for settings as on Linux")
def test_by_name(tmp_path):
    """The window saved the list; the command line reads it."""
    core = pytest.importorskip("qtpy.QtCore")
    server = dcmtk.storescp(tmp_path)
    try:
        path = tmp_path / "config" / "slicer-dicom" / "SlicerDICOM.ini"
        settings = core.QSettings(str(path), core.QSettings.IniFormat)
        save_peers(settings, [Peer("localhost", server.port, "ANY", "ME", "Hospital")])
        settings.sync()
        environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}
        outputs = []
        for name in ("Hospital", "Clinic"):
            command = [sys.executable, "-m", "DICOMLib.cli", "echo", "--peer", name]
            result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            outputs.append((result.returncode, result.stdout + result.stderr))
    finally:
        server.close()
    assert outputs[0][0] == 0, outputs
    assert outputs[0][1].startswith("Hospital answers")
    assert outputs[1] == (
        1,
        "slicer-dicom: There is no server named 'Clinic' in the settings. Known: Hospital.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "Say who is called"),
        (["--url", "http://127.0.0.1:1", "--host", "localhost"], 2, "--url and --host name two peers"),
        (["--url", "http://127.0.0.1:1", "--peer", "x"], 2, "--url and --peer name two peers"),
        (["--url", "127.0.0.1:8080"], 2, "it begins with https:// or http://"),
        (["--peer", "nobody"], 1, "no server named 'nobody'"),
    ],
)
def test_a_peer_that_is_none_is_told_in_words(tmp_path, monkeypatch, capsys, arguments, code, words):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for command in (["echo"], ["find", "study"], ["retrieve", "1.2", "--output", "new"]):
        assert main([*command, *arguments]) == code
        assert words in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
