"""DICOMLib: the DICOM library of 3D Slicer, in Python.

Two kinds of names live here. The packages (`DICOMLib.database`, `DICOMLib.indexing`, ...) are imported
as usual and need neither Qt nor VTK. Slicer's own names (`DICOMLib.DICOMPlugin`, `DICOMLib.importDicom`,
...) are bound when first asked for, from the files that Slicer has under the same names.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
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


# Those that can be imported without Qt are searched first, so that scripts without windows need none;
# before all, what every plugin asks for, so that the start imports no libraries of network and export.
WITHOUT_QT = ("DICOMPlugin", "DICOMUtils", "DICOMProcesses", "DICOMExportScalarVolume", "DICOMExportScene")


# Scripts reach the modules that Slicer's files import as names of the package, such as `DICOMLib.logging`.
IMPORTED_BY_SLICER = ("ctk", "datetime", "json", "logging", "math", "os", "qt", "shutil", "slicer", "vtk")


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
        problems: list[str] = []
        if name in IMPORTED_BY_SLICER:
            try:
                return importlib.import_module(name)
            except ImportError as error:  # `qt` and `ctk` are there in an application only
                raise AttributeError(f"{self.__name__}.{name}: {error}") from None
        if not name.startswith("_"):
            if importlib.util.find_spec(f"{self.__name__}.{name}") is not None:
                importlib.import_module(f"{self.__name__}.{name}")
                return self.__dict__[name]
            for module in _slicer_modules(problems):
                if hasattr(module, name):
                    setattr(self, name, getattr(module, name))
                    return self.__dict__[name]
        raise AttributeError("; ".join([f"module {self.__name__!r} has no attribute {name!r}", *problems]))


def _slicer_modules(problems: list[str]) -> Iterator[ModuleType]:
    """Slicer's files that are here and can be imported; what goes wrong is added to `problems`."""
    for name in dict.fromkeys((*WITHOUT_QT, *SLICER_FILES)):
        full_name = f"{__name__}.{name}"
        if importlib.util.find_spec(full_name) is None:
            continue
        try:
            yield importlib.import_module(full_name)
        except ImportError as error:
            problems.append(f"{name} cannot be imported ({error})")


def _public_names() -> list[str]:
    return sorted(
        {name for module in _slicer_modules([]) for name in vars(module) if not name.startswith("_")}
    )


sys.modules[__name__].__class__ = _Door
