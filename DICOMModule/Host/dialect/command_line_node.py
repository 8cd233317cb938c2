"""The node of a run of a command line module: its parameters, its status, and what it said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import slicer


class CommandLineModuleNode(slicer.vtkMRMLCommandLineModuleNode):
    """Slicer's node, whose description of the module cannot be set from Python: it is kept here.

    Attributes
    ----------
    module
        The command line module that it was made for.
    values
        Parameters by name, as they were given: texts, numbers, nodes, or lists of these.
    """

    def __init__(self) -> None:
        self.module: Any = None
        self.values: dict[str, Any] = {}
        self.SetSaveWithScene(False)  # without its description it could not be read again

    def GetModuleTitle(self) -> str:
        """Title of the module."""
        return str(self.module.title) if self.module is not None else ""

    # Groups of parameters

    def _groups(self) -> Mapping[str, tuple[str, ...]]:
        return self.module.groups if self.module is not None else {}

    def GetNumberOfParameterGroups(self) -> int:
        """How many groups of parameters the module has."""
        return len(self._groups())

    def GetParameterGroupLabel(self, group: int) -> str:
        """Label of a group; empty if there is none of that number."""
        labels = list(self._groups())
        return labels[group] if 0 <= group < len(labels) else ""

    def GetNumberOfParametersInGroup(self, group: int) -> int:
        """How many parameters a group has."""
        return len(self._groups().get(self.GetParameterGroupLabel(group), ()))

    def GetParameterName(self, group: int, number: int) -> str:
        """Name of a parameter; empty if there is none of that number."""
        names = self._groups().get(self.GetParameterGroupLabel(group), ())
        return names[number] if 0 <= number < len(names) else ""

    # Values

    def set_value(self, name: str, value: Any) -> bool:
        """Set a parameter; whether it has changed."""
        if name in self.values and self.values[name] == value:
            return False
        self.values[name] = value
        self.InvokeEvent(self.ParameterChangedEvent)
        self.Modified()
        return True

    def SetParameterAsString(self, name: str, value: str) -> bool:
        """Set a parameter; whether it has changed."""
        return self.set_value(name, value)

    SetParameterAsBool = SetParameterAsInt = SetParameterAsDouble = SetParameterAsFloat = SetParameterAsString

    def SetParameterAsNode(self, name: str, node: Any) -> bool:
        """Set a parameter to a node, which is kept by its ID."""
        return self.set_value(name, node.GetID() if node is not None else "")

    def GetParameterAsString(self, name: str) -> str:
        """A parameter as text, nodes as their IDs; empty if it is not set."""
        return text_of(self.values.get(name, ""))


def text_of(value: Any) -> str:
    """A value as command lines and nodes have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(text_of(one) for one in value)
    if isinstance(value, slicer.vtkMRMLNode):
        return str(value.GetID())
    return "" if value is None else str(value)
