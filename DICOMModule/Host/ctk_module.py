"""The module `ctk`: CTK's names, looked up where they live when they are first asked for."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Any

# Widgets by the file they are in.
_WIDGET_FILES = (
    "browser",
    "table_manager",
    "table_view",
    "item_model",
    "metadata_window",
    "object_model",
    "patient_list",
    "query_window",
    "visual_browser",
    "visual_properties",
)


class CtkModule(ModuleType):
    """Classes of the database and the network, then DICOM widgets, then CTK's small widgets."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _find(name)
        setattr(self, name, value)
        return value


def _find(name: str) -> Any:
    if importlib.util.find_spec(f"DICOMLib.compat.{name}") is not None:
        return getattr(importlib.import_module(f"DICOMLib.compat.{name}"), name)
    for file in (*_widget_files(), "DICOMModule.Host.ctk_widgets", "DICOMModule.Host.ctk_value_widgets"):
        module = importlib.import_module(file)
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(
        f"ctk.{name} is not available in this host. It has CTK's DICOM classes and the small widgets that "
        "DICOM modules use; other widgets can be made with Qt's own classes, from qt."
    )


def _widget_files() -> list[str]:
    names = [f"DICOMLib.widgets.{file}" for file in _WIDGET_FILES]
    return [name for name in names if importlib.util.find_spec(name) is not None]
