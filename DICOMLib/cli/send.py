"""Send files and folders to a peer (C-STORE, or STOW-RS), with a receipt of what it took."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from DICOMLib.cli.argument_types import at_least_one
from DICOMLib.cli.exit_codes import INTERRUPTED
from DICOMLib.cli.output import clean_stdout, print_json
from DICOMLib.cli.peers import add_peer_arguments, peer_of, run_with_bar
from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import Job
from DICOMLib.indexing.reasons import NO_DICOM
from DICOMLib.indexing.walk import found_files
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.send import SendOptions
from DICOMLib.network.transfer_queue import SEND, Order, TransferQueue
from DICOMLib.web.exchange import TRANSFERS, Target, send


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="files and folders")
    add_peer_arguments(parser)
    parser.add_argument(
        "--associations",
        type=at_least_one,
        default=1,
        metavar="N",
        help="connections to use at once (default 1)",
    )
    parser.add_argument(
        "--no-transcode", action="store_true", help="send files only as they are encoded, or not at all"
    )
    parser.add_argument(
        "--queue", metavar="DIR", help="write down what is sent, so that `resume` can send the rest"
    )
    parser.add_argument("--json", action="store_true", help="write the receipt as JSON")


def run(options: argparse.Namespace) -> int:
    """0 if the peer took everything, 1 if something failed, 130 if it was interrupted."""
    peer = peer_of(options)
    for path in options.paths:
        if not Path(path).exists():
            raise NetworkError(f"There is no file or folder {path}, so nothing was sent.")
    paths = [found.path for found in found_files(options.paths) if not found.problem]
    with clean_stdout() as result:
        receipt = run_with_bar(_job(options, peer, paths))
        # what lies in a folder beside the images is nobody's failure
        named = {Path(path).resolve() for path in options.paths}
        beside = [
            fault
            for fault in receipt.faults
            if fault[1] == NO_DICOM and Path(fault[0]).resolve() not in named
        ]
        if beside:
            receipt.faults = [fault for fault in receipt.faults if fault not in beside]
            receipt.remarks.append(
                f"Files in the folders that are no DICOM, and were left out: {len(beside)}."
            )
        write_receipt(receipt, result, options.json)
    return code_of(receipt)


def _job(options: argparse.Namespace, peer: Target, paths: list[str]) -> Job[Receipt]:
    how = SendOptions(associations=options.associations, transcode=not options.no_transcode)
    if not options.queue:
        return send(peer, paths, how)
    queue = TransferQueue(Path(options.queue), TRANSFERS)
    order = Order(SEND, peer, tuple(paths), associations=how.associations, transcode=how.transcode)
    return queue.run(queue.add(order))


def write_receipt(receipt: Receipt, stream: TextIO, as_json: bool) -> None:
    """Write a receipt for people or for programs."""
    if as_json:
        print_json(receipt.as_dict(), stream)
    else:
        stream.write(receipt.as_text())


def code_of(receipt: Receipt) -> int:
    """Exit code that a receipt means."""
    if receipt.cancelled:
        return INTERRUPTED
    return 0 if receipt.complete else 1
