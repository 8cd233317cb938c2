"""The first steps in one command: import, list, load, save the volume and a picture, open the window.

Without a folder it takes the files of many patients that the pydicom package carries, and a head phantom.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from DICOMLib.cli.booted import host
from DICOMLib.cli.import_files import import_with_progress
from DICOMLib.cli.list_rows import series_overview
from DICOMLib.cli.output import has_display, tell
from DICOMLib.cli.places import writable_folder
from DICOMLib.core.jobs import run as run_job
from DICOMLib.database import Database
from DICOMLib.database.schema import DATABASE_NAME
from DICOMLib.indexing import ImportReport
from DICOMLib.indexing.reasons import SECOND_FILE

WINDOW_SIZE = (1280, 800)
MOST_TRIED = 5  # series, until one becomes a volume


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="DICOM files (default: sample data)")
    parser.add_argument("--output", metavar="DIR", default="output", help="for all results (default: output)")
    parser.add_argument("--no-window", action="store_true", help="do not open the window at the end")


def run(options: argparse.Namespace) -> int:
    """0 if something was loaded and saved, else 1; the exit code of the window where there is one."""
    if options.folder and not Path(options.folder).exists():
        tell(f"slicer-dicom start: {options.folder} does not exist.")
        return 1
    output = writable_folder(options.output).resolve()
    if (output / "database" / DATABASE_NAME).is_file():
        print(f"{output} holds the database of an earlier run; what is imported now is added to it.\n")
    folders = [options.folder] if options.folder else sample_folders(output / "phantom")
    if not options.folder:
        print(
            "Sample data: a head phantom, and the files that the pydicom package tests itself with. "
            "Many of those are damaged or repeated on purpose.\n"
        )
    candidates = _import(output / "database", folders)
    if not candidates:
        tell("No image series was found that could be loaded.")
        return 1
    with host(gui=True, database=str(output / "database")) as application:
        saved = _load_and_save(application, candidates, output)
        if saved and has_display() and not options.no_window:
            print("The window is open; close it to end.", flush=True)
            application.main_window.moduleSelector().selectModule("DICOM")
            from DICOMModule.Host.event_loop import run_window

            return run_window(application)
    return 0 if saved else 1


def sample_folders(phantom_folder: Path) -> list[str]:
    """Folders with the sample data: real files of many patients, and the phantom, written now."""
    import pydicom

    from DICOMLib.standard.phantom import write_head_phantom

    write_head_phantom(phantom_folder)
    return [str(Path(pydicom.__file__).parent / "data" / "test_files"), str(phantom_folder)]


def _import(database_folder: Path, folders: list[str]) -> list[str]:
    """Import, tell what was found, and give the UIDs of image series: the phantom, then the largest first."""
    from DICOMLib.standard.phantom import SERIES_UID

    with Database.open(database_folder) as database:
        report = import_with_progress(database, folders)
        report_file = database_folder.parent / "import.txt"
        report_file.write_text(report.as_text(), encoding="utf-8")
        print(report.summary())
        for sentence in in_plain_words(report):
            print(f"  {sentence}")
        print(f"What was not taken, and why: {report_file}\n")
        print(series_overview(database))
        here = _series_below(database, folders)
        images = [row for row in database.rows("series") if row["DisplayedSize"]]
    images = [row for row in images if row["SeriesInstanceUID"] in here]
    images.sort(key=lambda row: (row["SeriesInstanceUID"] == SERIES_UID, _size(row)), reverse=True)
    return [row["SeriesInstanceUID"] for row in images]


def in_plain_words(report: ImportReport) -> list[str]:
    """What the numbers in the summary mean that are no successes; nothing is wrong with the program."""
    set_aside = sum(reason == SECOND_FILE for _path, reason in report.notes)
    meanings = (
        (
            report.failed,
            "Failed: damaged DICOM files, or some without the identifiers that a file must have.",
        ),
        (set_aside, "Set aside: further files under the identifier of one that is there; none is lost."),
        (report.skipped, "Skipped: files that are no DICOM images or documents, such as texts."),
    )
    return [sentence for number, sentence in meanings if number]


def _series_below(database: Database, folders: list[str]) -> set[str]:
    """UIDs of the series with a file in the given folders; an earlier call may have imported others."""
    parents = [Path(folder).absolute() for folder in folders]
    return {
        row["SeriesInstanceUID"]
        for row in database.rows("instances")
        if row["Filename"]
        and any(Path(database.absolute_path(row["Filename"])).is_relative_to(parent) for parent in parents)
    }


def _size(row: dict[str, Any]) -> int:
    """Number of pixels of a series."""
    columns, _, lines = str(row["DisplayedSize"]).partition("x")
    return int(columns or 0) * int(lines or 0) * int(row["DisplayedCount"] or 0)


def _load_and_save(application: Any, candidates: list[str], output: Path) -> bool:
    """Load the first series that gives a volume; save it and a picture of the views."""
    import slicer

    from DICOMModule.Host.views.screenshot import save_views

    window = application.show_main_window()
    window.resize(*WINDOW_SIZE)
    layout_manager = slicer.app.layoutManager()
    layout_manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    volume = next((found for series in candidates[:MOST_TRIED] if (found := _load(series))), None)
    if volume is None:
        return False
    volume_file = output / "volume.nrrd"
    slicer.util.saveNode(volume, str(volume_file))
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    _render_volume(volume)
    application.qt_application.processEvents()
    layout_manager.resetThreeDViews()
    picture_file = output / "views.png"
    save_views(layout_manager, picture_file)
    print(f"Loaded:  {volume.GetName()} ({volume.GetClassName()})")
    print(f"Volume:  {volume_file}")
    print(f"Picture: {picture_file}")
    print(f"Database: {output / 'database'}", flush=True)
    return True


def _load(series: str) -> Any:
    """The volume that a series becomes through its plugin; None if it becomes none, and why is told."""
    import slicer

    from DICOMLib.plugins.load import load_series

    report = run_job(load_series([series]))
    for failure in report.failed:
        tell(f"{failure}: {failure.reason}")
    nodes = [slicer.mrmlScene.GetNodeByID(node_id) for node_id in report.node_ids]
    volume = next((node for node in nodes if node is not None and node.IsA("vtkMRMLVolumeNode")), None)
    if volume is None and not report.failed:
        tell(f"No plugin makes a volume of the series {series}.")
    return volume


def _render_volume(volume: Any) -> None:
    """Show a grey volume in three dimensions."""
    import slicer

    from DICOMModule.Host.views.volume_rendering import show_volume

    if volume.IsA("vtkMRMLScalarVolumeNode") and volume.GetImageData().GetDimensions()[2] > 1:
        show_volume(slicer.app.applicationLogic(), volume, shown=True)
