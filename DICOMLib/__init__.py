"""DICOMLib: the DICOM library of 3D Slicer, in Python.

Two kinds of names live here. The packages (`DICOMLib.database`, `DICOMLib.indexing`, ...) are imported
as usual and need neither Qt nor VTK. Slicer's own names (`DICOMLib.DICOMPlugin`, `DICOMLib.importDicom`,
...) are bound when first asked for, from the files that Slicer has under the same names.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

# Slicer's files, in the order in which Slicer's package imports all their public names.
SLICER_FILES = (
    "DICOMProcesses",
    "DICOMExportScalarVolume",
    "DICOMExportScene",
    "DICOMBrowser",
    "DICOMPlugin",
    "DICOMUtils",
    "DICOMPluginSelector",
    "DICOMRecentActivityWidget",
    "DICOMSendDialog",
)


class _Door(ModuleType):
    """The package as a module whose names are bound late.

    Some of Slicer's files hold a class of their own name. Importing such a file would bind the file in
    the package; the class is what Slicer's scripts mean, so the class is bound instead.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in SLICER_FILES:
            value = getattr(value, name, value)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return _public_names()
        if name.startswith("_"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        for module in _slicer_modules():
            if hasattr(module, name):
                value = getattr(module, name)
                setattr(self, name, value)
                return value
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def _slicer_modules() -> list[ModuleType]:
    """Slicer's files that are here, last one first, for in Slicer a later name hides an earlier one."""
    modules = []
    for name in reversed(SLICER_FILES):
        full_name = f"{__name__}.{name}"
        if importlib.util.find_spec(full_name) is not None:
            modules.append(importlib.import_module(full_name))
    return modules


def _public_names() -> list[str]:
    return sorted({name for module in _slicer_modules() for name in vars(module) if not name.startswith("_")})


sys.modules[__name__].__class__ = _Door
