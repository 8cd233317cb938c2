"""What is told to be on the disk has been given to the disk: seen at the calls of the system."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from DICOMLib.core import durable
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import Arrival, FolderReceiver
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import send
from Testing import factories

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="folders are synchronized on Unix")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Inodes of what was synchronized, in order."""
    seen: list[int] = []
    for name in ("fsync", "fdatasync"):
        if hasattr(os, name):
            real = getattr(os, name)

            def spy(descriptor, real=real):
                seen.append(os.fstat(descriptor).st_ino)
                return real(descriptor)

            monkeypatch.setattr(os, name, spy)
    return seen


def arrive(receiver, dataset) -> Arrival:
    path = receiver.temporary()
    dataset.save_as(path, enforce_file_format=True)
    return Arrival(path, CT, str(dataset.SOPInstanceUID), EXPLICIT)


def test_a_new_folder_and_a_file_in_it(tmp_path, synced):
    durable.make_folder(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "c").write_bytes(b"c")
    durable.sync_file(tmp_path / "a" / "b" / "c")
    assert synced == [tmp_path.stat().st_ino, (tmp_path / "a").stat().st_ino, inode(tmp_path / "a/b/c")]


def inode(path) -> int:
    return Path(path).stat().st_ino


def test_a_file_in_a_folder_and_its_name(tmp_path, synced):
    receiver = FolderReceiver(tmp_path / "taken")
    (dataset,) = factories.ct_series(1)
    receiver.take(arrive(receiver, dataset))
    (taken,) = receiver.files.values()
    assert synced == [inode(taken), inode(taken.parent)]


def test_a_file_of_a_database_its_name_and_the_journal(tmp_path, synced):
    first, second = factories.ct_series(2)
    with Database.open(tmp_path / "db") as database, Receiver(database) as receiver:
        receiver.take(arrive(receiver, first))  # makes the folders
        receiver.settle()
        synced.clear()
        arrival = arrive(receiver, second)
        file = inode(arrival.path)
        receiver.take(arrival)
        assert synced[0] == file
        (copy,) = (path for path in (tmp_path / "db").rglob("*.dcm") if inode(path) == file)
        assert inode(copy.parent) in synced[1:]
        assert len(synced) >= 3  # the journal in between
        receiver.settle()
        assert inode(tmp_path / "db" / "ctkDICOM.sql-wal") in synced


def test_not_where_speed_is_wanted(tmp_path, synced):
    (dataset,) = factories.ct_series(1)
    receiver = FolderReceiver(tmp_path / "taken", durable=False)
    receiver.take(arrive(receiver, dataset))
    assert synced == []


@pytest.mark.network
def test_a_disk_that_fails_is_no_success(tmp_path, monkeypatch):
    def fails(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    sources = factories.write(factories.ct_series(1), tmp_path / "source")
    receiver = FolderReceiver(tmp_path / "taken")
    monkeypatch.setattr(durable, "sync_descriptor", fails)
    with Listener(receiver, ListenerOptions(port=0, address="127.0.0.1")) as listener:
        receipt = run(send(Peer("localhost", listener.port), sources))
    assert (receipt.done, len(receipt.missing)) == (0, 1)
    assert not list((tmp_path / "taken").iterdir())


@pytest.mark.parametrize("links", [True, False])
def test_a_rename_never_replaces(tmp_path, monkeypatch, links):
    def fails(source, target):  # as on FAT, which knows no links
        raise OSError(errno.EPERM, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", fails)
    new, old, target = tmp_path / "new", tmp_path / "old", tmp_path / "target"
    new.write_text("new")
    durable.rename_new(str(new), str(target))
    old.write_text("old")
    with pytest.raises(FileExistsError):
        durable.rename_new(str(old), str(target))
    with pytest.raises(FileNotFoundError):
        durable.rename_new(str(old), str(tmp_path / "missing" / "target"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"target": "new", "old": "old"}
