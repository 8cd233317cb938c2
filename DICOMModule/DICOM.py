"""DICOM: import DICOM data into a database, look at it, and load it into the scene."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import ctk
import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from DICOMLib import DICOMUtils
from DICOMLib.compat.script_import import importDicom
from DICOMLib.plugins import registry
from DICOMLib.widgets.browsing.database_folder import DATABASE_FILE, default_database_directory
from DICOMLib.widgets.browsing.slicer_browser import SlicerDICOMBrowser
from DICOMModule.dicom_dock import LAYOUT_ID, BrowserPlace, DICOMDockWidget
from DICOMModule.dicom_files import DICOMFileDialog, DICOMFileReader
from DICOMModule.dicom_links import viewer_request
from DICOMModule.dicom_menu import module_icon, offer_module
from DICOMModule.dicom_settings_panel import (
    DETAILED_LOGGING_KEY,
    DICOMSettingsPanel,
    _ui_DICOMSettingsPanel,
)
from DICOMModule.dicom_widget import DICOMWidget
from DICOMModule.Host.dialect.qt_dialect import give_manners

__all__ = [
    "DICOM",
    "DICOMDockWidget",
    "DICOMFileDialog",
    "DICOMFileReader",
    "DICOMLogic",
    "DICOMSettingsPanel",
    "DICOMTest",
    "DICOMWidget",
    "_ui_DICOMSettingsPanel",
]

log = logging.getLogger(__name__)

# Widgets of the browser that scripts read and write as they do in Slicer, such as `loadButton.enabled`.
SCRIPTED_BUTTONS = ("advancedViewButton", "examineButton", "loadButton", "uncheckAllButton")


class DICOM(ScriptedLoadableModule):
    """The module: its database, its listener, and the place where its browser is shown."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "DICOM"
        parent.categories = ["", translate("qSlicerAbstractCoreModule", "Informatics")]
        parent.dependencies = ["SubjectHierarchy"]
        parent.icon = module_icon()
        parent.contributors = ["The slicer-dicom contributors"]
        parent.helpText = _("Import DICOM data into a database, look at it, and load it into the scene.")
        self.browserWidget: Any = None
        self.browserSettingsWidget: Any = None
        self.viewWidget: Any = None
        self.dockWidget: Any = None
        self.isDockMode = False
        self.listenerProblem = ""  # why it could not start, for the user
        self.currentViewArrangement = 0
        self.databaseChanged = False
        self.dataProbeHasBeenTemporarilyHidden = False
        self.postModuleDiscoveryTasksPerformed = False
        self.place: BrowserPlace | None = None

    # Start-up

    def setup(self) -> None:
        """Follow the application's start."""
        slicer.app.connect("startupCompleted()", self.performPostModuleDiscoveryTasks)
        slicer.app.connect("urlReceived(QString)", self.onURLReceived)
        handler = slicer.qSlicerSubjectHierarchyPluginHandler.instance()
        handler.registerPlugin(slicer.qSlicerSubjectHierarchyDICOMPlugin())

    def performPostModuleDiscoveryTasks(self) -> None:
        """Open the database, once all plugins are known."""
        if self.postModuleDiscoveryTasksPerformed:
            return
        self.postModuleDiscoveryTasksPerformed = True
        self.initializeDICOMDatabase()
        slicer.dicomDatabase.databaseChanged.connect(self.onDatabaseChanged)
        self.checkAndDisableStaleDetailedLogging(qt.QSettings())
        settings = qt.QSettings()
        wanted = str(settings.value("DICOM/RunListenerAtStart", "false")).lower() == "true"
        if wanted and not slicer.app.testingEnabled():
            self.startListener()
        slicer.app.moduleManager().moduleAboutToBeUnloaded.connect(self.onModuleAboutToBeUnloaded)

    def onDatabaseChanged(self) -> None:
        """Remember it for the panel, which may be shown later."""
        self.databaseChanged = True

    def addMenu(self) -> None:
        """Offer the module in the menu File and by the button of the tool bar."""
        offer_module(slicer.util.mainWindow())

    def initializeDICOMDatabase(self) -> None:
        """Let imports keep the values that plugins ask for, and open the user's database if none is open."""
        database = slicer.dicomDatabase = slicer.app.dicomDatabase()
        tags = set(database.tagsToPrecache)
        for plugin in registry.instances(list(registry.registered()))[0].values():
            tags.update(getattr(plugin, "tags", {}).values())
        database.tagsToPrecache = sorted(tags)
        version = database.schemaVersion()
        prefix = "DatabaseDirectoryTest_" if slicer.app.testingEnabled() else "DatabaseDirectory_"
        slicer.dicomDatabaseDirectorySettingsKey = prefix + version
        if not database.isOpen:
            self._openDatabase(self._databaseDirectory(), version)

    def _databaseDirectory(self) -> Path:
        """Folder of this run, of a test, or of the settings."""
        of_this_run = getattr(slicer.app, "databaseDirectoryOfThisRun", "")
        if of_this_run:
            return Path(of_this_run)
        if slicer.app.testingEnabled():
            version = slicer.dicomDatabase.schemaVersion()
            name = f"temp{slicer.app.applicationName}DICOMDatabase_{version}"
            return Path(slicer.app.temporaryPath) / name
        directory = default_database_directory()
        qt.QSettings().setValue(slicer.dicomDatabaseDirectorySettingsKey, directory)
        return Path(slicer.app.toSlicerHomeAbsolutePath(directory))

    @staticmethod
    def _openDatabase(directory: Path, version: str) -> None:
        """Open the database of a folder; one of another version is left for the user to update."""
        database = slicer.dicomDatabase
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.warning("the folder of the DICOM database cannot be made: %s", error.strerror)
            return
        if (
            database.openDatabase(str(directory / DATABASE_FILE))
            and database.schemaVersionLoaded() != version
        ):
            database.closeDatabase()

    @staticmethod
    def checkAndDisableStaleDetailedLogging(settings: Any) -> None:
        """Log in detail as long as the settings say."""
        enabled = int(settings.value(DETAILED_LOGGING_KEY, 0) or 0) > time.time()
        if not enabled:
            settings.remove(DETAILED_LOGGING_KEY)
        logging.getLogger("DICOMLib").setLevel(logging.DEBUG if enabled else logging.NOTSET)

    # Browser

    def browser(self) -> Any:
        """The browser, made and put into its place when it is first wanted."""
        if self.browserWidget is None:
            self.setBrowserWidgetInDICOMLayout(SlicerDICOMBrowser())
        self.connectToMainWindow()
        return self.browserWidget

    def connectToMainWindow(self) -> None:
        """Make the browser's view known to the layouts, once there are some."""
        if self.place is None:
            self.place = BrowserPlace()
            self.viewWidget = self.place.view
        manager = slicer.app.layoutManager()
        if manager is not None and self.place.dock is None:
            self.place.register(manager, slicer.util.mainWindow())
            self.dockWidget = self.place.dock
            self.addMenu()
            slicer.app.settingsDialog().addPanel("DICOM", DICOMSettingsPanel())
            manager.layoutChanged.connect(self.onLayoutChanged)

    def setBrowserWidgetInDICOMLayout(self, browserWidget: Any) -> None:
        """Show this browser instead of the one there is; extensions use it to bring their own."""
        if browserWidget is self.browserWidget:
            return
        self.connectToMainWindow()
        if self.browserWidget is not None:
            self.browserWidget.closed.disconnect(self.onBrowserWidgetClosed)
        self.browserWidget = browserWidget
        self.browserWidget.closed.connect(self.onBrowserWidgetClosed)
        self.place.set_browser(browserWidget)  # type: ignore[union-attr]
        for name in SCRIPTED_BUTTONS:
            if hasattr(browserWidget, name):
                give_manners(getattr(browserWidget, name))

    def configureDockablePanel(self, browserWidget: Any) -> None:
        """Let this browser be the one that is shown, beside the views."""
        self.setBrowserWidgetInDICOMLayout(browserWidget)
        self.switchToDockMode()

    def showBrowser(self, shown: bool) -> None:
        """Show or hide the browser, where it belongs."""
        browser = self.browser()
        place = self.place
        assert place is not None
        if place.docked and place.dock is not None:
            place.dock.setVisible(shown)
        elif shown:
            browser.show()
            place.enter_layout()
        else:
            place.leave_layout()

    def onBrowserWidgetClosed(self) -> None:
        """Show the views again."""
        if self.place is not None and not self.place.docked:
            self.place.leave_layout()
            self.browserWidget.show()  # it is hidden with its view, and must be seen when that comes back
        self._followBrowser()

    def switchToDockMode(self) -> None:
        """Show the browser beside the views."""
        self._setDockMode(True)

    def switchToLayoutMode(self) -> None:
        """Show the browser in the place of the views."""
        self._setDockMode(False)

    def _setDockMode(self, docked: bool) -> None:
        self.browser()
        self.place.set_docked(docked)  # type: ignore[union-attr]
        self.isDockMode = self.place.docked  # type: ignore[union-attr]
        if not docked:
            self.showBrowser(True)
        self._followBrowser()

    def onDockClosed(self) -> None:
        """The user closed the dock: the browser goes back into the layout, unseen."""
        if self.place is not None and self.place.docked:
            self.place.set_docked(False)
            self.isDockMode = False
            self._followBrowser()

    def onLayoutChanged(self, viewArrangement: int) -> None:
        """Remember where to return to, and let the buttons follow."""
        if viewArrangement != LAYOUT_ID:
            self.currentViewArrangement = int(viewArrangement)
        self._followDataProbe()
        self._followBrowser()

    def _followDataProbe(self) -> None:
        """Hide the data probe while the browser stands in the place of the views."""
        window = slicer.util.mainWindow()
        probes = slicer.util.findChildren(window, "DataProbeCollapsibleWidget") if window else []
        hide = self.place is not None and self.place.in_layout
        for probe in probes:
            if hide and not self.dataProbeHasBeenTemporarilyHidden and not probe.isHidden():
                self.dataProbeHasBeenTemporarilyHidden = True
                probe.hide()
            elif not hide and self.dataProbeHasBeenTemporarilyHidden:
                self.dataProbeHasBeenTemporarilyHidden = False
                probe.show()

    def browserShown(self) -> bool:
        """Whether the browser is seen, or is where it will be seen."""
        if self.place is None:
            return False
        return self.place.shown

    @staticmethod
    def _followBrowser() -> None:
        widget = getattr(slicer.modules, "DICOMWidget", None)
        if widget is not None:
            widget.updateButtons()

    # Listener

    def startListener(self) -> bool:
        """Receive data that other systems send; False if that cannot be."""
        from DICOMLib.DICOMProcesses import DICOMListener

        self.stopListener()
        if not slicer.dicomDatabase.isOpen:
            self.listenerProblem = _("Open a DICOM database first.")
            log.error("receiving cannot start: no DICOM database is open")
            return False
        try:
            listener = DICOMListener(database=slicer.dicomDatabase)
            listener.start()
        except (UserWarning, OSError) as error:
            self.listenerProblem = str(error)
            log.error("receiving cannot start: %s", error)  # noqa: TRY400
            return False
        slicer.dicomListener = listener
        return True

    def stopListener(self) -> None:
        """Receive no more."""
        self.listenerProblem = ""
        listener = getattr(slicer, "dicomListener", None)
        if listener is not None:
            del slicer.dicomListener  # before it tells that it has stopped
            listener.stop()

    def onModuleAboutToBeUnloaded(self, moduleName: str) -> None:
        """Receive no more once the module goes away: its database is closed next."""
        if moduleName == "DICOM":
            self.stopListener()
            slicer.dicomDatabase.databaseChanged.disconnect(self.onDatabaseChanged)
            slicer.app.moduleManager().moduleAboutToBeUnloaded.disconnect(self.onModuleAboutToBeUnloaded)

    # Links

    def onURLReceived(self, urlString: str) -> None:
        """Import a study that a link names, and select it in the browser."""
        request = viewer_request(urlString)
        if request is None:
            log.debug("a link that is not for the DICOM viewer was ignored")
            return
        slicer.util.selectModule("DICOM")
        series = DICOMUtils.importFromDICOMWeb(**request)
        self.browser().dicomBrowser.setSelectedItems(ctk.ctkDICOMModel.SeriesType, series)


class DICOMLogic(ScriptedLoadableModuleLogic):
    """What the module does, without its panel."""

    def importDirectory(self, directory: str, copy: bool = False) -> bool:
        """Import a folder and wait for the end."""
        return bool(importDicom(directory, slicer.dicomDatabase, copy))

    def loadSeries(self, seriesUIDs: list[str]) -> list[str]:
        """Load series with the plugins that are most confident; give the IDs of the nodes."""
        return list(DICOMUtils.loadSeriesByUID(seriesUIDs))


class DICOMTest(ScriptedLoadableModuleTest):
    """Imports a phantom into a temporary database, loads it, and compares the voxels."""

    def runTest(self, **_options: Any) -> None:
        """Run all tests."""
        self.setUp()
        self.test_importAndLoad()

    def test_importAndLoad(self) -> None:
        """From files to voxels."""
        from DICOMModule.dicom_self_test import check_database_and_load

        self.delayDisplay("Importing and loading a head phantom")
        check_database_and_load()
        self.delayDisplay("Test passed")
