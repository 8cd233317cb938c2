"""Export: items of the scene become DICOM files in a folder, or instances of the database.

What a window, a script or a command does, step by step:

1. ``types = run(examine_for_export(items))``: every plugin says how it could write the items. ``types.types``
   is a list of `ExportType`, the most confident first; each has a text for the list of export types, and
   `exportables`, one for each series.
2. The user edits the tags of the exportables (``exportable.tags``, ``exportable.setTag``).
   ``set_common_tags`` gives patient and study to all of them; `patient_and_study_tags` are those of an item.
   ``exportable.referenceSeriesUID`` may name a series of the database whose headers are kept.
3. ``export_preview.preview(exportables)`` lists what changes against the images that the data was made of.
4. ``report = run(export(exportables, directory))``, or ``export_to_database(exportables)``: writes.

All of it touches the scene, so it runs in the thread that owns it, in steps.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import slicer
from vtkmodules.vtkCommonCore import vtkIdList

from DICOMLib.core.errors import (
    FAULTS_OF_OTHERS,
    DICOMError,
    ExportError,
    FolderError,
    log_failure,
    reason_for_user,
)
from DICOMLib.core.folders import make_folders, remove_folders
from DICOMLib.core.jobs import Job, JobCancelled, Progress, run
from DICOMLib.mrml.export_item import item_tags, study_and_patient
from DICOMLib.mrml.subject_hierarchy import PATIENT_ATTRIBUTES, STUDY_ATTRIBUTES
from DICOMLib.plugins import registry
from DICOMLib.plugins.answers import usable_exportables
from DICOMLib.plugins.export_report import ExportReport
from DICOMLib.plugins.exportable import name_of, plugin_of
from DICOMLib.plugins.registry import PluginFailure

log = logging.getLogger(__name__)

NO_ANSWER = "Error occurred in exporter"
NO_ROOM = (
    "The disk of the database has no room for it: {needed:.1f} MB are needed, {free:.1f} MB are free. "
    "Make room there, or export to a folder."
)
NOT_TAKEN = (
    "The database took {} of {} files; none of them is kept. See to it that its folder can be written to, "
    "or export to a folder."
)
BESIDE_A_FILE = 64 * 1024  # bytes: what the database says of it, and its picture
ANOTHER_FOLDER = "Choose another folder, in which you may write."
NOTHING = "The plugin {} wrote no file, and did not say why."


@dataclass(frozen=True, slots=True)
class ExportType:
    """A way to write the chosen items: what one plugin offers.

    Parameters
    ----------
    plugin
        Name of the plugin.
    name
        What is written, for the user.
    confidence
        Mean confidence of the exportables, 0 to 1.
    exportables
        One for each series that is written.
    """

    plugin: str
    name: str
    confidence: float
    exportables: list[Any]

    @property
    def text(self) -> str:
        """A line for the list of export types."""
        count = len(self.exportables)
        return f"{self.name} ({self.confidence:.0%}, {count} series) ({self.plugin})"


@dataclass(slots=True)
class ExportTypes:
    """All ways to write the chosen items, the most confident first, and the plugins that failed."""

    types: list[ExportType] = field(default_factory=list)
    failed: list[PluginFailure] = field(default_factory=list)


def items_to_export(item: int) -> list[int]:
    """The items that are exported when a user chooses one: itself, or all children of a study.

    Raises
    ------
    ExportError
        If it is neither a study nor data.
    """
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    if tree.GetItemLevel(item) == slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelStudy():
        children = vtkIdList()
        tree.GetItemChildren(item, children)
        return [children.GetId(index) for index in range(children.GetNumberOfIds())]
    if tree.GetItemDataNode(item) is None:
        raise ExportError("Only a study or data can be exported.")
    return [item]


def examine_for_export(items: Iterable[int], plugin_names: Iterable[str] | None = None) -> Job[ExportTypes]:
    """Ask each plugin how it could write items of the subject hierarchy.

    Parameters
    ----------
    items
        Subject hierarchy items of data, see `items_to_export`.
    plugin_names
        Plugins to ask, the default ones if None.
    """
    plugins, failed = registry.instances(plugin_names)
    result = ExportTypes(failed=failed)
    wanted = list(items)
    for index, (name, plugin) in enumerate(plugins.items()):
        yield Progress(index, len(plugins), "Asking DICOM plugins", name)
        offered: list[Any] = []
        problems: list[str] = []
        try:
            for item in wanted:
                good, problem = usable_exportables(plugin.examineForExport(item), item)
                offered += good
                problems += [problem] if problem else []
        except FAULTS_OF_OTHERS as error:
            log_failure(log, f"DICOM plugin {name} failed while it examined items", error)
            result.failed.append(PluginFailure(name, error))
            continue
        if problems:
            log.error("DICOM plugin %s: a part of its answer cannot be used.", name)
            result.failed.append(PluginFailure(name, TypeError(" ".join(dict.fromkeys(problems)))))
        result.types += _types_of(name, offered)
    result.types.sort(key=lambda one: one.confidence, reverse=True)
    return result


def _types_of(plugin: str, exportables: Sequence[Any]) -> list[ExportType]:
    """The exportables of one plugin as one type; none if there are none."""
    if not exportables:
        return []
    confidence = sum(exportable.confidence for exportable in exportables) / len(exportables)
    for exportable in exportables:
        if exportable.pluginClass not in registry.registered():  # that of its module, by Slicer's habit
            exportable.pluginClass = plugin
    return [ExportType(exportables[0].pluginClass, exportables[0].name, confidence, list(exportables))]


def patient_and_study_tags(item: int) -> tuple[dict[str, str], dict[str, str]]:
    """The tags of patient and of study of an item, the standard ones empty where they are not known.

    Raises
    ------
    ExportError
        If it is not below a study below a patient.
    """
    study, patient = study_and_patient(item)
    return (
        {**dict.fromkeys(PATIENT_ATTRIBUTES, ""), **item_tags(patient, [*PATIENT_ATTRIBUTES])},
        {**dict.fromkeys(STUDY_ATTRIBUTES, ""), **item_tags(study, [*STUDY_ATTRIBUTES])},
    )


def set_common_tags(exportables: Iterable[Any], tags: dict[str, str]) -> None:
    """Give the same tags, such as those of patient and study, to all exportables."""
    for exportable in exportables:
        for name, value in tags.items():
            exportable.setTag(name, value)


def export(
    exportables: Sequence[Any], directory: str | Path, known: Collection[str] = ()
) -> Job[ExportReport]:
    """Write exportables of one plugin to a folder.

    Parameters
    ----------
    exportables
        As `examine_for_export` gave them, with the tags as the user wants them.
    directory
        Made where it is missing, and not kept if nothing is written. What is there already stays, and is
        told.
    known
        Files there of which nothing needs to be told, such as those of another plugin of the same export.

    Raises
    ------
    ExportError
        If there is no such folder, and it cannot be made.
    """
    report = ExportReport()
    folder = Path(directory)
    try:
        missing = make_folders(folder.absolute())
    except FolderError as error:
        raise ExportError(f"{error} Nothing was written. {ANOTHER_FOLDER}") from error
    try:
        before = _files_below(folder)
        yield from _export_groups(exportables, folder, report)
        after = _files_below(folder)
    finally:
        remove_folders(missing)
    report.files = sorted(path for path, state in after.items() if before.get(path) != state)
    if exportables and not report.files and report.succeeded:
        report.failed.append((name_of(exportables[0]), NOTHING.format(exportables[0].pluginClass)))
    report.notes += _notes_of_earlier_files({path for path in before if path not in known}, report.files)
    return report


def _export_groups(exportables: Sequence[Any], folder: Path, report: ExportReport) -> Job[None]:
    """Let the plugin write into a folder, group by group, until all is written or the user cancels."""
    for exportable in exportables:
        exportable.directory = str(folder)
    try:
        for group in _groups(exportables):
            yield Progress(0, 0, "Exporting", name_of(group[0]))
            yield from _export_group(group, report)
    except JobCancelled:
        report.cancelled = True


def _notes_of_earlier_files(earlier: set[str], written: Sequence[str]) -> list[str]:
    """What became of the files that were in the folder before."""
    replaced = [Path(path).name for path in written if path in earlier]
    if replaced:
        return [f"Replaced files of the same name: {', '.join(replaced)}."]
    kept = [path for path in earlier if path.endswith(".dcm")]
    if kept and written:
        return [f"The folder held {len(kept)} DICOM files already. They stay; the new ones have other names."]
    return []


def export_to_database(exportables: Sequence[Any]) -> Job[ExportReport]:
    """Write exportables of one plugin and copy them into the database of the application.

    Raises
    ------
    ExportError
        If the database is closed.
    """
    database = slicer.dicomDatabase
    if not database.isOpen:
        raise ExportError("The DICOM database is closed. Open it, or export to a folder.")
    folder = Path(tempfile.mkdtemp(prefix="DICOMExportTemp_", dir=slicer.app.temporaryPath))
    try:
        report = yield from export(exportables, folder)
        name = name_of(exportables[0]) if exportables else ""
        reason = _why_no_room(report.files, Path(database.databaseDirectory))
        if reason:
            report.failed.append((name, reason))
        copies = yield from _insert(report.files if not reason else ())
        for series, paths in copies.items():
            if not all(paths):
                report.failed.append((name, NOT_TAKEN.format(len(list(filter(None, paths))), len(paths))))
                _take_out(series)
        report.files = [path for paths in copies.values() if all(paths) for path in paths]
        if report.files:
            database.updateDisplayedFields()
        report.to_database = True
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report


def _why_no_room(paths: Sequence[str], folder: Path) -> str:
    """Why a database folder cannot hold copies of files; empty if it can."""
    needed = sum(Path(path).stat().st_size + BESIDE_A_FILE for path in paths)
    free = shutil.disk_usage(folder).free
    return NO_ROOM.format(needed=needed / 1e6, free=free / 1e6) if needed > free else ""


def _insert(paths: Sequence[str]) -> Job[dict[str, list[str]]]:
    """Copy files into the database of the application.

    Returns
    -------
    dict
        By Series Instance UID the path of each copy, empty where the database has none.
    """
    database = slicer.dicomDatabase
    copies: dict[str, list[str]] = {}
    for index, path in enumerate(paths):
        yield Progress(index, len(paths), "Adding to the database", Path(path).name)
        instance, series = (database.fileValue(path, tag) for tag in ("0008,0018", "0020,000E"))
        with database.asBatch():  # who looks at the tables goes on with what was searched and selected
            database.insert(path, True)
        copy = database.fileForInstance(instance)
        copies.setdefault(series, []).append(copy if copy != path else "")
    return copies


def _take_out(series: str) -> None:
    """Remove a series from the database, with its study and its patient if they have no other."""
    database = slicer.dicomDatabase
    study = database.studyForSeries(series)
    patient = database.patientForStudy(study)
    database.removeSeries(series)
    database.cleanupStudy(study)
    database.cleanupPatient(patient)


def _groups(exportables: Sequence[Any]) -> list[list[Any]]:
    """Exportables that are written by one call: each for itself if the plugin can do it in steps."""
    if exportables and hasattr(plugin_of(exportables[0]), "exportSteps"):
        return [[exportable] for exportable in exportables]
    return [list(exportables)] if exportables else []


def _export_group(group: Sequence[Any], report: ExportReport) -> Job[None]:
    """Let the plugin write; what goes wrong becomes a line of the report."""
    name = name_of(group[0])
    try:
        plugin = plugin_of(group[0])
        if hasattr(plugin, "exportSteps"):
            report.notes += (yield from plugin.exportSteps(group)) or ()
            return
        answer = plugin.export(list(group))
        if answer is None:
            report.failed.append((name, NO_ANSWER))
        elif answer:
            report.failed.append((name, str(answer)))
    except JobCancelled:
        raise
    except DICOMError as error:
        report.failed.append((name, str(error)))
    except FAULTS_OF_OTHERS as error:
        plugin_name = group[0].pluginClass
        log_failure(log, f"DICOM plugin {plugin_name} failed while it exported", error)
        report.failed.append((name, f"The plugin {plugin_name} failed: {reason_for_user(error)}"))


def answer_for_slicer(steps: Job[list[str]]) -> str:
    """Run the steps of an export to their end; the text is what `DICOMPlugin.export` returns."""
    try:
        for note in run(steps):
            log.info("Export: %s", note)
    except DICOMError as error:
        log_failure(log, "Export failed", error)
        return str(error)
    return ""


def _files_below(folder: Path) -> dict[str, tuple[int, int]]:
    """Path of each file, and what tells whether it has been written anew."""
    states = ((str(path), path.stat()) for path in folder.rglob("*") if path.is_file())
    return {path: (state.st_mtime_ns, state.st_size) for path, state in states}
