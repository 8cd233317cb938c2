"""The peer that a sub-command works with: from the server list of the settings, or given by options."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from DICOMLib.cli.argument_types import (
    ae_title,
    amount,
    at_least_one,
    network_address,
    peer_port,
    seconds,
    service_url,
)
from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.cli.import_files import stop_by_interrupt
from DICOMLib.cli.output import ProgressBar
from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import Progress
from DICOMLib.core.jobs import run as run_job
from DICOMLib.core.settings import Settings
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.listener import ListenerOptions
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import C_GET, C_MOVE, Peer
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web.exchange import Target, find_target

Report = TypeVar("Report")

# Options that mean something to one kind of peer only.
_OF_DIMSE = (
    "--port",
    "--called-ae",
    "--calling-ae",
    "--timeout",
    "--protocol",
    "--listener",
    "--listener-ae",
)
_OF_DICOMWEB = ("--token-env", "--token-file", "--user", "--password-env", "--header")
_OF_TLS = ("--tls-ca", "--tls-cert", "--tls-key", "--tls-no-verify")


def add_peer_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say who is called."""
    group = parser.add_argument_group("peer")
    group.add_argument("--peer", metavar="NAME", help="connection name in the server list of the settings")
    group.add_argument("--host", help="name or address; instead of --peer")
    group.add_argument("--port", type=peer_port, help="TCP port (default 104, with TLS 2762)")
    group.add_argument(
        "--called-ae", type=ae_title, metavar="TITLE", help="AE title of the peer (default ANY-SCP)"
    )
    group.add_argument("--calling-ae", type=ae_title, metavar="TITLE", help="our AE title (default SLICER)")
    group.add_argument(
        "--timeout", type=seconds, metavar="S", help="for connection and association (default 10)"
    )
    group.add_argument("--response-timeout", type=seconds, metavar="S", help="for each response (default 60)")
    add_tls_arguments(parser, "of ours, where the peer asks for one")
    group = parser.add_argument_group("DICOMweb")
    group.add_argument(
        "--url", type=service_url, help="root of a DICOMweb server; instead of --peer and --host"
    )
    add_credential_arguments(parser)


def add_credential_arguments(parser: argparse.ArgumentParser) -> None:
    """How a DICOMweb server knows us. Secrets are named, not written: others can read a command line."""
    group = parser.add_argument_group("credentials for DICOMweb")
    group.add_argument("--token-env", metavar="VARIABLE", help="environment variable that holds its token")
    group.add_argument("--token-file", metavar="FILE", help="file that holds its token")
    group.add_argument(
        "--user", metavar="NAME", help="user of basic authentication; the password is asked for"
    )
    group.add_argument(
        "--password-env", metavar="VARIABLE", help="environment variable that holds the password"
    )
    group.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME=VARIABLE",
        help="a further header, with the environment variable that holds its value",
    )


def add_acceptance_arguments(parser: argparse._ActionsContainer) -> None:
    """The options of those who are called, see `listener_options`: AE title, whom we serve, how much."""
    parser.add_argument("--ae-title", type=ae_title, default="SLICER", help="our AE title (default SLICER)")
    parser.add_argument("--check-called", action="store_true", help="refuse peers that call another AE title")
    parser.add_argument(
        "--allow-ae",
        type=ae_title,
        metavar="TITLE",
        action="append",
        default=[],
        help="serve only this peer; may be repeated",
    )
    parser.add_argument(
        "--max-associations", type=at_least_one, default=32, metavar="N", help="at once (default 32)"
    )
    parser.add_argument(
        "--max-instance", type=amount, default=0, metavar="MB", help="refuse longer ones (default 0: none)"
    )


def add_address_argument(parser: argparse._ActionsContainer) -> None:
    """The option --allow-address."""
    parser.add_argument(
        "--allow-address",
        type=network_address,
        metavar="NETWORK",
        action="append",
        default=[],
        help="serve only this address or network (10.0.0.0/8); may be repeated",
    )


def listener_options(options: argparse.Namespace, port: int, tls: TLSOptions | None) -> ListenerOptions:
    """What the command line says of a listener."""
    acceptance = Acceptance(
        options.ae_title, options.check_called, frozenset(options.allow_ae), options.max_instance << 20
    )
    return ListenerOptions(
        port=port,
        address=options.address,
        acceptance=acceptance,
        addresses=tuple(options.allow_address),
        max_associations=options.max_associations,
        min_free_bytes=options.min_free << 20,
        tls=tls,
    )


def add_room_argument(parser: argparse._ActionsContainer) -> None:
    """The option --min-free."""
    parser.add_argument(
        "--min-free", type=amount, default=256, metavar="MB", help="room to leave on the disk (default 256)"
    )


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


def _given(options: argparse.Namespace, flags: Sequence[str]) -> list[str]:
    """Those of some options that the command line has."""
    return [flag for flag in flags if getattr(options, flag.strip("-").replace("-", "_"), None)]


