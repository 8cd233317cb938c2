"""Open the window. Folders that are given are opened in a temporary database of their own.

The user's database stays as it is, until the button to keep the data is pressed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from DICOMLib.cli.booted import add_module_path_argument, host
from DICOMLib.cli.databases import add_database_argument
from DICOMLib.cli.import_files import import_with_progress
from DICOMLib.cli.output import has_display, tell
from DICOMLib.database import Database
from DICOMLib.indexing import ImportReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="folders or files to look at")
    add_database_argument(parser, required=False)
    add_module_path_argument(parser)


def run(options: argparse.Namespace) -> int:
    """The exit code of the window; 1 if a given folder does not exist."""
    missing = [folder for folder in options.folders if not Path(folder).exists()]
    if missing:
        tell(f"slicer-dicom view: not found: {', '.join(missing)}")
        return 1
    if not (has_display() or os.environ.get("QT_QPA_PLATFORM")):
        tell("slicer-dicom view: there is no display to open the window on.")
        return 1
    if not options.folders:
        return show(options.database, options.additional_module_paths)
    with tempfile.TemporaryDirectory(prefix="slicer-dicom-view-", ignore_cleanup_errors=True) as folder:
        with Database.open(folder) as database:
            tell_account(import_with_progress(database, options.folders))
        return show(folder, options.additional_module_paths, options.folders)


def tell_account(report: ImportReport) -> None:
    """Say what came in, and of each kind of fault which files are concerned and what to do."""
    tell(report.as_text().rstrip() if report.failed else report.summary())


def show(database: str | None, module_paths: list[str], temporary_of: list[str] | None = None) -> int:
    """Open the window on a database and wait until it is closed.

    Parameters
    ----------
    database
        Its folder; None for the user's own.
    module_paths
        Folders with more modules.
    temporary_of
        What was imported, if the database is only for this time.
    """
    with host(gui=True, database=database, module_paths=module_paths) as application:
        window = application.show_main_window()
        window.moduleSelector().selectModule("DICOM")
        if temporary_of:
            import slicer

            browser = slicer.modules.DICOMWidget.browserWidget
            browser.showTemporaryDatabaseNotice([str(Path(path).resolve()) for path in temporary_of])
        from DICOMModule.Host.event_loop import run_window

        return run_window(application)
