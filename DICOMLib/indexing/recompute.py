"""Displayed fields made anew for all that is in a database, after rules were added or changed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import Progress
from DICOMLib.database import Database
from DICOMLib.database.stored_values import NOT_STORED
from DICOMLib.fields.generator import DisplayedFieldGenerator
from DICOMLib.indexing.decode import decoded_values
from DICOMLib.indexing.importer import STEP_DISPLAYED, UNSTORED_TAGS
from DICOMLib.indexing.read import NEEDED_TAGS, read_header
from DICOMLib.indexing.scan import WantedTags

STEP_READING = "Reading tags that rules need"


@dataclass(slots=True)
class RecomputeReport:
    """What was made anew.

    Parameters
    ----------
    series
        Number of series that were processed.
    read
        Number of files that were read, for they hold tags that had not been cached.
    failed
        (path, reason) of files that could not be read; their rows keep what they have.
    failed_rules
        (rule, error) of rules that failed and were left out.
    """

    series: int = 0
    read: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    failed_rules: list[tuple[str, str]] = field(default_factory=list)


def recompute_fields(
    database: Database, generator: DisplayedFieldGenerator | None = None, tags: Sequence[str] = ()
) -> Generator[Progress, None, RecomputeReport]:
    """Process all instances again by the rules that are switched on.

    Files are read only for tags that are not cached yet. The job may be cancelled until then; what was
    read stays cached.

    Parameters
    ----------
    database
        Open.
    generator
        The rules; by default, those of the process.
    tags
        Further tags to be cached, as "GGGG,EEEE".

    Raises
    ------
    DatabaseUnavailable
        If the database cannot be written.
    """
    database.require_writable()
    generator = generator or DisplayedFieldGenerator()
    report = RecomputeReport()
    wanted = WantedTags({*generator.required_tags(database), *tags, *NEEDED_TAGS})
    series = [str(row["SeriesInstanceUID"]) for row in database.rows("series")]
    for number, uid in enumerate(series):
        yield Progress(number, len(series), STEP_READING)
        _cache_missing(database, uid, wanted, report)
    yield Progress(len(series), len(series), STEP_DISPLAYED)
    update = generator.update(database, recompute=True)
    report.series, report.failed_rules = update.series, update.failed_rules
    return report


def _cache_missing(database: Database, series: str, wanted: WantedTags, report: RecomputeReport) -> None:
    """Read from the files of a series what is not cached of them."""
    paths = {
        str(row["SOPInstanceUID"]): database.absolute_path(row["Filename"] or "")
        for row in database.rows("instances", SeriesInstanceUID=series)
    }
    tags = list(wanted.names.values())
    cached: dict[str, set[str]] = {sop: set() for sop in paths}
    for sop, tag in database.cached_pairs(list(paths), tags):
        cached[sop].add(tag)
    rows: list[tuple[str, str, str]] = []
    for sop, path in paths.items():
        missing = [tag for tag in tags if tag not in cached[sop]]
        if missing and path and Path(path).is_file():
            rows += _read(sop, path, missing, wanted, report)
    if rows:
        database.cache_tags(rows)


def _read(
    sop: str, path: str, missing: Sequence[str], wanted: WantedTags, report: RecomputeReport
) -> list[tuple[str, str, str]]:
    """(SOP Instance UID, tag, value) of the missing tags; an empty value tells that there is none."""
    try:
        values = decoded_values(read_header(path, wanted), wanted)
    except InvalidDICOM as error:
        report.failed.append((error.path, error.reason))
        return []
    report.read += 1
    return [(sop, tag, NOT_STORED if tag in UNSTORED_TAGS else values.get(tag, "")) for tag in missing]
