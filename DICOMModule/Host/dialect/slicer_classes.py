"""Classes of Slicer's application that scripts reach as `slicer.<name>`."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from DICOMLib.widgets.icons import icon
from DICOMModule.Host.window.subject_hierarchy_model import PATIENT, STUDY, role_of
from DICOMModule.Host.window.subject_hierarchy_tree import (
    qMRMLSubjectHierarchyComboBox,
    qMRMLSubjectHierarchyTreeView,
)

qt = sys.modules["qt"]


class qSlicerSubjectHierarchyPluginHandler:
    """Holds what the subject hierarchy shows in the names of patients and studies."""

    _instance: ClassVar[qSlicerSubjectHierarchyPluginHandler | None] = None

    def __init__(self) -> None:
        self._plugins: list[Any] = []
        self._current_item = 0

    @classmethod
    def instance(cls) -> qSlicerSubjectHierarchyPluginHandler:
        """The only one."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def registerPlugin(self, plugin: Any) -> bool:
        """Add a plugin."""
        self._plugins.append(plugin)
        return True

    def pluginByName(self, name: str) -> Any:
        """A plugin by its name; None for an unknown one."""
        return next((plugin for plugin in self._plugins if plugin.name == name), None)

    def setCurrentItem(self, item: int) -> None:
        """Say which item of the tree is chosen."""
        self._current_item = item

    def currentItem(self) -> int:
        """The chosen item of the tree; 0 for none."""
        return self._current_item


def _shown(key: str, default: bool) -> property:
    """A switch that is kept in the settings under Slicer's key."""

    def read(_handler: Any) -> bool:
        stored = qt.QSettings().value(f"SubjectHierarchy/{key}")
        return default if stored is None else str(stored).lower() in ("true", "1")

    def write(_handler: Any, shown: bool) -> None:
        qt.QSettings().setValue(f"SubjectHierarchy/{key}", bool(shown))

    return property(read, write)


for _key, _default in (
    ("DisplayPatientIDInSubjectHierarchyItemName", True),
    ("DisplayPatientBirthDateInSubjectHierarchyItemName", False),
    ("DisplayStudyIDInSubjectHierarchyItemName", False),
    ("DisplayStudyDateInSubjectHierarchyItemName", True),
):
    setattr(qSlicerSubjectHierarchyPluginHandler, _key[0].lower() + _key[1:], _shown(_key, _default))


class qSlicerSubjectHierarchyDICOMPlugin:
    """The subject hierarchy's plugin for patients and studies."""

    name = "DICOM"

    def canAddNodeToSubjectHierarchy(self, _node: Any, _parent: int = 0) -> float:
        """0: nodes of others find their place by the plugins that know them."""
        return 0.0

    def canOwnSubjectHierarchyItem(self, item: int) -> float:
        """0.9 for patients and studies, else 0."""
        return 0.9 if self._level(item) in (PATIENT, STUDY) else 0.0

    def roleForPlugin(self) -> str:
        """What the chosen item of the tree stands for: "Subject" or "Study"."""
        import slicer

        item = qSlicerSubjectHierarchyPluginHandler.instance().currentItem()
        return role_of(slicer.mrmlScene.GetSubjectHierarchyNode(), item)

    def icon(self, item: int) -> Any:
        """The icon of a patient or study; an empty one for other items."""
        level = self._level(item)
        return icon(level) if level in (PATIENT, STUDY) else qt.QIcon()

    @staticmethod
    def _level(item: int) -> str:
        import slicer

        return str(slicer.mrmlScene.GetSubjectHierarchyNode().GetItemLevel(item)) if item else ""


class qSlicerSingletonViewFactory:
    """Gives the layout a widget by a tag of its own, such as the DICOM browser."""

    def __init__(self, parent: Any = None) -> None:
        self._widget: Any = None
        self._tag = ""

    def setWidget(self, widget: Any) -> None:
        """The widget to show."""
        self._widget = widget

    def widget(self) -> Any:
        """The widget to show."""
        return self._widget

    def setTagName(self, tag: str) -> None:
        """The element of the layout description that stands for it."""
        self._tag = tag

    def tagName(self) -> str:
        """The element of the layout description that stands for it."""
        return self._tag


class qMRMLNodeFactory:
    """Makes nodes in a scene, with names that are not taken; `createNode(scene, class)` does it at once."""

    def __init__(self, parent: Any = None) -> None:
        self._scene: Any = None
        self._base_names: dict[str, str] = {}
        self._attributes: dict[str, str] = {}

    def setMRMLScene(self, scene: Any) -> None:
        """Where nodes are made."""
        self._scene = scene

    def mrmlScene(self) -> Any:
        """Where nodes are made."""
        return self._scene

    def setBaseName(self, class_name: str, name: str) -> None:
        """What nodes of a class are called."""
        self._base_names[class_name] = name

    def addAttribute(self, name: str, value: str) -> None:
        """What each node is given."""
        self._attributes[name] = value

    def createNode(self, class_name: str) -> Any:
        """A new node; `qMRMLNodeFactory.createNode(scene, class_name)` needs no factory.

        Raises
        ------
        ValueError
            If there is no such class.
        """
        if not isinstance(self, qMRMLNodeFactory):  # asked of the class: the first argument is the scene
            factory = qMRMLNodeFactory()
            factory.setMRMLScene(self)
            return factory.createNode(class_name)
        base = self._base_names.get(class_name) or self._scene.GetTagByClassName(class_name)
        if not base:
            raise ValueError(f"There is no node class {class_name}.")
        node = self._scene.AddNewNodeByClass(class_name, self._scene.GenerateUniqueName(base))
        for name, value in self._attributes.items():
            node.SetAttribute(name, value)
        return node


class qSlicerFileDialog:
    """Kinds of actions of file dialogs."""

    Read, Write = 0, 1


__all__ = [
    "qMRMLNodeFactory",
    "qMRMLSubjectHierarchyComboBox",
    "qMRMLSubjectHierarchyTreeView",
    "qSlicerFileDialog",
    "qSlicerSingletonViewFactory",
    "qSlicerSubjectHierarchyDICOMPlugin",
    "qSlicerSubjectHierarchyPluginHandler",
]
