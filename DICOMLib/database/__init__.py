"""The database of DICOM files, in the format of Slicer and CTK."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from DICOMLib.database.database import Database
    from DICOMLib.database.records import Changes, Column, Event, FileRecord, InsertReport

__all__ = ["Changes", "Column", "Database", "Event", "FileRecord", "InsertReport"]


def __getattr__(name: str) -> Any:
    # Bound when first asked for: scan workers need the records and nothing else.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "database" if name == "Database" else "records"
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    return value
