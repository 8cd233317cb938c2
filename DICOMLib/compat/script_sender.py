"""The sender of Slicer's scripts, over DIMSE or DICOMweb."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from DICOMLib.compat.dicomweb_import import web_server
from DICOMLib.compat.dicomweb_settings import stored_credentials
from DICOMLib.compat.script_commands import DICOMProcessTLSMixin
from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import Job, Progress, run
from DICOMLib.network.peers import Peer
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.send import send
from DICOMLib.web.client.send import send as send_over_web

log = logging.getLogger(__name__)

_KHEOPS_API = "https://demo.kheops.online/api"
_DEFAULT_PORT = 104


class DICOMSender(DICOMProcessTLSMixin):
    """Sends files to a server.

    Parameters
    ----------
    files
        Paths.
    address
        "host:port", or the URL of a DICOMweb server.
    protocol
        "DIMSE" (default) or "DICOMweb".
    progressCallback
        Called with a text; it returns True to go on.
    aeTitle
        AE title of the server, "CTK" by default.
    auth
        Credentials for DICOMweb, as of requests; by default those of the settings.
    delayed
        Whether nothing is sent until `send` is called.

    Attributes
    ----------
    receipt
        What the server took; None before.

    Raises
    ------
    UserWarning
        If something was not sent, or the callback stopped it.
    """

    def __init__(  # noqa: PLR0913, PLR0917  as in Slicer
        self,
        files: Sequence[str | os.PathLike[str]],
        address: str,
        protocol: str | None = None,
        progressCallback: Callable[[str], bool] | None = None,
        aeTitle: str | None = None,
        auth: Any = None,
        delayed: bool = False,
    ) -> None:
        self.files = files
        self.destinationUrl = address
        self.protocol = protocol if protocol is not None else "DIMSE"
        self.progressCallback = progressCallback if progressCallback is not None else _go_on
        self.aeTitle = aeTitle if aeTitle is not None else "CTK"
        self.auth = auth
        self.tlsSettingsKeyPrefix = "Client"
        self.receipt: Receipt | None = None
        if auth is not None and self.protocol == "DIMSE":
            log.warning("Credentials are of no use with DIMSE; they are ignored.")
        if not delayed:
            self.send()

    def send(self) -> None:
        """Send all files; see the class."""
        if self.protocol == "DICOMweb":
            self._sendOverWeb()
        else:
            self._sendOverDIMSE()

    def _sendOverDIMSE(self) -> None:
        host, port = _host_and_port(self.destinationUrl)
        peer = Peer(host, port, self.aeTitle, "STORESCU", tls=self.tlsOptions())
        self._run(send(peer, self.files), f"{host}:{port}")

    def _sendOverWeb(self) -> None:
        endpoint, auth = self._webServer()
        server, access = web_server(endpoint, auth=auth)
        self._run(send_over_web(server, self.files, access=access), server.url)

    def _run(self, job: Job[Receipt], where: str) -> None:
        """Send; the callback is asked before each step."""
        stopped: list[bool] = []

        def tell(progress: Progress) -> None:
            if progress.step == "Sending" and not stopped:
                message = f"Sending {progress.done} of {progress.total} to {where} using {self.protocol}"
                if not self.progressCallback(message):
                    stopped.append(True)

        try:
            self.receipt = run(job, tell, lambda: bool(stopped))
        except NetworkError as error:
            raise UserWarning(f"Could not send to {where}: {error}") from error
        if stopped:
            raise UserWarning("Sending was cancelled")
        if not self.receipt.complete:
            raise UserWarning(f"Could not send everything to {where}. {self.receipt.as_text()}")

    def _webServer(self) -> tuple[str, Any]:
        """URL and credentials; a link to an album of Kheops holds both."""
        found = re.search(r"kheops.*/view/(\w+)", self.destinationUrl)
        if found:
            from requests.auth import HTTPBasicAuth

            return _KHEOPS_API, HTTPBasicAuth("token", found[1])
        return self.destinationUrl, self.auth if self.auth is not None else stored_credentials()


def _host_and_port(address: str) -> tuple[str, int]:
    """Host and port of an address as people write it.

    Raises
    ------
    UserWarning
        If it is none.
    """
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UserWarning(f"{address!r} is no address; write host:port.") from error
    if not host:
        raise UserWarning(f"{address!r} is no address; write host:port.")
    return host, port or _DEFAULT_PORT


def _go_on(_message: str) -> bool:
    return True
