"""`listen` and `serve` killed at once while DCMTK sends: what was told as stored is there after a restart."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from DICOMLib.database import Database
from DICOMLib.database.storage import INCOMING
from Testing import dcmtk
from Testing.DICOMLib.network import files
from Testing.factories import ct_series, write
from Testing.orthanc import free_port, program

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL"),
]

COUNT = 400
SENT = re.compile(r"Sending file: (\S+)(?:(?!Sending file).)*?Received Store Response \(Success\)", re.DOTALL)


def start(command: Sequence[object], folder: Path) -> subprocess.Popen[bytes]:
    """A server of the database in `folder`, once it takes connections."""
    port = int(str(command[-1]))
    arguments = [*map(str, command[:-2]), "--database", str(folder / "db"), *map(str, command[-2:])]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    process = subprocess.Popen(
        [sys.executable, "-m", "DICOMLib.cli", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    for _ in range(600):
        if "Accepted" in dcmtk.tool("echoscu", "-v", "localhost", port, check=False):
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError("it does not listen")


@pytest.mark.parametrize("stored", [1, 30, 120])
@pytest.mark.parametrize(
    "how",
    [
        ("listen", "--address", "127.0.0.1", "--port"),
        ("serve", "--writable", "--no-web", "--dimse-port"),
    ],
    ids=["listen", "serve"],
)
def test_killed_while_storescu_sends(tmp_path, how, stored):
    sources = write(ct_series(COUNT, size=128), tmp_path / "source")
    command = [*how, free_port()]
    process = start(command, tmp_path)
    log = tmp_path / "storescu.log"
    with log.open("wb") as output:
        sender = subprocess.Popen(
            [program("storescu"), "-v", "+sd", "localhost", str(command[-1]), str(tmp_path / "source")],
            env=dcmtk.ENVIRONMENT,
            stdout=output,
            stderr=output,
        )
        while log.read_bytes().count(b"(Success)") < stored:
            assert sender.poll() is None
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        sender.wait(60)
    confirmed = {files.sop_of(path) for path in SENT.findall(log.read_text())}
    assert stored <= len(confirmed) < COUNT
    again = start(command, tmp_path)
    again.send_signal(signal.SIGINT)
    assert again.wait(60) == 0
    with Database.open(tmp_path / "db") as database:
        known = {row["SOPInstanceUID"]: row["Filename"] for row in database.rows("instances")}
        assert confirmed <= known.keys()
        assert len(known) <= len(confirmed) + 1  # one whose answer did not arrive
        whole = files.by_sop(sources)
        for uid, name in known.items():
            assert files.same_data(str(tmp_path / "db" / name), whole[uid])
        assert list((database.directory / INCOMING).iterdir()) == []
    kept = [path for path in (tmp_path / "db").rglob("*") if path.suffix in (".dcm", ".part")]
    assert len([path for path in kept if path.suffix == ".part"]) == 0
