"""Ask a peer whether it is there (C-ECHO, QIDO-RS); --doctor goes the way step by step, says what fails."""

from __future__ import annotations

import argparse

from DICOMLib.cli.argument_types import title_and_port
from DICOMLib.cli.exit_codes import INTERRUPTED
from DICOMLib.cli.output import clean_stdout, print_json
from DICOMLib.cli.peers import add_peer_arguments, peer_of, run_with_bar
from DICOMLib.web.exchange import diagnose, echo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_peer_arguments(parser)
    parser.add_argument("--doctor", action="store_true", help="try each step, and say which one fails")
    parser.add_argument(
        "--listener",
        type=title_and_port,
        metavar="AE:PORT",
        help="where --doctor lets the peer move an image with --protocol move, which is not kept "
        "(default: our AE title and port 11112)",
    )
    parser.add_argument("--protocol", choices=("get", "move"), help="how --doctor expects to retrieve")
    parser.add_argument("--json", action="store_true", help="write the answer as JSON")


def run(options: argparse.Namespace) -> int:
    """0 if the peer answers (with --doctor: if all steps work), else 1."""
    return _diagnose(options) if options.doctor else _echo(options)


def _echo(options: argparse.Namespace) -> int:
    peer = peer_of(options)
    with clean_stdout() as result:
        report = run_with_bar(echo(peer))
        if options.json:
            print_json({"peer": peer.label, "seconds": report.seconds, "cancelled": report.cancelled}, result)
        elif not report.cancelled:
            result.write(f"{peer.label} answers ({report.seconds * 1000:.0f} ms).\n")
    return INTERRUPTED if report.cancelled else 0


def _diagnose(options: argparse.Namespace) -> int:
    with clean_stdout() as result:
        diagnosis = run_with_bar(diagnose(peer_of(options), options.listener))
        if options.json:
            print_json(diagnosis.as_dict(), result)
        else:
            result.write(diagnosis.as_text())
    if diagnosis.cancelled:
        return INTERRUPTED
    return 0 if diagnosis.healthy else 1
