"""Tree models of the elements of files; what is below an element is read when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt
from qtpy.QtGui import QBrush, QColor

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.metadata.element_comparison import CHANGED, ONLY_LEFT, ONLY_RIGHT
from DICOMLib.widgets.metadata.elements import Element, read_elements
from DICOMLib.widgets.translation import _

_NO_PARENT = QModelIndex()
# as numbers, for a view asks for a million cells, and PySide6 takes microseconds to find one of Qt's names
_TEXT_ROLES = (number_of(Qt.DisplayRole), number_of(Qt.ToolTipRole))
_BACKGROUND_ROLE = number_of(Qt.BackgroundRole)
_COLORS = {
    CHANGED: QColor(230, 170, 40, 70),
    ONLY_LEFT: QColor(90, 150, 230, 70),
    ONLY_RIGHT: QColor(90, 190, 110, 70),
}


class _Node:
    """An element in the tree; the nodes below are made when they are asked for."""

    __slots__ = ("_below", "element", "parent", "row")

    def __init__(self, element: Any, parent: _Node | None, row: int) -> None:
        self.element, self.parent, self.row = element, parent, row
        self._below: list[_Node] | None = None

    def below(self) -> list[_Node]:
        if self._below is None:
            self._below = [_Node(one, self, row) for row, one in enumerate(self.element.children)]
        return self._below


class _Root:
    """Stands above the elements of a file."""

    def __init__(self, elements: Sequence[Any]) -> None:
        self.children = elements
        self.may_have_children = bool(elements)


class TreeModel(QAbstractItemModel):
    """A tree of things that have `columns()`, `children` and `may_have_children`."""

    def __init__(self, titles: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.titles = list(titles)
        self._root = _Node(_Root([]), None, 0)

    def show(self, elements: Sequence[Any]) -> None:
        """Show other elements."""
        self.beginResetModel()
        self._root = _Node(_Root(list(elements)), None, 0)
        self.endResetModel()

    def element(self, index: QModelIndex) -> Any:
        """The element of an index."""
        return self._node(index).element

    def _node(self, index: QModelIndex) -> _Node:
        node: _Node = index.internalPointer() if index.isValid() else self._root
        return node

    def index(self, row: int, column: int, parent: QModelIndex = _NO_PARENT) -> QModelIndex:
        """Index of a cell."""
        below = self._node(parent).below()
        if 0 <= row < len(below) and 0 <= column < len(self.titles):
            return self.createIndex(row, column, below[row])
        return QModelIndex()

    def parent(self, index: QModelIndex) -> QModelIndex:
        """Index of the element above."""
        above = self._node(index).parent if index.isValid() else None
        if above is None or above is self._root:
            return QModelIndex()
        return self.createIndex(above.row, 0, above)

    def hasChildren(self, parent: QModelIndex = _NO_PARENT) -> bool:
        """Whether something may be below."""
        return bool(self._node(parent).element.may_have_children)

    def rowCount(self, parent: QModelIndex = _NO_PARENT) -> int:
        """Number of elements below."""
        return 0 if parent.column() > 0 else len(self._node(parent).below())

    def columnCount(self, parent: QModelIndex = _NO_PARENT) -> int:
        """Number of columns."""
        return len(self.titles)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Text, tool tip, and the colour of a difference."""
        if not index.isValid():
            return None
        element = self.element(index)
        if role in _TEXT_ROLES:
            return element.columns()[index.column()]
        if role == _BACKGROUND_ROLE and hasattr(element, "kind") and element.kind in _COLORS:
            return QBrush(_COLORS[element.kind])
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        """Title of a column."""
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return self.titles[section]
        return None


class ctkDICOMObjectModel(TreeModel):
    """The elements of one file."""

    TagColumn, AttributeColumn, ValueColumn, VRColumn, LengthColumn = range(5)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__([_("Tag"), _("Attribute"), _("Value"), _("VR"), _("Length")], parent)

    def setFile(self, path: str) -> None:
        """Show the elements of a file; one that cannot be read is shown as one line that says so."""
        try:
            self.show(read_elements(path))
        except InvalidDICOM as error:
            self.show([Element("", _("Cannot be read"), str(error))])
