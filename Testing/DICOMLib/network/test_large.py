"""One instance of a gigabyte, and a study of ten thousand instances."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import FolderReceiver, same_data_set
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.peers import Peer
from DICOMLib.network.retrieve import retrieve
from DICOMLib.network.send import SendOptions, send
from Testing import factories
from Testing.DICOMLib.network.files import sop_of

pytestmark = [pytest.mark.network, pytest.mark.slow]

LOOPBACK = ListenerOptions(port=0, address="127.0.0.1", min_free_bytes=0)
GIGABYTE = 1 << 30


@pytest.fixture
def giant(tmp_path):
    """An instance with a gigabyte of pixel data, most of it a hole in the file."""
    (dataset,) = factories.ct_series(1)
    dataset.PixelData = b""
    path = tmp_path / "giant.dcm"
    dataset.save_as(path, enforce_file_format=True)
    header = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(-4, 2)
        file.write(struct.pack("<I", GIGABYTE))
        file.write(b"beginning")
        file.truncate(header + GIGABYTE)
        file.seek(-3, 2)
        file.write(b"end")
    return path


def memory_mb() -> int:
    """Highest memory of this process so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


@pytest.mark.skipif(sys.platform == "win32", reason="asks for memory as Unix tells it")
def test_a_gigabyte_comes_and_goes_in_constant_memory(giant, tmp_path):
    before = memory_mb()
    receiver = FolderReceiver(tmp_path / "taken")
    with Listener(receiver, LOOPBACK) as listener:
        assert run(send(Peer("localhost", listener.port), [giant])).complete
    (taken,) = receiver.files.values()
    assert same_data_set(taken, giant)
    assert memory_mb() - before < 100


def test_ten_thousand_instances(tmp_path):
    (dataset,) = factories.ct_series(1)
    template = factories.write([dataset], tmp_path / "template")[0]
    content = Path(template).read_bytes()
    uid = str(dataset.SOPInstanceUID).encode()
    paths = []
    (tmp_path / "source").mkdir()
    for number in range(10_000):
        path = tmp_path / "source" / f"{number}.dcm"
        path.write_bytes(content.replace(uid, uid[:-5] + b"%05d" % number))
        paths.append(path)
    taken = FolderReceiver(tmp_path / "taken", durable=False)
    with Database.open(tmp_path / "db") as database:
        with Receiver(database, durable=False) as receiver, Listener(receiver, LOOPBACK) as listener:
            receipt = run(send(Peer("localhost", listener.port), paths, SendOptions(associations=2)))
        assert (receipt.asked, receipt.done, receipt.complete) == (10_000, 10_000, True)
        (series,) = database.rows("series")
        assert series["DisplayedCount"] == 10_000
        before = memory_mb()
        with DimseServer(database, LOOPBACK) as server:
            wanted = [Wanted(str(dataset.StudyInstanceUID))]
            receipt = run(retrieve(Peer("localhost", server.port), wanted, taken))
        assert (receipt.asked, receipt.done, receipt.complete) == (10_000, 10_000, True)
    assert memory_mb() - before < 100
    assert all(same_data_set(taken.files[sop_of(path)], path) for path in paths[::997])


def test_a_gigabyte_is_served_in_constant_memory(giant, tmp_path):
    taken = FolderReceiver(tmp_path / "taken", durable=False)
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [giant]))
        (study,) = database.rows("studies")
        before = memory_mb()
        with DimseServer(database, LOOPBACK) as server:
            receipt = run(
                retrieve(Peer("localhost", server.port), [Wanted(study["StudyInstanceUID"])], taken)
            )
    assert receipt.complete, receipt.as_text()
    (file,) = taken.files.values()
    assert same_data_set(file, giant)
    assert memory_mb() - before < 100


def test_one_byte_of_pixel_data(tmp_path):
    (dataset,) = factories.ct_series(1, size=1, BitsAllocated=8, BitsStored=8, HighBit=7)
    dataset.PixelData = b"\x07\0"  # one byte, and the padding that the Standard asks for
    (source,) = factories.write([dataset], tmp_path / "source")
    taken = FolderReceiver(tmp_path / "taken")
    with Listener(taken, LOOPBACK) as listener:
        assert run(send(Peer("localhost", listener.port), [source])).complete
    assert same_data_set(taken.files[str(dataset.SOPInstanceUID)], Path(source))
