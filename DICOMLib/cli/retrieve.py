"""Retrieve a study, series or instances from a peer (C-GET, C-MOVE, WADO-RS), with a receipt of what came."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from DICOMLib.cli.argument_types import ae_title, amount, port_number, uid
from DICOMLib.cli.databases import database_to_fill
from DICOMLib.cli.output import clean_stdout
from DICOMLib.cli.peers import add_peer_arguments, peer_of, run_with_bar, user_settings
from DICOMLib.cli.places import folder_to_fill
from DICOMLib.cli.send import code_of, write_receipt
from DICOMLib.indexing.instances_here import instances_here
from DICOMLib.indexing.receiver import Receiver as DatabaseReceiver
from DICOMLib.network.arrival import FolderReceiver, Receiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import DEFAULT_PORT
from DICOMLib.network.peers import Peer
from DICOMLib.network.proxies import Target, by_way_of, proxy_of
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.network.transfer_queue import RETRIEVE, Order, TransferQueue
from DICOMLib.web.exchange import TRANSFERS, listening, retrieve

PeerOrServer = TypeVar("PeerOrServer", Peer, Target)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("study", type=uid, metavar="STUDY", help="Study Instance UID")
    parser.add_argument("--series", type=uid, metavar="UID", help="only this series")
    parser.add_argument(
        "--instance",
        type=uid,
        action="append",
        default=[],
        metavar="UID",
        help="only this instance of the series",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--database", metavar="DIR", help="folder of the database that takes what comes")
    where.add_argument("--output", metavar="DIR", help="folder for the files; no database")
    parser.add_argument("--protocol", choices=("get", "move"), help="C-GET (default) or C-MOVE")
    parser.add_argument(
        "--listener-port", type=port_number, default=DEFAULT_PORT, metavar="PORT", help="where C-MOVE arrives"
    )
    parser.add_argument(
        "--listener-ae",
        type=ae_title,
        metavar="TITLE",
        help="AE title to which the peer moves (default: that of the server list, or --calling-ae)",
    )
    parser.add_argument(
        "--retries", type=amount, default=1, metavar="N", help="for what is missing (default 1)"
    )
    parser.add_argument(
        "--queue", metavar="DIR", help="write down what is retrieved, so that `resume` can get the rest"
    )
    parser.add_argument("--json", action="store_true", help="write the receipt as JSON")
    add_peer_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """0 if all came, 1 if something did not, 130 if it was interrupted."""
    peer = peer_of(options)
    wanted = [Wanted(options.study, options.series or "", tuple(options.instance))]
    with clean_stdout() as result:
        with _place(options, wanted) as (receiver, here):
            receipt = _retrieve(options, peer, wanted, receiver, here)
        write_receipt(receipt, result, options.json)
    return code_of(receipt)


def _with_destination(peer: PeerOrServer, listener_ae: str | None) -> PeerOrServer:
    """The peer, which moves to the AE title that was given; it comes before that of the server list."""
    return replace(peer, move_destination=listener_ae) if listener_ae and isinstance(peer, Peer) else peer


@contextmanager
def _place(options: argparse.Namespace, wanted: list[Wanted]) -> Iterator[tuple[Receiver, frozenset[str]]]:
    """Who takes what comes, and what is here already; what was made for nothing is removed again."""
    if options.output:
        with folder_to_fill(options.output) as folder:
            yield FolderReceiver(folder), frozenset()
    else:
        with database_to_fill(options.database) as database, DatabaseReceiver(database) as receiver:
            yield receiver, instances_here(database, wanted)


def _retrieve(
    options: argparse.Namespace, peer: Target, wanted: list[Wanted], receiver: Receiver, have: frozenset[str]
) -> Receipt:
    """Retrieve, by way of the proxy if the server has one; what is queued is so before anybody is called."""
    proxy = proxy_of(peer, user_settings()) if options.peer else None
    if proxy is None:
        peer = _with_destination(peer, options.listener_ae)
    else:
        proxy = _with_destination(proxy, options.listener_ae)
    order = Order(RETRIEVE, peer, wanted=tuple(wanted), retries=options.retries, proxy=proxy)
    queue = TransferQueue(Path(options.queue), TRANSFERS) if options.queue else None
    if queue is not None:
        order = queue.add(order)
        queue.note(order, have)
    with listening(order.source, receiver, options.listener_port) as listener:
        if queue is not None:
            return run_with_bar(queue.run(order, receiver, listener))
        how = RetrieveOptions(retries=options.retries, have=have)
        return run_with_bar(
            by_way_of(
                proxy, peer, wanted, lambda source: retrieve(source, wanted, receiver, listener, how), have
            )
        )
