"""The listener of Slicer's scripts and of the DICOM module, over our own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import slicer

from DICOMLib.compat.receiving import receiver_of
from DICOMLib.compat.script_commands import DICOMProcessTLSMixin
from DICOMLib.core.errors import DICOMError
from DICOMLib.core.events import Emitter, Signal
from DICOMLib.indexing.receiver import Receiver as IndexingReceiver
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import Arrival, FolderReceiver, Receiver
from DICOMLib.network.listener import DEFAULT_PORT, Listener, ListenerOptions
from DICOMLib.plugins import preferences

log = logging.getLogger(__name__)

PORT_KEY = "StoragePort"
NOT_RUNNING, RUNNING = 0, 2  # QProcess.ProcessState


class ListenerProcess(Emitter):
    """The listener as scripts know it, which in Slicer is a process."""

    SIGNALS = ("stateChanged",)
    stateChanged: Signal

    def __init__(self) -> None:
        super().__init__()
        self._state = RUNNING

    def state(self) -> int:
        """As `QProcess.ProcessState`: 2 while it listens, else 0."""
        return self._state

    def end(self) -> None:
        """Note that it listens no more."""
        self._state = NOT_RUNNING
        self.stateChanged(self._state)


class DICOMStoreSCPProcess(DICOMProcessTLSMixin):
    """Takes what other systems send into a folder. It needs no `storescp`: it listens in this process.

    Parameters
    ----------
    incomingDataDir
        The folder; it is made if it is missing.
    incomingPort
        TCP port; by default that of the settings.

    Attributes
    ----------
    process
        Says whether it listens; None while it does not.
    """

    def __init__(self, incomingDataDir: str, incomingPort: int | None = None) -> None:
        self.incomingDataDir = incomingDataDir
        Path(incomingDataDir).mkdir(parents=True, exist_ok=True)
        if incomingPort is not None:
            assert isinstance(incomingPort, int)
            self.port = str(incomingPort)
        else:
            self.port = _port_of_settings()
        self.tlsSettingsKeyPrefix = "Storage"
        self.process: ListenerProcess | None = None
        self._folder: Path | None = None  # of a database into which all goes
        self._open = ExitStack()

    def receiver(self, opened: ExitStack) -> Receiver:
        """Who takes what comes; what it needs to close goes into `opened`."""
        return FolderReceiver(Path(self.incomingDataDir))

    def onStored(self, arrival: Arrival) -> None:
        """Called for each instance that is safe, in a thread of the listener."""

    def start(self, *_arguments: Any) -> None:
        """Begin to listen.

        Raises
        ------
        UserWarning
            If that cannot be; the text says why.
        """
        self.stop()
        title = preferences.text("DICOM/StorageAETitle") or "CTKSTORE"
        options = ListenerOptions(
            port=int(self.port), acceptance=Acceptance(title), tls=self.tlsOptions(), folder=self._folder
        )
        try:
            with ExitStack() as opened:
                listener = Listener(self.receiver(opened), options)
                listener.stored.connect(self.onStored)
                listener.start()
                opened.callback(listener.stop)
                self._open = opened.pop_all()
        except DICOMError as error:
            raise UserWarning(str(error)) from error
        self.process = ListenerProcess()

    def stop(self) -> None:
        """Listen no more; what has come is in its place afterwards."""
        process, self.process = self.process, None
        self._open.close()
        if process is not None:
            process.end()


class DICOMListener(DICOMStoreSCPProcess):
    """Takes what other systems send into the database.

    Parameters
    ----------
    database
        A ctkDICOMDatabase with a folder.
    fileToBeAddedCallback, fileAddedCallback
        Called without arguments before and after a file is told of, in the GUI thread where there is one.

    Attributes
    ----------
    lastFileAdded
        Path of the last file; None before the first.
    maximumIncomingFiles
        Kept for scripts: what comes is indexed in batches of its own.
    """

    maximumIncomingFiles = 400

    def __init__(
        self,
        database: Any,
        fileToBeAddedCallback: Callable[[], Any] | None = None,
        fileAddedCallback: Callable[[], Any] | None = None,
    ) -> None:
        directory = database.databaseDirectory
        if not directory:
            raise UserWarning("The listener needs a database that lies on disk.")
        super().__init__(f"{directory}/incoming")
        self.dicomDatabase = database
        self._folder = database.core.directory
        self.fileToBeAddedCallback = fileToBeAddedCallback
        self.fileAddedCallback = fileAddedCallback
        self.lastFileAdded: str | None = None
        self._receiver: Receiver | None = None

    def receiver(self, opened: ExitStack) -> Receiver:
        """See `DICOMStoreSCPProcess`; CTK's signal tells when an instance is in the database."""
        self.dicomDatabase.instanceAdded.connect(self._tell)
        opened.callback(self.dicomDatabase.instanceAdded.disconnect, self._tell)
        self._receiver = opened.enter_context(receiver_of(self.dicomDatabase))
        return self._receiver

    def completeIncomingFilesIndexing(self) -> None:
        """Wait until all that has come is in the database."""
        if isinstance(self._receiver, IndexingReceiver):
            self._receiver.settle()

    def _tell(self, sop_instance: str) -> None:
        path = self.dicomDatabase.fileForInstance(sop_instance)
        if self.fileToBeAddedCallback is not None:
            self.fileToBeAddedCallback()
        slicer.dicomFilePath = path
        self.lastFileAdded = path
        if self.fileAddedCallback is not None:
            self.fileAddedCallback()


def _port_of_settings() -> str:
    """The port of the settings, which is written there if it is missing."""
    store = preferences.settings()
    if store is None:
        return str(DEFAULT_PORT)
    if not store.contains(PORT_KEY):
        store.setValue(PORT_KEY, str(DEFAULT_PORT))
    return str(preferences.number(PORT_KEY, DEFAULT_PORT))
