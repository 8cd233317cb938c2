"""The main window: menus, tool bar, module panel at the left, views in the middle, status bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer
from qtpy.QtCore import QByteArray, QObject, QSettings, QSize, Qt, Signal
from qtpy.QtWidgets import QFrame, QMainWindow, QToolBar, QToolButton, QWidget

from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.qt_dialect import dialect
from DICOMModule.Host.scripted_files import FileDrops
from DICOMModule.Host.views.data_probe import DataProbe
from DICOMModule.Host.views.layout import LayoutManager
from DICOMModule.Host.views.layout_menu import LayoutButton
from DICOMModule.Host.views.mouse_modes import MouseModes
from DICOMModule.Host.window.main_menus import MainMenus
from DICOMModule.Host.window.module_selector import ModuleSelector
from DICOMModule.Host.window.panel_dock import PanelDock
from DICOMModule.Host.window.python_console import ConsoleDock, PythonConsole
from DICOMModule.Host.window.sequence_bar import SequenceBar
from DICOMModule.Host.window.unsaved_data import ask_to_save

if TYPE_CHECKING:
    from DICOMModule.Host.application import Application

TITLE = "Slicer DICOM"
SIZE = (1280, 800)
ICON_SIZE = QSize(18, 18)
GEOMETRY_KEY = "MainWindow/geometry"
STATE_KEY = "MainWindow/windowState"
LAYOUT_KEY = "MainWindow/layout"
DICOM_LAYOUT = 41  # of the browser: nobody wants to begin with it


class MainWindow(dialect(QMainWindow)):  # type: ignore[misc]
    """Window with everything; scripts find it by `slicer.util.mainWindow()`.

    Parameters
    ----------
    application
        The booted application.

    Attributes
    ----------
    moduleSelected
        Emitted with the name of the module whose panel is shown.
    """

    moduleSelected = Signal(str)

    def __init__(self, application: Application) -> None:
        super().__init__()
        self._application = application
        self._disposed = False
        self._may_close = False
        QObject.setObjectName(self, "qSlicerMainWindow")
        QMainWindow.setWindowTitle(self, TITLE)
        QMainWindow.setWindowIcon(self, icon("DICOMDatabase"))
        QMainWindow.setAcceptDrops(self, True)
        QMainWindow.setDockOptions(self, QMainWindow.AnimatedDocks | QMainWindow.AllowTabbedDocks)
        QMainWindow.statusBar(self).setSizeGripEnabled(True)
        self._make_views()
        self._make_panel()
        self._tool_bar = self._make_tool_bar()
        self._menus = MainMenus(self, application)
        self._drops = FileDrops(application.modules, application.slicer_app.ioManager())
        self._restore()

    def _make_views(self) -> None:
        viewport = QFrame()
        viewport.setObjectName("CentralWidgetLayoutFrame")
        viewport.setFrameShape(QFrame.NoFrame)
        QMainWindow.setCentralWidget(self, viewport)
        world = self._application.world
        self._layout_manager = LayoutManager(viewport, world.application_logic, world.scene)
        self._application.slicer_app.setLayoutManager(self._layout_manager)
        self._layout_manager.setLayout(self._first_layout())
        self._mouse_modes = MouseModes(world.application_logic, world.scene, self)

    @staticmethod
    def _first_layout() -> int:
        node = slicer.vtkMRMLLayoutNode
        try:
            stored = int(QSettings().value(LAYOUT_KEY, node.SlicerLayoutInitialView))
        except (TypeError, ValueError):
            stored = node.SlicerLayoutInitialView
        unfit = stored in (node.SlicerLayoutNone, DICOM_LAYOUT)
        return int(node.SlicerLayoutInitialView if unfit else stored)

    def _make_panel(self) -> None:
        world = self._application.world
        self._data_probe = DataProbe(world.scene, world.application_logic)
        self._panel = PanelDock(self, self._data_probe)
        QMainWindow.addDockWidget(self, Qt.LeftDockWidgetArea, self._panel)
        self._console = ConsoleDock(self._application.slicer_app, self)
        QMainWindow.addDockWidget(self, Qt.BottomDockWidgetArea, self._console)
        QWidget.hide(self._console)
        self._selector = ModuleSelector(self._application.modules)
        self._selector.moduleSelected.connect(self._on_module_selected)

    def _make_tool_bar(self) -> QToolBar:
        bar = dialect(QToolBar)(_("Modules"))
        bar.setObjectName("MainToolBar")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        bar.setIconSize(ICON_SIZE)
        show = bar.addAction(icon("DICOMDatabase"), "DICOM")
        show.setObjectName("LoadDICOMAction")
        show.setToolTip(_("Show the DICOM database"))
        show.setVisible(False)  # the module shows it
        show.triggered.connect(lambda: self._selector.selectModule("DICOM"))
        bar.addSeparator()
        bar.addWidget(self._selector)
        bar.addSeparator()
        layouts = LayoutButton(self._layout_manager)
        layouts.setIconSize(ICON_SIZE)
        layouts.setAutoRaise(True)
        bar.addWidget(layouts)
        bar.addSeparator()
        for action in self._mouse_modes.actions():
            bar.addAction(action)
            bar.widgetForAction(action).setToolButtonStyle(Qt.ToolButtonIconOnly)
        for button in QObject.findChildren(bar, QToolButton):
            button.setFocusPolicy(Qt.TabFocus)
        QMainWindow.addToolBar(self, Qt.TopToolBarArea, bar)
        self._sequence_bar = SequenceBar(slicer.modules.sequences, self._application.world.scene, self)
        QMainWindow.addToolBar(self, Qt.TopToolBarArea, self._sequence_bar)
        return bar

    def _on_module_selected(self, name: str) -> None:
        module = self._application.modules.module(name) if name else None
        panel = module.widgetRepresentation() if module is not None else None
        self._panel.show_panel(panel, module.title if module is not None else "")
        self.moduleSelected.emit(name)

    # What scripts ask for

    def moduleSelector(self) -> ModuleSelector:
        """The box with the modules."""
        return self._selector

    def layoutManager(self) -> LayoutManager:
        """The manager of the views."""
        return self._layout_manager

    def panelDock(self) -> PanelDock:
        """The dock with the module panel."""
        return self._panel

    def consoleDock(self) -> ConsoleDock:
        """The dock with the Python console."""
        return self._console

    def pythonConsole(self) -> PythonConsole:
        """The Python console; its parent is the dock."""
        return self._console.console()

    # Files dropped on the window

    def dragEnterEvent(self, event: Any) -> None:
        """Take files and folders that something can read."""
        self._drops.enter(event)

    def dropEvent(self, event: Any) -> None:
        """Read them."""
        self._drops.drop(event)

    # Begin and end

    def _restore(self) -> None:
        """The size and the docks of the last time."""
        settings = QSettings()
        geometry, state = settings.value(GEOMETRY_KEY), settings.value(STATE_KEY)
        if not (isinstance(geometry, QByteArray) and QMainWindow.restoreGeometry(self, geometry)):
            QMainWindow.resize(self, *SIZE)
        if isinstance(state, QByteArray):
            QMainWindow.restoreState(self, state)
        QWidget.setVisible(self._panel, True)

    def _remember(self) -> None:
        settings = QSettings()
        settings.setValue(GEOMETRY_KEY, QMainWindow.saveGeometry(self))
        settings.setValue(STATE_KEY, QMainWindow.saveState(self))
        if self._layout_manager.layout != DICOM_LAYOUT:
            settings.setValue(LAYOUT_KEY, self._layout_manager.layout)

    def closeEvent(self, event: Any) -> None:
        """Ask whether unsaved data shall be saved, and remember how the window was."""
        if self._asks_to_save():
            event.ignore()
            return
        self._remember()
        super().closeEvent(event)

    def _asks_to_save(self) -> bool:
        """Whether the user is being asked; who was asked is not asked again."""
        if self._application.testing or self._may_close:
            return False

        def close() -> None:
            self._may_close = True
            QMainWindow.close(self)
            self._may_close = False

        return ask_to_save(self, _("Exit"), _("Exit without saving"), close)

    def dispose(self) -> None:
        """Let the panel, the views and the scene go."""
        if self._disposed:
            return
        self._disposed = True
        self._data_probe.dispose()
        self._panel.dispose()
        self._console.dispose()
        self._mouse_modes.dispose()
        self._sequence_bar.dispose()
        self._application.slicer_app.setLayoutManager(None)
        self._layout_manager.dispose()
        QMainWindow.hide(self)
        QObject.deleteLater(self)
