"""The servers of a scheduler and the listener they send to: edited, then applied or discarded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qtpy.QtCore import QSettings, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.compat.ctkAbstractJob import ENDED
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.compat.ctkDICOMStorageListenerJob import ctkDICOMStorageListenerJob
from DICOMLib.network.peers import DEFAULT_PEERS, Peer, with_proxies
from DICOMLib.web.exchange import Target
from DICOMLib.widgets.lists import push_button
from DICOMLib.widgets.network.scheduler_servers import ServersOfScheduler
from DICOMLib.widgets.network.servers_table import ServersTable
from DICOMLib.widgets.progress import GuiDelivery
from DICOMLib.widgets.translation import _

STORAGE_ENABLED_KEY = "DICOM/StorageEnabled"
STORAGE_TITLE_KEY = "DICOM/StorageAETitle"
STORAGE_PORT_KEY = "DICOM/StoragePort"
DEFAULT_TITLE, DEFAULT_PORT = "CTKSTORE", 11112


class ctkDICOMServerNodeWidget2(ServersOfScheduler, QWidget):
    """Table of servers, and the listener; what is applied goes into the settings and to the scheduler."""

    serversSettingsChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheduler: Any = None
        self._listener: ctkDICOMStorageListenerJob | None = None
        self._busy = False
        self._news = GuiDelivery(self)
        self.servers = ServersTable(self, keeps_at_once=False)
        self.restoreButton = push_button(
            self,
            _("Restore defaults"),
            self.onRestoreDefaultServers,
            _("List the servers of the first start"),
        )
        self.servers.buttons.addWidget(self.restoreButton)
        self._build_storage()
        self.discardButton = push_button(
            self, _("Discard"), self.readSettings, _("Show what was applied last")
        )
        self.applyButton = push_button(
            self, _("Apply"), self.saveSettings, _("Stop jobs, and use these servers from now on")
        )
        last = QHBoxLayout()
        last.addLayout(self._storage, 1)
        last.addWidget(self.discardButton)
        last.addWidget(self.applyButton)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.servers, 1)
        layout.addLayout(last)
        self.servers.changed.connect(lambda: self._set_modified(True))
        self.readSettings()

    def _build_storage(self) -> None:
        self.storageBox = QCheckBox(_("Take what servers send"), self)
        self.storageBox.setToolTip(_("Listen for images, which go into the database; C-MOVE needs it"))
        self.titleEdit = QLineEdit(self)
        self.titleEdit.setMaxLength(16)
        self.titleEdit.setToolTip(_("AE title under which servers know this program"))
        self.portBox = QSpinBox(self)
        self.portBox.setRange(1, 65535)
        self.portBox.setToolTip(_("TCP port at which this program listens"))
        self.statusLabel = QLabel(self)
        self.statusLabel.setWordWrap(True)
        self._storage = QHBoxLayout()
        for widget in (
            self.storageBox,
            QLabel(_("AE title"), self),
            self.titleEdit,
            QLabel(_("Port"), self),
            self.portBox,
        ):
            self._storage.addWidget(widget)
        self._storage.addWidget(self.statusLabel, 1)
        self.storageBox.toggled.connect(lambda _on: self._set_modified(True))
        self.titleEdit.textEdited.connect(lambda _text: self._set_modified(True))
        self.portBox.valueChanged.connect(lambda _port: self._set_modified(True))

    def _set_modified(self, modified: bool) -> None:
        if not self._busy:
            self.applyButton.setEnabled(modified)
            self.discardButton.setEnabled(modified)

    @property
    def storageAETitle(self) -> str:
        """AE title of the listener."""
        return self.titleEdit.text()

    @storageAETitle.setter
    def storageAETitle(self, title: str) -> None:
        self.titleEdit.setText(title)

    @property
    def storagePort(self) -> int:
        """TCP port of the listener."""
        return self.portBox.value()

    @storagePort.setter
    def storagePort(self, port: int) -> None:
        self.portBox.setValue(int(port))

    def storageListenerEnabled(self) -> bool:
        """Whether the listener shall run."""
        return self.storageBox.isChecked()

    def setStorageListenerEnabled(self, enabled: bool) -> None:
        """Say whether the listener shall run, once it is applied."""
        self.storageBox.setChecked(bool(enabled))

    # Scheduler

    def scheduler(self) -> Any:
        """Whose servers these are; None at first."""
        return self._scheduler

    def setScheduler(self, scheduler: Any) -> None:
        """Give a ctkDICOMScheduler the servers, and follow those that scripts change."""
        self._scheduler = scheduler
        self._tell_servers()
        scheduler.serverModified.connect(lambda _name: self._news.post(self._show_scheduler))
        for signal in (scheduler.jobStarted, scheduler.jobFailed, scheduler.jobUserStopped):
            signal.connect(lambda _details: self._news.post(self._show_status))

    @property
    def serversCount(self) -> int:
        """How many servers the scheduler has; -1 without one."""
        return self._scheduler.serversCount() if self._scheduler is not None else -1

    def _tell_servers(self) -> None:
        """Let the scheduler have the servers of the table, and listen if it shall."""
        self._busy = True
        self._scheduler.removeAllServers()
        for peer, proxy in with_proxies(self.servers.peers()):
            server = ctkDICOMServer.of_peer(peer)
            if proxy is not None:
                server.setProxyServer(ctkDICOMServer.of_peer(proxy))
            self._scheduler.addServer(server)
        for web in self.servers.webServers():
            self._scheduler.addServer(ctkDICOMServer.of_peer(web))
        if self.storageBox.isChecked():
            self._start_listener()
        self._news.drop()
        self._busy = False
        self._set_modified(False)
        self._show_status()

    def _start_listener(self) -> None:
        """Listen, as soon as the listener before has left its port."""
        job = ctkDICOMStorageListenerJob(
            port=self.storagePort, AETitle=self.storageAETitle, maximumConcurrentJobsPerType=1
        )
        self._follow_listener(job)
        self._scheduler.addJob(job)

    def _follow_listener(self, job: ctkDICOMStorageListenerJob) -> None:
        self._listener = job
        job.listening.connect(lambda _port: self._news.post(self._show_status))

    def _show_scheduler(self) -> None:
        """Show what scripts have changed, unless the user is editing."""
        if self.applyButton.isEnabled():
            return
        servers: list[Target] = []
        for index in range(self._scheduler.serversCount()):
            server = self._scheduler.server(index)
            proxy, target = server.proxyServer(), server.target()
            if proxy is not None and isinstance(target, Peer):
                servers += [replace(target, proxy=proxy.connectionName), proxy.target()]
            else:
                servers.append(target)
        if servers != self.servers.servers():
            self.servers.show_servers(servers)

    def _show_status(self) -> None:
        """Tell what the listener does, also that of a script."""
        found = self._scheduler.listenerJob() if self._scheduler is not None else None
        if found is not None and (self._listener is None or self._listener.status in ENDED):
            self._follow_listener(found)
        self.statusLabel.setText(_state_of(self._listener))

    def stopAllJobs(self) -> None:
        """Stop all jobs, the listener too."""
        if self._scheduler is not None:
            self._scheduler.stopAllJobs(True)

    # Settings

    def readSettings(self) -> None:
        """Show what the settings say."""
        settings = QSettings()
        self._busy = True
        self.servers.discard()
        self.storageBox.setChecked(str(settings.value(STORAGE_ENABLED_KEY, "false")).lower() == "true")
        self.titleEdit.setText(str(settings.value(STORAGE_TITLE_KEY, DEFAULT_TITLE)))
        port = str(settings.value(STORAGE_PORT_KEY, DEFAULT_PORT))
        self.portBox.setValue(int(port) if port.isdigit() else DEFAULT_PORT)
        self._busy = False
        self._set_modified(False)
        self._show_status()

    def saveSettings(self) -> None:
        """Keep what is shown, and let the scheduler use it: running jobs are stopped."""
        settings = QSettings()
        self.servers.keep()
        settings.setValue(STORAGE_ENABLED_KEY, self.storageBox.isChecked())
        settings.setValue(STORAGE_TITLE_KEY, self.storageAETitle)
        settings.setValue(STORAGE_PORT_KEY, self.storagePort)
        if self._scheduler is not None:
            self.stopAllJobs()
            self._tell_servers()
        self._set_modified(False)
        self.serversSettingsChanged.emit()

    def onAddServerNode(self) -> None:
        """Add a row to be filled in."""
        self.servers.add()

    def onRemoveCurrentServerNode(self) -> None:
        """Remove the chosen server."""
        self.servers.removeCurrent()

    def onVerifyCurrentServerNode(self) -> None:
        """Ask the chosen server whether it is there (C-ECHO)."""
        self.servers.verifyCurrent()

    def onRestoreDefaultServers(self) -> None:
        """Show the servers of the first start; nothing is kept until it is applied."""
        self.servers.replaceServers([*DEFAULT_PEERS, *self.servers.webServers()])

    def stop(self) -> None:
        """The window goes away."""
        self.servers.stop()
        self._news.drop()


def _state_of(job: ctkDICOMStorageListenerJob | None) -> str:
    """What a listener does, in words; why it does not listen, if it could not."""
    if job is None or (job.status in ENDED and not job.problem):
        return _("Inactive")
    if job.problem:
        return job.problem
    return _("Active") if job.isListening else _("Starting…")
