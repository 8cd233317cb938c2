"""A database as a DIMSE archive: C-ECHO, C-FIND, C-GET, C-MOVE, and C-STORE where it may be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from DICOMLib.archive.database_archive import DatabaseArchive
from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.startable import Startable
from DICOMLib.database import Database
from DICOMLib.network.arrival import Receiver
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.outgoing import log_unreadable
from DICOMLib.network.peers import Peer

LOOPBACK = ListenerOptions(address="127.0.0.1")


class DimseServer(Startable):
    """Serves a database to peers; read-only unless it is given a receiver.

    Parameters
    ----------
    database
        Open.
    options
        Where to listen, whom to serve, limits and TLS; by default on loopback only.
    destinations
        Peers to which C-MOVE may send, known by their called AE title.
    receiver
        Who takes what is sent to us (`indexing.Receiver`); None to take nothing.
    settle
        Called before each question, see `DatabaseArchive`; `Receiver.settle` of the receiver.
    on_unreadable
        Called with each file of the database that cannot be sent.
    """

    def __init__(
        self,
        database: Database,
        options: ListenerOptions = LOOPBACK,
        destinations: Sequence[Peer] = (),
        receiver: Receiver | None = None,
        settle: Callable[[], object] = lambda: None,
        on_unreadable: Callable[[InvalidDICOM], object] = log_unreadable,
    ) -> None:
        by_title = {peer.called_ae: peer for peer in destinations}
        archive = DatabaseArchive(database, options.acceptance.ae_title, by_title, settle, on_unreadable)
        self.listener = Listener(receiver, options, archive)

    @property
    def port(self) -> int:
        """Where it listens; 0 if it does not."""
        return self.listener.port

    def start(self) -> None:
        """Begin to serve; raises `NetworkError` if the port cannot be had or the certificates not be used."""
        self.listener.start()

    def stop(self, grace_s: float = 2.0) -> None:
        """End: take no more connections, give those there are some time, then close them."""
        self.listener.stop(grace_s)
