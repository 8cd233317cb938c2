"""`slicer.app`: what scripts ask of the application, over the small host."""

from __future__ import annotations

import locale
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy import QtCore, QtGui, QtWidgets

from DICOMLib.core.events import Emitter, Signal
from DICOMModule.Host.dialect.application_facts import ApplicationFacts
from DICOMModule.Host.dialect.missing_names import application_instead
from DICOMModule.Host.io_manager import IOManager
from DICOMModule.Host.python_launcher import install_launcher, uninstall_launcher

if TYPE_CHECKING:
    from DICOMModule.Host.modules import ModuleManager
    from DICOMModule.Host.scene import World


class CommandOptions:
    """What was asked for on the command line."""

    def __init__(self, testing: bool = False, main_window: bool = True) -> None:
        self.testingEnabled = testing
        self.noMainWindow = not main_window
        self.noSplash = True
        self.verboseModuleDiscovery = False
        self.settingsDisabled = False


class SlicerApplication(ApplicationFacts, Emitter):
    """The object behind `slicer.app`.

    Names it does not know are looked for in the running QApplication, as Slicer's application is one.

    Parameters
    ----------
    world
        Scene and logics.
    settings
        The user's settings.
    options
        What was asked for on the command line.
    """

    SIGNALS = ("startupCompleted", "urlReceived", "aboutToQuit", "mrmlSceneChanged")
    startupCompleted: Signal
    urlReceived: Signal
    aboutToQuit: Signal
    mrmlSceneChanged: Signal

    def __init__(self, world: World, settings: QtCore.QSettings, options: CommandOptions) -> None:
        super().__init__()
        self._world = world
        self._settings = settings
        self._options = options
        self._temporary = tempfile.TemporaryDirectory(prefix="slicer-dicom-", ignore_cleanup_errors=True)
        self._io = IOManager(world)
        self._layout_manager: Any = None
        self._database: Any = None
        self._settings_dialog: Any = None
        self._render_pauses = 0
        self.module_manager: ModuleManager | None = None
        self.temporaryPath = self._temporary.name
        install_launcher(self._temporary.name)
        self.databaseDirectoryOfThisRun = ""
        self._in_event_loop = False
        self.slicerHome = str(Path(__file__).resolve().parents[3])

    def close(self) -> None:
        """Remove the temporary folder and close the database."""
        if self._database is not None:
            self._database.closeDatabase()
        uninstall_launcher(self._temporary.name)
        self._temporary.cleanup()

    def __getattr__(self, name: str) -> Any:
        application = QtWidgets.QApplication.instance()
        if name.startswith("_") or application is None or not hasattr(application, name):
            raise AttributeError(
                f"slicer.app.{name} is not available in this host. {application_instead(name)}"
            )
        return getattr(application, name)

    # Names and places

    @property
    def applicationName(self) -> str:
        """Part of the names of folders and windows."""
        return QtCore.QCoreApplication.applicationName()

    @property
    def defaultTemporaryPath(self) -> str:
        """Folder of this run, removed at its end."""
        return self._temporary.name

    @property
    def defaultScenePath(self) -> str:
        """Where scenes are saved unless the user says otherwise."""
        return self.documentsLocation

    def isCodePageUtf8(self) -> bool:
        """Whether file names may hold any character."""
        return sys.platform != "win32" or locale.getpreferredencoding(False).lower() in ("utf-8", "cp65001")

    def settings(self) -> QtCore.QSettings:
        """The user's settings."""
        return self._settings

    def userSettings(self) -> QtCore.QSettings:
        """The user's settings; the host has no others."""
        return self._settings

    revisionUserSettings = userSettings

    def commandOptions(self) -> CommandOptions:
        """What was asked for on the command line."""
        return self._options

    def testingEnabled(self) -> bool:
        """Whether this is a test run, in which no question may be asked."""
        return self._options.testingEnabled

    def openUrl(self, url: str) -> bool:
        """Open a link with the program of the system; whether there is one."""
        return bool(QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromUserInput(str(url))))

    def startupEnvironment(self) -> QtCore.QProcessEnvironment:
        """Environment of programs that are started: the host's own, for it changes nothing in it."""
        return QtCore.QProcessEnvironment.systemEnvironment()

    # Scene

    def mrmlScene(self) -> Any:
        """The vtkMRMLScene."""
        return self._world.scene

    def applicationLogic(self) -> Any:
        """The vtkSlicerApplicationLogic."""
        return self._world.application_logic

    def ioManager(self) -> IOManager:
        """Loads and saves nodes."""
        return self._io

    coreIOManager = ioManager

    mrmlApplicationLogic = applicationLogic

    def moduleManager(self) -> Any:
        """Knows the modules."""
        return self.module_manager

    def moduleLogic(self, name: str) -> Any:
        """The logic of a module, by its name."""
        return self._world.logics.get(name)

    # DICOM

    def dicomDatabase(self) -> Any:
        """The one database of the application; the DICOM module opens it."""
        if self._database is None:
            from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase

            self._database = ctkDICOMDatabase()
        return self._database

    def createDICOMBrowserForMainDatabase(self) -> Any:
        """A browser on the database of the application."""
        from DICOMLib.widgets.browsing.browser import ctkDICOMBrowser

        browser = ctkDICOMBrowser(self.dicomDatabase())
        browser.databaseDirectoryBase = self.slicerHome
        return browser

    def extensionsManagerModel(self) -> None:
        """None: this host installs no Slicer extensions."""

    # Windows

    def layoutManager(self) -> Any:
        """The manager of views; None without a main window."""
        return self._layout_manager

    def setLayoutManager(self, manager: Any) -> None:
        """Called by the main window."""
        self._layout_manager = manager

    def topLevelWidgets(self) -> list[Any]:
        """All windows; none if the application was booted without them."""
        return QtWidgets.QApplication.topLevelWidgets() if QtWidgets.QApplication.instance() else []

    def mainWindow(self) -> Any:
        """The main window; None without one."""
        windows = self.topLevelWidgets()
        return next((w for w in windows if QtCore.QObject.objectName(w) == "qSlicerMainWindow"), None)

    def pythonConsole(self) -> Any:
        """The Python console of the main window; None without a window."""
        window = self.mainWindow()
        return window.consoleDock().console() if window is not None else None

    def settingsDialog(self) -> Any:
        """The dialog to which modules add their panels."""
        if self._settings_dialog is None:
            from DICOMModule.Host.window.settings_dialog import SettingsDialog

            self._settings_dialog = SettingsDialog(self.mainWindow())
        return self._settings_dialog

    def processEvents(self) -> None:
        """Let the windows be drawn; without any it does nothing."""
        application = QtWidgets.QApplication.instance()
        if application is not None:
            application.processEvents()

    def pauseRender(self) -> int:
        """Draw no view until `resumeRender`; calls nest."""
        self._render_pauses += 1
        if self._render_pauses == 1:
            self._world.application_logic.PauseRender()
        return self._render_pauses

    def resumeRender(self) -> int:
        """Undo one `pauseRender`."""
        self._render_pauses = max(0, self._render_pauses - 1)
        if not self._render_pauses:
            self._world.application_logic.ResumeRender()
        return self._render_pauses

    @property
    def isRenderPaused(self) -> bool:
        """Whether drawing is held back."""
        return self._render_pauses > 0

    def setRenderPaused(self, paused: bool) -> None:
        """Pause or resume."""
        (self.pauseRender if paused else self.resumeRender)()

    def setOverrideCursor(self, cursor: Any) -> None:
        """Show another cursor in all windows."""
        if QtWidgets.QApplication.instance() is not None:
            QtWidgets.QApplication.setOverrideCursor(cursor)

    def restoreOverrideCursor(self) -> None:
        """Undo `setOverrideCursor`."""
        if QtWidgets.QApplication.instance() is not None:
            QtWidgets.QApplication.restoreOverrideCursor()

    def translate(self, context: str, text: str, *_more: Any) -> str:
        """The text in the user's language, where a translation is installed."""
        return QtCore.QCoreApplication.translate(context, text)

    def exit(self, code: int = 0) -> None:
        """Leave the event loop, or the script if there is none."""
        application = QtWidgets.QApplication.instance()
        if application is None or not self._in_event_loop:
            raise SystemExit(code)
        application.exit(code)

    def quit(self) -> None:
        """Leave the event loop."""
        self.exit(0)

    def loadFiles(self, paths: Sequence[str]) -> bool:
        """Load files of any kind that the IO manager knows."""
        return all(self._io.loadNodes(self._io.fileType(path), {"fileName": path}) for path in paths)
