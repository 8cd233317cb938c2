"""What is started and stopped, and runs for the length of a `with` block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TypeVar

Own = TypeVar("Own", bound="Startable")


class Startable(ABC):
    """Base of servers: `with server:` starts it, and stops it at the end."""

    @abstractmethod
    def start(self) -> None:
        """Begin."""

    @abstractmethod
    def stop(self) -> None:
        """End; once it has ended this does no harm."""

    def __enter__(self: Own) -> Own:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
