"""Qt widgets of the DICOM module, in plain qtpy; Slicer's widgets are names of this package."""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "ctkDICOMBrowser": "browsing.browser",
    "ctkDICOMJobListWidget": "network.job_list",
    "ctkDICOMMetadataDialog": "metadata.metadata_window",
    "ctkDICOMFilterProxyModel": "tables.item_model",
    "ctkDICOMModel": "tables.item_model",
    "ctkDICOMObjectListWidget": "metadata.metadata_window",
    "ctkDICOMObjectModel": "metadata.object_model",
    "ctkDICOMQueryRetrieveWidget": "network.query_window",
    "ctkDICOMQueryWidget": "network.query_form",
    "ctkDICOMServerNodeWidget": "network.servers_table",
    "ctkDICOMServerNodeWidget2": "network.server_settings",
    "ctkDICOMTableManager": "tables.table_manager",
    "ctkDICOMTableView": "tables.table_view",
    "ctkDICOMVisualBrowserWidget": "visual.browser",
    "DICOMLoadableTable": "loading.loadables_table",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
