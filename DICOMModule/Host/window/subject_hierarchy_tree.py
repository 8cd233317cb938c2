"""The tree of loaded data: patients, studies and nodes of the subject hierarchy, with visibility."""

from __future__ import annotations

import sys
from typing import Any

import slicer
from qtpy import QtCore, QtGui, QtWidgets
from qtpy.QtCore import Signal

from DICOMLib.widgets.icons import icon
from DICOMModule.Host.views.views import Observers
from DICOMModule.Host.window.subject_hierarchy_menu import fill_menu

qt: Any = sys.modules["qt"]

ITEM_ROLE = int(QtCore.Qt.UserRole) + 1
NAME_COLUMN, VISIBILITY_COLUMN, ID_COLUMN = 0, 1, 2


class qMRMLSubjectHierarchyTreeView(qt.QTreeView):
    """A tree on vtkMRMLSubjectHierarchyNode.

    Renaming writes to the item; the eye shows and hides what is below it; Delete removes it.
    """

    currentItemChanged = Signal(object)
    currentItemsChanged = Signal(list)
    currentItemModified = Signal(object)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._scene: Any = None
        self._observers = Observers()
        QtCore.QObject.destroyed.__get__(self).connect(self._observers.clear)  # Qt may delete it at any time
        self._filling = False
        self._model = QtGui.QStandardItemModel(0, 3)
        self._model.itemChanged.connect(self._on_item_changed)
        self._refresh_timer = QtCore.QTimer()
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(50)
        self._refresh_timer.timeout.connect(self.refresh)
        tree = QtWidgets.QTreeView
        tree.setModel(self, self._model)
        tree.setHeaderHidden(self, True)
        tree.setColumnHidden(self, ID_COLUMN, True)
        tree.setContextMenuPolicy(self, QtCore.Qt.CustomContextMenu)
        tree.clicked.__get__(self).connect(self._on_clicked)
        tree.customContextMenuRequested.__get__(self).connect(self._show_menu)
        header = tree.header(self)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME_COLUMN, QtWidgets.QHeaderView.Stretch)
        header.setSectionResizeMode(VISIBILITY_COLUMN, QtWidgets.QHeaderView.ResizeToContents)
        tree.selectionModel(self).currentChanged.connect(lambda *_: self._emit_current())

    # Scene

    def setMRMLScene(self, scene: Any) -> None:
        """Show the hierarchy of a scene; None lets it go."""
        self._observers.clear()
        self._scene = scene
        if scene is not None:
            hierarchy = self._hierarchy()
            for event in (
                "SubjectHierarchyItemAddedEvent",
                "SubjectHierarchyItemRemovedEvent",
                "SubjectHierarchyItemModifiedEvent",
                "SubjectHierarchyItemReparentedEvent",
            ):
                self._observe(hierarchy, getattr(hierarchy, event))
            for event in (scene.EndCloseEvent, scene.EndImportEvent):
                self._observe(scene, event)
        self.refresh()

    def mrmlScene(self) -> Any:
        """The scene that is shown."""
        return self._scene

    def _observe(self, subject: Any, event: int) -> None:
        self._observers.add(subject, event, self._on_changed)

    def _on_changed(self, _caller: Any, _event: str) -> None:
        if not self._filling:
            self._refresh_timer.start()

    def _hierarchy(self) -> Any:
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self._scene)

    # Content

    def refresh(self) -> None:
        """Read the hierarchy again, keeping what is open and chosen."""
        self._refresh_timer.stop()
        current = self.currentItem()
        self._filling = True
        self._model.removeRows(0, self._model.rowCount())
        if self._scene is not None:
            hierarchy = self._hierarchy()
            self._fill(self._model.invisibleRootItem(), hierarchy, hierarchy.GetSceneItemID())
        self._filling = False
        QtWidgets.QTreeView.expandAll(self)
        if current:
            self.setCurrentItem(current)

    def _fill(self, parent: QtGui.QStandardItem, hierarchy: Any, item: int) -> None:
        import vtk

        children = vtk.vtkIdList()
        hierarchy.GetItemChildren(item, children, False)
        for index in range(children.GetNumberOfIds()):
            child = children.GetId(index)
            name = QtGui.QStandardItem(hierarchy.GetItemName(child))
            name.setData(child, ITEM_ROLE)
            name.setIcon(icon(_icon_name(hierarchy, child)))
            eye = QtGui.QStandardItem()
            eye.setEditable(False)
            eye.setData(child, ITEM_ROLE)
            eye.setIcon(icon("Visible" if hierarchy.GetItemDisplayVisibility(child) else "Invisible"))
            eye.setToolTip("Show or hide")
            parent.appendRow([name, eye, QtGui.QStandardItem(str(child))])
            self._fill(name, hierarchy, child)

    def _on_item_changed(self, changed: QtGui.QStandardItem) -> None:
        item = changed.data(ITEM_ROLE)
        if self._filling or item is None or changed.column() != NAME_COLUMN:
            return
        if changed.text().strip() and changed.text() != self._hierarchy().GetItemName(item):
            self._hierarchy().SetItemName(item, changed.text().strip())

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
        """Choose an item."""
        start = self._model.index(0, NAME_COLUMN)
        found = self._model.match(
            start, ITEM_ROLE, item, 1, QtCore.Qt.MatchExactly | QtCore.Qt.MatchRecursive
        )
        if found:
            QtWidgets.QTreeView.setCurrentIndex(self, found[0])

    def _emit_current(self) -> None:
        if not self._filling:
            self.currentItemChanged.emit(self.currentItem())
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
        for item in self.currentItems():
            self._hierarchy().RemoveItem(item, True, True)

    def keyPressEvent(self, event: Any) -> None:
        """Delete removes the chosen items."""
        if event.key() == QtCore.Qt.Key_Delete:
            self.deleteSelectedItems()
        else:
            super().keyPressEvent(event)


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
        import vtk

        self._scene = scene
        QtWidgets.QComboBox.clear(self)
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        items = vtk.vtkIdList()
        hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
        for index in range(items.GetNumberOfIds()):
            item = items.GetId(index)
            QtWidgets.QComboBox.addItem(self, hierarchy.GetItemName(item), item)

    def currentItem(self) -> int:
        """Number of the chosen item, 0 for none."""
        return int(QtWidgets.QComboBox.currentData(self) or 0)

    def setCurrentItem(self, item: int) -> None:
        """Choose an item."""
        QtWidgets.QComboBox.setCurrentIndex(self, QtWidgets.QComboBox.findData(self, item))


def _icon_name(hierarchy: Any, item: int) -> str:
    level = hierarchy.GetItemLevel(item)
    if level in ("Patient", "Study"):
        return level
    node = hierarchy.GetItemDataNode(item)
    return "Folder" if node is None else "Series"
