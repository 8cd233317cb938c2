"""Asks whether series that the chosen data refers to shall be loaded with it."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QCheckBox, QGroupBox, QMessageBox, QScrollArea, QVBoxLayout, QWidget

from DICOMLib.widgets.translation import _

SCROLL_FROM = 8  # so many boxes fit without scrolling


class DICOMReferencesDialog(QMessageBox):
    """Yes, No or Cancel, one checked box for each referenced loadable, and a box to remember the answer."""

    def __init__(self, parent: QWidget | None, loadables: dict[Any, list[Any]]) -> None:
        super().__init__(parent)
        self.loadables = loadables
        self.checkboxes: dict[Any, QCheckBox] = {}
        self.setObjectName("DICOMReferencesDialog")
        self.setWindowTitle(_("Referenced datasets found"))
        self.setIcon(QMessageBox.Question)
        self.setText(_("The chosen data refers to other series of the database."))
        self.setInformativeText(_("Load them too?"))
        self.setStandardButtons(QMessageBox.Yes | QMessageBox.No | QMessageBox.Cancel)
        self.setDefaultButton(QMessageBox.Yes)
        self.rememberChoiceAndStopAskingCheckbox = QCheckBox(_("Remember choice and stop asking"), self)
        self.rememberChoiceAndStopAskingCheckbox.setToolTip(
            _("The application settings of DICOM tell this choice, and change it")
        )
        self.setCheckBox(self.rememberChoiceAndStopAskingCheckbox)
        group = QGroupBox(_("Referenced series"), self)
        boxes = QVBoxLayout(group)
        for loadable in (one for offered in loadables.values() for one in offered if one.selected):
            box = QCheckBox(loadable.name, group)
            box.setToolTip(loadable.tooltip or _("Load this, too"))
            box.setChecked(True)
            self.checkboxes[loadable] = box
            boxes.addWidget(box)
        self._show(group)

    def _show(self, group: QGroupBox) -> None:
        content: QWidget = group
        if len(self.checkboxes) > SCROLL_FROM:
            area = QScrollArea(self)
            area.setWidgetResizable(True)
            area.setWidget(group)
            area.setMinimumHeight(220)
            content = area
        grid = self.layout()
        grid.addWidget(content, grid.rowCount(), 0, 1, grid.columnCount())

    def applyChoice(self) -> None:
        """Write the boxes into the loadables."""
        for loadable, box in self.checkboxes.items():
            loadable.selected = box.isChecked()
