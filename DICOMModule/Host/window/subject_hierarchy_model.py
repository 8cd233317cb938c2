"""Rows of the tree of loaded data: items of the subject hierarchy, which may be dragged into each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import slicer
from qtpy.QtCore import QMimeData, QModelIndex, Qt
from qtpy.QtGui import QStandardItem, QStandardItemModel

from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.translation import _

ITEM_ROLE = number_of(Qt.UserRole) + 1
ICON_ROLE = ITEM_ROLE + 1
NAME_COLUMN, VISIBILITY_COLUMN, ID_COLUMN = 0, 1, 2
MIME_TYPE = "application/x-subject-hierarchy-items"
BROWSER_CLASS = "vtkMRMLSequenceBrowserNode"
PATIENT, STUDY = "Patient", "Study"
# Icons by kind of node; "Series" for all others.
ICONS = {
    "vtkMRMLSegmentationNode": "Segmentation",
    "vtkMRMLVolumeNode": "Volume",
    "vtkMRMLMarkupsNode": "Markups",
    "vtkMRMLModelNode": "Model",
    "vtkMRMLTableNode": "Table",
    "vtkMRMLTransformNode": "Transform",
    "vtkMRMLTextNode": "Text",
    "vtkMRMLSequenceNode": "Sequence",
}


class SubjectHierarchyModel(QStandardItemModel):
    """Follows vtkMRMLSubjectHierarchyNode row by row, so that what a view has chosen and opened stays so.

    Renaming a row renames its item; dropping rows makes their items children of another one.

    Attributes
    ----------
    scene
        The scene whose hierarchy is shown; None for none.
    """

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.scene: Any = None
        self._updating = False
        self._played: set[int] = set()
        self.itemChanged.connect(self._rename)

    def set_scene(self, scene: Any) -> None:
        """Show the hierarchy of a scene; None shows nothing."""
        self.scene = scene
        self.update()

    def hierarchy(self) -> Any:
        """The vtkMRMLSubjectHierarchyNode that is shown."""
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self.scene)

    @property
    def updating(self) -> bool:
        """Whether rows change because the scene did."""
        return self._updating

    # From the scene

    def update(self) -> None:
        """Read the hierarchy again; rows that are right already are left alone."""
        self._updating = True
        hierarchy = None if self.scene is None else self.hierarchy()
        if hierarchy is None or hierarchy.GetScene() is None:  # a scene that is closed for good lets it go
            self.removeRows(0, self.rowCount())
        else:
            self._played = played_sequences(hierarchy)
            self._update_below(self.invisibleRootItem(), hierarchy, hierarchy.GetSceneItemID())
        self._updating = False

    def _update_below(self, parent: QStandardItem, hierarchy: Any, item: int) -> None:
        wanted = [child for child in children_of(hierarchy, item) if child not in self._played]
        for row in reversed(range(parent.rowCount())):
            if parent.child(row).data(ITEM_ROLE) not in wanted:
                parent.removeRow(row)
        for row, child in enumerate(wanted):
            shown = [parent.child(r).data(ITEM_ROLE) for r in range(row, parent.rowCount())]
            if child not in shown:
                parent.insertRow(row, _row(child))
            elif shown[0] != child:
                parent.insertRow(row, parent.takeRow(row + shown.index(child)))
            _show(parent, row, hierarchy, child)
            self._update_below(parent.child(row), hierarchy, child)

    # To the scene

    def _rename(self, changed: QStandardItem) -> None:
        item = changed.data(ITEM_ROLE)
        if self._updating or item is None or changed.column() != NAME_COLUMN:
            return
        name = changed.text().strip()
        if name and name != self.hierarchy().GetItemName(item):
            self.hierarchy().SetItemName(item, name)

    def mimeTypes(self) -> list[str]:
        """Rows of this tree only."""
        return [MIME_TYPE]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        """Numbers of the items that are dragged."""
        data = QMimeData()
        items = list(dict.fromkeys(int(index.data(ITEM_ROLE)) for index in indexes))
        data.setData(MIME_TYPE, json.dumps(items).encode())
        return data

    def supportedDropActions(self) -> Qt.DropActions:
        """Items are moved."""
        return Qt.MoveAction

    def canDropMimeData(self, data: Any, _action: Any, row: int, _column: int, parent: QModelIndex) -> bool:
        """Whether all that is dragged may be put there."""
        target = self._item_at(parent)
        items = dragged_items(data)
        return bool(items) and all(may_be_child(self.hierarchy(), item, target) for item in items)

    def dropMimeData(self, data: Any, action: Any, row: int, column: int, parent: QModelIndex) -> bool:
        """Make items children of another one, before the row they are dropped at."""
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        hierarchy, target = self.hierarchy(), self._item_at(parent)
        before = self.index(row, NAME_COLUMN, parent).data(ITEM_ROLE) if row >= 0 else None
        for item in dragged_items(data):
            if hierarchy.GetItemParent(item) != target:
                hierarchy.SetItemParent(item, target)
            if before and before != item:
                hierarchy.MoveItem(item, before)
        return True

    def _item_at(self, index: QModelIndex) -> int:
        if not index.isValid():
            return int(self.hierarchy().GetSceneItemID())
        return int(index.siblingAtColumn(NAME_COLUMN).data(ITEM_ROLE))


def children_of(hierarchy: Any, item: int, recursive: bool = False) -> Iterator[int]:
    """The items directly below an item, or all of them."""
    import vtk

    children = vtk.vtkIdList()
    hierarchy.GetItemChildren(item, children, recursive)
    return (children.GetId(index) for index in range(children.GetNumberOfIds()))


def played_sequences(hierarchy: Any) -> set[int]:
    """Items of sequences that are shown by a proxy node, which has an item of its own: one row is enough."""
    return {
        hierarchy.GetItemByDataNode(sequence)
        for browser, sequence in _synchronized(hierarchy.GetScene())
        if (proxy := browser.GetProxyNode(sequence)) is not None and hierarchy.GetItemByDataNode(proxy)
    }


def sequences_played_by(scene: Any, node: Any) -> list[tuple[Any, Any]]:
    """Browser and sequence of what a node plays; none for a node that is no proxy."""
    return [(one, sequence) for one, sequence in _synchronized(scene) if one.GetProxyNode(sequence) is node]


def _synchronized(scene: Any) -> Iterator[tuple[Any, Any]]:
    """Each sequence browser node of a scene with each of its sequences."""
    import vtk

    for number in range(scene.GetNumberOfNodesByClass(BROWSER_CLASS)):
        browser, sequences = scene.GetNthNodeByClass(number, BROWSER_CLASS), vtk.vtkCollection()
        browser.GetSynchronizedSequenceNodes(sequences, True)
        for place in range(sequences.GetNumberOfItems()):
            yield browser, sequences.GetItemAsObject(place)


def may_be_child(hierarchy: Any, item: int, target: int) -> bool:
    """Whether an item may be put below another: not below itself, and the levels of DICOM stay in order."""
    if target == item or target in children_of(hierarchy, item, recursive=True):
        return False
    level, above = hierarchy.GetItemLevel(item), hierarchy.GetItemLevel(target)
    if level == PATIENT:
        return above not in (PATIENT, STUDY) and hierarchy.GetItemDataNode(target) is None
    return not (level == STUDY and above == STUDY)


def dragged_items(data: Any) -> list[int]:
    """Numbers of the items that are dragged; none if it is something else."""
    return json.loads(bytes(data.data(MIME_TYPE))) if data.hasFormat(MIME_TYPE) else []


def role_of(hierarchy: Any, item: int) -> str:
    """What an item of DICOM's levels stands for, in the user's words; empty for other items."""
    roles = {PATIENT: _("Subject"), STUDY: _("Study")}
    return roles.get(hierarchy.GetItemLevel(item), "") if item else ""


def _row(item: int) -> list[QStandardItem]:
    name, eye, number = (QStandardItem() for _column in range(3))
    for cell in (name, eye):
        cell.setData(item, ITEM_ROLE)
    for cell in (eye, number):
        cell.setEditable(False)
    eye.setToolTip(_("Show or hide"))
    number.setText(str(item))
    return [name, eye, number]


def _show(parent: QStandardItem, row: int, hierarchy: Any, item: int) -> None:
    """Bring the cells of a row up to date."""
    name = parent.child(row, NAME_COLUMN)
    if name.text() != hierarchy.GetItemName(item):
        name.setText(hierarchy.GetItemName(item))
    role = role_of(hierarchy, item)
    name.setToolTip(f"{role}: {name.text()}" if role else name.text())
    visible = hierarchy.GetItemDisplayVisibility(item)
    _show_icon(name, _icon_name(hierarchy, item))
    _show_icon(parent.child(row, VISIBILITY_COLUMN), "Visible" if visible else "Invisible")


def _show_icon(cell: QStandardItem, name: str) -> None:
    if cell.data(ICON_ROLE) != name:
        cell.setIcon(icon(name))
        cell.setData(name, ICON_ROLE)


def _icon_name(hierarchy: Any, item: int) -> str:
    level = hierarchy.GetItemLevel(item)
    if level in (PATIENT, STUDY):
        return str(level)
    node = hierarchy.GetItemDataNode(item)
    if node is None:
        return "Folder"
    return next((name for kind, name in ICONS.items() if node.IsA(kind)), "Series")
