"""The browser of the DICOM module: tables, what can be loaded, and the way into the scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import slicer
from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.plugins import preferences
from DICOMLib.widgets.browsing.database_folder import default_database_directory
from DICOMLib.widgets.information_line import InformationLine
from DICOMLib.widgets.loading.extensions import extensions_for
from DICOMLib.widgets.loading.loadables_table import DICOMLoadableTable
from DICOMLib.widgets.loading.loading import Loadables
from DICOMLib.widgets.loading.loading_steps import LoadingSteps
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.page_stack import PageStack
from DICOMLib.widgets.progress import ProgressPanel, Stepper
from DICOMLib.widgets.tables.item_model import ctkDICOMModel
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.browser import ctkDICOMVisualBrowserWidget
from DICOMLib.widgets.visual.properties import stored_size


class SlicerDICOMBrowser(LoadingSteps, NamedSignals, QWidget):
    """A ctkDICOMBrowser with what the plugins offer to load below it.

    Loading from the window goes step by step and leaves it alive. `examineForLoading` and
    `loadCheckedLoadables` are for scripts: they return when all is done.
    """

    closed = Signal()
    loadingFinished = Signal(object)

    def __init__(self, dicomBrowser: Any = None, parent: Any = "mainWindow") -> None:
        super().__init__(slicer.util.mainWindow() if parent == "mainWindow" else parent)
        self.dicomBrowser = dicomBrowser or slicer.app.createDICOMBrowserForMainDatabase()
        self._visual: ctkDICOMVisualBrowserWidget | None = None
        self.useVisualDICOMBrowser = False
        self._file_lists: list[list[str]] | None = None
        self._selectedSeries: list[str] = []
        self.loadablesByPlugin: Loadables = {}
        self.referencedLoadables: Loadables = {}
        self.enabledPluginClassNames: Sequence[str] | None = None
        self.pluginInstances: dict[str, Any] = {}
        self.loadingFinished.connect(self._mark_loaded)
        self._stepper = Stepper(self)
        self._driver: Any = self._stepper
        self.settings = QSettings()
        self.browserPersistent = preferences.flag("DICOM/BrowserPersistent")
        self.advancedView = preferences.number("DICOM/advancedView")
        self.horizontalTables = preferences.number("DICOM/horizontalTables")
        self.setup()

    # Building

    def setup(self) -> None:
        """Build the widgets and connect them."""
        self.setObjectName("SlicerDICOMBrowser")
        self._build_table()
        self._build_buttons()
        self._build_notice()
        self._progress = ProgressPanel(self)
        self._progress.cancelRequested.connect(self._stepper.cancel)
        self._result = InformationLine(self)
        splitter = QSplitter(Qt.Vertical, self)
        self._browsers = PageStack(self)
        self._browsers.addWidget(self.dicomBrowser)
        splitter.addWidget(self._browsers)
        splitter.addWidget(self.loadableTableFrame)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._notice)
        layout.addWidget(splitter, 1)
        for widget in (self._result, self._progress, self.actionButtonsFrame):
            layout.addWidget(widget)
        self.dicomBrowser.confirmRemove = True
        self.dicomBrowser.sendActionVisible = True
        self._connect()
        self._follow_advanced_view()

    def _build_table(self) -> None:
        self.loadableTable = DICOMLoadableTable(self)
        self.loadableTableFrame = QFrame(self)
        self.loadableTableFrame.setObjectName("LoadableTableFrame")
        layout = QVBoxLayout(self.loadableTableFrame)
        layout.setContentsMargins(6, 0, 6, 6)
        layout.addWidget(self.loadableTable)

    def _build_buttons(self) -> None:
        self.actionButtonsFrame = QFrame(self)
        self.actionButtonsFrame.setObjectName("ActionButtonsFrame")
        self.advancedViewButton = QCheckBox(_("Advanced"), self.actionButtonsFrame)
        self.advancedViewButton.setObjectName("AdvancedViewCheckBox")
        self.advancedViewButton.setToolTip(_("Choose among what the plugins offer to load"))
        self.examineButton = QPushButton(_("Examine"), self.actionButtonsFrame)
        self.examineButton.setToolTip(_("Ask all plugins what they can load from the selected series"))
        self.explainButton = QPushButton(_("Why?"), self.actionButtonsFrame)
        self.explainButton.setObjectName("ExplainButton")
        self.explainButton.setToolTip(_("Why the selected series loads as it does, or not at all"))
        self.uncheckAllButton = QPushButton(_("Uncheck all"), self.actionButtonsFrame)
        self.uncheckAllButton.setToolTip(_("Load nothing of what is offered"))
        self.loadButton = QPushButton(_("Load"), self.actionButtonsFrame)
        self.loadButton.setObjectName("LoadButton")
        self.loadButton.setToolTip(_("Load the selected data into the scene"))
        self.loadButton.setMinimumWidth(140)
        self.loadButton.setEnabled(False)
        layout = QHBoxLayout(self.actionButtonsFrame)
        layout.setContentsMargins(6, 2, 6, 6)
        layout.addWidget(self.advancedViewButton)
        layout.addStretch(1)
        for button in (self.uncheckAllButton, self.examineButton, self.explainButton, self.loadButton):
            layout.addWidget(button)

    def _build_notice(self) -> None:
        self._notice = InformationLine(self)
        self._notice.setObjectName("TemporaryDatabaseNotice")
        self._notice.closeButton.hide()

    def _connect(self) -> None:
        tables = self.dicomBrowser.dicomTableManager()
        tables.seriesSelectionChanged[list].connect(self.onSeriesSelected)
        for signal in (tables.patientsDoubleClicked, tables.studiesDoubleClicked, tables.seriesDoubleClicked):
            signal.connect(lambda _index: self._on_double_click())
        self.dicomBrowser.directoryImported.connect(self.promptForExtensions)
        self.dicomBrowser.sendRequested.connect(self.onSend)
        self.examineButton.clicked.connect(lambda _checked=False: self._examine_stepwise())
        self.explainButton.clicked.connect(lambda _checked=False: self.explainSeries(self._selectedSeries[0]))
        self.uncheckAllButton.clicked.connect(lambda _checked=False: self.loadableTable.uncheckAll())
        self.loadButton.clicked.connect(lambda _checked=False: self._load_stepwise())
        self.advancedViewButton.setChecked(bool(self.advancedView))
        self.advancedViewButton.toggled.connect(self.onAdvancedViewToggled)
        self.loadableTable.checkedChanged.connect(self._follow_selection)

    # Opening and closing

    def open(self) -> None:
        """Show the browser."""
        self.show()

    def close(self) -> bool:
        """Hide the browser and tell so."""
        self.hide()
        self.closed.emit()
        return True

    def setBrowserPersistence(self, persistent: bool) -> None:
        """Whether the browser stays after something was loaded."""
        self.browserPersistent = bool(persistent)
        QSettings().setValue("DICOM/BrowserPersistent", bool(persistent))

    def onLoadingFinished(self) -> None:
        """Close the browser unless it shall stay."""
        if not self.browserPersistent:
            self.close()

    # Views

    def onAdvancedViewToggled(self, advanced: bool) -> None:
        """Show or hide what the plugins offer."""
        self.advancedView = int(advanced)
        QSettings().setValue("DICOM/advancedView", int(advanced))
        self._follow_advanced_view()

    def _follow_advanced_view(self) -> None:
        advanced = bool(self.advancedView) and not self.useVisualDICOMBrowser
        for widget in (self.loadableTableFrame, self.examineButton, self.uncheckAllButton):
            widget.setVisible(advanced)
        self._follow_selection()

    def _follow_selection(self) -> None:
        """Offer what can be done now."""
        busy = self._stepper.busy
        self.examineButton.setEnabled(self._can_load() and not busy)
        self.explainButton.setEnabled(len(self._selectedSeries) == 1 and not busy)
        chosen = self.loadableTable.getNumberOfCheckedItems()
        self.uncheckAllButton.setEnabled(bool(chosen) and not busy)
        examined = bool(self.advancedView) and self.loadableTable.rowCount() > 0
        self.loadButton.setEnabled(bool(chosen if examined else self._can_load()) and not busy)

    def onSeriesSelected(self, seriesUIDs: Sequence[str]) -> None:
        """Take the selected series; what was examined before is forgotten."""
        self.loadableTable.setLoadables([])
        self.loadablesByPlugin = {}
        self._selectedSeries, self._file_lists = list(seriesUIDs), None
        self._follow_selection()

    @property
    def fileLists(self) -> list[list[str]]:
        """Lists of files, one for each selected series; looked up when first asked for."""
        if self._file_lists is None:
            self._file_lists = self.getFileListsForRole(self._selectedSeries, "SeriesUIDList")
        return self._file_lists

    @fileLists.setter
    def fileLists(self, lists: Sequence[Sequence[str]]) -> None:
        self._file_lists = [list(files) for files in lists]

    def _can_load(self) -> bool:
        """Whether something is selected, without a look at its files."""
        return bool(self._selectedSeries if self._file_lists is None else self._file_lists)

    def getFileListsForRole(self, uidArgument: Any, role: str) -> list[list[str]]:
        """Lists of files, one for each series.

        Parameters
        ----------
        uidArgument
            UID of a patient, study or series, or (role "SeriesUIDList") UIDs of series.
        role
            "Series", "SeriesUIDList", "Study" or "Patient".
        """
        database = self.dicomBrowser.database()
        if role == "SeriesUIDList":
            series = [uid.strip("'") for uid in uidArgument]
        elif role == "Series":
            series = [uidArgument]
        else:
            studies = [uidArgument] if role == "Study" else database.studiesForPatient(uidArgument)
            series = [uid for study in studies for uid in database.seriesForStudy(study)]
        return [[path for path in database.filesForSeries(uid) if path] for uid in series]

    def toggleBrowsers(self, visual: bool) -> None:
        """Show the visual browser or the table browser; what is selected is so in the other one, too."""
        self.useVisualDICOMBrowser = bool(visual)
        QSettings().setValue("DICOM/UseVisualDICOMBrowser", bool(visual))
        tables = self.dicomBrowser.dicomTableManager()
        if visual:
            browser = self.dicomVisualBrowser
            self._browsers.setCurrentWidget(browser)
            browser.setSelectedSeries(tables.currentSeriesSelection())
        else:
            if self._visual is not None:
                chosen = self._visual.selectedSeries()
                if chosen:
                    self.dicomBrowser.setSelectedItems(ctkDICOMModel.SeriesType, chosen)
            self._browsers.setCurrentWidget(self.dicomBrowser)
        self.actionButtonsFrame.setVisible(not visual)
        self._follow_advanced_view()

    @property
    def dicomVisualBrowser(self) -> ctkDICOMVisualBrowserWidget:
        """The visual browser, made when it is first asked for."""
        if self._visual is None:
            browser = ctkDICOMVisualBrowserWidget(self.dicomBrowser.database(), self._browsers)
            browser.sendActionVisible = True
            browser.thumbnailSizePreset = stored_size()
            browser.seriesRetrieved.connect(self.onSeriesRetrieved)
            browser.sendRequested.connect(self.onSend)
            browser.directoryImported.connect(self.promptForExtensions)
            browser.closeRequested.connect(self.close)
            self._browsers.addWidget(browser)
            self._visual = browser
        return self._visual

    # Import, forwarded to the browser that is shown

    def _shown_browser(self) -> Any:
        return self.dicomVisualBrowser if self.useVisualDICOMBrowser else self.dicomBrowser

    def importFolder(self) -> None:
        """Ask for folders and import them."""
        self._shown_browser().openImportDialog()

    def importDirectory(self, directory: str) -> None:
        """Import a folder as the settings say: linked or copied."""
        self.importDirectories([directory])

    def importDirectories(self, directories: Sequence[str]) -> None:
        """Import folders as the settings say: linked or copied."""
        self._shown_browser().importDirectories(directories, self.dicomBrowser.importDirectoryMode())

    def importDirectoryMode(self) -> int:
        """What imports do with files: copy (0) or link (1)."""
        return self.dicomBrowser.importDirectoryMode()

    def setImportDirectoryMode(self, mode: int) -> None:
        """Set what imports do with files."""
        self.dicomBrowser.setImportDirectoryMode(mode)

    def createNewDatabaseDirectory(self) -> bool:
        """Make a new database near the present folder and open it."""
        return self.dicomBrowser.createNewDatabaseDirectory()

    def setDatabaseDirectory(self, directory: str) -> None:
        """Open the database of a folder."""
        self.dicomBrowser.setDatabaseDirectory(directory)

    # After an import

    def checkForExtensions(self) -> list[str]:
        """Names of Slicer's extensions that could load what is in the database."""
        return extensions_for(self.dicomBrowser.database())

    def promptForExtensions(self) -> None:
        """Tell, once an import is over, which extensions could load what no plugin here can."""
        if not slicer.util.settingsValue("DICOM/PromptForExtensions", True, converter=slicer.util.toBool):
            return
        model = getattr(slicer.app, "extensionsManagerModel", lambda: None)()
        if model is None:
            return
        names = [name for name in self.checkForExtensions() if not model.isExtensionInstalled(name)]
        if names:
            text = _("Extensions that can load this data: {names}.").format(names=", ".join(names))
            self._result.tell(text)

    def onSend(self, files: Sequence[str]) -> Any:
        """Send files to another DICOM system."""
        from DICOMLib.widgets.network.send_dialog import DICOMSendDialog

        return DICOMSendDialog(list(files), self)

    def onSeriesRetrieved(self, seriesUIDs: Sequence[str]) -> None:
        """Load what was retrieved, and close if that gave nodes."""
        if self._stepper.busy:
            return
        self.fileLists = self.getFileListsForRole(list(seriesUIDs), "SeriesUIDList")
        self._examine(self._look_for_references)

    def _mark_loaded(self, report: Any) -> None:
        """Mark the series of what was loaded, by whichever browser; not of what failed."""
        database = self.dicomBrowser.database()
        loaded = {
            database.seriesForFile(one.loadable.files[0]) for one in report.loaded if one.loadable.files
        }
        loaded.discard("")
        database.loadedSeriesInstanceUIDs = sorted(loaded.union(database.loadedSeriesInstanceUIDs))
        if self._visual is not None:
            self._visual.showLoaded(sorted(loaded))

    # Temporary databases

    def showTemporaryDatabaseNotice(self, paths: Sequence[str], databaseDirectory: str = "") -> None:
        """Say that the data lie in a temporary database, with a button to keep them.

        Parameters
        ----------
        paths
            Files and folders that were opened.
        databaseDirectory
            Folder of the database that keeps them; empty for the user's own.
        """
        self._notice.tell(
            _("These data are open in a temporary database; your own database is not changed."),
            _("Keep in my database"),
            lambda: self.keepTemporaryData(paths, databaseDirectory),
        )

    def keepTemporaryData(self, paths: Sequence[str], databaseDirectory: str = "") -> None:
        """Open the lasting database and import the data into it."""
        directory = databaseDirectory or default_database_directory()
        self._notice.hide()
        self.dicomBrowser.setDatabaseDirectory(directory)
        self.importDirectories(list(paths))
