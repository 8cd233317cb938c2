"""TLS for DIMSE: the profile of PS3.15 B.12 (BCP 195, RFC 8996 and 9325), server and mutual certificates."""

from __future__ import annotations

import os
import ssl
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import NetworkError

# What RFC 9325 section 4.2 recommends of TLS 1.2; TLS 1.3 has only suites that are allowed.
CIPHERS = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    )
)


@dataclass(frozen=True, slots=True)
class TLSOptions:
    """Certificates of a secured connection; all are paths of PEM files.

    Parameters
    ----------
    ca_file
        Who is trusted; several files are separated as on a search path (`os.pathsep`), "" means those whom
        the operating system trusts.
    certificate, key
        Our own certificate chain and its private key. A listener needs them, a client where the peer asks.
    verify
        Whether the certificate of the peer is checked. For a listener: whether clients must have one.
    check_hostname
        Whether the certificate must be that of the host we call.
    """

    ca_file: str = ""
    certificate: str = ""
    key: str = ""
    verify: bool = True
    check_hostname: bool = True

    def as_dict(self) -> dict[str, Any]:
        """For settings."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TLSOptions:
        """Undo `as_dict`; what is unknown is ignored."""
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})

    def client_context(self) -> ssl.SSLContext:
        """Context of an SCU.

        Raises
        ------
        NetworkError
            If a file cannot be read or is no certificate.
        """
        context = _profile(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        context.check_hostname = self.verify and self.check_hostname
        context.verify_mode = ssl.CERT_REQUIRED if self.verify else ssl.CERT_NONE
        self._load(context, needs_own=False)
        return context

    def server_context(self) -> ssl.SSLContext:
        """Context of an SCP; with `verify` clients must show a certificate (mutual authentication).

        Raises
        ------
        NetworkError
            If there is no certificate, or a file cannot be read.
        """
        context = _profile(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        context.verify_mode = ssl.CERT_REQUIRED if self.verify else ssl.CERT_NONE
        self._load(context, needs_own=True)
        return context

    def _load(self, context: ssl.SSLContext, *, needs_own: bool) -> None:
        try:
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key or None, self._refuse_to_ask)
            elif needs_own:
                raise NetworkError("A listener with TLS needs a certificate and its private key.")
            for path in self._trusted_files():
                context.load_verify_locations(path)
            if not self.ca_file:
                context.load_default_certs()
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(name for name in (self.certificate, self.key, self.ca_file) if name)
            raise NetworkError(f"The certificates cannot be used ({files}): {error}") from error

    def _refuse_to_ask(self) -> str:
        """OpenSSL would ask for the passphrase on the terminal, and wait for it without end."""
        raise NetworkError(
            f"The private key {self.key or self.certificate} has a passphrase, and nobody can be asked for "
            "it whenever it is needed. Write the key without one into a file that only you can read: "
            "openssl pkey -in KEY -out NEW"
        )

    def _trusted_files(self) -> list[str]:
        """A path with the separator in it is one file, if there is such a file."""
        if Path(self.ca_file).is_file():
            return [self.ca_file]
        return [path for path in self.ca_file.split(os.pathsep) if path]


# Of OpenSSL (X509_V_ERR_…).
_NOT_YET_VALID, _EXPIRED, _OTHER_HOST, _OTHER_ADDRESS = 9, 10, 62, 64


def advice_on(error: ssl.SSLCertVerificationError) -> str:
    """What to do about the certificate of a peer that is not trusted, as a sentence without its full stop."""
    if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return "If the date of this computer is right, the administrator of the peer must renew it"
    if error.verify_code in (_OTHER_HOST, _OTHER_ADDRESS):
        return "Call the peer by the host name that its certificate names"
    return "Enter the file of the authority that issued it"


def _profile(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    return context
