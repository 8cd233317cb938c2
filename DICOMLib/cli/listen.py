"""Listen for peers that send (C-STORE, C-ECHO) and take what they send into a database, until Ctrl-C."""

from __future__ import annotations

import argparse

from DICOMLib.cli.argument_types import amount, at_least_one, network_address, port_number
from DICOMLib.cli.databases import add_database_argument
from DICOMLib.cli.output import clean_stdout, print_json, tell
from DICOMLib.cli.peers import add_tls_arguments, run_with_bar, tls_of
from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.listener import DEFAULT_PORT, ListenerOptions, listen

HELP = "take what peers send into a database"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_database_argument(parser)
    parser.add_argument(
        "--port", type=port_number, default=DEFAULT_PORT, help=f"TCP port (default {DEFAULT_PORT})"
    )
    parser.add_argument("--address", default="", help="of the interface to listen at (default all)")
    parser.add_argument("--ae-title", default="SLICER", help="our AE title (default SLICER)")
    parser.add_argument("--check-called", action="store_true", help="refuse peers that call another AE title")
    parser.add_argument(
        "--allow-ae",
        metavar="TITLE",
        action="append",
        default=[],
        help="serve only this peer; may be repeated",
    )
    parser.add_argument(
        "--allow-address",
        type=network_address,
        metavar="NETWORK",
        action="append",
        default=[],
        help="serve only this address or network (10.0.0.0/8); may be repeated",
    )
    parser.add_argument(
        "--max-associations", type=at_least_one, default=32, metavar="N", help="at once (default 32)"
    )
    parser.add_argument(
        "--min-free", type=amount, default=256, metavar="MB", help="room to leave on the disk (default 256)"
    )
    parser.add_argument(
        "--no-sync",
        action="store_true",
        help="tell success when the system has a file, before it is on the disk: faster on slow disks, but "
        "a power failure may lose what came last",
    )
    parser.add_argument("--json", action="store_true", help="write the final numbers as JSON")
    add_tls_arguments(parser, "of the listener")


def run(options: argparse.Namespace) -> int:
    """0 when it was stopped; 1 if listening is not possible."""
    how = ListenerOptions(
        port=options.port,
        address=options.address,
        acceptance=Acceptance(options.ae_title, options.check_called, frozenset(options.allow_ae)),
        addresses=tuple(options.allow_address),
        max_associations=options.max_associations,
        min_free_bytes=options.min_free << 20,
        tls=tls_of(options),
    )
    with (
        clean_stdout() as result,
        Database.open(options.database) as database,
        Receiver(database, durable=not options.no_sync) as receiver,
    ):
        tell(f"Listening as {options.ae_title} at port {options.port}. Ctrl-C ends it.")
        report = run_with_bar(listen(receiver, how))
        receiver.flush()
        if options.json:
            print_json(
                {
                    "stored": report.stored,
                    "refused": report.refused,
                    "associations": report.associations,
                    "recovered": receiver.recovered,
                },
                result,
            )
        else:
            result.write(f"{report.stored} instances stored in {report.associations} associations.\n")
    return 0
