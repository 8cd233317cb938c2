"""Table views: the table nodes of the scene, read, edited and copied."""

from __future__ import annotations

from typing import Any

import vtk
from qtpy.QtCore import QAbstractTableModel, QEvent, QItemSelectionModel, QModelIndex, QObject, Qt
from qtpy.QtGui import QGuiApplication, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QTableView, QWidget

from DICOMModule.Host.dialect.qt_dialect import dialect
from DICOMModule.Host.views.node_view import NodeBar, NodeViewWidget
from DICOMModule.Host.views.views import Observers, weakly


class TableModel(QAbstractTableModel):
    """The cells of a vtkMRMLTableNode as texts."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._node: Any = None
        self._observers = Observers()

    def node(self) -> Any:
        """The table node; None for none."""
        return self._node

    def set_node(self, node: Any) -> None:
        """Show another table."""
        self._observers.clear()
        self._node = node
        if node is not None:
            self._observers.add(node, vtk.vtkCommand.ModifiedEvent, weakly(self._reset))
        self._reset()

    def _reset(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  as Qt calls it
        """Rows of the table."""
        return self._node.GetNumberOfRows() if self._node is not None and not parent.isValid() else 0

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008  as Qt calls it
        """Columns of the table."""
        return self._node.GetNumberOfColumns() if self._node is not None and not parent.isValid() else 0

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Text of a cell."""
        if role not in (Qt.DisplayRole, Qt.EditRole):
            return None
        return self._node.GetCellText(index.row(), index.column())

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.EditRole) -> bool:
        """Change a cell of the node."""
        return role == Qt.EditRole and bool(self._node.SetCellText(index.row(), index.column(), str(value)))

    def flags(self, index: QModelIndex) -> Any:
        """Cells may be edited unless the table is locked."""
        flags = super().flags(index)
        editable = self._node is not None and not self._node.GetLocked()
        return flags | Qt.ItemIsEditable if editable else flags

    def headerData(self, section: int, orientation: Any, role: int = Qt.DisplayRole) -> Any:
        """Titles of columns with their units; numbers of rows."""
        if self._node is None or role not in (Qt.DisplayRole, Qt.ToolTipRole):
            return None
        if orientation == Qt.Vertical:
            return str(section + 1) if role == Qt.DisplayRole else None
        name = self._node.GetColumnName(section) or ""
        if role == Qt.ToolTipRole:
            return self._node.GetColumnDescription(name) or self._node.GetColumnLongName(name) or name
        title = (
            self._node.GetColumnTitle(name) if self._node.GetUseColumnTitleAsColumnHeader() else ""
        ) or name
        unit = self._node.GetColumnUnitLabel(name)
        return f"{title} [{unit}]" if unit and f"[{unit}]" not in title else title


class qMRMLTableView(dialect(QTableView)):  # type: ignore[misc]
    """A table of a vtkMRMLTableNode; what is selected is copied as text for spreadsheets."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QWidget)])
        self._scene: Any = None
        self._model = TableModel(self)
        QTableView.setModel(self, self._model)
        QTableView.setAlternatingRowColors(self, True)
        QTableView.setHorizontalScrollMode(self, QAbstractItemView.ScrollPerPixel)
        QTableView.horizontalHeader(self).setStretchLastSection(True)
        self._model.modelReset.connect(self._fit)
        QObject.destroyed.__get__(self).connect(self._model._observers.clear)

    def _fit(self) -> None:
        QTableView.resizeColumnsToContents(self)

    def setMRMLScene(self, scene: Any) -> None:
        """The scene that the table is in."""
        self._scene = scene

    def mrmlScene(self) -> Any:
        """The scene that the table is in."""
        return self._scene

    def setMRMLTableNode(self, node: Any) -> None:
        """Show a table; None for none."""
        self._model.set_node(node)

    def mrmlTableNode(self) -> Any:
        """The vtkMRMLTableNode that is shown; None for none."""
        return self._model.node()

    def keyPressEvent(self, event: Any) -> None:
        """Copy what is selected."""
        if event.type() == QEvent.KeyPress and event.matches(QKeySequence.Copy):
            self.copySelection()
        else:
            QTableView.keyPressEvent(self, event)

    def copySelection(self) -> None:
        """Copy the selected cells: tabulators between columns, an end of line behind each row."""
        selection: QItemSelectionModel = QTableView.selectionModel(self)
        rows: dict[int, dict[int, str]] = {}
        for index in selection.selectedIndexes():
            rows.setdefault(index.row(), {})[index.column()] = str(index.data())
        lines = ["\t".join(cells[column] for column in sorted(cells)) for _row, cells in sorted(rows.items())]
        QGuiApplication.clipboard().setText("\n".join(lines))


class TableController(NodeBar):
    """The bar above a table view."""

    def __init__(self, node: Any) -> None:
        super().__init__(node, "vtkMRMLTableNode", "#c3a06d", "SetTableNodeID")


class TableWidget(NodeViewWidget):
    """A table view with its bar.

    Parameters
    ----------
    node
        vtkMRMLTableViewNode.
    application_logic
        vtkMRMLApplicationLogic.
    parent
        Widget.
    """

    def __init__(self, node: Any, application_logic: Any, parent: QWidget | None = None) -> None:
        view = qMRMLTableView()
        view.setMRMLScene(node.GetScene())
        super().__init__(node, TableController(node), view, parent)

    def _follow(self) -> None:
        table = self._node.GetTableNode()
        if table is not self._view.mrmlTableNode():
            self._view.setMRMLTableNode(table)
            self._controller.nodes.setCurrentNode(table)

    def tableView(self) -> qMRMLTableView:
        """The table."""
        return self._view

    def tableController(self) -> TableController:
        """The bar above it."""
        return self._controller

    def mrmlTableViewNode(self) -> Any:
        """The vtkMRMLTableViewNode."""
        return self._node

    def dispose(self) -> None:
        """Let MRML go."""
        super().dispose()
        self._view.setMRMLTableNode(None)
