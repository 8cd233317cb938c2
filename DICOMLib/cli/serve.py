"""Offer a database to others, over DIMSE and DICOMweb, until Ctrl-C: a local PACS, read-only by default."""

from __future__ import annotations

import argparse
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.cli.argument_types import port_number
from DICOMLib.cli.databases import add_database_argument, database_to_fill, existing_database
from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.cli.output import clean_stdout, print_event, tell
from DICOMLib.cli.peers import (
    add_acceptance_arguments,
    add_address_argument,
    add_room_argument,
    add_tls_arguments,
    listener_options,
    require_certificate,
    user_settings,
)
from DICOMLib.core.errors import InvalidDICOM, NetworkError
from DICOMLib.database import Database, InsertReport
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network import listener
from DICOMLib.network.peers import load_peers
from DICOMLib.network.secrets import KeyringSecrets
from DICOMLib.network.tls import TLSOptions

TOKEN_VARIABLE = "SLICER_DICOM_TOKEN"
_HTTP_PORT = 8080
_ORIGIN = re.compile(r"https?://[^/?#@\s]+/?", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_database_argument(parser)
    parser.add_argument("--writable", action="store_true", help="take what others store (C-STORE, STOW-RS)")
    parser.add_argument(
        "--address",
        default="127.0.0.1",
        help="of the interface to listen at (default 127.0.0.1: this computer)",
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="let anybody on the network ask, without token or certificates",
    )
    add_address_argument(parser)
    add_room_argument(parser)
    dimse = parser.add_argument_group("DIMSE")
    dimse.add_argument(
        "--dimse-port",
        type=port_number,
        default=listener.DEFAULT_PORT,
        help=f"default {listener.DEFAULT_PORT}",
    )
    add_acceptance_arguments(dimse)
    dimse.add_argument("--no-dimse", action="store_true", help="offer DICOMweb only")
    web = parser.add_argument_group("DICOMweb")
    web.add_argument("--http-port", type=port_number, default=_HTTP_PORT, help=f"default {_HTTP_PORT}")
    web.add_argument("--root", default="/dicom-web", help="path of the services (default /dicom-web)")
    web.add_argument(
        "--token-file",
        metavar="FILE",
        help=f"holds the bearer token; else {TOKEN_VARIABLE} or --token-keyring",
    )
    web.add_argument("--token-keyring", metavar="NAME", help="name of the token in the keyring of the system")
    web.add_argument(
        "--cors-origin",
        type=web_origin,
        metavar="URL",
        action="append",
        default=[],
        help="let web pages from there ask, such as those of OHIF; * for all; may be repeated",
    )
    web.add_argument("--no-web", action="store_true", help="offer DIMSE only")
    parser.add_argument(
        "--json",
        action="store_true",
        help="write news as JSON, one document a line: serving (with the addresses), stored, not served (a "
        "file that cannot be read), ended",
    )
    add_tls_arguments(parser, "of the server")


def web_origin(text: str) -> str:
    """Scheme, host and port of web pages, as browsers tell them; "*" for all. For `argparse`."""
    if text == "*" or _ORIGIN.fullmatch(text):
        return text.rstrip("/").lower()
    raise argparse.ArgumentTypeError(
        f"{text!r} is no origin of web pages: write scheme, host and port, such as http://localhost:3000"
    )


def run(options: argparse.Namespace) -> int:
    """0 when it was stopped; 1 if serving is not possible."""
    if options.no_web and options.no_dimse:
        raise Misuse("With --no-web and --no-dimse there is nothing to serve: leave one of them out.")
    require_certificate(options)
    tls = _tls(options)
    token = token_of(options)
    if not options.no_dimse:
        _check_dimse(options, tls)
    with clean_stdout() as result, _until_signal() as stopped:
        news = _News(result if options.json else None)
        with ExitStack() as stack:
            opener = database_to_fill if options.writable else existing_database
            database = stack.enter_context(opener(options.database))
            receiver = None
            if options.writable:
                receiver = stack.enter_context(Receiver(database, on_indexed=news.indexed))
            places: dict[str, Any] = {"dicomweb": None, "dimse": None}
            if not options.no_web:
                places["dicomweb"] = stack.enter_context(
                    _web_server(options, _services(options, database, receiver, news), token, tls)
                ).url
            if not options.no_dimse:
                server = stack.enter_context(_dimse_server(options, database, receiver, tls, news))
                address = options.address or "0.0.0.0"
                places["dimse"] = {"ae_title": options.ae_title, "host": address, "port": server.port}
            _tell_places(places)
            tell(f"Serving {options.database}, {'writable' if receiver else 'read-only'}. Ctrl-C ends it.")
            news.tell("serving", **places, database=options.database, writable=receiver is not None)
            while not stopped.wait(1.0):
                pass
        news.tell("ended", stored=news.stored)
    return 0


def _tell_places(places: dict[str, Any]) -> None:
    """The addresses, when all of them are served."""
    if places["dicomweb"]:
        tell(f"DICOMweb  {places['dicomweb']}")
    if dimse := places["dimse"]:
        tell(f"DIMSE     {dimse['ae_title']}@{dimse['host']}:{dimse['port']}")


class _News:
    """What happens, for programs; nothing is written where there is no stream."""

    def __init__(self, stream: TextIO | None) -> None:
        self.stored = 0
        self._stream = stream
        self._lock = threading.Lock()
        self._unreadable: set[str] = set()

    def tell(self, event: str, **what: Any) -> None:
        """Write one event."""
        if self._stream is not None:
            with self._lock:
                print_event(event, self._stream, **what)

    def unreadable(self, fault: InvalidDICOM) -> None:
        """Tell, once, of a file that somebody asked for and that cannot be sent."""
        with self._lock:
            if fault.path in self._unreadable:
                return
            self._unreadable.add(fault.path)
        tell(f"Not served: {fault}")
        self.tell("not served", path=fault.path, reason=fault.reason)

    def indexed(self, report: InsertReport) -> None:
        """Tell of instances that are in the database now."""
        count = report.instances + report.replaced
        self.stored += count
        if count:
            self.tell("stored", instances=count, studies=report.studies, series=report.series)


def token_of(options: argparse.Namespace) -> str:
    """The bearer token, "" for none. It is never an argument: others can read the command line.

    Raises
    ------
    NetworkError
        If it is to be somewhere and is not.
    """
    if options.token_file:
        token = Path(options.token_file).read_text(encoding="utf-8").strip()
    elif options.token_keyring:
        token = KeyringSecrets().get(options.token_keyring)
    else:
        return os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise NetworkError("There is no token in the file or keyring.")
    return token


def _tls(options: argparse.Namespace) -> TLSOptions | None:
    if not options.tls:
        return None
    known = bool(options.tls_ca) and not options.tls_no_verify
    return TLSOptions(options.tls_ca, options.tls_cert, options.tls_key, verify=known)


def _check_dimse(options: argparse.Namespace, tls: TLSOptions | None) -> None:
    """DIMSE knows no token: other computers are served with certificates, or if that is said."""
    is_local = options.address in ("127.0.0.1", "localhost", "::1")
    if not (is_local or options.insecure or (tls is not None and tls.verify)):
        raise NetworkError(
            "Everybody who can reach this computer could read the database over DIMSE. "
            "Give --tls with --tls-ca, or --no-dimse, or say --insecure."
        )


def _dimse_server(
    options: argparse.Namespace,
    database: Database,
    receiver: Receiver | None,
    tls: TLSOptions | None,
    news: _News,
) -> DimseServer:
    how = listener_options(options, options.dimse_port, tls)
    settle = receiver.settle if receiver is not None else lambda: None
    return DimseServer(database, how, load_peers(user_settings()), receiver, settle, news.unreadable)


def _services(options: argparse.Namespace, database: Database, receiver: Receiver | None, news: _News) -> Any:
    """What is served over DICOMweb; its packages are imported when they are wanted: that takes a while."""
    from DICOMLib.web.server.services import Services

    settle = receiver.settle if receiver is not None else lambda: None
    root = "/" + options.root.strip("/") if options.root.strip("/") else ""
    least = options.min_free << 20
    return Services(database, receiver, settle, news.unreadable, root, min_free_bytes=least)


def _web_server(options: argparse.Namespace, services: Any, token: str, tls: TLSOptions | None) -> Any:
    from DICOMLib.web.server.application import Access
    from DICOMLib.web.server.origin_server import OriginServer, ServerOptions

    access = Access(token, origins=tuple(options.cors_origin), addresses=tuple(options.allow_address))
    how = ServerOptions(options.http_port, options.address, access, tls, options.insecure)
    return OriginServer(services, how)


@contextmanager
def _until_signal() -> Iterator[threading.Event]:
    """An event that is set by Ctrl-C and by a request to end."""
    stopped = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
