"""Secrets of servers: in the keyring of the operating system, never in settings, logs or command lines."""

from __future__ import annotations

import logging
from typing import Protocol

log = logging.getLogger(__name__)

SERVICE = "slicer-dicom"


class Secrets(Protocol):
    """A place for secrets."""

    def get(self, name: str) -> str:
        """The secret of a name; "" if there is none."""

    def set(self, name: str, secret: str) -> bool:
        """Keep a secret, "" to forget it; whether it is there after this program has ended."""


class MemorySecrets:
    """Secrets that end with the program."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def get(self, name: str) -> str:
        """See `Secrets`."""
        return self._secrets.get(name, "")

    def set(self, name: str, secret: str) -> bool:
        """See `Secrets`."""
        self._secrets[name] = secret
        return False


class KeyringSecrets:
    """Secrets in the system keyring; where there is none, they end with the program."""

    _memory = MemorySecrets()  # of the whole program: what one window keeps, another one finds

    def get(self, name: str) -> str:
        """See `Secrets`."""
        import keyring
        from keyring.errors import KeyringError

        try:
            return keyring.get_password(SERVICE, name) or self._memory.get(name)
        except KeyringError:
            return self._memory.get(name)

    def set(self, name: str, secret: str) -> bool:
        """See `Secrets`."""
        import keyring
        from keyring.errors import KeyringError, PasswordDeleteError

        self._memory.set(name, "")
        try:
            if secret:
                keyring.set_password(SERVICE, name, secret)
            else:
                keyring.delete_password(SERVICE, name)
        except PasswordDeleteError:
            return True  # there was none
        except KeyringError:
            log.warning("The system has no keyring: passwords are kept until the program ends.")
            self._memory.set(name, secret)
            return False
        return True
