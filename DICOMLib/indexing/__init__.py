"""Files into the database: header scan, DICOMDIR, import jobs and their account."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from DICOMLib.indexing.importer import ImportOptions, import_paths
    from DICOMLib.indexing.report import AccountLine, ImportReport
    from DICOMLib.indexing.walk import WalkOptions

__all__ = ["AccountLine", "ImportOptions", "ImportReport", "WalkOptions", "import_paths"]

# Bound when first asked for: a scan worker needs none of them, and each is started many times.
_HOMES = {
    "AccountLine": "report",
    "ImportOptions": "importer",
    "ImportReport": "report",
    "WalkOptions": "walk",
    "import_paths": "importer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
