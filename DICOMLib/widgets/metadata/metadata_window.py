"""The elements of files in a window: a tree to search, compare, copy and export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qtpy.QtCore import QModelIndex, QSettings, Qt, QTimer, QUrl, Signal
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSlider,
    QTabWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import Job, run
from DICOMLib.widgets.browsing.preview_label import PreviewLabel
from DICOMLib.widgets.file_questions import ask_new_file, warn
from DICOMLib.widgets.lists import push_button
from DICOMLib.widgets.metadata.comparison_view import ComparisonView
from DICOMLib.widgets.metadata.element_export import export_elements
from DICOMLib.widgets.metadata.element_search import matcher, number_of_rows, search
from DICOMLib.widgets.metadata.element_text import text_of_elements, text_of_files
from DICOMLib.widgets.metadata.elements import Element, read_elements
from DICOMLib.widgets.metadata.object_model import ctkDICOMObjectModel
from DICOMLib.widgets.metadata.opening import open_all
from DICOMLib.widgets.metadata.stepped_panel import SteppedPanel
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.progress import ElidedLabel, Stepper
from DICOMLib.widgets.tables.table_view import ALL_HIDDEN_STYLE
from DICOMLib.widgets.translation import _

LOOKUP_URL = "https://dicom.innolitics.com/ciods?q={tag}"
GEOMETRY_KEY = "ctkDICOMMetadataDialog/geometry"
PAUSE_MS = 150
OPENED_BY_SEARCH = 500  # elements; more would take long to open


class ctkDICOMObjectListWidget(NamedSignals, QWidget):
    """The elements of one of several files."""

    doubleClicked = Signal(QModelIndex)
    currentFileChanged = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files: list[str] = []
        self._elements: list[Element] = []
        self._error = ""
        self._searching = Stepper(self)
        self.copying = SteppedPanel(self)
        self.opening = SteppedPanel(self)
        self._build()

    def _build(self) -> None:
        self.pathLabel = ElidedLabel(self)
        self.pathLabel.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.copyPathButton = push_button(
            self, _("Copy path"), lambda: self._copy(self.currentFile), _("Copy the path of the shown file")
        )
        self.fileSlider = QSlider(Qt.Horizontal, self)
        self.fileSlider.setRange(0, 0)
        self.fileSlider.setAccessibleName(_("File"))
        self.fileSlider.setToolTip(_("Choose one of the files"))
        self.fileSlider.valueChanged.connect(self._show_file)
        self.fileLabel = QLabel(self)
        self.searchBox = QLineEdit(self)
        self.searchBox.setClearButtonEnabled(True)
        self.searchBox.setAccessibleName(_("Search"))
        self.searchBox.setPlaceholderText(_("Search tag, attribute or value…"))
        self.searchBox.setToolTip(_("* and ? are wildcards; regexp: begins a regular expression"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._fill)
        self.searchBox.textChanged.connect(lambda _text: self._pause.start())
        self.searchBox.returnPressed.connect(self._fill)
        self.preview = PreviewLabel(self)
        self._build_tree()
        self._lay_out()

    def _build_tree(self) -> None:
        self.model = ctkDICOMObjectModel(self)
        self.tree = QTreeView(self)
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(_("Metadata"))
        self.tree.setAlternatingRowColors(True)
        self.tree.setUniformRowHeights(True)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(2, QHeaderView.Stretch)
        for column, width in ((0, 170), (1, 260), (3, 45), (4, 80)):
            self.tree.header().resizeSection(column, width)
        self.tree.setExpandsOnDoubleClick(False)
        # what the user closes stays closed, and indexes do not outlive the elements that they are of
        self.tree.collapsed.connect(self.opening.stop)
        self.model.modelAboutToBeReset.connect(self.opening.stop)
        self.tree.doubleClicked.connect(self.doubleClicked)
        self.tree.doubleClicked.connect(lambda index: self.openLookupUrl(self.model.element(index).tag))

    def _lay_out(self) -> None:
        top = QGridLayout()
        top.addWidget(self.pathLabel, 0, 0)
        top.addWidget(self.copyPathButton, 0, 1)
        top.addWidget(self.fileSlider, 1, 0)
        top.addWidget(self.fileLabel, 1, 1, Qt.AlignRight)
        top.setColumnStretch(0, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.searchBox, 1)
        for text, slot, tip in (
            (_("Expand all"), self.expandAll, _("Open all sequences")),
            (_("Collapse all"), self.collapseAll, _("Close all sequences")),
        ):
            buttons.addWidget(push_button(self, text, slot, tip))
        self.copyButton = push_button(
            self,
            _("Copy metadata"),
            lambda: self._copy_text(False),
            _("Copy what is shown as text"),
        )
        self.copyAllButton = push_button(
            self,
            _("Copy all files metadata"),
            lambda: self._copy_text(True),
            _("Copy what the search finds in each file; each line begins with the name of its file"),
        )
        self.exportButton = push_button(
            self, _("Export…"), self.chooseExportFile, _("Save all elements of the shown file")
        )
        self.thumbnailButton = push_button(self, _("Picture"), lambda: None)
        self.thumbnailButton.setCheckable(True)
        self.thumbnailButton.setChecked(True)
        self.thumbnailButton.setToolTip(_("Show or hide the picture of the file"))
        self.thumbnailButton.toggled.connect(self._show_preview)
        for button in (self.copyButton, self.copyAllButton, self.exportButton, self.thumbnailButton):
            buttons.addWidget(button)
        body = QHBoxLayout()
        body.addWidget(self.tree, 1)
        body.addWidget(self.preview, 0, Qt.AlignTop)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addLayout(buttons)
        layout.addLayout(body, 1)
        layout.addWidget(self.copying)
        layout.addWidget(self.opening)

    @staticmethod
    def _copy(text: str) -> None:
        QApplication.clipboard().setText(text)

    def _copy_text(self, all_files: bool) -> None:
        self.copying.drive(self._text(all_files), _("Copying metadata"), self._copy)

    def expandAll(self) -> None:
        """Open all sequences, in steps, until the user shows, searches or closes something else."""
        self.opening.drive(open_all(self.tree), _("Opening all sequences"))

    def collapseAll(self) -> None:
        """Close all sequences."""
        self.opening.stop()
        self.tree.collapseAll()

    # Properties

    @property
    def fileList(self) -> list[str]:
        """The files that can be looked at."""
        return list(self._files)

    @fileList.setter
    def fileList(self, files: Iterable[str]) -> None:
        self.setFileList(files)

    @property
    def currentFile(self) -> str:
        """The file that is shown."""
        return self._files[self.fileSlider.value()] if self._files else ""

    @currentFile.setter
    def currentFile(self, path: str) -> None:
        if path in self._files:
            self.fileSlider.setValue(self._files.index(path))

    @property
    def filterExpression(self) -> str:
        """Text of the search box."""
        return self.searchBox.text()

    @filterExpression.setter
    def filterExpression(self, expression: str) -> None:
        self.searchBox.setText(expression)
        self._pause.stop()
        self._fill()

    @property
    def thumbnailVisible(self) -> bool:
        """Whether the picture of the file is shown."""
        return self.thumbnailButton.isChecked()

    @thumbnailVisible.setter
    def thumbnailVisible(self, visible: bool) -> None:
        self.thumbnailButton.setChecked(bool(visible))

    def setFileList(self, files: Iterable[str]) -> None:
        """Show the first of these files."""
        self._files = list(files)
        several = len(self._files) > 1
        for widget in (self.fileSlider, self.fileLabel, self.copyAllButton):
            widget.setVisible(several)
        self.fileSlider.blockSignals(True)
        self.fileSlider.setRange(0, max(0, len(self._files) - 1))
        self.fileSlider.setValue(0)
        self.fileSlider.blockSignals(False)
        self._show_file(0)

    # Showing

    def _show_file(self, _number: int) -> None:
        self.pathLabel.setText(self.currentFile)
        self.pathLabel.setToolTip(self.currentFile)
        self.fileLabel.setText(f"{self.fileSlider.value() + 1} / {len(self._files)}")
        self._elements, self._error = [], ""
        if self.currentFile:
            try:
                self._elements = read_elements(self.currentFile)
            except InvalidDICOM as error:
                self._error = str(error)
        self._fill()
        self._show_preview()
        self.currentFileChanged.emit(self.currentFile)

    def _show_preview(self, _shown: bool = True) -> None:
        self.preview.showFile(self.currentFile if self.thumbnailVisible else "")

    def _fill(self) -> None:
        self._searching.stop()
        self.opening.stop()
        self._searching.start(
            search(self._elements, matcher(self.filterExpression)), on_done=self._show, on_error=self._fail
        )
        self._searching.turn()

    def _fail(self, error: Exception) -> None:
        self.model.show([Element("", _("Cannot be read"), str(error))])

    def _show(self, shown: list[Element]) -> None:
        error = [Element("", _("Cannot be read"), self._error)] if self._error else []
        self.model.show(error + shown)
        if self.filterExpression and number_of_rows(shown, OPENED_BY_SEARCH) < OPENED_BY_SEARCH:
            self.tree.expandAll()
        self.searchBox.setStyleSheet(ALL_HIDDEN_STYLE if self._elements and not shown else "")

    def metadataAsText(self, allFiles: bool = False) -> str:
        """What is shown as lines of text; with `allFiles` of each file, each line begins with its name."""
        return run(self._text(allFiles))

    def _text(self, all_files: bool) -> Job[str]:
        matches = matcher(self.filterExpression)
        return text_of_files(self._files, matches) if all_files else text_of_elements(self._elements, matches)

    def openLookupUrl(self, tag: str) -> None:
        """Look a tag up in the web."""
        if tag:
            QDesktopServices.openUrl(QUrl(LOOKUP_URL.format(tag=tag)))

    # Export

    def chooseExportFile(self) -> QFileDialog:
        """Ask for a file and write the elements of the shown one there."""
        filters = [_("Text (*.txt)"), _("DICOM JSON (*.json)"), _("Table (*.csv)")]
        suggested = Path(self.currentFile).stem + ".txt"
        dialog = ask_new_file(self, _("Export the metadata"), self.export, suggested, filters)
        dialog.setObjectName("ExportMetadataDialog")
        return dialog

    def export(self, target: str) -> None:
        """Write the elements of the shown file; the suffix tells the format: .json, .csv, else text."""
        try:
            export_elements(self.currentFile, target)
        except (OSError, InvalidDICOM) as error:
            warn(self, _("Export"), str(error))


class ctkDICOMMetadataDialog(NamedSignals, QDialog):
    """A window with the elements of files, and two files compared; closing hides it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("DICOM metadata"))
        self.setWindowFlags(self.windowFlags() | Qt.WindowMaximizeButtonHint)
        self.resize(1100, 680)
        geometry = QSettings().value(GEOMETRY_KEY)
        if geometry:
            self.restoreGeometry(geometry)
        self.objectList = ctkDICOMObjectListWidget(self)
        self.comparison = ComparisonView(self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.objectList, _("Metadata"))
        self.tabs.addTab(self.comparison, _("Compare two files"))
        self.tabs.currentChanged.connect(self._show_tab)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)

    def setFileList(self, files: Iterable[str]) -> None:
        """Show these files."""
        self.objectList.setFileList(files)
        self._show_tab()

    def _show_tab(self, _tab: int = 0) -> None:
        """Compare only when that is looked at."""
        if self.tabs.currentWidget() is self.comparison:
            self.comparison.setFileList(self.objectList.fileList, self.objectList.currentFile)

    def done(self, result: int) -> None:
        """Remember where the window was, and copy and open no more: closed by its frame or by Escape."""
        QSettings().setValue(GEOMETRY_KEY, self.saveGeometry())
        self.objectList.copying.stop()
        self.objectList.opening.stop()
        super().done(result)
