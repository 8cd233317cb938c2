"""What comes from servers into a ctkDICOMDatabase, and when its signals are heard."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.receiving import receiver_of
from DICOMLib.core.events import main_thread
from DICOMLib.network.arrival import Arrival
from Testing import factories
from Testing.DICOMLib.network import files


def test_a_batch_of_another_thread_has_been_told_at_the_end(tmp_path: Path, monkeypatch) -> None:
    """A retrieval that takes longer than a batch waits was heard of only later, or never."""
    posted: list = []
    monkeypatch.setattr(main_thread, "post", posted.append)
    monkeypatch.setattr(main_thread, "deliver", lambda: [posted.pop(0)() for _ in list(posted)])
    (source,) = factories.write(factories.ct_series(1, "ct"), tmp_path / "source")
    (tmp_path / "db").mkdir()
    database = ctkDICOMDatabase(str(tmp_path / "db" / "ctkDICOM.sql"))
    heard: list[str] = []
    database.connect("seriesAdded(QString)", heard.append)
    with receiver_of(database) as receiver:
        path = receiver.temporary()
        shutil.copyfile(source, path)
        receiver.take(Arrival(path, "1.2", files.sop_of(source), files.EXPLICIT))
        end = time.monotonic() + 10
        while not posted and time.monotonic() < end:
            time.sleep(0.02)
        assert heard == []
    assert heard == [str(factories.uid("ct"))]
    database.closeDatabase()
