"""What a plugin offers to export: a subject hierarchy item and the tags to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import slicer
from vtkmodules.vtkCommonCore import vtkObject

from DICOMLib.core.errors import ExportError
from DICOMLib.plugins import registry
from DICOMLib.plugins.loadable import add_accessors

DEFAULT_NAME = "Unknown exporter"
DEFAULT_TOOLTIP = "The exporter gives no description of what it writes."


class qSlicerDICOMExportable:
    """An item that a plugin can write as DICOM, and how well."""

    def __init__(self, parent: Any = None) -> None:
        self.name = DEFAULT_NAME
        self.tooltip = DEFAULT_TOOLTIP
        self.confidence = 0.0
        self.subjectHierarchyItemID = 0
        self.pluginClass = ""
        self.directory = ""
        self.hindrance = ""  # our own: why it cannot be written as it is, for the user
        self.referenceSeriesUID = ""  # our own: a series of the database whose headers are kept
        self._tags: dict[str, str] = {}

    @property
    def tags(self) -> dict[str, str]:
        """A copy of the tags: name to value."""
        return dict(self._tags)

    @tags.setter
    def tags(self, tags: Mapping[str, Any]) -> None:
        self._tags = {name: str(value) for name, value in tags.items()}

    def setTags(self, tags: Mapping[str, Any]) -> None:
        """Replace all tags."""
        self.tags = tags

    def tag(self, name: str) -> str:
        """Value of one tag; empty when there is none."""
        return self._tags.get(name, "")

    def setTag(self, name: str, value: Any) -> None:
        """Set one tag."""
        self._tags[name] = str(value)

    def copyToVtkExportable(self, vtkExportable: vtkSlicerDICOMExportable) -> None:
        """Write all properties into the VTK twin."""
        for attribute in _SHARED:
            setattr(vtkExportable, "_" + attribute, getattr(self, attribute))

    def copyFromVtkExportable(self, vtkExportable: vtkSlicerDICOMExportable) -> None:
        """Take all properties from the VTK twin."""
        for attribute in _SHARED:
            setattr(self, attribute, getattr(vtkExportable, "_" + attribute))


class vtkSlicerDICOMExportable(vtkObject):
    """The same record with VTK's manner of access."""

    def __init__(self) -> None:
        self._tags: dict[str, str] = {}
        qSlicerDICOMExportable().copyToVtkExportable(self)

    def GetTag(self, name: str) -> str:
        """Value of one tag; empty when there is none."""
        return self._tags.get(name, "")

    def SetTag(self, name: str, value: Any) -> None:
        """Set one tag."""
        self._tags[name] = str(value)


_SHARED = ("name", "tooltip", "confidence", "subjectHierarchyItemID", "pluginClass", "directory", "tags")
add_accessors(vtkSlicerDICOMExportable, _SHARED)


def plugin_of(exportable: Any) -> Any:
    """An instance of the plugin that offered it.

    Raises
    ------
    ExportError
        If there is no such plugin, or it cannot be used.
    """
    name = registry.resolved_name(exportable.pluginClass)
    plugins, failed = registry.instances([name])
    if failed:
        raise ExportError(f"The plugin {exportable.pluginClass!r} cannot be used ({failed[0].reason}).")
    return plugins[name]


def name_of(exportable: Any) -> str:
    """The name of the item that is exported."""
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    return str(tree.GetItemName(exportable.subjectHierarchyItemID)) or exportable.name
