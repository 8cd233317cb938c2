"""Tell why a series is loaded as it is, or not at all: the answer of each plugin in plain words."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from DICOMLib.cli.argument_types import stored_uid
from DICOMLib.cli.booted import add_module_path_argument, host
from DICOMLib.cli.databases import add_database_argument, moved_files, unknown_series
from DICOMLib.cli.output import clean_stdout, print_json, tell
from DICOMLib.core.jobs import run as run_job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("series", type=stored_uid, metavar="SERIES", help="Series Instance UID")
    add_database_argument(parser)
    parser.add_argument("--json", action="store_true", help="write the answers as JSON")
    add_module_path_argument(parser)


def run(options: argparse.Namespace) -> int:
    """0 if the series is in the database, and any of its files where it was, else 1."""
    unknown = unknown_series(options.database, [options.series])
    for text in unknown:
        tell(text)
    if unknown:
        return 1
    with (
        clean_stdout() as result,
        host(gui=False, database=options.database, module_paths=options.additional_module_paths),
    ):
        import slicer

        from DICOMLib.plugins.explain import explain_by_names

        files = slicer.dicomDatabase.filesForSeries(options.series)
        if not files:
            tell(f"Series {options.series} has no files here. Get them with: slicer-dicom retrieve --help")
            return 1
        are_all_gone, moved = moved_files(options.series, files)
        if moved:
            tell(moved)
        if are_all_gone:
            return 1
        explanation = run_job(explain_by_names(options.series))
        if options.json:
            answers = [{**asdict(answer), "title": answer.title} for answer in explanation.answers]
            print_json({**asdict(explanation), "answers": answers}, result)
        else:
            result.writelines(f"{fact}\n" for fact in explanation.facts)
            for answer in explanation.answers:
                confidence = "-" if answer.confidence is None else f"{answer.confidence:.2f}"
                result.write(f"{answer.title} [{confidence}]: {answer.reason}\n")
    return 0
