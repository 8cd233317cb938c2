"""Go on with transfers that were interrupted: those that `send` and `retrieve` wrote into a --queue."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from DICOMLib.cli.argument_types import port_number, seconds
from DICOMLib.cli.databases import add_database_argument, database_to_fill
from DICOMLib.cli.output import clean_stdout, print_json, tell
from DICOMLib.cli.peers import (
    add_credential_arguments,
    add_tls_arguments,
    changed_tls,
    run_with_bar,
    tls_of,
    with_credentials,
)
from DICOMLib.cli.send import code_of
from DICOMLib.core.errors import NetworkError
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.listener import DEFAULT_PORT
from DICOMLib.network.origin_servers import with_secrets
from DICOMLib.network.peers import Peer
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.secrets import KeyringSecrets
from DICOMLib.network.transfer_queue import RETRIEVE, Order, TransferQueue
from DICOMLib.web.exchange import TRANSFERS, listening


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("--queue", metavar="DIR", required=True, help="folder that send or retrieve wrote to")
    add_database_argument(parser, required=False)
    parser.add_argument(
        "--listener-port", type=port_number, default=DEFAULT_PORT, metavar="PORT", help="where C-MOVE arrives"
    )
    parser.add_argument(
        "--response-timeout", type=seconds, metavar="S", help="for each response (default 60)"
    )
    add_tls_arguments(parser, "of ours, where the peer asks for one")
    add_credential_arguments(parser)
    parser.add_argument("--json", action="store_true", help="write the receipts as JSON")


def run(options: argparse.Namespace) -> int:
    """0 if nothing is left to do, 1 if something is, 130 if it was interrupted."""
    if not Path(options.queue).is_dir():
        raise NetworkError(f"There is no folder {options.queue}: nothing was sent or retrieved with it.")
    queue = TransferQueue(Path(options.queue), TRANSFERS)
    receipts: list[Receipt] = []
    left = 0
    with clean_stdout() as result:
        for order in queue.orders():
            try:
                receipts.append(_run(queue, order, options))
            except NetworkError as error:
                tell(f"slicer-dicom resume: {order.peer.label}: {error}")
                left += 1
                continue
            left += not receipts[-1].complete
            if receipts[-1].cancelled:
                break
        if options.json:
            print_json([receipt.as_dict() for receipt in receipts], result)
        else:
            nothing = "" if left else "Nothing is left to do.\n"
            result.write("".join(receipt.as_text() for receipt in receipts) or nothing)
    if receipts and receipts[-1].cancelled:
        return code_of(receipts[-1])
    return 1 if left else 0


def _run(queue: TransferQueue, order: Order, options: argparse.Namespace) -> Receipt:
    order = _with_options(order, options)
    if order.kind != RETRIEVE:
        return run_with_bar(queue.run(order))
    if not options.database:
        raise NetworkError("What is to be retrieved needs a --database to go into.")
    with (
        database_to_fill(options.database) as database,
        Receiver(database) as receiver,
        listening(order.source, receiver, options.listener_port) as listener,
    ):
        return run_with_bar(queue.run(order, receiver, listener))


def _with_options(order: Order, options: argparse.Namespace) -> Order:
    """An order with what the options say of its peer, and its secrets.

    They are not in the queue: they come from the keyring, or from where the options say.
    """
    peer = order.peer
    if isinstance(peer, Peer):
        wait_s = options.response_timeout or peer.response_timeout_s
        tls = tls_of(options) or changed_tls(peer.tls, options)
        return replace(order, peer=replace(peer, response_timeout_s=wait_s, tls=tls))
    server = with_secrets(peer, KeyringSecrets()) if peer.name else peer
    return replace(order, peer=with_credentials(server, options))
