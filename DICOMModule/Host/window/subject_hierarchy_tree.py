"""The tree of loaded data: patients, studies and nodes of the subject hierarchy, with visibility."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import slicer
from qtpy import QtCore, QtWidgets
from qtpy.QtCore import Signal

from DICOMModule.Host.views.views import Observers
from DICOMModule.Host.window.subject_hierarchy_menu import fill_menu
from DICOMModule.Host.window.subject_hierarchy_model import (
    ID_COLUMN,
    ITEM_ROLE,
    NAME_COLUMN,
    VISIBILITY_COLUMN,
    SubjectHierarchyModel,
    children_of,
)
from DICOMModule.Host.window.subject_hierarchy_removal import remove_items

qt: Any = sys.modules["qt"]

CHOOSE = QtCore.QItemSelectionModel


class qMRMLSubjectHierarchyTreeView(qt.QTreeView):
    """A tree on vtkMRMLSubjectHierarchyNode.

    Renaming writes to the item, the eye shows and hides what is below it, Delete removes, dragging nests.
    """

    currentItemChanged = Signal(object)
    currentItemsChanged = Signal(list)
    currentItemModified = Signal(object)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._observers = Observers()
        QtCore.QObject.destroyed.__get__(self).connect(self._observers.clear)  # Qt may delete it at any time
        self._model = SubjectHierarchyModel()
        self._model.rowsInserted.connect(self._open_new)
        self._refresh_timer = QtCore.QTimer()
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(50)
        self._refresh_timer.timeout.connect(self.refresh)
        self._set_up_view()

    def _set_up_view(self) -> None:
        tree = QtWidgets.QTreeView
        tree.setModel(self, self._model)
        tree.setHeaderHidden(self, True)
        tree.setColumnHidden(self, ID_COLUMN, True)
        tree.setSelectionMode(self, tree.ExtendedSelection)
        tree.setDragDropMode(self, tree.InternalMove)
        tree.setContextMenuPolicy(self, QtCore.Qt.CustomContextMenu)
        tree.clicked.__get__(self).connect(self._on_clicked)
        tree.customContextMenuRequested.__get__(self).connect(self._show_menu)
        header = tree.header(self)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME_COLUMN, QtWidgets.QHeaderView.Stretch)
        header.setSectionResizeMode(VISIBILITY_COLUMN, QtWidgets.QHeaderView.ResizeToContents)
        selection = tree.selectionModel(self)
        selection.currentChanged.connect(lambda *_: self._emit_current())
        selection.selectionChanged.connect(lambda *_: self._emit_selection())

    # Scene

    def setMRMLScene(self, scene: Any) -> None:
        """Show the hierarchy of a scene; None lets it go."""
        self._observers.clear()
        self._model.set_scene(scene)
        if scene is not None:
            hierarchy = self._hierarchy()
            for event in (
                "SubjectHierarchyItemAddedEvent",
                "SubjectHierarchyItemRemovedEvent",
                "SubjectHierarchyItemModifiedEvent",
                "SubjectHierarchyItemReparentedEvent",
                "SubjectHierarchyItemDisplayModifiedEvent",
                "SubjectHierarchyItemChildrenReorderedEvent",
            ):
                self._observe(hierarchy, getattr(hierarchy, event))
            for event in (scene.EndCloseEvent, scene.EndImportEvent):
                self._observe(scene, event)

    def mrmlScene(self) -> Any:
        """The scene that is shown."""
        return self._model.scene

    def _observe(self, subject: Any, event: int) -> None:
        self._observers.add(subject, event, lambda _caller, _event: self._refresh_timer.start())

    def _hierarchy(self) -> Any:
        return self._model.hierarchy()

    # Content

    def refresh(self) -> None:
        """Read the hierarchy again, keeping what is open and chosen, also where it moved."""
        self._refresh_timer.stop()
        current, chosen = self.currentItem(), self.currentItems()
        self._model.update()
        if current != self.currentItem():
            self.setCurrentItem(current)
        self._choose_too(item for item in chosen if item not in self.currentItems())

    def _open_new(self, parent: QtCore.QModelIndex, _first: int, _last: int) -> None:
        """Show what comes into the tree; what the user closed is not opened for what changes elsewhere."""
        QtWidgets.QTreeView.expand(self, parent)

    def _on_clicked(self, index: QtCore.QModelIndex) -> None:
        if index.column() == VISIBILITY_COLUMN:
            self.setItemVisible(
                index.data(ITEM_ROLE), not self._hierarchy().GetItemDisplayVisibility(index.data(ITEM_ROLE))
            )

    def setItemVisible(self, item: int, visible: bool) -> None:
        """Show or hide what belongs to an item and those below it."""
        hierarchy = self._hierarchy()
        node = hierarchy.GetItemDataNode(item)
        if node is not None and node.IsA("vtkMRMLScalarVolumeNode"):
            self._show_volume(node, visible)
        hierarchy.SetItemDisplayVisibility(item, int(visible))
        hierarchy.SetDisplayVisibilityForBranch(item, int(visible))
        self._refresh_timer.start()
        self.currentItemModified.emit(item)

    def _show_volume(self, node: Any, visible: bool) -> None:
        logic = slicer.app.applicationLogic()
        selection = logic.GetSelectionNode()
        if visible:
            selection.SetActiveVolumeID(node.GetID())
        elif selection.GetActiveVolumeID() == node.GetID():
            selection.SetActiveVolumeID(None)
        logic.PropagateVolumeSelection()

    # Selection

    def currentItem(self) -> int:
        """Number of the chosen item, 0 for none."""
        index = QtWidgets.QTreeView.currentIndex(self)
        return int(index.siblingAtColumn(NAME_COLUMN).data(ITEM_ROLE) or 0) if index.isValid() else 0

    def currentItems(self) -> list[int]:
        """Numbers of all chosen items."""
        indexes = QtWidgets.QTreeView.selectionModel(self).selectedRows(NAME_COLUMN)
        return [int(index.data(ITEM_ROLE)) for index in indexes]

    def setCurrentItem(self, item: int) -> None:
        """Choose an item, and no other."""
        index = self._index_of(item)
        if index is not None:
            selection = QtWidgets.QTreeView.selectionModel(self)
            selection.setCurrentIndex(index, CHOOSE.ClearAndSelect | CHOOSE.Rows)

    def _choose_too(self, items: Iterable[int]) -> None:
        selection = QtWidgets.QTreeView.selectionModel(self)
        for index in filter(None, map(self._index_of, items)):
            selection.select(index, CHOOSE.Select | CHOOSE.Rows)

    def _index_of(self, item: int) -> QtCore.QModelIndex | None:
        start = self._model.index(0, NAME_COLUMN)
        exactly = QtCore.Qt.MatchExactly | QtCore.Qt.MatchRecursive
        found = self._model.match(start, ITEM_ROLE, item, 1, exactly)
        return found[0] if found else None

    def _emit_current(self) -> None:
        if not self._model.updating:
            slicer.qSlicerSubjectHierarchyPluginHandler.instance().setCurrentItem(self.currentItem())
            self.currentItemChanged.emit(self.currentItem())

    def _emit_selection(self) -> None:
        if not self._model.updating:
            self.currentItemsChanged.emit(self.currentItems())

    # Actions

    def _show_menu(self, position: QtCore.QPoint) -> None:
        index = QtWidgets.QTreeView.indexAt(self, position)
        menu = self.contextMenu(int(index.siblingAtColumn(NAME_COLUMN).data(ITEM_ROLE) or 0))
        menu.popup(QtWidgets.QTreeView.viewport(self).mapToGlobal(position))

    def contextMenu(self, item: int) -> QtWidgets.QMenu:
        """What can be done with an item, which becomes the chosen one; with the scene for 0."""
        if item and item not in self.currentItems():
            self.setCurrentItem(item)
        menu = QtWidgets.QMenu(self)
        menu.setAttribute(QtCore.Qt.WA_DeleteOnClose)
        fill_menu(menu, self, item)
        return menu

    def openCurrentDocument(self) -> bool:
        """Show the document of the chosen item in the viewer of the system; whether it could be."""
        plugin = slicer.modules.dicomPlugins["DICOMEncapsulatedDocumentPlugin"]()
        return bool(plugin.openInViewer(self._hierarchy().GetItemDataNode(self.currentItem())))

    def exportCurrentItem(self) -> Any:
        """Ask how the chosen item shall be written as DICOM."""
        from DICOMLib.widgets.files.export_dialog import qSlicerDICOMExportDialog

        dialog = qSlicerDICOMExportDialog(QtWidgets.QTreeView.window(self))
        QtWidgets.QDialog.setAttribute(dialog, QtCore.Qt.WA_DeleteOnClose)
        dialog.openFor(self.currentItem())
        return dialog

    def renameCurrentItem(self) -> None:
        """Edit the name in place."""
        index = QtWidgets.QTreeView.currentIndex(self).siblingAtColumn(NAME_COLUMN)
        QtWidgets.QTreeView.edit(self, index)

    def deleteSelectedItems(self) -> None:
        """Remove the chosen items with their nodes and what is below them."""
        remove_items(self._hierarchy(), self.currentItems())

    def keyPressEvent(self, event: Any) -> None:
        """Delete removes the chosen items."""
        if event.key() == QtCore.Qt.Key_Delete:
            self.deleteSelectedItems()
        else:
            super().keyPressEvent(event)

    def dropEvent(self, event: Any) -> None:
        """The scene moves the items; Qt must not remove the rows that were dragged."""
        super().dropEvent(event)
        if event.isAccepted():
            event.setDropAction(QtCore.Qt.TargetMoveAction)


class qMRMLSubjectHierarchyComboBox(qt.QComboBox):
    """A combo box of the items of the subject hierarchy."""

    currentItemChanged = Signal(object)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._scene: Any = None
        QtWidgets.QComboBox.currentIndexChanged.__get__(self).connect(
            lambda *_: self.currentItemChanged.emit(self.currentItem())
        )

    def setMRMLScene(self, scene: Any) -> None:
        """Offer the items of a scene."""
        self._scene = scene
        QtWidgets.QComboBox.clear(self)
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        for item in children_of(hierarchy, hierarchy.GetSceneItemID(), recursive=True):
            QtWidgets.QComboBox.addItem(self, hierarchy.GetItemName(item), item)

    def currentItem(self) -> int:
        """Number of the chosen item, 0 for none."""
        return int(QtWidgets.QComboBox.currentData(self) or 0)

    def setCurrentItem(self, item: int) -> None:
        """Choose an item."""
        QtWidgets.QComboBox.setCurrentIndex(self, QtWidgets.QComboBox.findData(self, item))
