"""slicer-dicom listen, as a process that is stopped by Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from Testing import dcmtk
from Testing.orthanc import free_port

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT"),
]


def test_which_addresses_are_open_is_told(tmp_path):
    """All of this computer, unless one is said; a database for nothing is not left."""
    for arguments, words in (
        ([], "of all addresses of this computer"),
        (["--address", "127.0.0.1"], "of 127.0.0.1. Ctrl-C ends it."),
    ):
        command = [sys.executable, "-m", "DICOMLib.cli", "listen", "--database", str(tmp_path / "new" / "db")]
        process = subprocess.Popen(
            [*command, "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        told = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert re.match(r"Listening as SLICER at port [1-9]\d* ", told), told
        assert words in told
        assert arguments or ("127.0.0.1)" in told and "--address 127.0.0.1 closes it to others" in told)
        assert process.returncode == 0
        assert not (tmp_path / "new").exists()


def test_listen_until_interrupted(files, tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "DICOMLib.cli", "listen", "--json", "--database", str(tmp_path / "db")]
    command += ["--port", str(port), "--address", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))
    assert process.stderr is not None
    assert b"Listening as SLICER" in process.stderr.readline()
    (files / "readme.txt").unlink()
    for _ in range(200):
        if not dcmtk.tool("storescu", "localhost", port, "+sd", files, check=False):
            break
    process.send_signal(signal.SIGINT)
    output, _errors = process.communicate(timeout=30)
    assert process.returncode == 0
    document = json.loads(output)
    assert (document["stored"], document["refused"], document["recovered"]) == (4, 0, 0)
    listed = subprocess.run(
        [
            sys.executable,
            "-m",
            "DICOMLib.cli",
            "list",
            "instances",
            "--json",
            "--database",
            str(tmp_path / "db"),
        ],
        capture_output=True,
        check=True,
    )
    assert len(json.loads(listed.stdout)) == 4
