"""A database as `DICOMLib.network.query_scp.Archive`: what peers may ask and retrieve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pydicom.dataset import Dataset

from DICOMLib.archive.encoding import AnswerEncoder
from DICOMLib.archive.instances import files_of
from DICOMLib.archive.query_answers import Matching, answer_pages
from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.database import Database
from DICOMLib.network.outgoing import log_unreadable
from DICOMLib.network.peers import Peer


class DatabaseArchive:
    """Answers to queries and retrievals from a database.

    Parameters
    ----------
    database
        Open.
    ae_title
        Our AE title, which answers name as the one to retrieve from.
    destinations
        Peers to which C-MOVE may send, by AE title.
    settle
        Called before each question, so that what has just been received can be found.
    on_unreadable
        Called with each file that cannot be sent.
    """

    def __init__(
        self,
        database: Database,
        ae_title: str = "SLICER",
        destinations: Mapping[str, Peer] | None = None,
        settle: Callable[[], object] = lambda: None,
        on_unreadable: Callable[[InvalidDICOM], object] = log_unreadable,
    ) -> None:
        self._database = database
        self._matching = Matching(retrieve_ae=ae_title)
        self._destinations = dict(destinations or {})
        self._settle = settle
        self._on_unreadable = on_unreadable

    def find(self, level: str, identifier: Dataset, transfer_syntax: str) -> Iterator[list[bytes]]:
        """See `Archive`."""
        self._settle()
        encoder = AnswerEncoder(transfer_syntax)
        pages = answer_pages(self._database, level, identifier, self._matching)
        return ([encoder.encode(answer) for answer in page] for page in pages)

    def files(self, level: str, identifier: Dataset) -> Mapping[str, str]:
        """See `Archive`."""
        self._settle()
        return files_of(self._database, level, identifier)

    def note_unreadable(self, fault: InvalidDICOM) -> None:
        """See `Archive`."""
        self._on_unreadable(fault)

    def destination(self, ae_title: str) -> Peer | None:
        """See `Archive`."""
        return self._destinations.get(ae_title)
