"""Load series of a database through their plugins and save each node as a file."""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from DICOMLib.cli.argument_types import stored_uid
from DICOMLib.cli.booted import add_module_path_argument, host
from DICOMLib.cli.databases import add_database_argument, existing_database, moved_files, unknown_series
from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.cli.output import ProgressBar, clean_stdout, print_json, tell
from DICOMLib.cli.places import writable_folder
from DICOMLib.cli.saving import save_copy, save_node
from DICOMLib.core.errors import reason_of
from DICOMLib.core.jobs import run as run_job

if TYPE_CHECKING:
    from DICOMLib.plugins.load import LoadReport

log = logging.getLogger(__name__)


FORMATS = ("nrrd", "nii.gz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_database_argument(parser)
    parser.add_argument("uids", type=stored_uid, metavar="SERIES", nargs="*", help="Series Instance UIDs")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--series", type=stored_uid, metavar="UID", nargs="+", help="the same, by an option")
    which.add_argument("--all", action="store_true", help="every series of the database")
    parser.add_argument(
        "--output", metavar="DIR", required=True, help="folder for the files; made where missing"
    )
    parser.add_argument("--format", choices=FORMATS, default="nrrd", help="for volumes (default: nrrd)")
    parser.add_argument(
        "--straighten",
        action="store_true",
        help="resample volumes whose slices are tilted, uneven or missing onto an even grid",
    )
    parser.add_argument("--json", action="store_true", help="write what was loaded as JSON")
    add_module_path_argument(parser)


def run(options: argparse.Namespace) -> int:
    """0 if every series gave a node that was saved, and no plugin failed, else 1."""
    if options.all and options.uids:
        raise Misuse("SERIES and --all contradict: name series, or say --all.")
    if not (options.uids or options.series or options.all):
        raise Misuse("SERIES is required: name series by their Series Instance UIDs, or say --all.")
    series, failures = _wanted_series(options)
    folder = writable_folder(options.output).absolute()  # a scene may have a folder of its own
    loaded: list[dict[str, Any]] = []
    with clean_stdout() as result:
        if series:
            with host(gui=False, database=options.database, module_paths=options.additional_module_paths):
                loaded, failed = load_and_save(series, folder, options.format, straight=options.straighten)
                failures += failed
        if options.json:
            print_json(loaded, result)
        else:
            result.writelines(f"{entry['file']}  {entry['class']}  ({entry['title']})\n" for entry in loaded)
            for entry in loaded:
                for warning in entry["warnings"]:
                    tell(f"{entry['file']}: {warning}")
    for text in failures:
        tell(text)
    return 1 if failures else 0


def _wanted_series(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The series that are there, and sentences on those that are not."""
    with existing_database(options.database) as database:
        known = [row["SeriesInstanceUID"] for row in database.rows("series")]
    wanted = [*options.uids, *(options.series or ())]
    if options.all:
        return known, [] if known else ["There is no series in the database."]
    return [uid for uid in wanted if uid in known], unknown_series(options.database, wanted)


def load_and_save(
    series: Sequence[str], folder: Path, file_format: str, *, straight: bool = False
) -> tuple[list[dict[str, Any]], list[str]]:
    """Load series one by one, save their nodes, and empty the scene again after each.

    `straight` resamples irregular volumes.

    Returns
    -------
    tuple[list[dict[str, Any]], list[str]]
        What was loaded, and sentences on what was not.
    """
    import slicer

    bar = ProgressBar()
    loaded: list[dict[str, Any]] = []
    failures: list[str] = []
    broken: dict[str, str] = {}
    target = _Target(folder, file_format, straight, {path.name for path in folder.iterdir()})
    for uid in series:
        entries, problems = _load_one(uid, target, bar, broken)
        loaded += entries
        failures += problems
        slicer.mrmlScene.Clear(0)
    bar.close()
    failures += [f"DICOM plugin {name} failed and was left out: {reason}." for name, reason in broken.items()]
    return loaded, failures


@dataclass(frozen=True, slots=True)
class _Target:
    """Where and how nodes are saved; `earlier` are names of files that were there before."""

    folder: Path
    file_format: str
    straight: bool
    earlier: set[str]


def _load_one(
    uid: str, target: _Target, bar: ProgressBar, broken: dict[str, str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Load and save one series; the reasons of plugins that failed are added to `broken`."""
    import slicer

    from DICOMLib.plugins.load import load_series

    files = slicer.dicomDatabase.filesForSeries(uid)
    if not files:
        return [], [f"Series {uid} has no files here. Get them with: slicer-dicom retrieve --help"]
    are_all_gone, moved = moved_files(uid, files)
    if are_all_gone:
        return [], [moved]
    report = run_job(load_series([uid]), bar)
    broken |= {failure.plugin: failure.reason.rstrip(".") for failure in report.failed_plugins}
    problems = [moved] if moved else []
    problems += [f"Series {uid}: {failure} ({failure.reason.rstrip('.')})." for failure in report.failed]
    if target.straight:
        _straighten_all()
    entries = []
    for loaded in report.loaded:
        for node in filter(_is_result, map(slicer.mrmlScene.GetNodeByID, loaded.node_ids)):
            reason = _not_for(target.file_format, node)
            if reason:
                problems.append(f"Series {uid}: {node.GetName()!r} is not written as NIfTI: {reason}")
                continue
            path, taken, reason = _save_one(node, target, loaded.plugin)
            if reason:
                problems.append(f"Series {uid}: {path.name} could not be saved: {reason}.")
                continue
            entries.append(_entry(uid, node, path, loaded))
            entries[-1]["warnings"] += [
                f"{name} was there already, and stays." for name in taken if name in target.earlier
            ]
    if not entries and not problems:
        problems.append(f"Series {uid}: {_why_nothing(uid, report)}")
    return entries, problems


def _why_nothing(uid: str, report: LoadReport) -> str:
    """Why there is nothing to save, though nothing failed."""
    plugins = ", ".join(loaded.plugin for loaded in report.loaded)
    if plugins:
        return f"the plugin {plugins} said that it was loaded, but added no node that can be saved."
    return f"no plugin could load it. Ask why with: slicer-dicom explain {uid}"


def _save_one(node: Any, target: _Target, plugin: str) -> tuple[Path, list[str], str]:
    """Save a node, of a document the document: its path, what was in its way, and why it could not be."""
    try:
        document = _document_of(node, plugin)
    except OSError as error:
        return target.folder / node.GetName(), [], reason_of(error)
    ending = document.suffix if document else _extension(node, target.file_format)
    path, taken = _free_name(target.folder, node.GetName(), ending)
    return path, taken, save_copy(document, path) if document else save_node(node, path)


def _document_of(node: Any, plugin: str) -> Path | None:
    """The file of a document that a node only describes, such as a PDF."""
    import slicer

    path_of = getattr(slicer.modules.dicomPlugins[plugin], "documentPath", None)
    path = path_of(slicer.modules.dicomPlugins[plugin](), node) if path_of else ""
    return Path(path) if path else None


def _is_result(node: Any) -> bool:
    """Whether a node is what the user wants as a file, not one that only serves another."""
    return node is not None and not node.GetHideFromEditors() and node.IsA("vtkMRMLStorableNode")


def _not_for(file_format: str, node: Any) -> str:
    """Why a volume would lie elsewhere in a file of the format; empty if it would not."""
    from DICOMLib.mrml.volumes.straighten import is_sheared
    from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

    if file_format != "nii.gz" or not node.IsA("vtkMRMLScalarVolumeNode"):
        return ""
    if is_sheared(ijk_to_ras_of(node)):
        return (
            "its slices are tilted, which the file would not tell. Use --format nrrd, or --straighten, "
            "which resamples it."
        )
    if node.GetParentTransformNode() is not None:
        return (
            "a transform puts it in its place (slices are uneven or missing, or the volume is bent), "
            "which the file would not tell. Use --format nrrd, with the transform in a file of its own, "
            "or --straighten, which resamples it."
        )
    return ""


def _straighten_all() -> None:
    """Resample the volumes of the scene that are bent by an acquisition transform or sheared."""
    import slicer

    from DICOMLib.mrml.volumes.sequence import straighten_items
    from DICOMLib.mrml.volumes.straighten import is_sheared, straighten
    from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

    logic = slicer.modules.sequences.logic()
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
        transform = node.GetParentTransformNode()
        browser = logic.GetFirstBrowserNodeForProxyNode(node)
        if browser is not None:
            if transform is not None or is_sheared(ijk_to_ras_of(node)):
                straighten_items(browser, browser.GetSequenceNode(node))
            continue
        if transform is not None:
            node.HardenTransform()
            slicer.mrmlScene.RemoveNode(transform)
        if is_sheared(ijk_to_ras_of(node)):
            straighten(node)


def _entry(uid: str, node: Any, path: Path, loaded: Any) -> dict[str, Any]:
    """What is told of one node."""
    from DICOMLib.plugins.explain import title_of

    return {
        "series": uid,
        "plugin": loaded.plugin,
        "load_type": loaded.load_type,
        "title": title_of(loaded.load_type),
        "name": node.GetName(),
        "class": node.GetClassName(),
        "file": str(path),
        "warnings": [line for line in loaded.loadable.warning.splitlines() if line],
    }


def _extension(node: Any, file_format: str) -> str:
    """The end of the file name for a kind of node."""
    if node.IsA("vtkMRMLVolumeNode"):
        return f".{file_format}"
    if node.IsA("vtkMRMLSegmentationNode") and node.GetSegmentation().IsSourceRepresentationPolyData():
        return ".seg.vtm"
    endings = {
        "vtkMRMLSegmentationNode": ".seg.nrrd",
        "vtkMRMLModelNode": ".vtk",
        "vtkMRMLMarkupsNode": ".mrk.json",
        "vtkMRMLTransformNode": ".h5",
        "vtkMRMLTableNode": ".tsv",
        "vtkMRMLSequenceNode": ".seq.nrrd",
        "vtkMRMLTextNode": ".txt",
        "vtkMRMLColorNode": ".ctbl",
    }
    return next((ending for name, ending in endings.items() if node.IsA(name)), ".nrrd")


def _free_name(folder: Path, name: str, extension: str) -> tuple[Path, list[str]]:
    """A path that does not exist yet, from the name of a node, and names of files that were in its way."""
    stem = re.sub(r"[^A-Za-z0-9_.\-]+", "_", name).strip("._") or "node"
    path, taken = folder / f"{stem[:100]}{extension}", []
    while path.exists():
        taken.append(path.name)
        path = folder / f"{stem[:100]}_{len(taken) + 1}{extension}"
    return path, taken
