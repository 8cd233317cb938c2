"""What the plugins offer to load, to be chosen, named and warned of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from DICOMLib.plugins.choose import deselect_repeated
from DICOMLib.widgets.translation import _

NAME, READER, WARNINGS = range(3)


class DICOMLoadableTable(QTableWidget):
    """One row for each loadable: a box to choose it, its name (to be edited), its reader, its warnings."""

    checkedChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self.setTabKeyNavigation(False)  # Tab leads out of the table
        self.setObjectName("DICOMLoadableTable")
        self.setAccessibleName(_("What can be loaded"))
        self.setHorizontalHeaderLabels([_("DICOM Data"), _("Reader"), _("Warnings")])
        self.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollPerPixel)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(NAME, QHeaderView.Stretch)
        header.setSectionResizeMode(READER, QHeaderView.ResizeToContents)
        header.setSectionResizeMode(WARNINGS, QHeaderView.Stretch)
        header.setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        self._loadables: list[Any] = []
        self.itemChanged.connect(lambda _item: self.checkedChanged.emit())

    def setLoadables(self, loadablesByPlugin: Mapping[Any, list[Any]] | list[Any]) -> None:
        """Show the loadables of each plugin, selected ones first; an empty list clears the table."""
        offered = dict(loadablesByPlugin) if loadablesByPlugin else {}
        deselect_repeated(offered)
        rows = [(loadable, plugin) for plugin, loadables in offered.items() for loadable in loadables]
        rows.sort(key=lambda row: not row[0].selected)  # stable: the plugins' order stays
        self.blockSignals(True)
        self.setRowCount(len(rows))
        self._loadables = [loadable for loadable, _plugin in rows]
        for row, (loadable, plugin) in enumerate(rows):
            self._fill(row, loadable, plugin)
        self.blockSignals(False)
        self.checkedChanged.emit()

    def _fill(self, row: int, loadable: Any, plugin: Any) -> None:
        name = QTableWidgetItem(loadable.name)
        name.setFlags(Qt.ItemIsUserCheckable | Qt.ItemIsEnabled | Qt.ItemIsEditable | Qt.ItemIsSelectable)
        name.setCheckState(Qt.Checked if loadable.selected else Qt.Unchecked)
        name.setToolTip(loadable.tooltip)
        self.setItem(row, NAME, name)
        reader = QTableWidgetItem(plugin.loadType)
        reader.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable)
        confidence = _("Confidence: {percent} %").format(percent=round(loadable.confidence * 100))
        reader.setToolTip(confidence)
        self.setItem(row, READER, reader)
        warning = QTableWidgetItem(loadable.warning)
        warning.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable)
        warning.setToolTip(loadable.warning)
        self.setItem(row, WARNINGS, warning)

    def uncheckAll(self) -> None:
        """Choose nothing."""
        for row in range(self.rowCount()):
            self.item(row, NAME).setCheckState(Qt.Unchecked)

    def updateSelectedFromCheckstate(self) -> None:
        """Write choice and edited names into the loadables."""
        for row, loadable in enumerate(self._loadables):
            item = self.item(row, NAME)
            loadable.selected = item.checkState() == Qt.Checked
            loadable.name = item.text()

    def getNumberOfCheckedItems(self) -> int:
        """Number of chosen rows."""
        return sum(self.item(row, NAME).checkState() == Qt.Checked for row in range(self.rowCount()))
