"""A job that brings a database up to date."""

from __future__ import annotations

from typing import Any

from DICOMLib.core.jobs import Job, Progress


def update_schema(database: Any) -> Job[bool]:
    """Bring a ctkDICOMDatabase to this program's schema; one step that cannot be cut."""
    yield Progress(step="Updating the database", detail=database.databaseFilename)
    return bool(database.updateSchemaIfNeeded())
