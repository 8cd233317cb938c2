"""Journals of files that are stored, but not yet in the database."""

from __future__ import annotations

import errno
from io import FileIO

import pytest

from DICOMLib.indexing import journal
from DICOMLib.indexing.journal import Journal, journals_of_the_dead


def names_after_a_kill(killed, folder):
    killed._page.close()
    killed._lock_file.close()  # the lock goes with the process
    (dead,) = journals_of_the_dead(folder)
    return dead.names


def test_names_survive(tmp_path):
    written = Journal(tmp_path)
    for name in ("dicom/1/1.1", "dicom/1/1.2"):
        written.note(name)
    assert names_after_a_kill(written, tmp_path) == ["dicom/1/1.1", "dicom/1/1.2"]


def test_names_are_whole_although_the_disk_was_full_for_a_while(tmp_path, monkeypatch):
    """The system writes what there is room for, then nothing."""
    room = [8]

    class Page(FileIO):
        def write(self, data):
            if not room[0]:
                raise OSError(errno.ENOSPC, "no room")
            count = super().write(data[: room[0]])
            room[0] -= count
            return count

    monkeypatch.setattr(journal, "FileIO", Page)
    written = Journal(tmp_path)
    with pytest.raises(OSError, match="no room"):
        written.note("dicom/1/1.1")
    room[0] = 1000
    written.note("dicom/1/1.2")
    assert "dicom/1/1.2" in names_after_a_kill(written, tmp_path)
