"""Certificates of an authority that is made for a test."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import trustme

from DICOMLib.network.tls import TLSOptions


class Certificates:
    """A certificate authority with a certificate for localhost or another host, as PEM files."""

    def __init__(self, folder: Path, host: str = "localhost", until: datetime | None = None) -> None:
        folder.mkdir()
        authority = trustme.CA()
        own = authority.issue_cert(host, *(["127.0.0.1"] if host == "localhost" else []), not_after=until)
        self.ca, self.certificate, self.key = (
            str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem")
        )
        authority.cert_pem.write_to_path(self.ca)
        own.private_key_pem.write_to_path(self.key)
        own.cert_chain_pems[0].write_to_path(self.certificate)

    def client(self, own: bool = False) -> TLSOptions:
        """Options of a client, with a certificate of its own if asked for."""
        return TLSOptions(self.ca, self.certificate if own else "", self.key if own else "")
