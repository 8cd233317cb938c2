"""The module `ctk`: CTK's names, looked up where they live when they are first asked for."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import Any

# Where widgets are looked for: the small ones first, for importing the others takes much longer.
_WIDGET_FILES = (
    "DICOMModule.Host.dialect.ctk_widgets",
    "DICOMModule.Host.dialect.ctk_core",
    "DICOMModule.Host.dialect.ctk_message_box",
    "DICOMModule.Host.dialect.ctk_sliders",
    "DICOMModule.Host.dialect.ctk_value_widgets",
    "DICOMLib.widgets.browsing.browser",
    "DICOMLib.widgets.tables.table_manager",
    "DICOMLib.widgets.tables.table_view",
    "DICOMLib.widgets.tables.item_model",
    "DICOMLib.widgets.metadata.metadata_window",
    "DICOMLib.widgets.metadata.object_model",
    "DICOMLib.widgets.visual.patient_list",
    "DICOMLib.widgets.network.query_window",
    "DICOMLib.widgets.network.query_form",
    "DICOMLib.widgets.network.servers_table",
    "DICOMLib.widgets.network.server_settings",
    "DICOMLib.widgets.network.job_list",
    "DICOMLib.widgets.visual.browser",
    "DICOMLib.widgets.visual.properties",
)


class CtkModule(ModuleType):
    """Classes of the database and the network, then CTK's small widgets, then DICOM widgets."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _find(name)
        setattr(self, name, value)
        return value


def _find(name: str) -> Any:
    if importlib.util.find_spec(f"DICOMLib.compat.{name}") is not None:
        return getattr(importlib.import_module(f"DICOMLib.compat.{name}"), name)
    for file in _WIDGET_FILES:
        module = importlib.import_module(file)
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(
        f"ctk.{name} is not available in this host. It has CTK's DICOM classes and the small widgets that "
        "DICOM modules use; other widgets can be made with Qt's own classes, from qt."
    )
