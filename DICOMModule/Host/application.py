"""The application: boots slicer-core into the world that scripted modules know, with or without windows."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from qtpy import PYSIDE6, QT5, QtCore, QtWidgets

from DICOMLib.widgets.enumerations import number_of
from DICOMModule.Host.qt_messages import log_qt_messages
from DICOMModule.Host.user_settings import NAME, ORGANIZATION
from DICOMModule.Host.window import theme

log = logging.getLogger(__name__)

# How long threads keep the interpreter while another waits for it. The window asks for it at each event, and
# several threads may be at work: of five milliseconds each, which Python has, it would wait too long.
SWITCH_INTERVAL_S = 0.001
WARM_UP_AFTER_MS = 1000
WARM_UP_PAUSE_MS = 20

_running: Application | None = None


def boot(
    *,
    gui: bool,
    testing: bool = False,
    additional_module_paths: Iterable[str | os.PathLike[str]] = (),
    database_directory: str | os.PathLike[str] | None = None,
    settings_path: str | os.PathLike[str] | None = None,
) -> Application:
    """Start the application, once in a process.

    Parameters
    ----------
    gui
        Whether windows may be made; without them examine and load still work.
    testing
        Whether no question may be asked and the user's settings and database stay out of it.
    additional_module_paths
        Folders with more scripted modules and plugins.
    database_directory
        Folder of the database for this run; by default the one in the settings.
    settings_path
        INI file for the settings; by default the user's own.

    Raises
    ------
    RuntimeError
        If it has been booted already.
    """
    global _running
    if _running is not None:
        raise RuntimeError("The application has been booted already; it can be only once in a process.")
    if not testing:  # tests have their own way to see what Qt reports
        log_qt_messages()
    _prepare_qt(gui, settings_path)
    with _no_search_for_garbage():
        application = Application(gui, testing)
        _running = application
        application.start([Path(path) for path in additional_module_paths], database_directory)
    return application


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """What is made at the start stays: to search it for garbage would take a tenth of a second."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def running() -> Application | None:
    """The application of this process; None before `boot`."""
    return _running


def _prepare_qt(gui: bool, settings_path: str | os.PathLike[str] | None) -> None:
    """Settings and platform, which Qt wants to know before anything else."""
    QtCore.QCoreApplication.setOrganizationName(ORGANIZATION)
    QtCore.QCoreApplication.setApplicationName(NAME)
    QtCore.QSettings.setDefaultFormat(QtCore.QSettings.IniFormat)
    if settings_path is not None:
        QtCore.QSettings.setPath(
            QtCore.QSettings.IniFormat, QtCore.QSettings.UserScope, os.fspath(settings_path)
        )
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if gui and QtWidgets.QApplication.instance() is None:  # later it is too late, and Qt warns
        QtCore.QCoreApplication.setAttribute(QtCore.Qt.AA_ShareOpenGLContexts, True)
        if QT5:  # Qt 6 does both by itself
            QtCore.QCoreApplication.setAttribute(QtCore.Qt.AA_EnableHighDpiScaling, True)
            QtCore.QCoreApplication.setAttribute(QtCore.Qt.AA_UseHighDpiPixmaps, True)


