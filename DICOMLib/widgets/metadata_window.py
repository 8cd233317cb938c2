"""The elements of files in a window: a tree to search and to copy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qtpy.QtCore import QModelIndex, QSettings, Qt, QUrl, Signal
from qtpy.QtGui import QCloseEvent, QDesktopServices
from qtpy.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.widgets.elements import Element, as_text, filtered, matcher, read_elements
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.progress import ElidedLabel
from DICOMLib.widgets.table_view import ALL_HIDDEN_STYLE
from DICOMLib.widgets.translation import _

LOOKUP_URL = "https://dicom.innolitics.com/ciods?q={tag}"
GEOMETRY_KEY = "ctkDICOMMetadataDialog/geometry"


class ctkDICOMObjectListWidget(NamedSignals, QWidget):
    """The elements of one of several files."""

    doubleClicked = Signal(QModelIndex)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files: list[str] = []
        self._elements: list[Element] = []
        self._error = ""
        self._build()

    def _build(self) -> None:
        self.pathLabel = ElidedLabel(self)
        self.pathLabel.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.copyPathButton = self._button(_("Copy path"), lambda: self._copy(self.currentFile))
        self.fileSlider = QSlider(Qt.Horizontal, self)
        self.fileSlider.setRange(0, 0)
        self.fileSlider.valueChanged.connect(self._show_file)
        self.fileLabel = QLabel(self)
        self.searchBox = QLineEdit(self)
        self.searchBox.setClearButtonEnabled(True)
        self.searchBox.setPlaceholderText(_("Search tag, attribute or value…"))
        self.searchBox.setToolTip(_("* and ? are wildcards; regexp: begins a regular expression"))
        self.searchBox.textChanged.connect(lambda _text: self._fill())
        self.tree = QTreeWidget(self)
        self.tree.setHeaderLabels([_("Tag"), _("Attribute"), _("Value"), _("VR"), _("Length")])
        self.tree.setAlternatingRowColors(True)
        self.tree.setUniformRowHeights(True)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(2, QHeaderView.Stretch)
        for column, width in ((0, 170), (1, 230), (3, 45), (4, 80)):
            self.tree.header().resizeSection(column, width)
        self.tree.doubleClicked.connect(self.doubleClicked)
        self.tree.itemDoubleClicked.connect(lambda item, _column: self.openLookupUrl(item.text(0)))
        self._lay_out()

    def _lay_out(self) -> None:
        top = QGridLayout()
        top.addWidget(self.pathLabel, 0, 0)
        top.addWidget(self.copyPathButton, 0, 1)
        top.addWidget(self.fileSlider, 1, 0)
        top.addWidget(self.fileLabel, 1, 1, Qt.AlignRight)
        top.setColumnStretch(0, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.searchBox, 1)
        buttons.addWidget(self._button(_("Expand all"), self.tree.expandAll))
        buttons.addWidget(self._button(_("Collapse all"), self.tree.collapseAll))
        self.copyButton = self._button(_("Copy metadata"), lambda: self._copy(self.metadataAsText()))
        self.copyAllButton = self._button(
            _("Copy all files metadata"), lambda: self._copy(self.metadataAsText(True))
        )
        buttons.addWidget(self.copyButton)
        buttons.addWidget(self.copyAllButton)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addLayout(buttons)
        layout.addWidget(self.tree, 1)

    def _button(self, text: str, slot: Any) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: slot())
        return button

    @staticmethod
    def _copy(text: str) -> None:
        QApplication.clipboard().setText(text)

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

    def _fill(self) -> None:
        shown = filtered(self._elements, matcher(self.filterExpression))
        self.tree.clear()
        if self._error:
            self.tree.addTopLevelItem(QTreeWidgetItem(["", _("Cannot be read"), self._error]))
        self.tree.addTopLevelItems([_item(element) for element in shown])
        if self.filterExpression:
            self.tree.expandAll()
        self.searchBox.setStyleSheet(ALL_HIDDEN_STYLE if self._elements and not shown else "")

    def metadataAsText(self, allFiles: bool = False) -> str:
        """What is shown as lines of text; with `allFiles` of each file, each line begins with its name."""
        matches = matcher(self.filterExpression)
        if not allFiles:
            return as_text(filtered(self._elements, matches))
        texts = []
        for path in self._files:
            prefix = Path(path).name + "\t"
            try:
                text = as_text(filtered(read_elements(path), matches), prefix)
            except InvalidDICOM as error:
                text = prefix + error.reason
            texts.append(text or f"{prefix}(none)")
        return "\n".join(texts)

    def openLookupUrl(self, tag: str) -> None:
        """Look a tag up in the web."""
        if tag:
            QDesktopServices.openUrl(QUrl(LOOKUP_URL.format(tag=tag)))


def _item(element: Element) -> QTreeWidgetItem:
    item = QTreeWidgetItem(list(element.columns()))
    item.setToolTip(2, element.value)
    item.addChildren([_item(child) for child in element.children])
    return item


class ctkDICOMMetadataDialog(NamedSignals, QDialog):
    """A window with the elements of files; closing hides it, and it remembers where it was."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("DICOM metadata"))
        self.resize(980, 640)
        geometry = QSettings().value(GEOMETRY_KEY)
        if geometry:
            self.restoreGeometry(geometry)
        self.objectList = ctkDICOMObjectListWidget(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.objectList)

    def setFileList(self, files: Iterable[str]) -> None:
        """Show these files."""
        self.objectList.setFileList(files)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember where the window was."""
        QSettings().setValue(GEOMETRY_KEY, self.saveGeometry())
        super().closeEvent(event)
