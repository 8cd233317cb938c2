"""Whether a peer reaches us: it is asked to move an image here, which is not kept."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import PeerAborted, PeerStatus
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.find import ask
from DICOMLib.network.find_scu import FindClient
from DICOMLib.network.identifiers import uids_of
from DICOMLib.network.link import Link
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.models import MOVE_MODELS
from DICOMLib.network.query import Range, identifier
from DICOMLib.network.query_scu import QueryClient
from DICOMLib.network.statuses import status_text

# New studies first: some peers refuse to look for all that they have.
_RECENT = datetime.timedelta(days=7)
# So many answers are enough to choose from; the peer is told to stop then.
_ENOUGH = 20
_MOST_BYTES = 64 << 20
_UNIQUE = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}


def moved_here(link: Link, destination: str, port: int) -> tuple[bool | None, str]:
    """Listen for a while, and let the peer move one image here.

    Parameters
    ----------
    link
        To the peer.
    destination, port
        Our AE title, and where we listen.

    Returns
    -------
    tuple
        Whether the peer came, None if it has nothing with which that can be tried; and what is to be said.

    Raises
    ------
    NetworkError
        If the port cannot be had, or the peer does not do what was asked at all.
    """
    with tempfile.TemporaryDirectory(prefix="way-back-") as folder:
        receiver = FolderReceiver(Path(folder), durable=False)
        acceptance = Acceptance(destination, max_instance_bytes=_MOST_BYTES)
        listener = Listener(receiver, ListenerOptions(port=port, acceptance=acceptance))
        visits: list[object] = []
        listener.ended.connect(visits.append)
        with listener:
            image = _some_image(link)
            if image is None:
                return None, (
                    f"The peer does not object to the move destination {destination!r}. It names no image "
                    "with which could be tried whether it reaches us."
                )
            answer = _move(link, image, destination)
    if visits or receiver.names:
        return (
            True,
            f"The peer reaches us as {destination!r} at port {port}; the image that came is not kept.",
        )
    return False, (
        f"The peer was asked to send an image to {destination!r}, and nothing came to port {port} here "
        f"({answer}). It knows another address or port of that AE title, or a firewall is between."
    )


def _some_image(link: Link) -> Wanted | None:
    """An image that the peer has; None if it names none."""
    since = Range(datetime.date.today() - _RECENT)
    study = _first(link, "STUDY", {"StudyDate": since}) or _first(link, "STUDY", {})
    series = study and _first(link, "SERIES", {_UNIQUE["STUDY"]: study})
    keys = {_UNIQUE["STUDY"]: study, _UNIQUE["SERIES"]: series}
    instance = series and _first(link, "IMAGE", keys)
    return Wanted(study, series, (instance,)) if instance else None


def _first(link: Link, level: str, keys: Mapping[str, Any]) -> str:
    """UID of what is found first; "" for nothing, also where the peer does not want to look for so much."""
    found: list[str] = []
    try:
        with link.open(FindClient(link.peer)) as client:
            for answer in ask(link, client, identifier(level, keys, (_UNIQUE[level],))):
                found += uids_of(answer.identifier if answer else None, _UNIQUE[level])[:1]
                if len(found) == _ENOUGH:
                    client.cancel()
    except PeerStatus:
        return ""
    return found[0] if found else ""


def _move(link: Link, image: Wanted, destination: str) -> str:
    """Let an image be moved; how the peer answers at the end."""
    try:
        with link.open(QueryClient(link.peer, MOVE_MODELS)) as client:
            codes = [answer.status for answer in client.move(image.request(), destination)]
    except PeerAborted as error:
        if link.stopped:
            raise
        return str(error).rstrip(".")
    return f"{status_text(codes[-1])}, status 0x{codes[-1]:04X}"
