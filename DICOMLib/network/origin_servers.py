"""DICOMweb origin servers: where they are and how they know us; the list in the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.settings import Settings
from DICOMLib.network.peers import load_rows
from DICOMLib.network.secrets import Secrets

COUNT_KEY = "DICOM/WebServerCount"
ROWS_KEY = "DICOM/WebServers"


@dataclass(frozen=True, slots=True)
class OriginServer:
    """A DICOMweb server (PS3.18).

    Parameters
    ----------
    url
        Root of its services.
    name
        Connection name, for people.
    qido_url, wado_url, stow_url
        Roots of single services, where they differ from `url`.
    user, password
        For basic authentication; an empty user means none.
    token
        Sent as bearer token; it comes before user and password.
    headers
        Further headers of each request; their values are kept as secrets.
    certificate, key, ca_file
        PEM files of our own certificate and of those who are trusted; "" for none, and for those of the
        operating system.
    verify
        Whether the certificate of the server is checked.
    timeout_s
        How long to wait for each answer, seconds.
    query, storage, trusted
        Whether it is used for query and retrieve, whether for sending, and whether it may be asked for any
        patient.
    """

    url: str
    name: str = ""
    qido_url: str = ""
    wado_url: str = ""
    stow_url: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: str = ""
    key: str = ""
    ca_file: str = ""
    verify: bool = True
    timeout_s: float = 60.0
    query: bool = True
    storage: bool = True
    trusted: bool = True

    @property
    def label(self) -> str:
        """How it is called in messages."""
        return self.name or self.url

    def service(self, kind: str) -> str:
        """Root of the service "qido", "wado" or "stow"."""
        urls = {"qido": self.qido_url, "wado": self.wado_url, "stow": self.stow_url}
        return (urls[kind] or self.url).rstrip("/")

    @property
    def is_secured(self) -> bool:
        """Whether any of its services is called over TLS."""
        return any(self.service(kind).startswith("https:") for kind in ("qido", "wado", "stow"))

    def without_secrets(self) -> dict[str, Any]:
        """What may be written down; see `from_dict`."""
        return {name: getattr(self, name) for name in _PLAIN}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> OriginServer:
        """Undo `without_secrets`; what is unknown is ignored."""
        return cls(**{"url": "", **{name: values[name] for name in _PLAIN if name in values}})

    def check(self) -> None:
        """Raise `NetworkError` if it cannot be called."""
        for url in (self.url, self.qido_url, self.wado_url, self.stow_url):
            if url and not url.startswith(("http://", "https://")):
                raise NetworkError(
                    f"{url!r} is no URL of a DICOMweb server; it begins with https:// or http://, such as "
                    "http://127.0.0.1:8080/dicom-web."
                )
            if "@" in url.partition("//")[2].partition("/")[0]:
                raise NetworkError(
                    "Enter user and password beside the URL of the DICOMweb server, not in it."
                )
            if "?" in url or "#" in url:
                raise NetworkError("The URL of a DICOMweb server ends before the signs ? and #.")
        if not self.url and not (self.qido_url and self.wado_url):
            raise NetworkError(f"The DICOMweb server {self.name!r} has no URL.")


_PLAIN = (
    "url",
    "name",
    "qido_url",
    "wado_url",
    "stow_url",
    "user",
    "certificate",
    "key",
    "ca_file",
    "verify",
    "timeout_s",
    "query",
    "storage",
    "trusted",
)


def load_origin_servers(settings: Settings, secrets: Secrets) -> list[OriginServer]:
    """The list of the settings, with its secrets."""
    rows = load_rows(settings, COUNT_KEY, ROWS_KEY)
    return [with_secrets(OriginServer.from_dict(row), secrets) for row in rows]


def save_origin_servers(settings: Settings, secrets: Secrets, servers: Sequence[OriginServer]) -> bool:
    """Replace the list; secrets of servers that are gone are forgotten.

    Returns whether the secrets will be there after this program has ended.
    """
    kept = True
    for gone in load_origin_servers(settings, secrets):
        if gone.name not in {server.name for server in servers}:
            secrets.set(_key(gone), "")
    settings.remove(ROWS_KEY)
    settings.setValue(COUNT_KEY, len(servers))
    for row, server in enumerate(servers):
        text = json.dumps(server.without_secrets(), indent=4, ensure_ascii=False)
        settings.setValue(f"{ROWS_KEY}/{row}", text)
        hidden = {"password": server.password, "token": server.token, "headers": dict(server.headers)}
        text = json.dumps(hidden) if any(hidden.values()) else ""
        kept = secrets.set(_key(server), text) and kept
    return kept


def _key(server: OriginServer) -> str:
    return f"DICOMweb {server.label}"


def with_secrets(server: OriginServer, secrets: Secrets) -> OriginServer:
    """The server with what is kept of it in a place for secrets."""
    text = secrets.get(_key(server))
    hidden = json.loads(text) if text else {}
    return replace(
        server,
        password=hidden.get("password", ""),
        token=hidden.get("token", ""),
        headers=hidden.get("headers", {}),
    )
