"""Settings without Qt: what a store of settings must offer, and one that lives in memory."""

from __future__ import annotations

from typing import Any, Protocol


class Settings(Protocol):
    """Values by key, with the three methods of QSettings that are needed."""

    def value(self, key: str, default: Any = None, /) -> Any:
        """What is stored under `key`; `default` if nothing is."""

    def setValue(self, key: str, value: Any, /) -> None:  # noqa: N802  as of QSettings
        """Store a value."""

    def remove(self, key: str, /) -> None:
        """Forget a key and all keys below it."""


class MemorySettings:
    """Settings that end with the program."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def value(self, key: str, default: Any = None, /) -> Any:
        """See `Settings`."""
        return self.values.get(key, default)

    def setValue(self, key: str, value: Any, /) -> None:  # noqa: N802  as of QSettings
        """See `Settings`."""
        self.values[key] = value

    def remove(self, key: str, /) -> None:
        """See `Settings`."""
        for known in list(self.values):
            if known == key or known.startswith(f"{key}/"):
                del self.values[known]