def require_certificate(options: argparse.Namespace) -> None:
    """Raise `Misuse` if a listener with --tls has not been given its certificate, or is not to use one."""
    _refuse_tls_options_without_tls(options)
    if options.tls and not options.tls_cert:
        raise Misuse("A listener with --tls needs its certificate and key: --tls-cert FILE --tls-key FILE.")


def _refuse_tls_options_without_tls(options: argparse.Namespace) -> None:
    """Who names certificates expects a secured connection."""
    if not options.tls and (given := _given(options, _OF_TLS)):
        raise Misuse(f"{given[0]} is for secured connections only: add --tls, or leave it out.")


def peer_of(options: argparse.Namespace) -> Target:
    """The peer that the options mean.

    Raises
    ------
    Misuse
        If they mean none, or several.
    NetworkError
        If there is none of that name, or what it needs is not there.
    """
    target: Target
    if options.url and (options.host or options.peer):
        other = "--host" if options.host else "--peer"
        raise Misuse(f"--url and {other} name two peers: leave one of them out.")
    if options.peer:
        target = find_target(user_settings(), options.peer)
    elif options.url:
        target = OriginServer(options.url)
    elif options.host:
        target = Peer(host=options.host, port=2762 if options.tls else 104)
    else:
        raise Misuse("Say who is called: --peer NAME, --host HOST --port PORT, or --url URL.")
    _refuse_what_means_nothing(target, options)
    if isinstance(target, OriginServer):
        return with_credentials(target, options)
    return _with_options(target, options)


def _refuse_what_means_nothing(target: Target, options: argparse.Namespace) -> None:
    """Raise `Misuse` for options that would be passed over: whoever gives them relies on them."""
    is_web = isinstance(target, OriginServer)
    if given := _given(options, _OF_DIMSE if is_web else _OF_DICOMWEB):
        how = "DICOMweb" if is_web else "DIMSE"
        raise Misuse(f"{given[0]} means nothing to {target.label}, which is called over {how}: leave it out.")
    if isinstance(target, OriginServer):
        given = _given(options, ("--tls", *_OF_TLS))
        if given and not target.is_secured:
            raise Misuse(
                f"{given[0]} is for secured connections only: write https in the URL, or leave it out."
            )
    elif target.tls is None:
        _refuse_tls_options_without_tls(options)


def _with_options(peer: Peer, options: argparse.Namespace) -> Peer:
    given = {
        "host": options.host,
        "port": options.port,
        "called_ae": options.called_ae,
        "calling_ae": options.calling_ae,
        "timeout_s": options.timeout,
        "response_timeout_s": options.response_timeout,
        "tls": tls_of(options) or changed_tls(peer.tls, options),
        "protocol": {"get": C_GET, "move": C_MOVE}.get(getattr(options, "protocol", None) or ""),
    }
    return replace(peer, **{name: value for name, value in given.items() if value is not None})


def changed_tls(tls: TLSOptions | None, options: argparse.Namespace) -> TLSOptions | None:
    """How a peer of the server list is secured, with what the options say besides."""
    if tls is None:
        return None
    given = {"ca_file": options.tls_ca, "certificate": options.tls_cert, "key": options.tls_key}
    tls = replace(tls, **{name: value for name, value in given.items() if value})
    return replace(tls, verify=False) if options.tls_no_verify else tls


def with_credentials(server: OriginServer, options: argparse.Namespace) -> OriginServer:
    """The server with what the options say of credentials, certificates and time limits.

    Raises
    ------
    NetworkError
        If a secret is not where they say, or the server cannot be called.
    """
    given = {
        "token": _token(options),
        "user": options.user or "",
        "password": _password(options),
        "headers": dict(_header(text) for text in options.header),
        "ca_file": options.tls_ca,
        "certificate": options.tls_cert,
        "key": options.tls_key,
        "timeout_s": options.response_timeout,
    }
    server = replace(server, **{name: value for name, value in given.items() if value})
    server = replace(server, verify=False) if options.tls_no_verify else server
    server.check()
    return server


def _token(options: argparse.Namespace) -> str:
    if options.token_file:
        try:
            return Path(options.token_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise NetworkError(f"The file of the token cannot be read: {options.token_file}.") from error
    return _variable(options.token_env) if options.token_env else ""


def _password(options: argparse.Namespace) -> str:
    if options.password_env:
        return _variable(options.password_env)
    if not options.user:
        return ""
    if not sys.stdin.isatty():
        raise NetworkError(
            f"No password of {options.user}: there is no terminal to type it, so give --password-env NAME."
        )
    return getpass.getpass(f"Password of {options.user}: ")


def _header(text: str) -> tuple[str, str]:
    name, equals, variable = text.partition("=")
    if not equals:
        raise Misuse(f"{text!r} is no header: write NAME=VARIABLE.")
    return name, _variable(variable)


def _variable(name: str) -> str:
    if name not in os.environ:
        raise NetworkError(f"There is no environment variable {name!r}.")
    return os.environ[name].strip()


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
