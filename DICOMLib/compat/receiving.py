"""What comes from servers into a ctkDICOMDatabase, with the signals of CTK."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import DatabaseError
from DICOMLib.core.events import main_thread
from DICOMLib.database import InsertReport
from DICOMLib.indexing.importer import ImportOptions
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network import statuses
from DICOMLib.network.arrival import Arrival, FolderReceiver, NotTaken
from DICOMLib.network.arrival import Receiver as AnyReceiver


@contextmanager
def receiver_of(database: Any, connection_name: str = "") -> Iterator[AnyReceiver]:
    """Who takes instances into a database; one in memory links files in a temporary folder.

    At the end all that came is in the database, and its signals have been told.

    Raises
    ------
    DatabaseError
        If it is not open.
    """
    if database.core is None:
        raise DatabaseError("The database is not open.")
    if database.core.directory is None:
        yield _Linking(database)
        return
    options = ImportOptions(
        tags=tuple(database.tagsToPrecache),
        unstored=frozenset(database.tagsToExcludeFromStorage),
        short_paths=database.useShortStoragePath,
        generator=database.generator,
    )

    def tell(report: InsertReport) -> None:
        for event in report.events:
            database._tell(event)

    with Receiver(database.core, options, tell, connection_name) as receiver:
        yield receiver
    main_thread.catch_up()  # a batch that was indexed meanwhile is told by another thread


class _Linking(FolderReceiver):
    """Keeps files in a temporary folder and tells a database in memory where they are."""

    def __init__(self, database: Any) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="retrieved-")))
        self._database = database

    def take(self, arrival: Arrival) -> None:
        """See `Receiver`."""
        super().take(arrival)
        path = self.files[arrival.sop_instance]
        self._database.insert(str(path), False, False)
        if not self._database.fileForInstance(arrival.sop_instance):
            raise NotTaken(statuses.CANNOT_UNDERSTAND, "it is no instance that the database takes")
