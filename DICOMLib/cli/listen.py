"""Listen for peers that send (C-STORE, C-ECHO) and take what they send into a database, until Ctrl-C."""

from __future__ import annotations

import argparse

from DICOMLib.cli.argument_types import port_number
from DICOMLib.cli.databases import add_database_argument, database_to_fill
from DICOMLib.cli.output import clean_stdout, print_json, tell
from DICOMLib.cli.peers import (
    add_acceptance_arguments,
    add_address_argument,
    add_room_argument,
    add_tls_arguments,
    listener_options,
    require_certificate,
    run_with_bar,
    tls_of,
)
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.listener import DEFAULT_PORT, listen
from DICOMLib.network.sockets import own_addresses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_database_argument(parser)
    parser.add_argument(
        "--port", type=port_number, default=DEFAULT_PORT, help=f"TCP port (default {DEFAULT_PORT})"
    )
    parser.add_argument(
        "--address",
        default="",
        help="of the interface to listen at (default all; 127.0.0.1 closes it to other computers)",
    )
    add_acceptance_arguments(parser)
    add_address_argument(parser)
    add_room_argument(parser)
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
    require_certificate(options)
    how = listener_options(options, options.port, tls_of(options))
    with (
        clean_stdout() as result,
        database_to_fill(options.database) as database,
        Receiver(database, durable=not options.no_sync) as receiver,
    ):
        report = run_with_bar(listen(receiver, how, lambda port: tell(_welcome(options, port))))
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


def _welcome(options: argparse.Namespace, port: int) -> str:
    """Where it listens, and who can reach that."""
    begin = f"Listening as {options.ae_title} at port {port}"
    if options.address:
        return f"{begin} of {options.address}. Ctrl-C ends it."
    return (
        f"{begin} of all addresses of this computer ({', '.join(own_addresses())}): every computer that "
        "reaches one can send. --address 127.0.0.1 closes it to others. Ctrl-C ends it."
    )
