"""The panel of the DICOM module: what its buttons do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget

from DICOMLib import DICOMUtils
from DICOMLib.compat.script_qr_server import PORT, DICOMTestingQRServer, is_free
from DICOMLib.mrml.presentation import main_nodes_last
from DICOMLib.plugins import preferences
from DICOMLib.widgets.files.import_dialog import ImportDirectoryMode
from DICOMModule.dicom_files import DICOMFileDialog
from DICOMModule.dicom_panel import build_panel

TOLD_MS = 1000  # a message in the status bar
CHANGED_AFTER_MS = 2000  # once files have been received
COPY, LINK = ImportDirectoryMode.ImportDirectoryCopy, ImportDirectoryMode.ImportDirectoryAddLink


class DICOMWidget(ScriptedLoadableModuleWidget):
    """The panel. Its widgets are attributes of `ui`, by Slicer's names."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        self.instance: Any = slicer.modules.DICOMInstance
        self.ui: Any = None
        self.testingServer: DICOMTestingQRServer | None = None
        self._received = qt.QTimer()
        self._received.setSingleShot(True)
        self._received.setInterval(CHANGED_AFTER_MS)
        self._received.timeout.connect(self._tellOfChanges)

    def setup(self) -> None:
        """Build the panel and the browser."""
        ScriptedLoadableModuleWidget.setup(self)
        self.instance.performPostModuleDiscoveryTasks()
        self.logic = self._module().DICOMLogic()
        self._module().d = self  # as in Slicer, for those who try something in the console
        self.ui = build_panel(self.layout)
        self.pluginSelector = self.ui.pluginSelector
        self.checkBoxByPlugins = [self.ui.pluginSelector.checkBoxByPlugin]
        self.instance.browser()
        self._connectButtons()
        self._connectDatabase()
        self._connectNetworking()
        self.updateButtons()

    def _module(self) -> Any:
        return sys.modules[type(self.instance).__module__]

    @property
    def browserWidget(self) -> Any:
        """The browser that is in use."""
        return self.instance.browser()

    def _connectButtons(self) -> None:
        ui = self.ui
        ui.importButton.connect("clicked()", self.importFolder)
        ui.copyOnImportAction.setChecked(self.browserWidget.importDirectoryMode() == COPY)
        ui.copyOnImportAction.connect("toggled(bool)", self.onCopyOnImportToggled)
        ui.showBrowserButton.connect("toggled(bool)", self.toggleBrowserWidget)
        ui.dockToRightPushButton.connect("toggled(bool)", self.onDockToggled)
        ui.showVisualBrowserButton.setChecked(preferences.flag("DICOM/UseVisualDICOMBrowser"))
        ui.showVisualBrowserButton.connect("toggled(bool)", self.browserWidget.toggleBrowsers)
        self.browserWidget.toggleBrowsers(ui.showVisualBrowserButton.isChecked())
        tree = ui.subjectHierarchyTree
        tree.currentItemModified.connect(self.onCurrentItemModified)
        self.browserWidget.loadingFinished.connect(self.onLoadingFinished)
        ui.pluginSelector.selectionChanged.connect(ui.pluginSelector.store)

    def _connectDatabase(self) -> None:
        ui = self.ui
        ui.directoryButton.setDirectory(slicer.dicomDatabase.databaseDirectory or "")
        ui.directoryButton.directoryChanged.connect(self.onDirectoryChosen)
        self.browserWidget.dicomBrowser.databaseDirectoryChanged.connect(self.onDatabaseDirectoryChanged)
        ui.browserAutoHideCheckBox.setChecked(not self.browserWidget.browserPersistent)
        ui.browserAutoHideCheckBox.connect(
            "toggled(bool)", lambda hide: self.browserWidget.setBrowserPersistence(not hide)
        )
        ui.repairDatabaseButton.connect("clicked()", self.onRepairDatabase)
        ui.clearDatabaseButton.connect("clicked()", self.onClearDatabase)
        ui.refreshBrowserButton.connect("clicked()", DICOMUtils.refreshDICOMWidget)

    def _connectNetworking(self) -> None:
        ui = self.ui
        ui.queryServerButton.connect("clicked()", self.onQueryServer)
        ui.toggleListener.connect("toggled(bool)", self.onToggleListener)
        stored = str(qt.QSettings().value("DICOM/RunListenerAtStart", "false")).lower()
        ui.runListenerAtStart.setChecked(stored == "true")
        ui.runListenerAtStart.connect(
            "toggled(bool)",
            lambda run: qt.QSettings().setValue("DICOM/RunListenerAtStart", str(run).lower()),
        )
        ui.toggleServer.setVisible(self.developerMode)
        ui.toggleServer.connect("clicked()", self.onToggleServer)
        self.updateListenerState()

    # Showing

    def enter(self) -> None:
        """The module is being shown: show the browser, too."""
        self.instance.connectToMainWindow()
        self.instance.showBrowser(True)
        self.addListenerObservers()
        self.updateListenerState()
        if self.instance.databaseChanged and self.browserWidget.useVisualDICOMBrowser:
            self.browserWidget.dicomVisualBrowser.refreshBrowser()
        self.instance.databaseChanged = False

    def exit(self) -> None:
        """Another module is being shown."""
        self.removeListenerObservers()
        if not self.instance.isDockMode:
            self.instance.showBrowser(False)

    def followDeveloperMode(self, enabled: bool) -> None:
        """Show the developer's buttons, and that of the testing server, or hide them."""
        ScriptedLoadableModuleWidget.followDeveloperMode(self, enabled)
        self.ui.toggleServer.setVisible(enabled)

    def cleanup(self) -> None:
        """Let the browser stay for a new panel, which it tells its news from then on."""
        if self.ui is None:
            return
        self.removeListenerObservers()
        self._received.stop()
        if self.testingServer is not None and self.testingServer.qrRunning():
            self.testingServer.stop()
        if getattr(self._module(), "d", None) is self:
            del self._module().d
        self.browserWidget.loadingFinished.disconnect(self.onLoadingFinished)
        self.browserWidget.dicomBrowser.databaseDirectoryChanged.disconnect(self.onDatabaseDirectoryChanged)
        self.ui.subjectHierarchyTree.setMRMLScene(None)
        self.ui = None

    def toggleBrowserWidget(self, shown: bool) -> None:
        """Show or hide the browser."""
        self.instance.showBrowser(shown)

    def onDockToggled(self, docked: bool) -> None:
        """Show the browser beside the views, or in their place."""
        if docked:
            self.instance.switchToDockMode()
        else:
            self.instance.switchToLayoutMode()

    def updateButtons(self) -> None:
        """Let the buttons follow what is shown."""
        if self.ui is None:
            return
        for button, checked in (
            (self.ui.showBrowserButton, self.instance.browserShown()),
            (self.ui.dockToRightPushButton, self.instance.isDockMode),
        ):
            button.blockSignals(True)
            button.setChecked(checked)
            button.blockSignals(False)
        shown = self.instance.browserShown()
        self.ui.showVisualBrowserButton.setVisible(shown)
        self.ui.showBrowserButton.setText(_("Hide DICOM database") if shown else _("Show DICOM database"))

    def onLoadingFinished(self, report: Any) -> None:
        """Choose in the tree what was loaded last."""
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        last = report.loaded[-1].node_ids if report.loaded else ()
        nodes = [slicer.mrmlScene.GetNodeByID(node_id) for node_id in last or report.node_ids]
        items = [hierarchy.GetItemByDataNode(node) for node in main_nodes_last(nodes)]
        if any(items):
            tree = self.ui.subjectHierarchyTree
            tree.refresh()
            tree.setCurrentItem([item for item in items if item][-1])

    def onCurrentItemModified(self, _item: Any) -> None:
        """Something was made visible in the tree: show it, instead of the browser."""
        if not self.instance.isDockMode and self.instance.browserShown():
            self.instance.showBrowser(False)

    # Import and database

    def importFolder(self) -> None:
        """Ask for folders and import them."""
        if DICOMFileDialog.createDefaultDatabase():
            self.instance.showBrowser(True)
            self.browserWidget.importFolder()

    def onCopyOnImportToggled(self, copy: bool) -> None:
        """Copy imported files, or leave them where they are."""
        self.browserWidget.setImportDirectoryMode(COPY if copy else LINK)

    def onDirectoryChosen(self, directory: str) -> None:
        """Open another database."""
        if directory and directory != self.browserWidget.dicomBrowser.databaseDirectory:
            self.browserWidget.setDatabaseDirectory(directory)

    def onDatabaseDirectoryChanged(self, directory: str) -> None:
        """Another database was opened."""
        self.ui.directoryButton.setDirectory(directory)

    def onRepairDatabase(self) -> None:
        """Look for series whose files are gone."""
        self.instance.showBrowser(True)
        self.browserWidget.dicomBrowser.onRepairAction()

    def onClearDatabase(self) -> None:
        """Remove all from the database in the background, after a question."""
        patients = slicer.dicomDatabase.patients()
        browser = self.browserWidget.dicomBrowser
        self.instance.showBrowser(True)
        if patients:
            browser.askToRemove("Patients", patients)
        else:
            browser.tell(_("The database is empty already."))

    # Networking

    def onQueryServer(self) -> None:
        """Find and retrieve data of other systems."""
        self.browserWidget.dicomBrowser.openQueryDialog()

    def onToggleListener(self, receive: bool) -> None:
        """Receive data, or no more."""
        if receive:
            self.ui.listenerStateLabel.setText(_("Starting…"))
            self.ui.listenerStateLabel.repaint()
            self.instance.startListener()
            self.addListenerObservers()
        else:
            self.instance.stopListener()
        self.updateListenerState()

    def addListenerObservers(self) -> None:
        """Hear of what is received, and whether anything can be."""
        listener = getattr(slicer, "dicomListener", None)
        if listener is not None:
            listener.fileAddedCallback = self.onListenerAddedFile
            if listener.process is not None:
                listener.process.connect("stateChanged(QProcess::ProcessState)", self.onListenerStateChanged)

    def removeListenerObservers(self) -> None:
        """Hear of it no more."""
        listener = getattr(slicer, "dicomListener", None)
        if listener is not None:
            listener.fileAddedCallback = None
            if listener.process is not None:
                listener.process.stateChanged.disconnect(self.onListenerStateChanged)

    def onListenerStateChanged(self, _state: int) -> None:
        """Somebody stopped the listener."""
        self.updateListenerState()

    def onListenerAddedFile(self) -> None:
        """A file was received: say so, and let others know that the database has changed, once for many."""
        path = getattr(getattr(slicer, "dicomListener", None), "lastFileAdded", None)
        if path:
            slicer.util.showStatusMessage(_("Received: {file}").format(file=Path(path).name), TOLD_MS)
        if not self._received.isActive():
            self._received.start()

    def _tellOfChanges(self) -> None:
        slicer.dicomDatabase.databaseChanged()

    def onToggleServer(self) -> None:
        """Start or stop the server for tests of queries."""
        server = self.testingServer
        try:
            if server is not None and server.qrRunning():
                server.stop()
            else:
                folder = str(Path(slicer.app.temporaryPath, "TestingServer"))
                port = PORT if is_free(PORT) else 0
                server = self.testingServer = DICOMTestingQRServer(tmpDir=folder, port=port)
                server.start()
        except UserWarning as error:  # DCMTK is not installed
            slicer.util.warningDisplay(str(error))
        running = server is not None and server.qrRunning()
        self.ui.toggleServer.setText(_("Stop testing server") if running else _("Start testing server"))
        place = server.port if server is not None and running else PORT
        tip = _("Query and retrieve server of DCMTK: CTK_AE at port {port} of this computer")
        self.ui.toggleServer.setToolTip(tip.format(port=place))

    def updateListenerState(self) -> None:
        """Say whether data can be received, and where."""
        if self.ui is None:
            return
        listener = getattr(slicer, "dicomListener", None)
        text = self.instance.listenerProblem or _("not started")
        if listener is not None:
            secure = (
                _("running at port {port} with TLS") if listener.tlsEnabled else _("running at port {port}")
            )
            text = secure.format(port=listener.port)
        self.ui.listenerStateLabel.setText(text)
        self.ui.toggleListener.blockSignals(True)
        self.ui.toggleListener.setChecked(listener is not None)
        self.ui.toggleListener.blockSignals(False)
