"""Transfers that survive a restart: what was ordered, and how far it has come."""

from __future__ import annotations

import json
import logging
import os
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from DICOMLib.core.durable import make_folder, sync_file, sync_folder
from DICOMLib.core.errors import NetworkError, reason_for_user
from DICOMLib.core.jobs import Job
from DICOMLib.network.arrival import Arrival, Receiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import Listener
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer
from DICOMLib.network.proxies import Target, by_way_of
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.retrieve import RetrieveOptions, retrieve
from DICOMLib.network.send import SendOptions, send
from DICOMLib.network.tls import TLSOptions

log = logging.getLogger(__name__)

SEND, RETRIEVE = "send", "retrieve"
_DONE = ".done"


@dataclass(frozen=True, slots=True)
class Transfers:
    """How orders are done: functions as `send` and `retrieve` of this package."""

    send: Callable[..., Job[Receipt]] = send
    retrieve: Callable[..., Job[Receipt]] = retrieve


@dataclass(frozen=True, slots=True)
class Order:
    """One transfer that was ordered.

    Parameters
    ----------
    kind
        "send" or "retrieve".
    peer
        With whom. The secrets of a DICOMweb server are not written down; who does the order adds them.
    paths
        Files to send.
    wanted
        What to retrieve.
    associations, transcode
        How to send, see `SendOptions`.
    retries
        How to retrieve, see `RetrieveOptions`.
    proxy
        The peer that it is retrieved by way of, see `proxies.by_way_of`; None for none.
    id
        Of the order; "" for a new one.
    done
        SOP Instance UIDs that an earlier run has transferred.
    """

    kind: str
    peer: Target
    paths: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    associations: int = 1
    transcode: bool = True
    retries: int = 1
    proxy: Peer | None = None
    id: str = ""
    done: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def source(self) -> Target:
        """From whom it comes when it is retrieved."""
        return self.proxy or self.peer


class _Noting:
    """A receiver that tells of each instance that is safe."""

    def __init__(self, receiver: Receiver, note: Callable[[str], None]) -> None:
        self._receiver = receiver
        self._note = note

    def temporary(self) -> Path:
        """See `Receiver`."""
        return self._receiver.temporary()

    def take(self, arrival: Arrival) -> None:
        """See `Receiver`."""
        self._receiver.take(arrival)
        self._note(arrival.sop_instance)


