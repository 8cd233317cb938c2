"""Retrieving by way of a proxy: a peer moves studies to another one, and they come from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import Job
from DICOMLib.core.settings import Settings
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import C_MOVE, Peer, load_peers
from DICOMLib.network.receipt import NO_REASON, Receipt
from DICOMLib.network.retrieve import RetrieveOptions, retrieve

Target = Peer | OriginServer


def proxy_of(target: Target, settings: Settings) -> Peer | None:
    """The server of the settings that studies of another one come from; None where they come from itself."""
    if not isinstance(target, Peer) or target.proxy in ("", target.name):
        return None
    return next((peer for peer in load_peers(settings) if peer.name == target.proxy), None)


def by_way_of(
    proxy: Peer | None,
    target: Target,
    wanted: Sequence[Wanted],
    retrieve_from: Callable[[Target], Job[Receipt]],
    have: frozenset[str] = frozenset(),
) -> Job[Receipt]:
    """Retrieve from a peer; if it has a proxy, let it move everything there first, and retrieve from that.

    Parameters
    ----------
    proxy
        See `proxy_of`; None for none.
    target, wanted
        The peer, and what is retrieved.
    retrieve_from
        Makes the job that retrieves from where it lies.
    have
        SOP Instance UIDs that are here already, and need not be moved.
    """
    if proxy is None:
        return (yield from retrieve_from(target))
    moved = yield from _move_to_proxy(target, proxy, wanted, have)
    if moved.cancelled:
        return moved
    receipt = yield from retrieve_from(proxy)
    _ask_for_all(receipt, moved, f"not moved from {target.label} to its proxy {proxy.label}", have)
    if not moved.complete:
        said = " ".join([moved.summary(), *moved.remarks])
        note = f"Not all was moved from {target.label} to its proxy {proxy.label}. {said}"
        receipt.remarks.insert(0, note)
    return receipt


def _move_to_proxy(
    target: Target, proxy: Peer, wanted: Sequence[Wanted], have: frozenset[str]
) -> Job[Receipt]:
    """Let a peer move studies to its proxy by C-MOVE. Raises as `retrieve`."""
    if not isinstance(target, Peer):
        raise NetworkError("A DICOMweb server has no proxy.")
    peer = replace(target, protocol=C_MOVE, move_destination=proxy.called_ae)
    return retrieve(peer, wanted, options=RetrieveOptions(fallback=False, have=have))


def _ask_for_all(receipt: Receipt, moved: Receipt, reason: str, have: frozenset[str]) -> None:
    """Let a receipt ask for what the peer has: its proxy may have less, and does not know of the rest."""
    here = have.union(*(one.done for one in receipt.series.values()))
    for one in moved.series.values():
        of_series = receipt.of_series(one.study_uid, one.series_uid)
        of_series.asked |= one.asked & have
        of_series.done |= one.asked & have
        for uid in one.asked - here - of_series.asked:
            of_series.asked.add(uid)
            said = one.failed.get(uid, NO_REASON)
            of_series.failed[uid] = reason if said == NO_REASON else f"{reason}: {said}"
