"""List patients, studies, series or instances of a database: every column, by its name."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from typing import Any

from DICOMLib.cli.databases import add_database_argument, existing_database
from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.cli.output import clean_stdout, print_json, tell
from DICOMLib.database import Database
from DICOMLib.database.schema import TABLES
from DICOMLib.database.search_advice import advice
from DICOMLib.database.search_terms import NotCachedError, SearchError
from DICOMLib.database.table_pages import identifiers
from DICOMLib.database.table_query import KEYS, TableQuery
from DICOMLib.standard.iso_moments import iso_date, iso_time

LEVELS = ("patients", "studies", "series", "instances")
# Columns that people want to see first; the others are in the JSON and CSV output.
_FOR_PEOPLE = {
    "patients": (
        "UID",
        "DisplayedPatientsName",
        "PatientID",
        "PatientsBirthDate",
        "DisplayedNumberOfStudies",
    ),
    "studies": ("StudyDate", "StudyID", "StudyDescription", "DisplayedNumberOfSeries", "StudyInstanceUID"),
    "series": (
        "SeriesNumber",
        "Modality",
        "SeriesDescription",
        "DisplayedSize",
        "DisplayedCount",
        "Geometry",
        "SeriesInstanceUID",
    ),
    "instances": ("SOPInstanceUID", "Filename"),
}
_WIDEST = 64
_NO_TITLES: Mapping[str, str] = {}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("level", choices=LEVELS)
    add_database_argument(parser)
    parser.add_argument(
        "--where",
        metavar="SEARCH",
        default="",
        help=(
            'only what matches, such as "Modality:CT StudyDate:2020- SliceThickness<2 head"; fields are '
            "columns, DICOM keywords or tags that are cached; instances are those of the series that match"
        ),
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="all columns as JSON")
    form.add_argument("--csv", action="store_true", help="all columns as CSV")


def run(options: argparse.Namespace) -> int:
    """0, also where nothing matches; 2 for a search that cannot be understood."""
    with existing_database(options.database) as database:
        try:
            rows = matching_rows(database, options.level, options.where)
        except NotCachedError as error:  # the command that helps can be pasted as it is
            raise NotCachedError(error.tag, error.keyword, options.database) from error
        titles = _titles(database, options.level)
        if not rows:
            tell(_why_nothing(database, options))
        names = database.field_names({"instances": "Images"}.get(options.level, options.level.capitalize()))
    with clean_stdout() as result:
        if options.json:
            print_json(rows, result)
        elif options.csv:
            writer = csv.DictWriter(result, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        else:
            result.write(table(rows, _FOR_PEOPLE[options.level], titles))
    return 0


def _why_nothing(database: Database, options: argparse.Namespace) -> str:
    """What is told where nothing is listed."""
    if not any(database.counts()):
        return "The database is empty."
    return advice(options.where) or ("Nothing matches." if options.where.strip() else "There are none.")


def matching_rows(database: Database, level: str, where: str) -> list[dict[str, Any]]:
    """The rows of a level that match a search, all for an empty one.

    As in the window, and for peers that ask, patients and studies without series are left out.
    """
    searched = "series" if level == "instances" else level
    found = _found(database, searched, where) if where.strip() else None
    if level in ("patients", "studies"):
        found = database.read(identifiers, TableQuery(TABLES[level], among=found))
    rows = database.rows(level, **({} if found is None else {KEYS[TABLES[searched]]: found}))
    return [{column: _in_one_form(column, value) for column, value in row.items()} for row in rows]


def _in_one_form(column: str, value: Any) -> Any:
    """Dates and times as ISO 8601 has them: databases hold them in several forms, some as numbers."""
    if value is None:
        return None
    if column.endswith("Date"):
        return iso_date(str(value))
    if column.endswith("Time"):
        return iso_time(str(value))
    return str(value).replace(" ", "T") if column.endswith("Timestamp") else value


def _found(database: Database, level: str, where: str) -> list[str]:
    """Identifiers of the rows that match."""
    try:
        return database.search(level, where)
    except NotCachedError:  # nothing is wrong with the command line
        raise
    except SearchError as error:
        raise Misuse(str(error)) from error


def series_overview(database: Database) -> str:
    """The series of all patients in one table, for people."""
    patients = {row["UID"]: row["DisplayedPatientsName"] for row in database.rows("patients")}
    studies = {row["StudyInstanceUID"]: row for row in matching_rows(database, "studies", "")}
    rows = []
    for row in database.rows("series"):
        study = studies[row["StudyInstanceUID"]]
        rows.append({**study, **row, "Patient": patients.get(study["PatientsUID"])})
    columns = ("Patient", "StudyDate", "Modality", "SeriesDescription", "DisplayedSize", "DisplayedCount")
    return table(rows, columns, {**_titles(database, "studies"), **_titles(database, "series")})


def _titles(database: Database, level: str) -> dict[str, str]:
    """Heading of each column, as the window shows it."""
    if level == "instances":
        return {"SOPInstanceUID": "SOP instance UID", "Filename": "File"}
    return {column.field: column.displayed_name for column in database.columns(level.capitalize())}


def table(
    rows: Sequence[dict[str, Any]], columns: Sequence[str], titles: Mapping[str, str] = _NO_TITLES
) -> str:
    """Rows under headings, in columns of equal width; a column without a title is headed by its name."""
    headings = [titles.get(column) or column for column in columns]
    texts = [[_text(row.get(column)) for column in columns] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(headings, *texts, strict=True)]
    lines = [headings, *texts]
    return "".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )


def _text(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
