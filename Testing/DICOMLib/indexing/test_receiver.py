"""Received instances in the database: whole, indexed, and there again after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from DICOMLib.core.errors import DatabaseError
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.database.storage import INCOMING
from DICOMLib.indexing.importer import ImportOptions, import_paths
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import Arrival, ArrivingFile
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import send
from Testing import factories
from Testing.DICOMLib.network import files

pytestmark = pytest.mark.network

LOOPBACK = ListenerOptions(port=0, address="127.0.0.1")


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path / "db") as opened:
        yield opened


def arrive(receiver, path, sop_instance="", without_end=0):
    """Let a file arrive, without a network and its last bytes; the status that the peer would get."""
    sop = sop_instance or files.sop_of(path)
    arrival = Arrival(receiver.temporary(), "1.2.840.10008.5.1.4.1.1.2", sop, files.syntax_of(path))
    arriving = ArrivingFile(arrival)
    data = files.data_set(path)
    arriving.write(memoryview(data[: len(data) - without_end]))
    return arriving.hand_over(receiver)


def test_what_is_sent_is_in_the_database(database, tmp_path):
    sources = files.write_all(tmp_path / "source")
    with Receiver(database) as receiver, Listener(receiver, LOOPBACK) as listener:
        assert run(send(Peer("localhost", listener.port), sources)).complete
    rows = database.rows("instances")
    assert {row["SOPInstanceUID"] for row in rows} == set(files.by_sop(sources))
    for row in rows:
        assert row["Filename"].startswith("dicom/")
        assert files.same_data(
            database.directory / row["Filename"], files.by_sop(sources)[row["SOPInstanceUID"]]
        )
    (series,) = database.rows("series")
    assert series["DisplayedCount"] == 7
    assert list((database.directory / INCOMING).iterdir()) == []


@pytest.mark.parametrize("syntax", [files.EXPLICIT, files.JPEG_LS, files.JPEG_2000, files.RLE])
def test_a_cut_off_instance_is_refused(database, tmp_path, syntax):
    """Whoever sends it is told so, and does not delete the original."""
    dataset = files.in_syntax(files.picture(0, size=256), syntax)
    (path,) = factories.write([dataset], tmp_path / "source")
    with Receiver(database) as receiver:
        assert arrive(receiver, path, without_end=200) == 0xC000
    assert database.rows("instances") == []
    assert list((database.directory / "dicom").rglob("*.dcm")) == []


def test_an_instance_that_comes_twice_is_there_once(database, tmp_path):
    sources = factories.write(factories.ct_series(3), tmp_path / "source")
    with Receiver(database) as receiver:
        for path in [*sources, *sources]:
            assert arrive(receiver, path) == 0
    assert len(database.rows("instances")) == 3


def test_another_instance_of_the_same_uid_is_set_aside(database, tmp_path):
    (first,) = factories.write(factories.ct_series(1), tmp_path / "first")
    (second,) = factories.write(factories.ct_series(1, PatientComments="corrected"), tmp_path / "second")
    with Receiver(database) as receiver:
        for path in (first, second, second, first):
            assert arrive(receiver, path) == 0
    (row,) = database.rows("instances")
    assert files.same_data(database.directory / row["Filename"], first)
    (aside,) = database.second_files()
    assert files.same_data(database.directory / aside.stored_path, second)


@pytest.mark.parametrize("syntax", files.SYNTAXES)
@pytest.mark.parametrize("comment", ["", "long" * 6000])
def test_headers_of_any_length_come_in_pieces_of_any_size(database, tmp_path, syntax, comment):
    """What was kept of a file while it came says the same as the file, also where it is not enough."""
    dataset = files.in_syntax(files.picture(1), syntax)
    if comment:
        dataset.ImageComments = comment[:10000]
        dataset.PatientComments = comment[:9000]
    source = tmp_path / "source.dcm"
    dataset.save_as(source, enforce_file_format=True)
    run(import_paths(database, [source]))
    (expected,) = database.rows("series")
    sop, content = files.sop_of(source), files.data_set(source)
    tags = ["0008,0018", "0008,0060", "0020,0013", "0028,0010"]
    imported = [database.value(sop, tag) for tag in tags]
    for size in (1, 700, 20000):
        folder = tmp_path / f"db{size}"
        with Database.open(folder) as other:
            with Receiver(other) as receiver:
                arriving = ArrivingFile(Arrival(receiver.temporary(), "1.2", sop, syntax))
                for first in range(0, min(len(content), 20 * size), size):
                    arriving.write(memoryview(content)[first : first + size])
                arriving.write(memoryview(content)[20 * size :])
                assert arriving.hand_over(receiver) == 0
            (row,) = other.rows("series")
            differing = {name for name in row if row[name] != expected[name]}
            assert differing <= {"InsertTimestamp", "DisplayedFieldsUpdatedTimestamp"}
            assert [other.value(sop, tag) for tag in tags] == imported
            (instance,) = other.rows("instances")
            assert files.same_data(folder / instance["Filename"], source)


def test_they_are_told_of_while_more_come(database, tmp_path):
    (source,) = factories.write(factories.ct_series(1), tmp_path / "source")
    told = []

    def note(report):
        told.extend(event.uid for event in report.events if event.kind == "instance")

    with Receiver(database, on_indexed=note) as receiver:
        arrive(receiver, source)
        end = time.monotonic() + 10
        while not told and time.monotonic() < end:
            time.sleep(0.02)
        assert told == [files.sop_of(source)]
        assert len(database.rows("instances")) == 1


@pytest.mark.parametrize("evil", ["../../../escaped", "/tmp/escaped", "..", "", "a\\b", "1.2.3/../../4"])
@pytest.mark.parametrize("short", [True, False])
def test_no_uid_leads_out_of_the_folder(database, tmp_path, evil, short):
    dataset = factories.instance()
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
        dataset[keyword] = type(dataset[keyword])(dataset[keyword].tag, "LO", evil or "1.2")
        dataset[keyword].VR = "UI"
    (source,) = factories.write([dataset], tmp_path / "source")
    before = set(tmp_path.rglob("*"))
    with Receiver(database, ImportOptions(short_paths=short)) as receiver:
        status = arrive(receiver, source)
    new = {path for path in set(tmp_path.rglob("*")) - before if path.is_file()}
    kept = [path for path in new if path.suffix == ".dcm"]
    assert len(kept) == (status == 0)
    assert all(path.resolve().is_relative_to(database.directory.resolve() / "dicom") for path in kept)


def test_what_is_not_what_it_says_is_refused(database, tmp_path):
    (source,) = factories.write(factories.ct_series(1), tmp_path / "source")
    with Receiver(database) as receiver:
        assert arrive(receiver, source, "1.2.3.4") == 0xA900
        broken = Arrival(receiver.temporary(), "1.2", "1.2.3", files.EXPLICIT)
        arriving = ArrivingFile(broken)
        arriving.write(memoryview(b"garbage that is no data set"))
        assert arriving.hand_over(receiver) == 0xC000
    assert database.rows("instances") == []
    assert not (database.directory / "dicom").exists()


def test_null_characters_within_uids_do_not_stop_what_comes_after(database, tmp_path):
    """SQLite ended such texts in some places only: the second of them made all further indexing fail."""
    good, evil = factories.ct_series(2)
    [evil_path] = factories.write([evil], tmp_path / "evil")
    content, sop = Path(evil_path).read_bytes(), str(evil.SOPInstanceUID)
    Path(evil_path).write_bytes(content.replace(sop.encode(), b"1.2\0003".ljust(len(sop), b"1")))
    [good_path] = factories.write([good], tmp_path / "good")
    with Receiver(database) as receiver:
        for _twice in range(2):
            assert arrive(receiver, evil_path, sop) == 0xC000
            receiver.flush()
        assert arrive(receiver, good_path) == 0
        receiver.flush()
    assert [row["SOPInstanceUID"] for row in database.rows("instances")] == [good.SOPInstanceUID]


def test_a_database_in_memory_receives_nothing():
    with Database.open(":memory:") as database, pytest.raises(DatabaseError, match="on disk"):
        Receiver(database)


KILLED = """
import os, signal, sys
from pathlib import Path
from DICOMLib.database import Database
from DICOMLib.indexing import receiver as module
from Testing.DICOMLib.indexing.test_receiver import arrive
module.BATCH_S = 3600  # it will not come to indexing
database = Database.open(sys.argv[1])
receiver = module.Receiver(database)
for path in sys.argv[2:]:
    assert arrive(receiver, path) == 0
receiver.temporary().write_bytes(b"half of a file")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_what_was_stored_before_a_kill_is_indexed_by_the_next(database, tmp_path):
    sources = factories.write(factories.ct_series(3), tmp_path / "source")
    root = Path(__file__).resolve().parents[3]
    result = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "db"), *sources],
        env={**os.environ, "PYTHONPATH": str(root)},
        timeout=60,
        check=False,
    )
    assert result.returncode == -signal.SIGKILL
    assert database.rows("instances") == []
    with Receiver(database) as receiver:
        assert receiver.recovered == 3
        assert {row["SOPInstanceUID"] for row in database.rows("instances")} == set(files.by_sop(sources))
    assert list((database.directory / INCOMING).iterdir()) == []


def test_a_living_receiver_is_left_alone(database, tmp_path):
    (source,) = factories.write(factories.ct_series(1), tmp_path / "source")
    with Receiver(database) as first:
        part = first.temporary()
        part.write_bytes(b"on its way")
        with Receiver(database) as second:
            assert second.recovered == 0
        assert part.exists()
        part.unlink()
        assert arrive(first, source) == 0
    assert len(database.rows("instances")) == 1
