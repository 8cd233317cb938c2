"""The context menu of the tree of loaded data: what can be done with the scene, a folder, or a node."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import slicer
from qtpy.QtWidgets import QMenu
from slicer.i18n import tr as _

from DICOMLib.mrml.documents.document_node import is_document
from DICOMLib.mrml.subject_hierarchy import INSTANCE_UID_NAME
from DICOMModule.Host.window.subject_hierarchy_model import PATIENT, STUDY, children_of, may_be_child

FOLDER = "Folder"


def fill_menu(menu: QMenu, tree: Any, item: int) -> None:
    """Offer what can be done with an item; 0 stands for the scene."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(tree.mrmlScene())
    if not item:
        _add(menu, _("Create new subject"), lambda: create_subject(hierarchy))
        _add(menu, _("Create new folder"), lambda: create_folder(hierarchy, hierarchy.GetSceneItemID()))
        return
    node = hierarchy.GetItemDataNode(item)
    if is_document(node):
        _add(menu, _("Open document"), tree.openCurrentDocument)
    _add_levels(menu, hierarchy, item, node)
    _add_places(menu, hierarchy, item)
    if node is not None and node.IsA("vtkMRMLTransformableNode"):
        _add_transforms(menu, node)
    menu.addSeparator()
    _add(menu, _("Rename"), tree.renameCurrentItem)
    _add(menu, _("Delete"), tree.deleteSelectedItems)
    menu.addSeparator()
    files = files_of(hierarchy, item)
    if files:
        _add(menu, _("View DICOM metadata"), lambda: show_metadata(tree, files))
    if node is not None or hierarchy.GetItemLevel(item) == STUDY:
        _add(menu, _("Export to DICOM…"), tree.exportCurrentItem)


def _add(menu: QMenu, text: str, slot: Callable[[], object]) -> Any:
    action = menu.addAction(text)
    action.triggered.connect(lambda _checked=False: slot())
    return action


def _add_levels(menu: QMenu, hierarchy: Any, item: int, node: Any) -> None:
    """New children of a folder, and what else a folder may become."""
    level = hierarchy.GetItemLevel(item)
    if level == PATIENT:
        _add(menu, _("Create child study"), lambda: create_study(hierarchy, item))
    if node is None and level == FOLDER:
        _add(menu, _("Convert folder to subject"), lambda: hierarchy.SetItemLevel(item, PATIENT))
        _add(menu, _("Convert folder to study"), lambda: hierarchy.SetItemLevel(item, STUDY))
    if node is None:
        _add(menu, _("Create child folder"), lambda: create_folder(hierarchy, item))


def create_subject(hierarchy: Any) -> int:
    """A new patient with a name of its own."""
    name = hierarchy.GenerateUniqueItemName("NewSubject")
    return int(hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), name))


def create_study(hierarchy: Any, patient: int) -> int:
    """A new study of a patient with a name of its own."""
    return int(hierarchy.CreateStudyItem(patient, hierarchy.GenerateUniqueItemName("NewStudy")))


def create_folder(hierarchy: Any, parent: int) -> int:
    """A new folder with a name of its own."""
    return int(hierarchy.CreateFolderItem(parent, hierarchy.GenerateUniqueItemName("NewFolder")))


# Places


def _add_places(menu: QMenu, hierarchy: Any, item: int) -> None:
    places = menu.addMenu(_("Move to"))
    scene, parent = hierarchy.GetSceneItemID(), hierarchy.GetItemParent(item)
    for place in (scene, *children_of(hierarchy, scene, recursive=True)):
        is_data = place != scene and hierarchy.GetItemDataNode(place) is not None
        if place == parent or is_data or not may_be_child(hierarchy, item, place):
            continue
        name = _("Top of the scene") if place == scene else hierarchy.GetItemName(place)
        _add(places, name, partial(hierarchy.SetItemParent, item, place))
    places.setEnabled(not places.isEmpty())


# Transforms


def _add_transforms(menu: QMenu, node: Any) -> None:
    """Apply another transform, none, or make the applied one part of the data."""
    choices = menu.addMenu(_("Transform"))
    applied = node.GetParentTransformNode()
    _add_transform(choices, node, None, _("None"), applied is None)
    for transform in slicer.util.getNodesByClass("vtkMRMLTransformNode"):
        if transform is not node and not transform.GetHideFromEditors():
            _add_transform(choices, node, transform, transform.GetName(), transform is applied)
    choices.addSeparator()
    harden = _add(
        choices, _("Harden transform"), lambda: slicer.vtkSlicerTransformLogic.hardenTransform(node)
    )
    harden.setEnabled(applied is not None)


def _add_transform(menu: QMenu, node: Any, transform: Any, name: str, chosen: bool) -> None:
    identifier = transform.GetID() if transform is not None else None
    action = _add(menu, name, lambda: node.SetAndObserveTransformNodeID(identifier))
    action.setCheckable(True)
    action.setChecked(chosen)


# DICOM


def files_of(hierarchy: Any, item: int) -> list[str]:
    """Files of the instances from which an item was loaded, as far as the database has them."""
    database = getattr(slicer, "dicomDatabase", None)
    uids = hierarchy.GetItemUID(item, INSTANCE_UID_NAME).split()
    if database is None or not database.isOpen:
        return []
    return [path for uid in uids if (path := database.fileForInstance(uid))]


def show_metadata(tree: Any, files: list[str]) -> Any:
    """Show the elements of these files in a window of their own."""
    from qtpy.QtCore import Qt

    from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog

    dialog = ctkDICOMMetadataDialog(tree.window())
    dialog.setAttribute(Qt.WA_DeleteOnClose)
    dialog.setFileList(files)
    dialog.show()
    return dialog