class Application:
    """The booted application; `shutdown` takes it apart.

    Attributes
    ----------
    slicer_app
        The object behind `slicer.app`.
    world
        Scene and logics.
    modules
        All modules by name.
    main_window
        None without one.
    """

    def __init__(self, gui: bool, testing: bool) -> None:
        from DICOMModule.Host.dialect import late_vtk

        late_vtk.find_parts_at_once()
        from DICOMModule.Host.dialect.namespaces import install_modules

        self.gui = gui
        self.testing = testing
        self.qt_application: Any = None
        self._switch_interval = sys.getswitchinterval()
        if gui:
            sys.setswitchinterval(SWITCH_INTERVAL_S)
            existing = QtWidgets.QApplication.instance()
            self.qt_application = existing or QtWidgets.QApplication(sys.argv[:1])
            self._hear_in_this_thread()
            theme.apply_stored()
        install_modules()
        from DICOMModule.Host.dialect.slicer_app import CommandOptions, SlicerApplication
        from DICOMModule.Host.modules import ModuleManager
        from DICOMModule.Host.scene import create_world
        from DICOMModule.Host.vtk_messages import VtkMessages

        self._vtk_messages = VtkMessages()
        self.world = create_world()
        self.world.tell_reports = self._vtk_messages.tell
        self.slicer_app = SlicerApplication(self.world, QtCore.QSettings(), CommandOptions(testing, gui))
        self.world.application_logic.SetTemporaryPath(self.slicer_app.temporaryPath)
        self.modules = ModuleManager(self.world)
        self.slicer_app.module_manager = self.modules
        self.main_window: Any = None

    @staticmethod
    def _hear_in_this_thread() -> None:
        """Let signals of databases, indexers and jobs be heard where scripts may touch windows."""
        from DICOMLib.core.events import main_thread
        from DICOMLib.widgets.progress import GuiDelivery

        delivery = GuiDelivery()
        main_thread.post, main_thread.deliver = delivery.post, delivery.deliver

    def start(self, module_paths: list[Path], database_directory: str | os.PathLike[str] | None) -> None:
        """Install the names, find the modules and open the database."""
        from DICOMLib.plugins.registry import load_entry_points
        from DICOMModule.Host.dialect.namespaces import install_application
        from DICOMModule.Host.scripted_files import register_readers
        from DICOMModule.Host.window.developer_settings import additional_module_paths

        install_application(self.slicer_app, self.world)
        sys.excepthook = _report_exception
        self.slicer_app.databaseDirectoryOfThisRun = (
            os.fspath(database_directory) if database_directory else ""
        )
        root = Path(__file__).resolve().parent.parent.parent
        of_settings = [] if self.testing else [Path(path) for path in additional_module_paths()]
        self.modules.discover([root / "DICOMPlugins", root / "DICOMModule", *module_paths, *of_settings])
        self.modules.failed += [(failure.plugin, failure.reason) for failure in load_entry_points()]
        register_readers(self.modules, self.slicer_app.ioManager())
        slicer: Any = sys.modules["slicer"]
        slicer.dicomDatabase = self.slicer_app.dicomDatabase()
        slicer.dicomDatabaseDirectorySettingsKey = f"DatabaseDirectory_{slicer.dicomDatabase.schemaVersion()}"
        dicom = slicer.modules.__dict__.get("DICOMInstance")
        if dicom is not None:
            dicom.performPostModuleDiscoveryTasks()
        self.slicer_app.startupCompleted()

    def show_main_window(self) -> Any:
        """Make the main window, once, and show it."""
        if not self.gui:
            raise RuntimeError("The application was booted without windows.")
        if self.main_window is None:
            with _no_search_for_garbage():
                self._make_main_window()
                # nor is it searched while the window is open; in programs of others, that is theirs to say
                gc.freeze()
            if not self.testing:
                self._warm_up()
        self.main_window.show()
        return self.main_window

    def _make_main_window(self) -> None:
        from DICOMModule.Host.window.main_window import MainWindow

        self.main_window = MainWindow(self)
        dicom = sys.modules["slicer"].modules.__dict__.get("DICOMInstance")
        if dicom is not None:
            dicom.connectToMainWindow()

    def _warm_up(self) -> None:
        """Import what the first load will need, step by step, once the window has been painted."""
        from DICOMModule.Host.dialect.late_vtk import warm_up

        steps, timer = warm_up(), QtCore.QTimer(self.main_window)

        def step() -> None:
            timer.setInterval(WARM_UP_PAUSE_MS)
            if next(steps, None) is None:
                timer.stop()

        timer.timeout.connect(step)
        timer.start(WARM_UP_AFTER_MS)

    def run(self) -> int:
        """Run the event loop until the last window is closed; returns the exit code."""
        self.slicer_app._in_event_loop = True
        run_loop = getattr(self.qt_application, "exec_", None) or self.qt_application.exec
        return int(run_loop())

    def shutdown(self) -> None:
        """Close windows, views, database and scene, so that nothing is left behind."""
        global _running
        from DICOMLib.core.events import MainThread, main_thread
        from DICOMModule.Host.dialect.namespaces import uninstall_application

        gc.unfreeze()
        self.slicer_app.aboutToQuit()
        main_thread.__dict__.update(vars(MainThread()))
        window, self.main_window = self.main_window, None
        if window is not None:
            window.dispose()
        self.modules.close()
        if window is not None and PYSIDE6:
            # PySide keeps what a window holds until Qt deletes it, which must be before the scene goes; no
            # event loop follows. PyQt lets it go with the last reference.
            QtCore.QCoreApplication.sendPostedEvents(window, number_of(QtCore.QEvent.DeferredDelete))
        del window
        self.slicer_app.close()
        self.world.close()
        uninstall_application()
        self._vtk_messages.close()
        if not self.testing:
            log_qt_messages(enabled=False)
        sys.excepthook = sys.__excepthook__
        sys.setswitchinterval(self._switch_interval)
        _running = None


def _report_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what nobody caught; PyQt would otherwise end the process for it."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    from DICOMModule.Host.dialect.missing_attributes import explanation

    text = f"An error was not handled. {explanation(error)}".rstrip()
    logging.getLogger("slicer-dicom").error("%s", text, exc_info=(kind, error, trace))
