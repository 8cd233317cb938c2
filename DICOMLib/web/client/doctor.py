"""Whether a DICOMweb server answers, and which step of the way to it fails, in words."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies

from DICOMLib.core.errors import NetworkError, WebStatus
from DICOMLib.core.jobs import Job
from DICOMLib.network.doctor import Diagnosis, Finding, Step, name_step, port_step, tls_step, walk
from DICOMLib.network.echo import EchoReport, answer_time
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web.client.json_values import text
from DICOMLib.web.client.resources import METADATA, resource_url, search_url
from DICOMLib.web.client.session import Access, WebSession

_ONE = {"limit": 1}
_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"


def echo(server: OriginServer, access: Access | None = None) -> Job[EchoReport]:
    """Ask a server for one study, whichever it is.

    Raises
    ------
    NetworkError
        If it does not answer; the text says why.
    """
    with WebSession(server, access or Access(retries=0)) as session:
        return (yield from answer_time(lambda: _ask(session), session.stop, server.label))


def _ask(session: WebSession) -> float:
    begin = time.perf_counter()
    session.get_json(search_url(session.server, "STUDY"), _ONE)
    return time.perf_counter() - begin


def diagnose(server: OriginServer, access: Access | None = None) -> Job[Diagnosis]:
    """Try everything that searching and retrieving need; nothing is stored.

    Raises
    ------
    NetworkError
        If the URL is none.
    """
    diagnosis = Diagnosis(server)
    with WebSession(server, access or Access(retries=0)) as session:
        steps: tuple[Step, ...] = (
            *_way(server),
            ("Access", lambda: _access(session)),
            ("Search", lambda: _search(session, diagnosis)),
            ("Retrieve", lambda: _retrieve(session, diagnosis)),
            ("Store", lambda: Finding("Store", None, "Not tried: it would store something.")),
        )
        return (yield from walk(diagnosis, steps, session.stop))


def _way(server: OriginServer) -> tuple[Step, ...]:
    """Name, port and TLS of the host, unless a proxy stands before it."""
    url = server.service("qido")
    if get_environ_proxies(url):
        words = "The way leads through the proxy of this computer."
        return (("Proxy", lambda: Finding("Proxy", None, words)),)
    parts = urlsplit(url)
    tls = None
    if parts.scheme == "https":
        tls = TLSOptions(server.ca_file, server.certificate, server.key, verify=server.verify)
    port = parts.port or (443 if tls else 80)
    peer = Peer(parts.hostname or "", port, timeout_s=min(server.timeout_s, 10.0), tls=tls)
    return (
        ("Name", lambda: name_step(peer)),
        ("Port", lambda: port_step(peer)),
        ("TLS", lambda: tls_step(peer)),
    )


def _access(session: WebSession) -> Finding:
    """Whether the server lets us in; that it finds nothing at this URL is told by the next step."""
    server = session.server
    known = (
        "our token" if server.token else f"the user {server.user!r}" if server.user else "us without a name"
    )
    try:
        with session.get(search_url(server, "STUDY"), "*/*", _ONE):
            pass
    except WebStatus as error:
        if error.code in (401, 403, 407):
            hint = "" if server.token or server.user else " No token and no user were given."
            return Finding("Access", False, f"{error}{hint}")
    return Finding("Access", True, f"The server lets {known} in.")


def _search(session: WebSession, diagnosis: Diagnosis) -> Finding:
    diagnosis.services["find"] = False
    found = session.get_json(search_url(session.server, "STUDY"), _ONE)
    diagnosis.services["find"] = True
    answer = "The server answers to QIDO-RS"
    return Finding("Search", True, f"{answer}." if found else f"{answer}; it has no studies, or none for us.")


def _retrieve(session: WebSession, diagnosis: Diagnosis) -> Finding:
    """Read the metadata of some instance, which are small."""
    found = session.get_json(search_url(session.server, "IMAGE"), _ONE)
    uids = [text(found[0], tag) for tag in (_STUDY, _SERIES, _INSTANCE)] if found else []
    if not all(uids) or not uids:
        return Finding("Retrieve", None, "Not tried: the server names no instance.")
    diagnosis.services["get"] = False
    try:
        told = session.get_json(resource_url(session.server, *uids, suffix=METADATA))
    except NetworkError as error:
        return Finding("Retrieve", False, f"An instance that it names cannot be retrieved. {error}")
    diagnosis.services["get"] = bool(told)
    if not told:
        return Finding("Retrieve", False, "The server names an instance, but gives nothing of it (WADO-RS).")
    return Finding("Retrieve", True, "The server answers to WADO-RS.")
