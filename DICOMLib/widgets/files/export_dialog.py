"""Export of data of the scene as DICOM: what, how, with which tags, and where to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import DICOMError, ExportError
from DICOMLib.mrml.export_placement import place_with_references
from DICOMLib.plugins.export import (
    ExportTypes,
    examine_for_export,
    export,
    export_to_database,
    items_to_export,
)
from DICOMLib.plugins.export_preview import preview, preview_notes
from DICOMLib.plugins.export_report import ExportReport
from DICOMLib.widgets.file_questions import ask_folder
from DICOMLib.widgets.files.change_table import ChangeTable
from DICOMLib.widgets.files.tag_editor import TagEditor
from DICOMLib.widgets.loading.loading_steps import plugin_faults
from DICOMLib.widgets.progress import ProgressPanel, Stepper
from DICOMLib.widgets.translation import _

TO_FOLDER_KEY, FOLDER_KEY = "DICOM/ExportToFolder", "DICOM/ExportFolder"


class qSlicerDICOMExportDialog(QDialog):
    """Asks what to export, shows what will be written, and writes it step by step."""

    exported = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.report: ExportReport | None = None
        self._stepper = Stepper(self)
        self._item = 0
        self._faults = ""
        self._build()
        self._lay_out()
        self._connect()

    # Building

    def _build(self) -> None:
        self.setObjectName("qSlicerDICOMExportDialog")
        self.setWindowTitle(_("Export to DICOM"))
        self.resize(1120, 680)
        self.tree = slicer.qMRMLSubjectHierarchyTreeView(self)
        self.tree.setMRMLScene(slicer.mrmlScene)
        self.tree.setAccessibleName(_("Data to export"))
        self.types = QListWidget(self)
        self.types.setWordWrap(True)
        self.types.setAccessibleName(_("Export type"))
        self.types.setMaximumHeight(110)
        self.types.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.editor = TagEditor(self)
        self.changes = ChangeTable(self)
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self.editor, _("Tags"))
        self.tabs.addTab(self.changes, _("What changes"))
        self.saveTagsBox = QCheckBox(_("Save modified tags in the scene"), self)
        self.saveTagsBox.setChecked(True)
        self.saveTagsBox.setToolTip(_("The next export begins with the tags as they were edited here"))
        self.databaseButton = QRadioButton(_("Add to the DICOM database"), self)
        self.databaseButton.setToolTip(_("What is exported becomes a series of the open database"))
        self.folderButton = QRadioButton(_("Export to folder:"), self)
        self.folderButton.setToolTip(_("What is exported is written as files; the database stays as it is"))
        self.folderEdit = QLineEdit(str(QSettings().value(FOLDER_KEY, "")), self)
        self.folderEdit.setAccessibleName(_("Folder of the exported files"))
        self.folderEdit.setToolTip(
            _("Folder in which the DICOM files are written; it is made if it is not there")
        )
        self.browseButton = QPushButton(_("Browse…"), self)
        self.browseButton.setToolTip(_("Choose the folder of the exported files"))
        to_folder = str(QSettings().value(TO_FOLDER_KEY, "false")).lower() == "true"
        (self.folderButton if to_folder else self.databaseButton).setChecked(True)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.studyButton = QPushButton(_("Create patient and study"), self)
        self.studyButton.setToolTip(_("Put the chosen data below a new study of a new patient"))
        self.studyButton.hide()
        self.progress = ProgressPanel(self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.Close, self)
        self.exportButton = self.buttons.addButton(_("Export"), QDialogButtonBox.AcceptRole)
        self.exportButton.setToolTip(_("Write the chosen data as DICOM"))
        self.exportButton.setEnabled(False)

    def _lay_out(self) -> None:
        left, right = QWidget(self), QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(QLabel(_("1. Select the data"), self))
        column.addWidget(self.tree, 1)
        column.addWidget(QLabel(_("2. Select the export type"), self))
        column.addWidget(self.types)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(QLabel(_("3. Edit the tags: click a value"), self))
        column.addWidget(self.tabs, 1)
        column.addWidget(self.saveTagsBox)
        splitter = QSplitter(Qt.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([480, 640])
        target = QGridLayout()
        target.addWidget(self.databaseButton, 0, 0)
        target.addWidget(self.folderButton, 1, 0)
        target.addWidget(self.folderEdit, 1, 1)
        target.addWidget(self.browseButton, 1, 2)
        said = QHBoxLayout()
        said.addWidget(self.message, 1)
        said.addWidget(self.studyButton)
        layout = QVBoxLayout(self)
        layout.addWidget(splitter, 1)
        layout.addLayout(target)
        layout.addLayout(said)
        layout.addWidget(self.progress)
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.tree.currentItemChanged.connect(self._follow_item)
        self.types.currentRowChanged.connect(lambda _row: self._show_tags())
        self.tabs.currentChanged.connect(lambda _tab: self._show_changes())
        self.editor.tagEdited.connect(self._on_edited)
        self.folderButton.toggled.connect(self._follow_target)
        self.folderEdit.textChanged.connect(lambda _text: self._follow_target())
        self.browseButton.clicked.connect(lambda _checked=False: self.chooseFolder())
        self.studyButton.clicked.connect(lambda _checked=False: self.createStudy())
        self.progress.cancelRequested.connect(self._stepper.cancel)
        self.buttons.accepted.connect(self.start)
        self.buttons.rejected.connect(self.reject)
        self._follow_target()

    # Slicer's names

    def setMRMLScene(self, scene: Any) -> None:
        """Show the data of a scene."""
        self.tree.setMRMLScene(scene)

    def execDialog(self, itemID: int = 0) -> bool:
        """Show the dialog and wait until it is closed; False, as in Slicer, whatever was exported."""
        self.openFor(itemID)
        return bool(self.exec_())

    def exec(self, itemID: int = 0) -> bool:
        """As `execDialog`."""
        return self.execDialog(itemID) if itemID else bool(super().exec_())

    def openFor(self, item: int) -> None:
        """Show the dialog with an item of the subject hierarchy chosen."""
        self.tree.setCurrentItem(item)
        self._examine()
        self.open()

    # Steps

    def _start(self, job: Any, step: str, on_done: Callable[[Any], None]) -> None:
        self.progress.begin(step)

        def end(tell: Callable[[], None]) -> None:
            self.progress.end()
            tell()
            self._follow_target()

        self._stepper.start(
            job,
            self.progress.showProgress,
            lambda report: end(lambda: on_done(report)),
            lambda error: end(lambda: self._say(str(error) or type(error).__name__)),
        )
        self._follow_target()

    def _say(self, text: str) -> None:
        self.message.setText(text)

    def _follow_item(self, item: int) -> None:
        """Another item was chosen; the tree tells also when it was only drawn anew."""
        if item and item != self._item:
            self._examine()

    def _examine(self) -> None:
        """Ask the plugins how they could write the chosen item; what was asked before is forgotten."""
        self._stepper.stop()
        self.progress.end()
        self._faults = ""
        self.types.clear()
        self._say("")
        self.studyButton.hide()
        item = self._item = self.tree.currentItem()
        if not item:
            self._say(_("Select a study, or data of a study."))
            return
        try:
            items = items_to_export(item)
        except ExportError as error:
            self._say(str(error))
            return
        self._start(examine_for_export(items), _("Asking DICOM plugins"), self._show_types)

    def _show_types(self, found: ExportTypes) -> None:
        self._faults = " ".join(plugin_faults(found.failed))
        for offered in found.types:
            row = QListWidgetItem(offered.text)
            row.setData(Qt.UserRole, offered)
            row.setToolTip(f"{offered.text}\n{offered.exportables[0].tooltip}")
            self.types.addItem(row)
        if found.types:
            self.types.setCurrentRow(0)
        else:
            self._say(f"{_('No plugin can export this data.')} {self._faults}".strip())

    def _show_tags(self) -> None:
        row = self.types.currentItem()
        exportables = row.data(Qt.UserRole).exportables if row is not None else []
        try:
            self.editor.setExportables(exportables)
            reasons = dict.fromkeys(getattr(one, "hindrance", "") for one in exportables)
            self._say(" ".join(text for text in (*reasons, self._faults) if text))
        except ExportError as error:
            self.editor.clear()
            self._say(str(error))
            self.studyButton.show()
        self._show_changes()
        self._follow_target()

    def _on_edited(self) -> None:
        if self.saveTagsBox.isChecked():
            self.editor.commitChangesToItems()
        self._show_changes()

    def _show_changes(self) -> None:
        """Compare with the images of origin, if that is looked at."""
        if self.tabs.currentWidget() is not self.changes:
            return
        try:
            exportables = self.editor.exportables()
            self.changes.show_changes(preview(exportables), preview_notes(exportables))
        except DICOMError as error:
            self.changes.say(str(error))

    def createStudy(self) -> None:
        """Put the chosen item below a study, with the data that it refers to."""
        item = self.tree.currentItem()
        if item:
            place_with_references(item)
            self.tree.refresh()
            self.tree.setCurrentItem(item)
            self._examine()

    # Target

    def _follow_target(self, *_change: Any) -> None:
        to_folder = self.folderButton.isChecked()
        for widget in (self.folderEdit, self.browseButton):
            widget.setEnabled(to_folder)
        ready = self.editor.topLevelItemCount() > 0 and not self._stepper.busy
        self.exportButton.setEnabled(ready and (not to_folder or bool(self.folderEdit.text().strip())))

    def chooseFolder(self) -> QFileDialog:
        """Ask for the folder."""
        return ask_folder(self, _("Export to folder"), self.folderEdit.setText, self.folderEdit.text())

    def start(self) -> None:
        """Write."""
        if self.saveTagsBox.isChecked():
            self.editor.commitChangesToItems()
        to_folder, folder = self.folderButton.isChecked(), self.folderEdit.text().strip()
        QSettings().setValue(TO_FOLDER_KEY, to_folder)
        exportables = self.editor.exportables()
        job = export(exportables, Path(folder)) if to_folder else export_to_database(exportables)
        self._start(job, _("Exporting"), lambda report: self._tell(report, folder if to_folder else ""))

    def _tell(self, report: ExportReport, folder: str) -> None:
        self.report = report
        if folder and report.files:  # one that took nothing is no good start for the next export
            QSettings().setValue(FOLDER_KEY, folder)
        self._say(report.as_text())
        self.exported.emit(report)

    def done(self, result: int) -> None:
        """Stop what is going on, and close."""
        self._stepper.stop()
        super().done(result)
