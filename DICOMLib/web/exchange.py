"""Echo, find, retrieve and send with whom it may be: a DIMSE application or a DICOMweb server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import Job
from DICOMLib.core.settings import Settings
from DICOMLib.network import doctor as dimse_doctor
from DICOMLib.network import echo as dimse_echo
from DICOMLib.network import find as dimse_find
from DICOMLib.network import retrieve as dimse_retrieve
from DICOMLib.network import send as dimse_send
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import Receiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.doctor import Diagnosis
from DICOMLib.network.echo import EchoReport
from DICOMLib.network.find import FindReport
from DICOMLib.network.listener import DEFAULT_PORT, Listener, ListenerOptions, running_at
from DICOMLib.network.origin_servers import OriginServer, load_origin_servers
from DICOMLib.network.peers import C_MOVE, Peer, load_peers
from DICOMLib.network.proxies import Target as Target
from DICOMLib.network.query import identifier
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.network.secrets import KeyringSecrets, Secrets
from DICOMLib.network.send import SendOptions
from DICOMLib.network.transfer_queue import Transfers
from DICOMLib.web.client import doctor as web_doctor
from DICOMLib.web.client import find as web_find
from DICOMLib.web.client import retrieve as web_retrieve
from DICOMLib.web.client import send as web_send


def load_targets(settings: Settings, secrets: Secrets | None = None) -> list[Target]:
    """All servers of the settings: those of DIMSE, then those of DICOMweb.

    The keyring is opened only if there is a DICOMweb server.
    """
    return [*load_peers(settings), *load_origin_servers(settings, secrets or KeyringSecrets())]


def find_target(settings: Settings, name: str, secrets: Secrets | None = None) -> Target:
    """The server of a connection name.

    Raises
    ------
    NetworkError
        If there is none; the text names those that there are.
    """
    targets = load_targets(settings, secrets)
    for target in targets:
        if target.name == name:
            return target
    known = ", ".join(target.name for target in targets) or "none"
    raise NetworkError(f"There is no server named {name!r} in the settings. Known: {known}.")


def echo(target: Target) -> Job[EchoReport]:
    """Ask whether it is there; see `network.echo` and `web.client.doctor`."""
    if isinstance(target, OriginServer):
        return web_doctor.echo(target)
    return dimse_echo.echo(target)


def diagnose(target: Target, listener: tuple[str, int] | None = None) -> Job[Diagnosis]:
    """Try each step of the way to it; see `network.doctor` and `web.client.doctor`.

    Without a `listener`, the one is meant at which `retrieve` would wait for what is moved.
    """
    if isinstance(target, OriginServer):
        return web_doctor.diagnose(target)
    return dimse_doctor.diagnose(target, listener or own_listener(target))


def own_listener(peer: Peer, port: int = DEFAULT_PORT) -> tuple[str, int]:
    """AE title and port of this computer to which a peer moves, see `listening`."""
    return peer.move_destination or peer.calling_ae, port


def find(
    target: Target,
    level: str,
    keys: Mapping[str, Any],
    returned: Sequence[str] | None = None,
    on_match: Callable[[Dataset], None] = lambda match: None,
    limit: int = 0,
) -> Job[FindReport]:
    """Ask what it has, by keys as of `network.query.identifier`; see `network.find` and `web.client.find`."""
    if isinstance(target, OriginServer):
        options = web_find.FindOptions(limit)
        return web_find.find(target, level, keys, returned, on_match, options)
    return dimse_find.find(target, identifier(level, keys, returned), on_match, limit)


def retrieve(
    target: Target,
    wanted: Iterable[Wanted],
    receiver: Receiver | None = None,
    listener: Listener | None = None,
    options: RetrieveOptions | None = None,
) -> Job[Receipt]:
    """Bring studies, series or instances here; see `network.retrieve` and `web.client.retrieve`.

    Raises
    ------
    NetworkError
        Also if a DICOMweb server shall move something elsewhere, which none can.
    """
    options = options or RetrieveOptions()
    if not isinstance(target, OriginServer):
        return (yield from dimse_retrieve.retrieve(target, wanted, receiver, listener, options))
    if receiver is None:
        raise NetworkError("A DICOMweb server cannot move anything elsewhere; retrieve it here.")
    return (yield from web_retrieve.retrieve(target, wanted, receiver, options))


@contextmanager
def listening(
    target: Target,
    receiver: Receiver,
    port: int = DEFAULT_PORT,
    title: str = "",
    folder: Path | None = None,
) -> Iterator[Listener | None]:
    """The listener at which C-MOVE arrives; None with C-GET and DICOMweb, which need none.

    `title` is the AE title to which the peer moves; "" for its move destination, or ours. Where a listener of
    this program takes what comes to the port into the same database, whose `folder` is given, it is that one,
    with its AE title.
    """
    if isinstance(target, OriginServer) or target.protocol != C_MOVE:
        yield None
        return
    running = running_at(port, folder) if folder is not None else None
    if running is not None:
        yield running
        return
    title = title or own_listener(target)[0]
    with Listener(receiver, ListenerOptions(port=port, acceptance=Acceptance(title))) as listener:
        yield listener


def send(
    target: Target,
    paths: Iterable[str | os.PathLike[str]],
    options: SendOptions | None = None,
    on_sent: Callable[[str], None] = lambda sop_instance: None,
) -> Job[Receipt]:
    """Send files; see `network.send` and `web.client.send`."""
    options = options or SendOptions()
    if not isinstance(target, OriginServer):
        return dimse_send.send(target, paths, options, on_sent)
    stow = web_send.StowOptions(
        connections=options.associations, done=options.done, transcode=options.transcode
    )
    return web_send.send(target, paths, stow, on_sent)


# What the queue of transfers works with, when its peers may be of both kinds.
TRANSFERS = Transfers(send, retrieve)
