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
from DICOMLib.indexing.archives import is_archive
from DICOMLib.indexing.reasons import NO_DICOM, NO_FAULTS
from DICOMLib.indexing.walk import found_files
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.send import SendOptions
from DICOMLib.network.transfer_queue import SEND, Order, TransferQueue
from DICOMLib.web.exchange import TRANSFERS, Target, send

_PACKED = (
    "zip archive, which is not sent: unpack it, or import it and send its files from the database folder"
)


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
    found = list(found_files(options.paths))
    with clean_stdout() as result:
        receipt = run_with_bar(_job(options, peer, [one.path for one in found if not one.problem]))
        receipt.faults += [(one.path, one.problem) for one in found if one.problem]
        _part_faults(receipt, {Path(path).resolve() for path in options.paths})
        if not found:
            receipt.faults += [(path, "there are no files in it") for path in options.paths]
        write_receipt(receipt, result, options.json)
    return code_of(receipt)


def _job(options: argparse.Namespace, peer: Target, paths: list[str]) -> Job[Receipt]:
    how = SendOptions(associations=options.associations, transcode=not options.no_transcode)
    if not options.queue:
        return send(peer, paths, how)
    queue = TransferQueue(Path(options.queue), TRANSFERS)
    order = Order(SEND, peer, tuple(paths), associations=how.associations, transcode=how.transcode)
    return queue.run(queue.add(order))


def _part_faults(receipt: Receipt, named: set[Path]) -> None:
    """Make remarks of what lies in a folder beside the images, which is nobody's failure."""
    faults: list[tuple[str, str]] = []
    beside = archives = 0
    for path, reason in receipt.faults:
        is_packed = reason == NO_DICOM and is_archive(path)
        if reason not in NO_FAULTS or Path(path).resolve() in named:
            faults.append((path, _PACKED if is_packed else reason))
        elif is_packed:
            archives += 1
        else:
            beside += 1
    receipt.faults = faults
    if beside:
        receipt.remarks.append(f"Files in the folders that are no DICOM, and were left out: {beside}.")
    if archives:
        receipt.remarks.append(f"In the folders: {archives} x {_PACKED}.")


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
