"""The peer that a sub-command works with: from the server list of the settings, or given by options."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from dataclasses import replace
from typing import TypeVar

from DICOMLib.cli.import_files import stop_by_interrupt
from DICOMLib.cli.output import ProgressBar
from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import Progress
from DICOMLib.core.jobs import run as run_job
from DICOMLib.core.settings import Settings
from DICOMLib.network.peers import C_GET, C_MOVE, Peer, find_peer
from DICOMLib.network.tls import TLSOptions

Report = TypeVar("Report")


def add_peer_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say who is called."""
    group = parser.add_argument_group("peer")
    group.add_argument("--peer", metavar="NAME", help="connection name in the server list of the settings")
    group.add_argument("--host", help="name or address; instead of --peer")
    group.add_argument("--port", type=int, help="TCP port (default 104, with TLS 2762)")
    group.add_argument("--called-ae", metavar="TITLE", help="AE title of the peer (default ANY-SCP)")
    group.add_argument("--calling-ae", metavar="TITLE", help="our AE title (default SLICER)")
    group.add_argument(
        "--timeout", type=float, metavar="S", help="for connection and association (default 10)"
    )
    group.add_argument("--response-timeout", type=float, metavar="S", help="for each response (default 60)")
    add_tls_arguments(parser, "of ours, where the peer asks for one")


def add_tls_arguments(parser: argparse.ArgumentParser, whose: str) -> None:
    """The options for secured connections."""
    group = parser.add_argument_group("TLS")
    group.add_argument("--tls", action="store_true", help="secure the connection (PS3.15 B.12)")
    group.add_argument("--tls-ca", metavar="FILE", default="", help="certificates of those who are trusted")
    group.add_argument("--tls-cert", metavar="FILE", default="", help=f"certificate {whose}")
    group.add_argument("--tls-key", metavar="FILE", default="", help="private key of the certificate")
    group.add_argument(
        "--tls-no-verify", action="store_true", help="take any certificate of the other side, or none"
    )


def tls_of(options: argparse.Namespace) -> TLSOptions | None:
    """The TLS options; None without --tls."""
    if not options.tls:
        return None
    return TLSOptions(options.tls_ca, options.tls_cert, options.tls_key, verify=not options.tls_no_verify)


def peer_of(options: argparse.Namespace) -> Peer:
    """The peer that the options mean.

    Raises
    ------
    NetworkError
        If they mean none.
    """
    if options.peer:
        peer = find_peer(user_settings(), options.peer)
    elif options.host:
        peer = Peer(host=options.host, port=2762 if options.tls else 104)
    else:
        raise NetworkError("Say who is called: --peer NAME, or --host HOST --port PORT.")
    given = {
        "host": options.host,
        "port": options.port,
        "called_ae": options.called_ae,
        "calling_ae": options.calling_ae,
        "timeout_s": options.timeout,
        "response_timeout_s": options.response_timeout,
        "tls": tls_of(options),
        "protocol": {"get": C_GET, "move": C_MOVE}.get(getattr(options, "protocol", None) or ""),
    }
    return replace(peer, **{name: value for name, value in given.items() if value is not None})


def user_settings() -> Settings:
    """The user's settings, which the window uses, too."""
    from DICOMModule.Host.user_settings import user_settings as settings_of_host

    settings: Settings = settings_of_host()
    return settings


def run_with_bar(job: Generator[Progress, None, Report]) -> Report:
    """Run a job with a bar on the terminal; Ctrl-C ends it at a safe point, with a report."""
    bar = ProgressBar()
    with stop_by_interrupt() as stopped:
        report = run_job(job, bar, lambda: bool(stopped))
    bar.close()
    return report
