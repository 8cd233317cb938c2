"""What the browsers of a database have in common: its folder, imports, and drops."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QFileDialog, QWidget

from DICOMLib.core.jobs import Job
from DICOMLib.indexing.recompute import recompute_fields
from DICOMLib.widgets.browsing.browser_imports import BrowserImports
from DICOMLib.widgets.browsing.browser_properties import DatabaseProperties
from DICOMLib.widgets.browsing.database_keeper import DatabaseState
from DICOMLib.widgets.files.import_dialog import (
    ImportDialog,
    ImportDirectoryMode,
    store_import_mode,
    stored_import_mode,
)
from DICOMLib.widgets.files.maintenance import update_schema
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _


class DatabaseBrowser(BrowserImports, DatabaseProperties, QWidget):
    """A widget that shows a database; who derives from it makes `_keeper`, `_imports` and `_tasks`."""

    _tasks: TaskPanel

    # Database folder

    def setDatabaseDirectory(self, directory: str) -> None:
        """Open the database of a folder; what is wrong with it is shown in the place of the tables."""
        self._keeper.open(directory)

    def selectDatabaseDirectory(self) -> QFileDialog:
        """Ask for the folder of the database."""
        dialog = QFileDialog(self, _("Choose the folder of the DICOM database"), self.databaseDirectory)
        dialog.setObjectName("DatabaseDirectoryDialog")
        dialog.setFileMode(QFileDialog.Directory)
        dialog.setOption(QFileDialog.ShowDirsOnly, True)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.setDatabaseDirectory)
        dialog.open()
        return dialog

    def createNewDatabaseDirectory(self) -> bool:
        """Make a new database near the present folder and open it."""
        made = self._keeper.createNew()
        if not made:
            self._tasks.tell(_("A folder for a new database could not be made; choose one yourself."))
        return made

    def updateDatabase(self) -> None:
        """Bring the tables of the database to this program's version; a copy of the file is made first."""

        def done(_report: object) -> None:
            self._keeper.followDatabase()
            self._tasks.tell(_("The database is up to date. The file as it was is kept beside it."))

        def update() -> Job[bool]:
            self._keeper.updating = True
            try:
                return (yield from update_schema(self._database))
            finally:
                self._keeper.updating = False

        self._tasks.start(update(), _("Updating the database"), done)

    def showUpdateDisplayedFieldsDialog(self) -> None:
        """Fill again what the tables show, in the background."""
        self._tasks.start(
            recompute_fields(self._database.core, self._database.generator),
            _("Updating what the tables show"),
            lambda _report: self._keeper.followDatabase(),
        )

    # Import

    def importDialog(self) -> ImportDialog:
        """The dialog of the Import button."""
        if self._import_dialog is None:
            self._import_dialog = ImportDialog(self)
            self._import_dialog.mode = stored_import_mode()
            self._import_dialog.accepted.connect(self._import_chosen)
        return self._import_dialog

    def openImportDialog(self) -> None:
        """Ask for folders and import them."""
        self.importDialog().open()

    def _import_chosen(self) -> None:
        dialog = self.importDialog()
        store_import_mode(dialog.mode)
        self._import(dialog.selectedFiles(), dialog.mode)

    def _import(self, paths: Sequence[str], mode: int) -> None:
        if self._keeper.state is DatabaseState.OPEN:
            self._imports.start(self._database, paths, ImportDirectoryMode(int(mode)))
        else:
            self._tasks.tell(_("There is no database to import into."))

    def waitForImportFinished(self, msecTimeout: int = -1) -> bool:
        """Wait, in a script, until all imports have ended and the tables show them."""
        return self._tasks.wait(None if msecTimeout < 0 else msecTimeout / 1000)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if event.mimeData().hasUrls() and self._keeper.state is DatabaseState.OPEN:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Import what was dropped, as the settings say: linked or copied."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self._import(paths, stored_import_mode())
