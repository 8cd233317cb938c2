"""The listener as Slicer's scripts know it."""

from __future__ import annotations

import threading
from typing import Any

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType, ctkDICOMJobResponseSet
from DICOMLib.compat.network_face import Conversing
from DICOMLib.compat.receiving import receiver_of
from DICOMLib.core.errors import DICOMError
from DICOMLib.core.events import Signal
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import Arrival
from DICOMLib.network.listener import Listener, ListenerOptions


class ctkDICOMStorageListener(Conversing):
    """Takes what servers send into a database, until it is cancelled.

    Attributes
    ----------
    AETitle, port
        How servers call it; any called AE title is served.
    listening
        Emitted with the port once it listens.
    """

    SIGNALS = ("listening", "stored")
    listening: Signal
    stored: Signal

    PROPERTIES = (
        ("AETitle", "CTKSTORE"),
        ("port", 11112),
        ("connectionTimeout", 1),
        ("jobUID", ""),
        ("tls", None),
    )
    AETitle: str
    jobUID: str

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._database: Any = None
        self._stopped = threading.Event()

    def cancel(self) -> None:
        """Stop listening, for good."""
        super().cancel()
        self._stopped.set()

    def setDatabase(self, database: Any) -> None:
        """Let what comes go into this `ctkDICOMDatabase`."""
        self._database = database

    def dicomDatabase(self) -> Any:
        """The database that was set."""
        return self._database

    def listen(self) -> bool:
        """Listen until `cancel` is called, from another thread; False if that is not possible."""
        if self._database is None:
            self._fail(DICOMError("The listener has no database."))
            return False
        options = ListenerOptions(
            port=int(self.port),
            acceptance=Acceptance(self.AETitle),
            tls=self.tls,
            folder=self._database.core and self._database.core.directory,
        )
        try:
            with receiver_of(self._database) as receiver:
                listener = Listener(receiver, options)
                listener.stored.connect(self._tell_stored)
                with listener:
                    self.listening(listener.port)
                    self._stopped.wait()
        except DICOMError as error:
            self._fail(error)
            self.done(False)
            return False
        self.done(True)
        return True

    def _tell_stored(self, arrival: Arrival) -> None:
        self.stored(
            ctkDICOMJobResponseSet(
                jobType=JobType.StoreSOPInstance,
                jobUID=self.jobUID,
                connectionName=arrival.calling_ae,
                sopInstanceUID=arrival.sop_instance,
            )
        )
