"""Write copies of data of a database without the identity of patients, by the profiles of PS3.15 Annex E."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from DICOMLib.cli.argument_types import stored_uid
from DICOMLib.cli.databases import add_database_argument, existing_database, require_writable
from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.cli.output import ProgressBar, clean_stdout, print_json, tell
from DICOMLib.cli.places import writable_file, writable_folder
from DICOMLib.core.errors import DICOMError
from DICOMLib.core.jobs import run as run_job

if TYPE_CHECKING:
    from DICOMLib.database import Database
    from DICOMLib.deidentification import DeidentificationReport, IdentityMap

# Of each option that selects: where its values stand.
_SELECTORS = {
    "patient": ("patients", "PatientID"),
    "study": ("studies", "StudyInstanceUID"),
    "series": ("series", "SeriesInstanceUID"),
}
# Files of each reason that are told at once.
_MOST_NAMED = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    from DICOMLib.deidentification import OPTIONS

    add_database_argument(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="everything in the database")
    which.add_argument("--patient", metavar="ID", nargs="+", help="Patient IDs")
    which.add_argument("--study", type=stored_uid, metavar="UID", nargs="+", help="Study Instance UIDs")
    which.add_argument("--series", type=stored_uid, metavar="UID", nargs="+", help="Series Instance UIDs")
    parser.add_argument("--output", metavar="DIR", required=True, help="folder for the copies")
    parser.add_argument(
        "--option",
        choices=list(OPTIONS),
        action="append",
        default=[],
        help="option of the profile; may be repeated",
    )
    parser.add_argument(
        "--map",
        metavar="FILE",
        help="file that tells who is who: read if it is there, so that new copies fit to earlier ones, and "
        "written. Keep it as safe as the originals. Without it nobody can go back, nor add copies later",
    )
    parser.add_argument(
        "--again", action="store_true", help="also copies that were made without identity already"
    )
    parser.add_argument("--into", metavar="DIR", help="database into which the copies are imported")
    parser.add_argument("--report", metavar="FILE", help="write what became of each file as JSON")
    parser.add_argument("--json", action="store_true", help="write the sums as JSON")


def run(options: argparse.Namespace) -> int:
    """0 if all was written, 1 if something was left out or failed, 2 for options that contradict."""
    from DICOMLib.deidentification import IdentityMap, Profile, check_output, deidentify, folder_of_both

    try:
        profile = Profile(frozenset(options.option))
    except ValueError as error:
        raise Misuse(str(error)) from error
    unknown, files = _selection(options)
    for text in unknown:
        tell(text)
    if not files:
        if not unknown:
            tell(f"{options.database} has no files here that could be de-identified.")
        return 1
    there = options.map is not None and Path(options.map).is_file()
    identities = IdentityMap.load(options.map) if there else IdentityMap()
    secrets = [path for path in (options.map, options.report) if path]
    try:
        check_output(options.output, files, has_map=there, secrets=secrets)
    except DICOMError as error:
        raise Misuse(str(error)) from error
    _make_ready(options, identities)
    bar = ProgressBar()
    with clean_stdout() as result:
        report = run_job(deidentify(files, options.output, profile, identities, again=options.again), bar)
        bar.close()
        _save(options, report, identities)
        if options.into:
            _import(options.into, report)
        if options.json:
            print_json({**_summary(report), "report": options.report}, result)
        else:
            result.write(report.as_text(_MOST_NAMED) + "\n")
        both = folder_of_both(options.output, files)
        if both:
            tell(f"The originals lie in {both}, too: who imports or gives away that folder mixes the two.")
        if options.report:
            tell(f"What became of each file: {options.report}")
        elif report.failed or report.left_out:
            tell("With --report FILE it would be written down what became of each file.")
    return 1 if unknown or report.failed or report.left_out or report.cancelled else 0


def _make_ready(options: argparse.Namespace, identities: IdentityMap) -> None:
    """Find out before anything is written whether all can be; the map is kept even if the run breaks off."""
    if options.map:
        identities.save(options.map)
    if options.report:
        writable_file(options.report)
    if options.into:
        require_writable(options.into)
    writable_folder(options.output)


def _selection(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """A sentence for each name that is not there; files of the selection, in the order of the database."""
    with existing_database(options.database) as database:
        series, unknown = database.rows("series"), []
        for option, (table, key) in _SELECTORS.items():
            wanted = getattr(options, option)
            if wanted:
                rows = [row for row in database.rows(table) if row[key] in wanted]
                there = {row[key] for row in rows}
                advice = f"See which there are with: slicer-dicom list {table} --database {options.database}"
                name = option.capitalize()
                unknown = [
                    f"{name} {one} is not in the database. {advice}" for one in wanted if one not in there
                ]
                series = _series_of(database, table, rows)
        return unknown, [path for row in series for path in database.files(row["SeriesInstanceUID"])]


def _series_of(database: Database, table: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The series of patients, studies or series."""
    if table == "series":
        return rows
    if table == "patients":
        patients = {row["UID"] for row in rows}
        rows = [row for row in database.rows("studies") if row["PatientsUID"] in patients]
    studies = {row["StudyInstanceUID"] for row in rows}
    return [row for row in database.rows("series") if row["StudyInstanceUID"] in studies]


def _save(options: argparse.Namespace, report: DeidentificationReport, identities: IdentityMap) -> None:
    """The map and the report, where they are wanted."""
    if options.map:
        identities.save(options.map)
    if options.report:
        with Path(options.report).open("w", encoding="utf-8") as file:
            print_json(asdict(report), file)


def _import(folder: str, report: DeidentificationReport) -> None:
    """Make the copies known to a database; they stay where they are."""
    from DICOMLib.database import Database
    from DICOMLib.indexing import import_paths

    with Database.open(folder) as database:
        run_job(import_paths(database, [path for _, path in report.written]))


def _summary(report: DeidentificationReport) -> dict[str, object]:
    """What was done, without identities."""
    return {
        "written": len(report.written),
        "left_out": len(report.left_out),
        "skipped": len(report.skipped),
        "failed": len(report.failed),
        "to_check": report.to_check,
        **report.counts,
        "profile": report.profile,
    }
