"""The connection doctor: goes the way to a peer step by step and says in words which one fails."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.network import sockets
from DICOMLib.network.background import Background
from DICOMLib.network.link import Link
from DICOMLib.network.models import FIND_MODELS, GET_MODELS, MOVE_MODELS, VERIFICATION
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import C_MOVE, Peer
from DICOMLib.network.query_scu import QueryClient
from DICOMLib.network.statuses import SUCCESS, status_text
from DICOMLib.network.way_back import moved_here

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
# A study that nobody has: a C-MOVE of it shows whether the peer knows the destination, and moves nothing.
_NO_STUDY = "2.25.1"


@dataclass(frozen=True, slots=True)
class Finding:
    """One step.

    Parameters
    ----------
    step
        "Name", "Port", "TLS", "AE titles", "Services", "Way back"; over DICOMweb "Access", "Search",
        "Retrieve", "Store".
    good
        Whether it works; None if it was not tried, or nothing can be told.
    text
        What was found, and what to do.
    """

    step: str
    good: bool | None
    text: str


Step = tuple[str, Callable[[], Finding]]


@dataclass(slots=True)
class Diagnosis:
    """All steps that were tried, in their order."""

    peer: Peer | OriginServer
    findings: list[Finding] = field(default_factory=list)
    services: dict[str, bool] = field(default_factory=dict)
    cancelled: bool = False

    @property
    def healthy(self) -> bool:
        """Whether nothing failed."""
        return bool(self.findings) and all(finding.good is not False for finding in self.findings)

    def as_text(self) -> str:
        """For people, a line for each step."""
        marks = {True: "ok  ", False: "FAIL", None: "?   "}
        return "".join(f"{marks[one.good]} {one.step}: {one.text}\n" for one in self.findings)

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        return {
            "peer": self.peer.label,
            "healthy": self.healthy,
            "cancelled": self.cancelled,
            "services": self.services,
            "steps": [{"step": f.step, "good": f.good, "text": f.text} for f in self.findings],
        }


def diagnose(peer: Peer, listener: tuple[str, int] | None = None) -> Job[Diagnosis]:
    """Try everything that retrieving and sending need.

    Parameters
    ----------
    peer
        Whom to call.
    listener
        AE title and port on which this computer listens; for the way back of C-MOVE. If the port is free, the
        peer is asked to move an image there, which is not kept.
    """
    diagnosis = Diagnosis(peer)
    link = Link(peer)
    steps: tuple[Step, ...] = (
        ("Name", lambda: name_step(peer)),
        ("Port", lambda: port_step(peer)),
        ("TLS", lambda: tls_step(peer)),
        ("AE titles", lambda: _titles(peer)),
        ("Services", lambda: _services(link, diagnosis)),
        ("Way back", lambda: _way_back(link, diagnosis, listener)),
    )
    return (yield from walk(diagnosis, steps, link.stop))


def walk(diagnosis: Diagnosis, steps: Sequence[Step], stop: Callable[[], None]) -> Job[Diagnosis]:
    """Take one step after the other, until one fails.

    Parameters
    ----------
    diagnosis
        Where the findings go.
    steps
        Name and function of each; a `NetworkError` is a finding, too.
    stop
        Ends a step that takes too long; called from another thread.
    """
    label = diagnosis.peer.label
    try:
        for number, (name, step) in enumerate(steps):
            yield Progress(number, len(steps), name, label)
            with Background([_telling(name, step)], stop) as news:
                for finding in news:
                    if finding is not None:
                        diagnosis.findings.append(finding)
                    yield Progress(number, len(steps), name, label)
            if diagnosis.findings[-1].good is False:
                break
    except JobCancelled:
        diagnosis.cancelled = True
    return diagnosis


def _telling(name: str, step: Callable[[], Finding]) -> Callable[[Callable[[Finding], None]], None]:
    def work(tell: Callable[[Finding], None]) -> None:
        try:
            tell(step())
        except NetworkError as error:
            tell(Finding(name, False, str(error)))

    return work


def name_step(peer: Peer) -> Finding:
    """Whether its host name is known."""
    peer.check()
    return Finding("Name", True, f"{peer.host} is {' and '.join(sockets.resolve(peer))}.")


def port_step(peer: Peer) -> Finding:
    """Whether something listens at its port."""
    sockets.shut(sockets.open_socket(peer))
    return Finding("Port", True, f"Something listens at port {peer.port}.")


def tls_step(peer: Peer) -> Finding:
    """Whether both sides agree on a secured connection."""
    if peer.tls is None:
        return Finding("TLS", None, "Not used.")
    connection = sockets.secured(sockets.open_socket(peer), peer)
    try:
        sockets.hear_objection(connection, peer)
        version = getattr(connection, "version", lambda: "")()
    finally:
        sockets.shut(connection)
    return Finding("TLS", True, f"{version}; both sides accept the certificates.")


def _titles(peer: Peer) -> Finding:
    with Link(peer).open(QueryClient(peer, (VERIFICATION,))) as client:
        code = client.echo()
    titles = f"called {peer.called_ae!r}, calling {peer.calling_ae!r}"
    if code != SUCCESS:
        text = f"The peer accepts us ({titles}), but answers to C-ECHO: {status_text(code)}."
        return Finding("AE titles", False, text)
    return Finding("AE titles", True, f"The peer accepts us ({titles}) and answers to C-ECHO.")


def _services(link: Link, diagnosis: Diagnosis) -> Finding:
    """What it offers; boxes are there to be unchecked only for a server of the list, which has a name."""
    wanted = {
        "find": FIND_MODELS,
        "get": GET_MODELS,
        "move": MOVE_MODELS,
        "store": (CT_IMAGE_STORAGE,),
    }
    models = [uid for some in wanted.values() for uid in some]
    with link.open(QueryClient(link.peer, (*models, VERIFICATION))) as client:
        accepted = set(client.accepted)
    diagnosis.services = {name: not accepted.isdisjoint(models) for name, models in wanted.items()}
    offered = [f"C-{name.upper()}" for name, there in diagnosis.services.items() if there]
    text = "The peer offers " + (", ".join(offered) or "nothing but C-ECHO") + "."
    needed = "move" if link.peer.protocol == C_MOVE else "get"
    if link.peer.query and not diagnosis.services["find"]:
        advice = "; uncheck Query/Retrieve" if link.peer.name else ", and nothing be retrieved from it"
        return Finding("Services", False, f"{text} It cannot be queried{advice}.")
    if link.peer.query and not diagnosis.services[needed]:
        other = "C-GET" if needed == "move" else "C-MOVE"
        return Finding("Services", False, f"{text} Choose {other} as its retrieve protocol.")
    if link.peer.storage and not diagnosis.services["store"]:
        if not link.peer.name:  # nobody has said that something shall be sent to it
            return Finding("Services", None, f"{text} Nothing can be sent to it: it takes no CT images.")
        return Finding("Services", False, f"{text} It takes no CT images; uncheck Storage.")
    return Finding("Services", True, text)


def _way_back(link: Link, diagnosis: Diagnosis, listener: tuple[str, int] | None) -> Finding:
    peer = link.peer
    if peer.protocol != C_MOVE:
        return Finding("Way back", None, "Not needed: with C-GET studies come on our own connection.")
    if peer.proxy:
        return Finding("Way back", None, f"Not tried: studies come by way of the proxy {peer.proxy!r}.")
    destination = peer.move_destination or (listener[0] if listener else "")
    if not destination:
        return Finding("Way back", False, "C-MOVE needs a listener here, or another move destination.")
    code = _move_of_nothing(link, destination)
    if code == 0xA801:
        where = f", port {listener[1]} and the address of this computer" if listener else ""
        return Finding(
            "Way back",
            False,
            f"The peer does not know the move destination {destination!r}. Ask its administrator to enter "
            f"that AE title{where}.",
        )
    if listener is None or listener[0] != destination or _listens(listener):
        return Finding(
            "Way back",
            None,
            f"The peer does not object to the move destination {destination!r}. That it reaches it shows "
            "only when something is retrieved.",
        )
    return Finding("Way back", *moved_here(link, destination, listener[1]))


def _move_of_nothing(link: Link, destination: str) -> int:
    identifier = Dataset()
    identifier.QueryRetrieveLevel, identifier.StudyInstanceUID = "STUDY", _NO_STUDY
    with link.open(QueryClient(link.peer, MOVE_MODELS[:1])) as client:
        return [answer.status for answer in client.move(identifier, destination)][-1]


def _listens(listener: tuple[str, int]) -> bool:
    """Whether something takes connections at the port of the listener."""
    try:
        socket.create_connection(("127.0.0.1", listener[1]), 1.0).close()
    except OSError:
        return False
    return True
