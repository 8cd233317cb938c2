"""Import files and folders into a database, and tell of each file that was not taken why."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from DICOMLib.cli.databases import add_database_argument, database_to_fill, has_database
from DICOMLib.cli.exit_codes import INTERRUPTED
from DICOMLib.cli.output import ProgressBar, clean_stdout, print_json, tell
from DICOMLib.cli.places import writable_file
from DICOMLib.cli.tag_argument import add_tag_argument
from DICOMLib.core.jobs import run as run_job
from DICOMLib.database import Database
from DICOMLib.indexing import ImportOptions, ImportReport, import_paths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="files, folders, DICOMDIRs and zip archives")
    add_database_argument(parser)
    parser.add_argument("--copy", action="store_true", help="copy the files into the database folder")
    parser.add_argument(
        "--hard-links",
        action="store_true",
        help="with --copy: second names for the files where the disk can; for files that nobody changes",
    )
    add_tag_argument(
        parser, "a DICOM keyword or tag whose values are cached, too, so that they can be searched"
    )
    parser.add_argument("--json", action="store_true", help="write the account as JSON")
    parser.add_argument("--report", metavar="FILE", help="also save the account (.txt, .json or .csv)")


def run(options: argparse.Namespace) -> int:
    """0 if all DICOM files came in, 1 if some failed or there was none, 130 if it was interrupted."""
    if options.report:
        writable_file(options.report)
    with clean_stdout() as result:
        with database_to_fill(options.database) as database:
            how = ImportOptions(
                copy=options.copy or options.hard_links,
                hard_links=options.hard_links,
                tags=tuple(options.tags),
            )
            report = import_with_progress(database, options.paths, how)
        if options.report:
            save_report(report, Path(options.report))
        if options.json:
            print_json(as_document(report), result)
        else:
            result.write(report.as_text())
    if report.cancelled:
        return INTERRUPTED
    if not (report.instances or report.replaced or report.unchanged or report.notes):
        looked_at = report.failed or report.skipped
        why = "" if looked_at else f"There are no files in {', '.join(options.paths)}. "
        no_database = "" if has_database(options.database) else " No database was made."
        tell(f"{why}Nothing was imported.{no_database}")
        return 1
    return 1 if report.failed else 0


def import_with_progress(
    database: Database, paths: list[str], how: ImportOptions | None = None
) -> ImportReport:
    """Import with a bar on the terminal; Ctrl-C ends it at a safe point, with a report."""
    bar = ProgressBar()
    with stop_by_interrupt() as stopped:
        job = import_paths(database, paths, how or ImportOptions())
        report = run_job(job, bar, lambda: bool(stopped))
    bar.close()
    return report


@contextmanager
def stop_by_interrupt() -> Iterator[list[int]]:
    """A list that is filled when the user presses Ctrl-C; pressing it again stops at once."""
    stopped: list[int] = []

    def note(number: int, _frame: Any) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def as_document(report: ImportReport) -> dict[str, Any]:
    """The account for programs: files that are no DICOM are only counted."""
    document = report.as_dict()
    document["skipped"] = len(report.skipped)
    return document


def save_report(report: ImportReport, path: Path) -> None:
    """Save the account in the form that the name asks for."""
    text = {".json": report.as_json, ".csv": report.as_csv}.get(path.suffix.lower(), report.as_text)()
    path.write_text(text, encoding="utf-8")
