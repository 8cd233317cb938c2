"""A conversation with a peer that another thread may stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from DICOMLib.core.errors import PeerAborted
from DICOMLib.network.peers import Peer

_CANCEL_GRACE_S = 2.0


class Conversation(Protocol):
    """An association that is still to be made; another thread may cancel and close it."""

    def associate(self) -> None:
        """Negotiate."""

    def cancel(self) -> None:
        """Tell the peer to stop."""

    def release(self) -> None:
        """End in peace."""

    def close(self) -> None:
        """End at once."""


Client = TypeVar("Client", bound=Conversation)


class Link:
    """One association at a time with a peer.

    Parameters
    ----------
    peer
        Whom to call.
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._client: Conversation | None = None
        self._stopped = threading.Event()
        self._ended = threading.Event()

    @contextmanager
    def open(self, client: Client) -> Iterator[Client]:
        """Make the association of a client; it is released at the end, or closed after a failure.

        Raises
        ------
        NetworkError
            If there is none; the text says which step failed.
        """
        self._ended.clear()
        self._client = client
        try:
            if self.stopped:
                raise PeerAborted("Stopped.")
            client.associate()
            yield client
            if not self.stopped:  # a peer that was told to cancel when it was done answers oddly
                client.release()
        finally:
            self._client = None
            self._ended.set()
            client.close()

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Tell the peer to cancel what it does for us, and close the connection if it does not end soon."""
        self._stopped.set()
        client = self._client
        if client is not None:
            client.cancel()
            self._ended.wait(_CANCEL_GRACE_S)
            client.close()
