"""Write a volume, segmentation, model, transform or scene file as DICOM."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from DICOMLib import writing
from DICOMLib.cli.argument_types import stored_uid
from DICOMLib.cli.booted import add_module_path_argument, host
from DICOMLib.cli.databases import add_database_argument, require_database, unknown_series
from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.cli.input_file import load_input
from DICOMLib.cli.output import ProgressBar, clean_stdout, print_json, tell
from DICOMLib.cli.places import folder_to_fill, writable_folder
from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import run as run_job

TRANSFORM, TRANSFORMABLE = "vtkMRMLTransformNode", "vtkMRMLTransformableNode"
BUNDLE = "DICOMSlicerDataBundlePlugin"
LONGEST_DESCRIPTION = 64
ACQUISITION_TRANSFORM = "_acquisition_transform.h5"  # as load names it beside a volume
NO_PLUGIN = "No plugin writes what is in the file. Ask which there are with: slicer-dicom export --help"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument("--input", metavar="FILE", required=True, help="NRRD, NIfTI, STL, MRB and others")
    parser.add_argument("--output", metavar="DIR", required=True, help="folder for the DICOM files")
    parser.add_argument(
        "--reference",
        type=stored_uid,
        metavar="SERIES",
        help="Series Instance UID in the database: patient, study and, for a volume, modality and the tags "
        "of its images are kept; a segmentation is written in its voxels, if they are an even grid",
    )
    parser.add_argument(
        "--transform",
        metavar="FILE",
        help="transform to apply; by default that of the acquisition which load writes beside a volume",
    )
    add_database_argument(parser, required=False)
    parser.add_argument(
        "--plugin", metavar="NAME", help="the plugin that writes (default: the most confident)"
    )
    parser.add_argument(
        "--tag", metavar="NAME=VALUE", action="append", default=[], help="tag to write; may be repeated"
    )
    parser.add_argument(
        "--preview",
        action="store_true",
        help="only tell what would be written, which tags change, and what cannot be kept",
    )
    parser.add_argument("--json", action="store_true", help="write the report as JSON")
    add_module_path_argument(parser)


def run(options: argparse.Namespace) -> int:
    """0 if all was written, 1 if not, 2 for misuse."""
    tags = dict(one.partition("=")[::2] for one in options.tag)
    _check(options)
    if options.database:
        require_database(options.database)
    if options.reference:
        for text in unknown_series(options.database, [options.reference]):
            raise ExportError(text)
    with (
        folder_to_fill(options.output) as folder,
        clean_stdout() as result,
        _database(options.database) as database,
        host(gui=False, database=database, module_paths=options.additional_module_paths),
    ):
        exportables = [
            exportable
            for item in _transformed(load_input(options.input), _transform_of(options))
            for exportable in _prepared(item, options.reference, options.plugin, tags)
        ]
        if not exportables:
            raise ExportError(NO_PLUGIN)
        if options.preview:
            return _tell_changes(exportables, folder, options.json, result)
        return _write(exportables, writable_folder(folder), options.json, result)


def _check(options: argparse.Namespace) -> None:
    """Raise what is wrong with the options before a host is booted."""
    if options.reference and not options.database:
        raise Misuse("--reference needs --database, which holds the series.")
    for one in options.tag:
        if not one.partition("=")[1]:
            raise Misuse(f"--tag {one} has no value; write it as NAME=VALUE.")
    for path in filter(None, (options.input, options.transform)):
        if not Path(path).is_file():
            raise ExportError(f"There is no file {path}.")


def _transform_of(options: argparse.Namespace) -> str:
    """The transform file that is wanted, or that belongs to the input; empty without one."""
    if options.transform:
        return str(options.transform)
    beside = Path(options.input.removesuffix(".nrrd") + ACQUISITION_TRANSFORM)
    if not beside.is_file():
        return ""
    tell(f"The slices are put where {beside.name}, beside the file, has them.")
    return str(beside)


def _transformed(items: list[int], path: str) -> list[int]:
    """The items under the transform of a file, if one is given."""
    from DICOMLib.mrml.export_item import data_node

    if not path:
        return items
    transform = next(filter(None, (data_node(item, TRANSFORM) for item in load_input(path))), None)
    if transform is None:
        raise ExportError(f"{path} is no transform.")
    for node in filter(None, (data_node(item, TRANSFORMABLE) for item in items)):
        if node.GetParentTransformNode() is None:
            node.SetAndObserveTransformNodeID(transform.GetID())
    return items


@contextmanager
def _database(folder: str | None) -> Iterator[str]:
    """The given database, or an empty one that is gone afterwards."""
    if folder:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="slicer-dicom-") as temporary:
        yield temporary


def _prepared(item: int, reference: str | None, plugin: str | None, tags: dict[str, str]) -> list[Any]:
    """What is written of an item, with its place and tags; nothing if no plugin writes it."""
    from DICOMLib.mrml import export_placement
    from DICOMLib.plugins.export import examine_for_export, set_common_tags

    _check_plugin(plugin)
    if reference:
        export_placement.place_with_series(item, reference)
        export_placement.take_modality(item, reference)
        _use_reference(item, reference)
    elif not export_placement.has_study(item):
        export_placement.place_in_new_study(item, tags)
    found = run_job(examine_for_export([item], [plugin] if plugin else None))
    for failure in found.failed:
        tell(f"Plugin {failure.plugin} failed ({failure.reason}).")
    wanted = [one for one in found.types if plugin or one.plugin != BUNDLE]
    if not wanted:
        return []
    exportables = wanted[0].exportables
    for exportable in exportables:
        _forget_placeholders(exportable, item)
    set_common_tags(exportables, tags)
    for exportable in exportables:
        exportable.referenceSeriesUID = reference or ""
    return exportables


def _forget_placeholders(exportable: Any, item: int) -> None:
    """Nobody sees the defaults before they are written: the name of the file says more than they do."""
    from DICOMLib.mrml.export_item import hierarchy
    from DICOMLib.mrml.volumes.volume_export import PLACEHOLDERS

    for name, words in PLACEHOLDERS.items():
        if exportable.tag(name) == words:
            known = hierarchy().GetItemName(item)[:LONGEST_DESCRIPTION] if name == "SeriesDescription" else ""
            exportable.setTag(name, known)


def _check_plugin(name: str | None) -> None:
    import slicer

    known = sorted(slicer.modules.dicomPlugins)
    if name is not None and name not in known:
        raise ExportError(f"There is no plugin {name}. There are: {', '.join(known)}.")


def _use_reference(item: int, reference: str) -> None:
    """Write a segmentation in the voxels of the reference."""
    import slicer

    from DICOMLib.plugins.load import load_series

    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    node = tree.GetItemDataNode(item)
    if not node.IsA("vtkMRMLSegmentationNode"):
        return
    report = run_job(load_series([reference]))
    volumes = [slicer.mrmlScene.GetNodeByID(node_id) for node_id in report.node_ids]
    volume = next((one for one in volumes if one.IsA("vtkMRMLScalarVolumeNode")), None)
    if volume is None:
        raise ExportError(f"Series {reference} is no volume that could be segmented.")
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)


def _write(exportables: list[Any], folder: Path, as_json: bool, result: Any) -> int:
    """Write and report."""
    from DICOMLib.plugins.export import export
    from DICOMLib.plugins.export_report import ExportReport

    bar = ProgressBar()
    total = ExportReport()
    for exportable in exportables:  # each may be of another plugin
        report = run_job(export([exportable], folder, total.files), bar)
        total.files += report.files
        total.notes += [note for note in report.notes if note not in total.notes]
        total.failed += report.failed
        total.cancelled |= report.cancelled
    bar.close()
    if as_json:
        document = {"files": total.files, "notes": total.notes, "failed": [list(one) for one in total.failed]}
        print_json(document, result)
    else:
        result.write(total.as_text() + "\n")
    return 0 if total.succeeded else 1


def _tell_changes(exportables: list[Any], folder: Path, as_json: bool, result: Any) -> int:
    """Tell what will be written, what changes against the source images, and what the export will note."""
    from DICOMLib.plugins.export_preview import preview, preview_notes, summary_of

    parts = []
    for exportable in exportables:
        found = [changes for _name, changes in preview([exportable])]
        parts.append((summary_of(exportable), found[0] if found else None, preview_notes([exportable])))
    if as_json:
        exports = [
            {"summary": summary, "changes": _as_documents(changes), "notes": notes}
            for summary, changes, notes in parts
        ]
        print_json({"output": str(folder), "exports": exports}, result)
        return 0
    for summary, changes, notes in parts:
        result.writelines(f"{line}\n" for line in (summary, *notes, *_as_lines(changes)))
    result.write(f"Nothing is written by a preview; without --preview it will be, to {folder}\n")
    return 0


def _as_documents(changes: Sequence[writing.differences.TagChange] | None) -> list[dict[str, str]] | None:
    names = ("tag", "name", "before", "after", "kind")
    return None if changes is None else [{name: getattr(one, name) for name in names} for one in changes]


def _as_lines(changes: Sequence[writing.differences.TagChange] | None) -> list[str]:
    if changes is None:
        return ["There are no source images whose tags could be kept."]
    if not changes:
        return ["Patient and study stay as the source images have them."]
    lines = [f"  {one.tag}  {one.name}: {one.before!r} -> {one.after!r}" for one in changes]
    return ["Changes against the source images:", *lines]
