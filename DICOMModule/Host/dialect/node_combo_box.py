"""`slicer.qMRMLNodeComboBox`: chooses a node of the scene."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import slicer
from qtpy import QtCore, QtWidgets
from qtpy.QtCore import Signal

from DICOMModule.Host.views.views import Observers, weakly

qt: Any = sys.modules["qt"]


def _option(name: str, default: Any) -> tuple[property, Callable[..., None]]:
    """A property that changes what is offered, and its setter."""

    def read(box: Any) -> Any:
        return box.__dict__.get(f"_{name}", default)

    def write(box: Any, value: Any) -> None:
        box.__dict__[f"_{name}"] = type(default)(value)
        box.refresh()

    return property(read, write), write


class qMRMLWidget(qt.QWidget):
    """A widget that passes its scene on to those that are connected to it."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        """Show another scene."""
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)

    def mrmlScene(self) -> Any:
        """The scene that is shown."""
        return self._scene


class _Box(QtWidgets.QComboBox):
    """Reads the names of the nodes again before they are offered."""

    def showPopup(self) -> None:
        """Names may have changed."""
        self.parent().refresh()
        super().showPopup()


class qMRMLNodeComboBox(qMRMLWidget):
    """Chooses a node of some classes; may also make, rename and delete nodes."""

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    nodeAdded = Signal(object)
    nodeAddedByUser = Signal(object)
    nodeActivated = Signal(object)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._node_types: list[str] = []
        self._attributes: list[tuple[str, str, str | None]] = []
        self._current = ""
        self._scene_observers, self._node_observer = Observers(), Observers()
        self._box = _Box(self)
        self._box.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self._box.activated.connect(self._on_activated)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        for observers in (self._scene_observers, self._node_observer):
            QtCore.QObject.destroyed.__get__(self).connect(observers.clear)

    # What is offered

    baseName, setBaseName = _option("baseName", "")
    addEnabled, setAddEnabled = _option("addEnabled", True)
    removeEnabled, setRemoveEnabled = _option("removeEnabled", True)
    renameEnabled, setRenameEnabled = _option("renameEnabled", False)
    editEnabled, setEditEnabled = _option("editEnabled", False)
    noneEnabled, setNoneEnabled = _option("noneEnabled", False)
    noneDisplay, setNoneDisplay = _option("noneDisplay", "None")
    showHidden, setShowHidden = _option("showHidden", False)
    showChildNodeTypes, setShowChildNodeTypes = _option("showChildNodeTypes", True)
    selectNodeUponCreation, setSelectNodeUponCreation = _option("selectNodeUponCreation", True)

    def setNodeTypes(self, names: Any) -> None:
        """Classes of the nodes that are offered."""
        self._node_types = [str(name) for name in names]
        self.refresh()

    nodeTypes = property(lambda self: tuple(self._node_types), setNodeTypes)

    def addAttribute(self, node_type: str, name: str, value: Any = None) -> None:
        """Offer nodes of a class only if they have an attribute, and a value of it."""
        self._attributes.append((node_type, name, None if value is None else str(value)))
        self.refresh()

    def removeAttribute(self, node_type: str, name: str) -> None:
        """Undo `addAttribute`."""
        self._attributes = [one for one in self._attributes if one[:2] != (node_type, name)]
        self.refresh()

    def setMRMLScene(self, scene: Any) -> None:
        """Offer the nodes of another scene."""
        self._scene_observers.clear()
        if scene is not None:
            events = (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndBatchProcessEvent)
            for event in events:
                self._scene_observers.add(scene, event, weakly(self.refresh))
        super().setMRMLScene(scene)
        self.refresh()

    def _is_offered(self, node: Any) -> bool:
        if node.GetHideFromEditors() and not self.showHidden:
            return False
        if self.showChildNodeTypes:
            fits = any(node.IsA(name) for name in self._node_types)
        else:
            fits = node.GetClassName() in self._node_types
        return fits and all(
            node.GetAttribute(name) is not None and value in (None, node.GetAttribute(name))
            for node_type, name, value in self._attributes
            if node.IsA(node_type)
        )

    def nodes(self) -> list[Any]:
        """The nodes that are offered."""
        if self._scene is None:
            return []
        found = (self._scene.GetNthNode(index) for index in range(self._scene.GetNumberOfNodes()))
        return [node for node in found if self._is_offered(node)]

    def nodeCount(self) -> int:
        """How many nodes are offered."""
        return len(self.nodes())

    def nodeFromIndex(self, index: int) -> Any:
        """A node by its place; None for a place that there is not."""
        nodes = self.nodes()
        return nodes[index] if 0 <= index < len(nodes) else None

    def refresh(self) -> None:
        """Read the scene again; a chosen node that is gone is replaced by none, or by the first one."""
        if self._scene is not None and self._scene.IsBatchProcessing():
            return
        nodes = self.nodes()
        ids = [node.GetID() for node in nodes]
        self._box.blockSignals(True)
        self._box.clear()
        if self.noneEnabled or not nodes:
            self._box.addItem(self.noneDisplay, "")
        for node in nodes:
            self._box.addItem(node.GetName() or node.GetID(), node.GetID())
        self._add_actions()
        self._box.blockSignals(False)
        wanted = self._current if self._current in ids else ""
        if not wanted and ids and not self.noneEnabled:
            wanted = ids[0]
        self._choose(wanted)

    def _add_actions(self) -> None:
        actions = []
        if self.addEnabled:
            actions += [(f"Create new {_plain_name(name)}", ("add", name)) for name in self._node_types]
        if self._current and (self.renameEnabled or self.editEnabled):
            actions.append(("Rename current…", ("rename", "")))
        if self._current and self.removeEnabled:
            actions.append(("Delete current", ("remove", "")))
        if actions:
            self._box.insertSeparator(self._box.count())
        for text, action in actions:
            self._box.addItem(text, action)

    # What is chosen

    def _choose(self, node_id: str) -> None:
        self._box.setCurrentIndex(max(0, self._box.findData(node_id)))
        if node_id == self._current:
            return
        self._current = node_id
        node = self.currentNode()
        self._node_observer.clear()
        if node is not None:
            self._node_observer.add(node, "ModifiedEvent", weakly(self._show_name))
        self.currentNodeChanged.emit(node)
        self.currentNodeIDChanged.emit(node_id)

    def _show_name(self) -> None:
        node = self.currentNode()
        if node is not None and node.GetName() != self._box.currentText():
            self._box.setItemText(self._box.currentIndex(), node.GetName())

    def currentNode(self) -> Any:
        """The chosen node, None for none."""
        return self._scene.GetNodeByID(self._current) if self._scene is not None and self._current else None

    def setCurrentNode(self, node: Any) -> None:
        """Choose a node, given as node or by its ID; None, or one that is not offered, is none."""
        node_id = node if isinstance(node, str) else node.GetID() if node is not None else ""
        self._choose(node_id if self._box.findData(node_id) >= 0 else "")

    setCurrentNodeID = setCurrentNode
    currentNodeID = property(lambda self: self._current, setCurrentNode)

    def setCurrentNodeIndex(self, index: int) -> None:
        """Choose a node by its place."""
        self.setCurrentNode(self.nodeFromIndex(index))

    def _on_activated(self, index: int) -> None:
        data = self._box.itemData(index)
        if isinstance(data, str):
            self._choose(data)
            self.nodeActivated.emit(self.currentNode())
            return
        self._box.setCurrentIndex(max(0, self._box.findData(self._current)))
        action, name = data
        if action == "add":
            self.nodeAddedByUser.emit(self.addNode(name))
        elif action == "remove":
            self.removeCurrentNode()
        else:
            self.renameCurrentNode()

    # What is done

    def addNode(self, class_name: str = "") -> Any:
        """Make a node of a class, or of the first one that is offered."""
        class_name = class_name or self._node_types[0]
        base = self.baseName or self._scene.GetTagByClassName(class_name) or class_name
        node = self._scene.AddNewNodeByClass(class_name, self._scene.GenerateUniqueName(base))
        for node_type, name, value in self._attributes:
            if node.IsA(node_type):
                node.SetAttribute(name, value or "")
        self.refresh()
        if self.selectNodeUponCreation:
            self.setCurrentNode(node)
        self.nodeAdded.emit(node)
        return node

    def removeCurrentNode(self) -> None:
        """Delete the chosen node."""
        node = self.currentNode()
        if node is not None:
            self._scene.RemoveNode(node)

    def renameCurrentNode(self) -> None:
        """Ask for another name of the chosen node."""
        node = self.currentNode()
        if node is None:
            return
        name, accepted = QtWidgets.QInputDialog.getText(self, "Rename", "New name:", text=node.GetName())
        if accepted and name.strip():
            node.SetName(name.strip())
            self.refresh()


def _plain_name(class_name: str) -> str:
    """Name of a node class for people: ScalarVolume of vtkMRMLScalarVolumeNode."""
    tag = slicer.mrmlScene.GetTagByClassName(class_name) if hasattr(slicer, "mrmlScene") else None
    return str(tag or class_name.removeprefix("vtkMRML").removesuffix("Node"))
