"""The dialog that chooses folders to import, and whether their files are copied."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

from qtpy.QtCore import QSettings
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHeaderView,
    QLabel,
    QListView,
    QTreeView,
    QWidget,
)

from DICOMLib.widgets.file_questions import keep_folder, last_folder
from DICOMLib.widgets.translation import _

MODE_KEY = "DICOM/ImportDirectoryMode"
FOLDER_KEY = "DICOM/ImportFolder"
LEGACY_KEY = "MainWindow/DontConfirmCopyOnImport"


class ImportDirectoryMode(IntEnum):
    """What is done with the files of an import."""

    ImportDirectoryCopy = 0
    ImportDirectoryAddLink = 1


def stored_import_mode() -> ImportDirectoryMode:
    """Mode of the settings; an old setting of another name is taken over once."""
    settings = QSettings()
    if settings.contains(LEGACY_KEY):
        if int(settings.value(LEGACY_KEY)) == 0:
            settings.setValue(MODE_KEY, int(ImportDirectoryMode.ImportDirectoryCopy))
        settings.remove(LEGACY_KEY)
    try:
        return ImportDirectoryMode(int(settings.value(MODE_KEY, ImportDirectoryMode.ImportDirectoryAddLink)))
    except ValueError:
        return ImportDirectoryMode.ImportDirectoryAddLink


def store_import_mode(mode: ImportDirectoryMode) -> None:
    """Keep the mode in the settings."""
    QSettings().setValue(MODE_KEY, int(mode))


class ImportDialog(QFileDialog):
    """Chooses one folder or several; files are shown, so that a folder can be recognised."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, _("Import DICOM files from folders"), last_folder(FOLDER_KEY))
        self.accepted.connect(lambda: keep_folder(Path(self.selectedFiles()[0]).parent, FOLDER_KEY))
        self.setObjectName("ImportDialog")
        self.resize(880, 560)
        self.setOption(QFileDialog.DontUseNativeDialog)
        self.setOption(QFileDialog.ShowDirsOnly, False)
        self.setFileMode(QFileDialog.Directory)
        self.setLabelText(QFileDialog.Accept, _("Import"))
        for view in self.findChildren(QListView) + self.findChildren(QTreeView):
            if view.objectName() in ("listView", "treeView"):
                view.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self._show_whole_dates()
        places = self.findChild(QListView, "sidebar")
        if places is not None:  # Qt makes it narrower than the names in it
            places.setMinimumWidth(places.sizeHintForColumn(0) + 24)
        self.modeCombo = QComboBox(self)
        self.modeCombo.setAccessibleName(_("Import mode"))
        self.modeCombo.setToolTip(_("Whether the database refers to the files or keeps copies of them"))
        self.modeCombo.addItem(
            _("Add link: files stay where they are"), ImportDirectoryMode.ImportDirectoryAddLink
        )
        self.modeCombo.addItem(_("Copy files into the database"), ImportDirectoryMode.ImportDirectoryCopy)
        layout = self.layout()
        if isinstance(layout, QGridLayout):
            row = layout.rowCount()
            layout.addWidget(QLabel(_("Import mode:"), self), row, 0)
            layout.addWidget(self.modeCombo, row, 1)
            self.hint = QLabel(_("To import zip archives or single files, drop them on the browser."), self)
            self.hint.setWordWrap(True)
            layout.addWidget(self.hint, row + 1, 0, 1, layout.columnCount())

    def _show_whole_dates(self) -> None:
        """Let the name take what size, kind and date leave."""
        table = self.findChild(QTreeView, "treeView")
        if table is not None:
            header = table.header()
            header.setStretchLastSection(False)
            header.setSectionResizeMode(QHeaderView.ResizeToContents)
            header.setSectionResizeMode(0, QHeaderView.Stretch)

    @property
    def mode(self) -> ImportDirectoryMode:
        """What is done with the files."""
        return ImportDirectoryMode(int(self.modeCombo.currentData()))

    @mode.setter
    def mode(self, mode: ImportDirectoryMode) -> None:
        self.modeCombo.setCurrentIndex(self.modeCombo.findData(mode))
