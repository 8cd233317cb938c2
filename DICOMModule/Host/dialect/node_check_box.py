"""`slicer.qMRMLCheckableNodeComboBox`: checks nodes of the scene."""

from __future__ import annotations

from typing import Any

from qtpy import QtCore, QtGui
from qtpy.QtCore import Signal

from DICOMModule.Host.dialect.node_combo_box import qMRMLNodeComboBox


class qMRMLCheckableNodeComboBox(qMRMLNodeComboBox):
    """Offers nodes of some classes with a check box each; the box shows which are checked."""

    checkedNodesChanged = Signal()

    def __init__(self, *arguments: Any) -> None:
        self._checked: list[str] = []
        super().__init__(*arguments)
        self._box.setModel(QtGui.QStandardItemModel(0, 1, self._box))
        self._box.view().pressed.connect(self._on_pressed)
        self._open_again = QtCore.QTimer(self._box)  # goes with the box, should that be deleted meanwhile
        self._open_again.setSingleShot(True)
        self._open_again.timeout.connect(self._box.showPopup)
        self._box.setEditable(True)
        self._box.lineEdit().setReadOnly(True)
        self.addEnabled = self.removeEnabled = False

    def refresh(self) -> None:
        """Read the scene again; nodes that are gone are checked no more."""
        if self._scene is not None and self._scene.IsBatchProcessing():
            return
        nodes = self.nodes()
        ids = [node.GetID() for node in nodes]
        self._box.blockSignals(True)
        self._box.clear()
        for node in nodes:
            self._box.addItem(node.GetName() or node.GetID(), node.GetID())
        self._box.blockSignals(False)
        self._check([node_id for node_id in self._checked if node_id in ids])

    def _check(self, ids: list[str]) -> None:
        """Check these nodes and no others."""
        model = self._box.model()
        names = []
        for row in range(self._box.count()):
            checked = self._box.itemData(row) in ids
            state = QtCore.Qt.Checked if checked else QtCore.Qt.Unchecked
            model.setData(model.index(row, 0), state, QtCore.Qt.CheckStateRole)
            if checked:
                names.append(self._box.itemText(row))
        if self._box.isEditable():
            self._box.lineEdit().setText(", ".join(names) or "None")
        if ids != self._checked:
            self._checked = ids
            self.checkedNodesChanged.emit()

    def _on_pressed(self, index: Any) -> None:
        node_id = self._box.itemData(index.row())
        self.setCheckState(node_id, 0 if node_id in self._checked else 2)
        self._open_again.start(0)  # several may be checked in turn

    def _in_order(self, ids: set[str]) -> list[str]:
        rows = range(self._box.count())
        return [self._box.itemData(row) for row in rows if self._box.itemData(row) in ids]

    def checkedNodes(self) -> list[Any]:
        """The nodes that are checked, as they are offered."""
        return [self._scene.GetNodeByID(node_id) for node_id in self._checked]

    def uncheckedNodes(self) -> list[Any]:
        """The nodes that are not."""
        return [node for node in self.nodes() if node.GetID() not in self._checked]

    def checkState(self, node: Any) -> int:
        """2 for a node that is checked, else 0."""
        return 2 if _id_of(node) in self._checked else 0

    def setCheckState(self, node: Any, state: Any) -> None:
        """Check a node, given as node or by its ID, or uncheck it."""
        ids = set(self._checked) - {_id_of(node)}
        self._check(self._in_order(ids | {_id_of(node)} if int(state) else ids))

    def allChecked(self) -> bool:
        """Whether all nodes are checked."""
        return len(self._checked) == self._box.count()

    def noneChecked(self) -> bool:
        """Whether none is checked."""
        return not self._checked

    def checkAll(self) -> None:
        """Check all nodes."""
        self._check([node.GetID() for node in self.nodes()])

    def uncheckAll(self) -> None:
        """Check no node."""
        self._check([])


def _id_of(node: Any) -> str:
    return node if isinstance(node, str) else str(node.GetID())
