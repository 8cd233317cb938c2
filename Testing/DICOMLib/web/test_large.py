"""A gigabyte, and ten thousand instances, by STOW-RS and WADO-RS: as their source, in constant memory."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from Testing import factories

pytestmark = [pytest.mark.network, pytest.mark.slow]

GIGABYTE = 1 << 30
# A program of its own, so that its highest memory is that of this work; it prints how much that grew, in MB.
PROGRAM = """
import resource, sys
from pathlib import Path
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import FolderReceiver, same_data_set
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.outgoing import read_outgoing
from DICOMLib.web.client.retrieve import retrieve
from DICOMLib.web.client.send import send
from DICOMLib.web.server.origin_server import OriginServer as Web, ServerOptions
from DICOMLib.web.server.services import Services

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

sources, folder, study = sorted(Path(sys.argv[1]).iterdir()), Path(sys.argv[2]), sys.argv[3]
with Database.open(folder / "db") as database, Receiver(database, durable=False) as receiver:
    services = Services(database, receiver, receiver.settle, min_free_bytes=0)
    with Web(services, ServerOptions(port=0)) as web:
        before, server = memory(), OriginServer(web.url)
        assert run(send(server, sources)).complete
        taken = FolderReceiver(folder / "taken", durable=False)
        assert run(retrieve(server, [Wanted(study)], taken)).complete
        assert len(taken.files) == len(sources)
        for source in sources[::997]:
            assert same_data_set(taken.files[read_outgoing(source).sop_instance], source)
        print(memory() - before)
"""


pytestmark.append(pytest.mark.skipif(sys.platform != "linux", reason="asks for memory as Linux tells it"))


def growth_mb(source: Path, folder: Path) -> int:
    """Memory that sending and retrieving what is in a folder takes."""
    command = [sys.executable, "-c", PROGRAM, str(source), str(folder), str(factories.uid("study"))]
    told = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert told.returncode == 0, told.stderr
    return int(told.stdout)


def test_a_gigabyte(tmp_path: Path) -> None:
    (dataset,) = factories.ct_series(1)
    dataset.PixelData = b""
    (tmp_path / "source").mkdir()
    giant = tmp_path / "source" / "giant.dcm"
    dataset.save_as(giant, enforce_file_format=True)
    with giant.open("r+b") as file:  # most of it is a hole
        file.seek(-4, 2)
        file.write(struct.pack("<I", GIGABYTE))
        end = file.tell() + GIGABYTE
        file.write(b"beginning")
        file.truncate(end)
        file.seek(-3, 2)
        file.write(b"end")
    assert growth_mb(tmp_path / "source", tmp_path) < 100


def test_ten_thousand_instances(tmp_path: Path) -> None:
    (dataset,) = factories.ct_series(1)
    content = Path(factories.write([dataset], tmp_path / "template")[0]).read_bytes()
    uid = str(dataset.SOPInstanceUID).encode()
    (tmp_path / "source").mkdir()
    for number in range(10_000):
        path = tmp_path / "source" / f"{number}.dcm"
        path.write_bytes(content.replace(uid, uid[:-5] + b"%05d" % number))
    assert growth_mb(tmp_path / "source", tmp_path) < 100
