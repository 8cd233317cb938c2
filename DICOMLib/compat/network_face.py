"""What CTK's classes of the network have in common: properties with setters, signals, cancelling."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, TypeVar

from DICOMLib.core import jobs
from DICOMLib.core.errors import NetworkError
from DICOMLib.core.events import Emitter, EmitterSignal, Signal
from DICOMLib.core.jobs import Progress
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer

if TYPE_CHECKING:
    from DICOMLib.web.exchange import Target

log = logging.getLogger(__name__)

Report = TypeVar("Report")


class NetworkFace:
    """Attributes that are also set by `setName(value)`, as in Qt; setting one calls `_modified(name)`."""

    PROPERTIES: tuple[tuple[str, Any], ...] = ()

    def _set_defaults(self) -> None:
        for name, default in self.PROPERTIES:
            self.__dict__[name] = default

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if any(name == known for known, _default in self.PROPERTIES):
            self._modified(name)

    def _modified(self, name: str) -> None:
        """Something was set."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("set") and name[3:4].isupper():
            for known, _default in self.PROPERTIES:
                if name[3:] == known[0].upper() + known[1:]:
                    return lambda value: setattr(self, known, value)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class Conversing(NetworkFace, Emitter):
    """A class that talks with one peer when it is asked to, and can be cancelled for good.

    Signals come from the thread of the caller.

    Attributes
    ----------
    lastError
        Why the last call failed.
    web
        A DICOMweb server that is called instead; None for none.
    """

    SIGNALS: tuple[str, ...] = ("progress", "debug", "warn", "error", "done")
    progress: EmitterSignal
    debug: Signal
    warn: Signal
    error: Signal
    done: Signal

    connectionName: str
    callingAETitle: str
    calledAETitle: str
    host: str
    port: int
    connectionTimeout: int

    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        # CTK has two signals named progress: numbers, and texts
        self.progressText = Signal("progressText")
        self.lastError = ""
        self.tls: Any = None
        self.web: OriginServer | None = None
        self._canceled = False
        self._set_defaults()

    def connect(self, signature: str, receiver: Any, slot: str | None = None) -> bool:
        """Connect a function, or a method by its name, to the signal of that signature."""
        return super().connect(_own_name(signature), receiver, slot)

    def disconnect(self, signature: str, receiver: Any = None, slot: str | None = None) -> bool:
        """Undo `connect`."""
        return super().disconnect(_own_name(signature), receiver, slot)

    def cancel(self) -> None:
        """Stop now and for good; may be called from another thread."""
        self._canceled = True

    def wasCanceled(self) -> bool:
        """Whether `cancel` was called."""
        return self._canceled

    def peer(self) -> Peer:
        """The peer that the attributes mean."""
        return Peer(
            self.host,
            int(self.port),
            self.calledAETitle or "ANY-SCP",
            self.callingAETitle or "ANY-SCU",
            getattr(self, "connectionName", ""),
            float(self.connectionTimeout),
            tls=self.tls,
        )

    def target(self) -> Target:
        """Whom the attributes mean: a DICOMweb server where `web` is set, else a peer."""
        return self.web if self.web is not None else self.peer()

    def _run(self, job: Generator[Progress, None, Report]) -> Report | None:
        """The report of a job; None, with a signal, if it failed or was cancelled."""
        if self._canceled:
            return None
        try:
            report = jobs.run(job, self._tell, self.wasCanceled)
        except (NetworkError, jobs.JobCancelled) as error:
            self._fail(error)
            return None
        return None if self._canceled else report

    def _tell(self, progress: Progress) -> None:
        self.progressText(progress.step)

    def _fail(self, error: Exception) -> None:
        self.lastError = str(error) or "Cancelled."
        log.info("%s: %s", type(self).__name__, self.lastError)
        self.error(self.lastError)


def _own_name(signature: str) -> str:
    return "progressText(QString)" if signature.strip().startswith("progress(QString") else signature
