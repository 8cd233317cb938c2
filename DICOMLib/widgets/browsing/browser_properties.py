"""The properties of the browsers, by Slicer's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from DICOMLib.widgets.browsing.database_keeper import DatabaseKeeper
from DICOMLib.widgets.browsing.selection_actions import SelectionActions
from DICOMLib.widgets.browsing.toolbar import BrowserToolBar
from DICOMLib.widgets.files.import_dialog import (
    ImportDialog,
    ImportDirectoryMode,
    store_import_mode,
    stored_import_mode,
)
from DICOMLib.widgets.files.import_panel import Imports


class DatabaseProperties:
    """What scripts read and set on a browser about its database and its imports."""

    _database: Any
    _keeper: DatabaseKeeper
    _imports: Imports
    _import_dialog: ImportDialog | None

    def setDatabaseDirectory(self, directory: str) -> None:
        """Open the database of a folder."""
        raise NotImplementedError

    @property
    def databaseDirectory(self) -> str:
        """Folder of the database."""
        return self._keeper.directory

    @databaseDirectory.setter
    def databaseDirectory(self, directory: str) -> None:
        self.setDatabaseDirectory(directory)

    @property
    def databaseDirectorySettingsKey(self) -> str:
        """Key of the settings that keeps the folder; setting it opens that folder at once."""
        return self._keeper.settingsKey

    @databaseDirectorySettingsKey.setter
    def databaseDirectorySettingsKey(self, key: str) -> None:
        self._keeper.setSettingsKey(key)

    @property
    def databaseDirectoryBase(self) -> str:
        """Folder to which the folder of the settings may be relative."""
        return self._keeper.base

    @databaseDirectoryBase.setter
    def databaseDirectoryBase(self, folder: str) -> None:
        self._keeper.base = folder

    @property
    def displayImportSummary(self) -> bool:
        """Whether a line tells the counts after an import."""
        return self._imports.displaySummary

    @displayImportSummary.setter
    def displayImportSummary(self, display: bool) -> None:
        self._imports.displaySummary = bool(display)

    @property
    def ImportDirectoryMode(self) -> int:
        """What the Import button does with files: link or copy; kept in the settings."""
        return stored_import_mode()

    @ImportDirectoryMode.setter
    def ImportDirectoryMode(self, mode: int) -> None:
        self.setImportDirectoryMode(mode)

    def setImportDirectoryMode(self, mode: int) -> None:
        """Set what the Import button does with files."""
        store_import_mode(ImportDirectoryMode(int(mode)))
        if self._import_dialog is not None:
            self._import_dialog.mode = ImportDirectoryMode(int(mode))

    def importDirectoryMode(self) -> int:
        """What the Import button does with files."""
        return stored_import_mode()


class BrowserProperties:
    """What scripts read and set on the table browser."""

    _database: Any
    _folder_bar: Any
    _actions: SelectionActions
    toolBar: BrowserToolBar

    @property
    def tagsToPrecache(self) -> list[str]:
        """Tags whose values an import keeps in the database."""
        return list(self._database.tagsToPrecache)

    @tagsToPrecache.setter
    def tagsToPrecache(self, tags: Iterable[str]) -> None:
        self._database.tagsToPrecache = list(tags)

    @property
    def confirmRemove(self) -> bool:
        """Whether the tool bar's Remove asks first."""
        return self._actions.confirmRemove

    @confirmRemove.setter
    def confirmRemove(self, confirm: bool) -> None:
        self._actions.confirmRemove = bool(confirm)

    @property
    def toolbarVisible(self) -> bool:
        """Whether the tool bar is shown."""
        return not self.toolBar.isHidden()

    @toolbarVisible.setter
    def toolbarVisible(self, visible: bool) -> None:
        self.toolBar.setVisible(bool(visible))

    @property
    def databaseDirectorySelectorVisible(self) -> bool:
        """Whether the database folder and its button are shown."""
        return not self._folder_bar.isHidden()

    @databaseDirectorySelectorVisible.setter
    def databaseDirectorySelectorVisible(self, visible: bool) -> None:
        self._folder_bar.setVisible(bool(visible))

    @property
    def sendActionVisible(self) -> bool:
        """Whether sending is offered."""
        return self.toolBar.sendAction.isVisible()

    @sendActionVisible.setter
    def sendActionVisible(self, visible: bool) -> None:
        self.toolBar.sendAction.setVisible(bool(visible))
