"""Jobs that bring a database up to date, and what is told of them."""

from __future__ import annotations

from typing import Any

from DICOMLib.compat.database_update import SchemaUpdate
from DICOMLib.core.jobs import Job
from DICOMLib.indexing.recompute import RecomputeReport
from DICOMLib.widgets.files.saved_list import SavedList
from DICOMLib.widgets.translation import _, by_number


def update_schema(database: Any) -> Job[SchemaUpdate]:
    """Bring a ctkDICOMDatabase to this program's schema."""
    if database.schemaVersionLoaded() == database.schemaVersion():
        return SchemaUpdate(updated=True)
    return (yield from database.schema_update())


def schema_update_text(report: SchemaUpdate) -> tuple[str, SavedList]:
    """What became of an update, and the files that are gone."""
    gone = SavedList((_("File"),), [(path,) for path in report.gone or []])
    if not report.updated:
        return _("The database was not updated: {reason}").format(reason=report.error), gone
    text = _("The database is up to date. The file as it was is kept beside it.")
    if report.cancelled:
        text += " " + _("Not all files were read; the tables show less of the others.")
    if gone.rows:
        one = _("1 file is gone; Repair looks for it.")
        several = _("{n:,} files are gone; Repair looks for them.")
        text += " " + by_number(len(gone.rows), one, several)
    return text, gone


def recompute_text(report: RecomputeReport) -> tuple[str, SavedList]:
    """What was filled anew, and what could not be read."""
    text = _("The tables show {n:,} series anew.").format(n=report.series)
    failed = SavedList((_("File"), _("Reason")), list(report.failed))
    if report.failed:
        one, several = _("1 file could not be read."), _("{n:,} files could not be read.")
        text += " " + by_number(len(report.failed), one, several)
    for rule, error in report.failed_rules:
        text += " " + _("The rule {rule} failed ({error}).").format(rule=rule, error=error)
    return text, failed
