"""Peers: who can be asked for studies and sent to, and the list of them in the settings."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.settings import Settings
from DICOMLib.network.tls import TLSOptions

log = logging.getLogger(__name__)

C_GET, C_MOVE = "CGET", "CMOVE"

COUNT_KEY = "DICOM/ServerNodeCount"
ROWS_KEY = "DICOM/ServerNodes"
_CHECKED, _UNCHECKED = 2, 0  # as Qt counts them
_FORBIDDEN_IN_TITLES = frozenset("\\") | {chr(code) for code in (*range(32), *range(127, 256))}


@dataclass(frozen=True, slots=True)
class Peer:
    """A DICOM application that is reached over DIMSE.

    Parameters
    ----------
    host, port
        Name or address, and TCP port.
    called_ae, calling_ae
        AE title of the peer, and the one by which it knows us (PS3.8 section 9.3.2).
    name
        Connection name, for people.
    timeout_s
        How long to wait for the connection and for the answer to the association request, seconds.
    response_timeout_s
        How long to wait for each response or piece of data, seconds.
    protocol
        How studies are retrieved: "CGET" or "CMOVE".
    move_destination
        AE title to which C-MOVE sends; "" for that of our own listener.
    proxy
        Connection name of the peer that retrieved studies come from; "" for this one.
    query, storage, trusted
        Whether it is used for query and retrieve, whether for sending, and whether it may be asked for any
        patient.
    tls
        How the connection is secured; None for not at all.
    """

    host: str = ""
    port: int = 104
    called_ae: str = "ANY-SCP"
    calling_ae: str = "SLICER"
    name: str = ""
    timeout_s: float = 10.0
    response_timeout_s: float = 60.0
    protocol: str = C_GET
    move_destination: str = ""
    proxy: str = ""
    query: bool = True
    storage: bool = True
    trusted: bool = True
    tls: TLSOptions | None = None

    @property
    def label(self) -> str:
        """How it is called in messages."""
        return self.name or f"{self.called_ae} at {self.host}:{self.port}"

    def check(self) -> None:
        """Raise `NetworkError` if no association can be made with these values."""
        if not self.host:
            raise NetworkError(f"The server {self.name!r} has no address. Enter its host name.")
        if not 1 <= self.port <= 65535:
            raise NetworkError(f"{self.port} is no TCP port; ports are 1 to 65535.")
        check_ae_title(self.called_ae, "called AE title")
        check_ae_title(self.calling_ae, "calling AE title")


def check_ae_title(title: str, role: str) -> None:
    """Raise `NetworkError` if a text is no AE title (VR AE, PS3.5 section 6.2)."""
    if not title.strip() or len(title) > 16 or _FORBIDDEN_IN_TITLES & set(title):
        raise NetworkError(
            f"The {role} {title!r} is not valid: 1 to 16 ASCII characters without backslash are."
        )


# As CTK offers them where there is no list yet; nothing is done with them until somebody checks a box.
DEFAULT_PEERS = tuple(
    Peer(host, port, called, "CTK", name, 30.0, query=False, storage=False, trusted=False)
    for name, host, port, called in (
        ("ExampleHost", "dicom.example.com", 11112, "AETITLE"),
        ("MedicalConnections", "dicomserver.co.uk", 104, "ANYAE"),
    )
)


def load_peers(settings: Settings) -> list[Peer]:
    """The list of the settings, in its order; the default peers where there is none."""
    if not _number(settings.value(COUNT_KEY, 0), 0):
        return list(DEFAULT_PEERS)
    return [_from_row(row) for row in load_rows(settings, COUNT_KEY, ROWS_KEY)]


def load_rows(settings: Settings, count_key: str, rows_key: str) -> list[dict[str, Any]]:
    """The rows of a list of servers; one that others have written, or damaged, does not hide the others."""
    rows: list[dict[str, Any]] = []
    for number in range(_number(settings.value(count_key, 0), 0)):
        text = settings.value(f"{rows_key}/{number}", "")
        try:
            row = json.loads(text or "{}")
        except (ValueError, TypeError):
            row = None
        if not isinstance(row, dict):
            log.warning("Row %d of a list of servers in the settings cannot be read: left out.", number)
        elif row:
            rows.append(row)
    return rows


def save_peers(settings: Settings, peers: Sequence[Peer]) -> None:
    """Replace the list of the settings; Slicer reads it, too."""
    settings.remove(ROWS_KEY)
    settings.setValue(COUNT_KEY, len(peers))
    for row, peer in enumerate(peers):
        settings.setValue(f"{ROWS_KEY}/{row}", json.dumps(_to_row(peer), indent=4, ensure_ascii=False))


def with_proxies(peers: Sequence[Peer]) -> list[tuple[Peer, Peer | None]]:
    """Each peer that is no proxy, with its proxy; the peer then moves to the proxy (contract of CTK)."""
    by_name = {peer.name: peer for peer in peers}
    claimed: set[str] = set()
    pairs: list[tuple[Peer, Peer | None]] = []
    for peer in peers:
        proxy = by_name.get(peer.proxy) if peer.proxy and peer.proxy != peer.name else None
        if proxy is not None and proxy.name not in claimed:
            claimed.add(proxy.name)
            peer = replace(peer, move_destination=proxy.called_ae)
        else:
            proxy = None
        pairs.append((peer, proxy))
    return [pair for pair in pairs if pair[0].name not in claimed]


def _to_row(peer: Peer) -> dict[str, Any]:
    row: dict[str, Any] = {
        "Name": peer.name,
        "Verification": "",
        "QueryRetrieveCheckState": _CHECKED if peer.query else _UNCHECKED,
        "StorageCheckState": _CHECKED if peer.storage else _UNCHECKED,
        "TrustedCheckState": _CHECKED if peer.trusted else _UNCHECKED,
        "Query/Retrieve": "",
        "Storage": "",
        "Trusted": "",
        "Calling AETitle": peer.calling_ae,
        "Called AETitle": peer.called_ae,
        "Address": peer.host,
        "Port": str(peer.port),
        "Timeout": str(round(peer.timeout_s)),
        "Retrieve Protocol": peer.protocol,
        "Retrieve Proxy": peer.proxy,
        "Move Destination": peer.move_destination,
    }
    if peer.tls is not None:
        row["TLS"] = peer.tls.as_dict()
    return row


def _from_row(row: dict[str, Any]) -> Peer:
    tls = row.get("TLS")
    return Peer(
        host=str(row.get("Address", "")),
        port=_number(row.get("Port"), 104),
        called_ae=str(row.get("Called AETitle", "")),
        calling_ae=str(row.get("Calling AETitle", "")),
        name=str(row.get("Name", "")),
        timeout_s=float(_number(row.get("Timeout"), 10)),
        protocol=C_MOVE if row.get("Retrieve Protocol") == C_MOVE else C_GET,
        move_destination=str(row.get("Move Destination", "")),
        proxy=str(row.get("Retrieve Proxy", "")),
        query=bool(_number(row.get("QueryRetrieveCheckState"), 0)),
        storage=bool(_number(row.get("StorageCheckState"), 0)),
        trusted=bool(_number(row.get("TrustedCheckState"), 0)),
        tls=TLSOptions.from_dict(tls) if isinstance(tls, dict) else None,
    )


def _number(value: Any, default: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default