class TransferQueue:
    """Orders in a folder, a file each, which is gone once the transfer is complete.

    Beside it lies the list of the instances that are done; each is written down when the peer has confirmed
    it, so that a killed program goes on where it was. It may be used from several threads.

    Parameters
    ----------
    folder
        It is made if it is missing.
    transfers
        How orders are done; those of this package are for DIMSE.

    Raises
    ------
    NetworkError
        If it cannot be made.
    """

    def __init__(self, folder: Path, transfers: Transfers = Transfers()) -> None:
        self._folder = folder
        self._transfers = transfers
        self._lock = threading.Lock()
        try:
            make_folder(folder)
        except OSError as error:
            raise _unusable(folder, error) from error

    def add(self, order: Order) -> Order:
        """Write an order down, so that it outlives a power failure; with its ID.

        Raises
        ------
        NetworkError
            If it cannot be written; nothing of it is left.
        """
        order = replace(order, id=order.id or uuid.uuid4().hex)
        text = json.dumps(_as_dict(order), ensure_ascii=False)
        temporary = self._folder / f".{order.id}.part"
        try:
            temporary.write_text(text, encoding="utf-8")
            sync_file(temporary)
            temporary.replace(self._path(order))
            sync_folder(self._folder)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _unusable(self._folder, error) from error
        return order

    def orders(self) -> list[Order]:
        """Orders that are not complete, the oldest first; files that are no orders are left alone."""
        found = []
        for path in sorted(
            self._folder.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name)
        ):
            try:
                order = _from_dict(json.loads(path.read_text(encoding="utf-8")), path.stem)
            except (ValueError, KeyError, TypeError) as error:
                log.warning("a file of the queue of transfers is no order: %s", type(error).__name__)
                continue
            found.append(replace(order, done=self._done(order)))
        return found

    def remove(self, order: Order) -> None:
        """Forget an order."""
        self._path(order).unlink(missing_ok=True)
        self._path(order).with_suffix(_DONE).unlink(missing_ok=True)

    def note(self, order: Order, instances: Iterable[str]) -> None:
        """Write down that instances are done."""
        text = "".join(f"{uid}\n" for uid in instances)
        with self._lock, self._path(order).with_suffix(_DONE).open("a", encoding="utf-8") as file:
            file.write(text)

    def run(
        self,
        order: Order,
        receiver: Receiver | None = None,
        listener: Listener | None = None,
        have: frozenset[str] = frozenset(),
    ) -> Job[Receipt]:
        """Do an order, or the rest of it; it is forgotten if all went well.

        `have` are SOP Instance UIDs that are here anyway and need not be retrieved.

        Raises
        ------
        NetworkError
            As `send` and `retrieve`; the order stays.
        """
        done = self._done(order)
        if order.kind == SEND:
            options = SendOptions(order.associations, order.transcode, done=done)
            receipt = yield from self._transfers.send(
                order.peer, order.paths, options, lambda uid: self.note(order, [uid])
            )
        else:
            receipt = yield from self._retrieve(order, receiver, listener, done | have)
        if receipt.complete:
            self.remove(order)
        return receipt

    def _retrieve(
        self, order: Order, receiver: Receiver | None, listener: Listener | None, have: frozenset[str]
    ) -> Job[Receipt]:
        """Retrieve what is not here, and write down each instance once it is."""
        noted: set[str] = set()

        def note(uid: str) -> None:
            noted.add(uid)
            self.note(order, [uid])

        def note_arrival(arrival: Arrival) -> None:
            note(arrival.sop_instance)

        def retrieve_from(source: Target) -> Job[Receipt]:
            options = RetrieveOptions(have=have, retries=order.retries)
            noting = receiver and _Noting(receiver, note)
            return self._transfers.retrieve(source, order.wanted, noting, listener, options)

        if listener is not None:
            listener.stored.connect(note_arrival)
        try:
            receipt = yield from by_way_of(order.proxy, order.peer, order.wanted, retrieve_from, have)
        finally:
            if listener is not None:
                listener.stored.disconnect(note_arrival)
        self.note(order, {uid for one in receipt.series.values() for uid in one.done} - noted - have)
        return receipt

    def _path(self, order: Order) -> Path:
        return self._folder / f"{order.id}.json"

    def _done(self, order: Order) -> frozenset[str]:
        path = self._path(order).with_suffix(_DONE)
        if not path.exists():
            return frozenset()
        lines = path.read_text(encoding="utf-8").split("\n")
        return frozenset(lines[:-1])  # the last one may be cut off


def _unusable(folder: Path, error: OSError) -> NetworkError:
    reason = reason_for_user(error)
    return NetworkError(
        f"The transfer cannot be written into its queue {folder}: {reason}. Nobody was called."
    )


def _as_dict(order: Order) -> dict[str, Any]:
    return {
        "kind": order.kind,
        **_who(order.peer),
        "paths": [os.fspath(path) for path in order.paths],
        "wanted": [asdict(one) for one in order.wanted],
        "associations": order.associations,
        "transcode": order.transcode,
        "retries": order.retries,
        "proxy": order.proxy and asdict(order.proxy),
    }


def _who(peer: Target) -> dict[str, Any]:
    if isinstance(peer, OriginServer):
        return {"server": peer.without_secrets()}
    return {"peer": asdict(peer)}


def _whom(values: dict[str, Any]) -> Target:
    if "server" in values:
        return OriginServer.from_dict(values["server"])
    return _peer(values["peer"])


def _peer(values: dict[str, Any]) -> Peer:
    peer = dict(values)
    peer["tls"] = TLSOptions.from_dict(peer["tls"]) if peer.get("tls") else None
    return Peer(**peer)


def _from_dict(values: dict[str, Any], identifier: str) -> Order:
    wanted = tuple(
        Wanted(one["study"], one["series"], tuple(one["instances"])) for one in values.get("wanted", ())
    )
    return Order(
        values["kind"],
        _whom(values),
        tuple(values.get("paths", ())),
        wanted,
        int(values.get("associations", 1)),
        bool(values.get("transcode", True)),
        int(values.get("retries", 1)),
        _peer(values["proxy"]) if values.get("proxy") else None,
        identifier,
    )
