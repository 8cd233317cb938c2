"""The menu bar of the main window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import slicer
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QActionGroup, QMainWindow, QMenu, QMessageBox

from DICOMLib import __version__
from DICOMLib.widgets.translation import _
from DICOMModule.Host.views.layout_menu import LayoutMenu
from DICOMModule.Host.window import theme
from DICOMModule.Host.window.unsaved_data import ask_to_save

if TYPE_CHECKING:
    from DICOMModule.Host.application import Application


class MainMenus:
    """File, Edit, View and Help.

    Parameters
    ----------
    window
        The main window.
    application
        The booted application.
    """

    def __init__(self, window: Any, application: Application) -> None:
        self._window = window
        self._application = application
        self._bar = QMainWindow.menuBar(window)
        self._file_menu()
        self._edit_menu()
        self._view_menu()
        self._help_menu()

    def _menu(self, name: str, title: str) -> QMenu:
        menu = self._bar.addMenu(title)
        menu.setObjectName(name)
        return menu

    def _file_menu(self) -> None:
        menu = self._menu("FileMenu", _("&File"))
        io_manager = self._application.slicer_app.ioManager()
        menu.addAction(_("&Open files…"), io_manager.openAddDataDialog).setShortcut(QKeySequence.Open)
        save = menu.addAction(_("&Save scene…"), io_manager.openSaveDataDialog)
        save.setObjectName("FileSaveSceneAction")
        save.setShortcut(QKeySequence.Save)
        menu.addSeparator()
        close = menu.addAction(_("&Close scene"), self._close_scene)
        close.setObjectName("FileCloseSceneAction")
        close.setShortcut(QKeySequence("Ctrl+W"))
        menu.addAction(_("E&xit"), lambda: QMainWindow.close(self._window)).setShortcut(
            QKeySequence("Ctrl+Q")
        )

    def _edit_menu(self) -> None:
        menu = self._menu("EditMenu", _("&Edit"))
        menu.addAction(_("Application &settings…"), self._show_settings).setShortcut(QKeySequence("Ctrl+2"))

    def _view_menu(self) -> None:
        menu = self._menu("ViewMenu", _("&View"))
        menu.addMenu(LayoutMenu(self._window.layoutManager(), menu))
        panel = self._window.panelDock().toggleViewAction()
        panel.setText(_("Module &panel"))
        panel.setShortcut(QKeySequence("Ctrl+5"))
        menu.addAction(panel)
        console = self._window.consoleDock().toggleViewAction()
        console.setShortcut(QKeySequence("Ctrl+3"))
        menu.addAction(console)
        menu.addSeparator()
        menu.addMenu(self._appearance_menu(menu))

    @staticmethod
    def _appearance_menu(parent: QMenu) -> QMenu:
        """Light or dark colours."""
        menu = QMenu(_("&Appearance"), parent)
        menu.setObjectName("AppearanceMenu")
        group = QActionGroup(menu)
        for appearance, text in ((theme.LIGHT, _("&Light")), (theme.DARK, _("&Dark"))):
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(theme.stored() == appearance)
            action.triggered.connect(lambda _checked=False, chosen=appearance: theme.choose(chosen))
            group.addAction(action)
        return menu

    def _help_menu(self) -> None:
        menu = self._menu("HelpMenu", _("&Help"))
        menu.addAction(_("&About"), self._show_about)

    def _close_scene(self) -> None:
        """Close it; data that are not saved are asked about first."""
        title, discard = _("Close scene"), _("Close without saving")
        asked = not self._application.testing and ask_to_save(self._window, title, discard, _clear)
        if not asked:
            _clear()

    def _show_settings(self) -> None:
        dialog = self._application.slicer_app.settingsDialog()
        dialog.show()
        dialog.raise_()

    def _show_about(self) -> None:
        text = _("slicer-dicom {version}: the DICOM module of 3D Slicer for any Qt program.")
        QMessageBox.about(self._window, _("About"), text.format(version=__version__))


def _clear() -> None:
    slicer.mrmlScene.Clear(0)
