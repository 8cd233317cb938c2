"""What the browsers of a database have in common: its folder, imports, and drops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QFileDialog, QWidget

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.database_update import SchemaUpdate
from DICOMLib.core.jobs import Job
from DICOMLib.indexing.recompute import RecomputeReport, recompute_fields
from DICOMLib.widgets.browsing.browser_imports import BrowserImports
from DICOMLib.widgets.browsing.browser_properties import DatabaseProperties
from DICOMLib.widgets.browsing.database_events import DatabaseEvents
from DICOMLib.widgets.browsing.database_keeper import DatabaseKeeper, DatabaseState
from DICOMLib.widgets.browsing.database_problem import DatabaseProblemFrame
from DICOMLib.widgets.browsing.selection_actions import SelectionActions
from DICOMLib.widgets.file_questions import ask_folder
from DICOMLib.widgets.files.import_dialog import (
    ImportDialog,
    ImportDirectoryMode,
    store_import_mode,
    stored_import_mode,
)
from DICOMLib.widgets.files.import_panel import Imports
from DICOMLib.widgets.files.maintenance import recompute_text, schema_update_text, update_schema
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _

if TYPE_CHECKING:
    from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog


class DatabaseBrowser(BrowserImports, DatabaseProperties, NamedSignals, QWidget):
    """A widget that shows a database.

    `Browser(parent)` has a database of its own, `Browser(database, parent)` shares one. Who derives from it
    places `_tasks` and `_problem`, and says what is shown by `_show_state` and `_read_again`.
    """

    ImportDirectoryCopy = ImportDirectoryMode.ImportDirectoryCopy
    ImportDirectoryAddLink = ImportDirectoryMode.ImportDirectoryAddLink

    databaseDirectoryChanged = Signal(str)
    directoryImported = Signal()
    sendRequested = Signal(list)

    def __init__(self, *arguments: Any) -> None:
        shared = arguments[0] if arguments and hasattr(arguments[0], "isOpen") else None
        super().__init__(*(arguments if shared is None else arguments[1:]))
        self._shared = shared is not None
        self._database = shared if shared is not None else ctkDICOMDatabase()
        self._keeper = DatabaseKeeper(self._database, self)
        self._tasks = TaskPanel(self)
        self._problem = DatabaseProblemFrame(self)
        self._import_dialog: ImportDialog | None = None
        self._metadata_dialog: ctkDICOMMetadataDialog | None = None
        self._imports = Imports(self._tasks, self)
        self._actions = SelectionActions(self._database, self._tasks, self)
        self._events = DatabaseEvents(self)
        self.setAcceptDrops(True)

    def _follow_database(self) -> None:
        """Show what becomes of the database from now on."""
        problem = self._problem
        problem.updateRequested.connect(self.updateDatabase)
        problem.createRequested.connect(self.createNewDatabaseDirectory)
        problem.selectRequested.connect(self.selectDatabaseDirectory)
        problem.retryRequested.connect(lambda: self.setDatabaseDirectory(self.databaseDirectory))
        self._keeper.directoryChanged.connect(self.databaseDirectoryChanged)
        self._keeper.stateChanged.connect(self._show_state)
        self._imports.imported.connect(lambda _report: self._on_imported())
        self._actions.databaseEdited.connect(self._read_again)
        self._events.changed.connect(self._read_again)
        self._events.opened.connect(self._keeper.followDatabase)
        self._events.closed.connect(self._keeper.followDatabase)
        self._events.listenTo(self._database)

    def _show_state(self) -> None:
        """Show the database, or what is wrong with it."""
        raise NotImplementedError

    def _read_again(self) -> None:
        """Show what is in the database now."""
        raise NotImplementedError

    def _on_imported(self) -> None:
        self._read_again()
        self._events.discard()
        self.directoryImported.emit()

    def showMetadata(self, files: Sequence[str]) -> None:
        """Show the elements of these files."""
        if self._metadata_dialog is None:
            from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog

            self._metadata_dialog = ctkDICOMMetadataDialog(self.window())
        self._metadata_dialog.setFileList(list(files))
        self._metadata_dialog.show()
        self._metadata_dialog.raise_()

    # Database folder

    def setDatabaseDirectory(self, directory: str) -> None:
        """Open the database of a folder; what is wrong with it is shown in the place of the tables."""
        self._keeper.open(directory)

    def selectDatabaseDirectory(self) -> QFileDialog:
        """Ask for the folder of the database."""
        title = _("Choose the folder of the DICOM database")
        dialog = ask_folder(self, title, self.setDatabaseDirectory, self.databaseDirectory)
        dialog.setObjectName("DatabaseDirectoryDialog")
        return dialog

    def createNewDatabaseDirectory(self) -> bool:
        """Make a new database near the present folder and open it."""
        made = self._keeper.createNew()
        if not made:
            self._tasks.tell(_("A folder for a new database could not be made; choose one yourself."))
        return made

    def updateDatabase(self) -> None:
        """Bring the tables of the database to this program's version; a copy of the file is made first."""

        def done(report: SchemaUpdate) -> None:
            self._keeper.followDatabase()
            self._tasks.tellList(*schema_update_text(report), "missing-files.txt")

        def update() -> Job[SchemaUpdate]:
            self._keeper.updating = True
            try:
                return (yield from update_schema(self._database))
            finally:
                self._keeper.updating = False

        self._tasks.start(update(), _("Updating the database"), done)

    def showUpdateDisplayedFieldsDialog(self) -> None:
        """Fill again what the tables show, in the background."""

        def done(report: RecomputeReport) -> None:
            self._keeper.followDatabase()
            self._tasks.tellList(*recompute_text(report), "unreadable-files.txt")

        job = recompute_fields(self._database.core, self._database.generator)
        self._tasks.start(job, _("Updating what the tables show"), done)

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
