"""What a plugin offers to load: a set of files, a name, a confidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from vtkmodules.vtkCommonCore import vtkObject

DEFAULT_NAME = "Unknown"
DEFAULT_TOOLTIP = "No further information available"
DEFAULT_CONFIDENCE = 0.5


class DICOMLoadable:
    """Files that a plugin can turn into nodes, and how sure it is of that.

    Plugins attach further attributes as they need them. `referencedInstanceUIDs`, `derivedItems` and
    `loadSuccess` are absent until somebody sets them; so is `loadError`, in which a plugin whose `load`
    fails may say why.

    Parameters
    ----------
    qLoadable
        A `qSlicerDICOMLoadable` whose name, tooltip, warning, files, selection and confidence are taken.
    """

    def __init__(self, qLoadable: Any = None) -> None:
        self.files: list[str] = []
        self.name = DEFAULT_NAME
        self.tooltip = DEFAULT_TOOLTIP
        self.warning = ""
        self.selected = False
        self.confidence = DEFAULT_CONFIDENCE
        if qLoadable is not None:
            for attribute in ("name", "tooltip", "warning", "files", "selected", "confidence"):
                setattr(self, attribute, getattr(qLoadable, attribute))


class qSlicerDICOMLoadable:
    """Slicer's loadable of the C++ plugins, with its fixed set of properties."""

    def __init__(self, parent: Any = None) -> None:
        self._files: tuple[str, ...] = ()
        self._referenced: tuple[str, ...] = ()
        self.name = DEFAULT_NAME
        self.tooltip = DEFAULT_TOOLTIP
        self.warning = ""
        self.selected = False
        self.confidence = DEFAULT_CONFIDENCE
        self.loadSuccess = False

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the files."""
        return self._files

    @files.setter
    def files(self, paths: Iterable[str]) -> None:
        self._files = tuple(paths)

    @property
    def referencedInstanceUIDs(self) -> tuple[str, ...]:
        """SOP Instance UIDs of what the files refer to."""
        return self._referenced

    @referencedInstanceUIDs.setter
    def referencedInstanceUIDs(self, uids: Iterable[str]) -> None:
        self._referenced = tuple(uids)

    def addReferencedInstanceUID(self, uid: str) -> None:
        """Append one referenced SOP Instance UID."""
        self._referenced = (*self._referenced, uid)

    def copyToVtkLoadable(self, vtkLoadable: vtkSlicerDICOMLoadable) -> None:
        """Write all properties into the VTK twin."""
        for attribute in _SHARED:
            setattr(vtkLoadable, "_" + attribute, getattr(self, attribute))

    def copyFromVtkLoadable(self, vtkLoadable: vtkSlicerDICOMLoadable) -> None:
        """Take all properties from the VTK twin."""
        for attribute in _SHARED:
            setattr(self, attribute, getattr(vtkLoadable, "_" + attribute))


class TextArray(tuple[str, ...]):
    """Texts that are read as those of a vtkStringArray, which they are in Slicer."""

    def GetNumberOfValues(self) -> int:
        """How many there are."""
        return len(self)

    def GetValue(self, index: int) -> str:
        """One of them, from 0."""
        return self[index]


class vtkSlicerDICOMLoadable(vtkObject):
    """The same record with VTK's manner of access: `SetName`, `GetName`, `AddFile`.

    It is an object of VTK, for logics of others give their loadables in a vtkCollection.
    """

    def __init__(self) -> None:
        self._files: tuple[str, ...] = ()
        self._referencedInstanceUIDs: tuple[str, ...] = ()
        self._name = DEFAULT_NAME
        self._tooltip = DEFAULT_TOOLTIP
        self._warning = ""
        self._selected = False
        self._confidence = DEFAULT_CONFIDENCE
        self._loadSuccess = False

    def AddFile(self, path: str) -> None:
        """Append one file."""
        self._files = (*self._files, path)

    def GetFiles(self) -> TextArray:
        """Paths of the files."""
        return TextArray(self._files)

    def AddReferencedInstanceUID(self, uid: str) -> None:
        """Append one referenced SOP Instance UID."""
        self._referencedInstanceUIDs = (*self._referencedInstanceUIDs, uid)

    def GetReferencedInstanceUIDs(self) -> TextArray:
        """SOP Instance UIDs of what the files refer to."""
        return TextArray(self._referencedInstanceUIDs)


_SHARED = (
    "name", "tooltip", "warning", "files", "selected", "confidence", "referencedInstanceUIDs", "loadSuccess",
)  # fmt: skip


def add_accessors(cls: type, attributes: Iterable[str]) -> None:
    """Give `cls` a `SetX` and a `GetX` for each attribute `_x`, as VTK's classes have."""
    for attribute in attributes:
        capital = attribute[0].upper() + attribute[1:]
        setattr(cls, "Set" + capital, _setter("_" + attribute))
        setattr(cls, "Get" + capital, _getter("_" + attribute))


def _setter(slot: str) -> Callable[[Any, Any], None]:
    def set_value(self: Any, value: Any) -> None:
        setattr(self, slot, value)

    return set_value


def _getter(slot: str) -> Callable[[Any], Any]:
    def get_value(self: Any) -> Any:
        return getattr(self, slot)

    return get_value


add_accessors(vtkSlicerDICOMLoadable, ("name", "tooltip", "warning", "selected", "confidence", "loadSuccess"))
