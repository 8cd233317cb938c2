"""Loading: the selected loadables become nodes of the scene."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import slicer

from DICOMLib.core.errors import FAULTS_OF_OTHERS, DICOMError, log_failure, reason_for_user
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.plugins import choose, registry
from DICOMLib.plugins.examine import examine
from DICOMLib.plugins.facts import hindrance
from DICOMLib.plugins.references import referenced_file_lists
from DICOMLib.plugins.registry import PluginFailure

log = logging.getLogger(__name__)

WAIT_S = 0.02


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A loadable that was not loaded."""

    name: str
    load_type: str
    reason: str

    def __str__(self) -> str:
        return f"Could not load: {self.name} as a {self.load_type}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loadable that became nodes."""

    plugin: str
    loadable: Any
    node_ids: tuple[str, ...]
    load_type: str = ""


@dataclass(slots=True)
class LoadReport:
    """What was loaded.

    Parameters
    ----------
    node_ids
        IDs of the nodes that were added, without storage and display nodes.
    loaded
        The loadables that succeeded, each with its plugin and its nodes.
    failed
        Loadables that did not.
    failed_plugins
        Plugins that raised while they examined the files.
    cancelled
        Whether some were left out.
    wanted
        How many loadables were selected.
    """

    node_ids: list[str] = field(default_factory=list)
    loaded: list[Loaded] = field(default_factory=list)
    failed: list[LoadFailure] = field(default_factory=list)
    failed_plugins: list[PluginFailure] = field(default_factory=list)
    cancelled: bool = False
    wanted: int = 0


def load(
    loadables_by_plugin: Mapping[Any, Sequence[Any]], data_fault_level: int = logging.INFO
) -> Job[LoadReport]:
    """Load each selected loadable; it touches the scene, so it runs in the thread that owns it.

    Faults of the data, such as images that are missing, are in the report; `data_fault_level` is that of
    their line in the log, for callers who show no report. Faults of plugins are errors there.
    """
    chosen = choose.selected(loadables_by_plugin)
    report = LoadReport(wanted=len(chosen))
    # The hierarchy is made when first asked for; it is not among the nodes that were loaded.
    slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    try:
        for index, (plugin, loadable) in enumerate(chosen):
            yield Progress(index, len(chosen), "Loading DICOM data", loadable.name)
            reason = hindrance(loadable.files[0]) if getattr(plugin, "showsPixels", False) else ""
            if reason:
                _tell_failure(plugin, loadable, reason, report)
                continue
            if hasattr(plugin, "prepareLoad"):
                yield from in_background(partial(plugin.prepareLoad, loadable), loadable.name)
            known = set(_data_node_ids())
            success = _load_one(plugin, loadable, report, data_fault_level)
            added = tuple(node_id for node_id in _data_node_ids() if node_id not in known)
            report.node_ids += added
            if success:
                report.loaded.append(
                    Loaded(registry.registered_name(plugin), loadable, added, plugin.loadType)
                )
            elif added:
                report.failed[-1] = _with_what_stays(report.failed[-1], added)
    except JobCancelled:
        report.cancelled = True
    finally:
        for plugin in dict.fromkeys(plugin for plugin, _loadable in chosen):
            _clean_up(plugin)
    return report


def in_background(work: Callable[[], object], detail: str = "") -> Job[None]:
    """Do work that touches no scene in a thread, so that the window stays alive; what it raises is logged.

    It cannot be cut: a cancelled job waits for its end.
    """
    thread = threading.Thread(target=_quietly, args=(work,), name="load")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(WAIT_S)
            yield Progress(step="Loading DICOM data", detail=detail)
    finally:
        thread.join()


def _quietly(work: Callable[[], object]) -> None:
    try:
        work()
    except FAULTS_OF_OTHERS:
        log.debug("preparation of a load failed; the load itself will tell", exc_info=True)


def load_series(
    series_uids: Iterable[str], plugin_names: Iterable[str] | None = None, *, references: bool = False
) -> Job[LoadReport]:
    """Examine series, choose the most confident loadables and load them.

    Parameters
    ----------
    series_uids
        Series Instance UIDs in the database.
    plugin_names
        Plugins to use, the default ones if None.
    references
        Whether series that the chosen data refers to are loaded with it.
    """
    plugins, failed = registry.instances(plugin_names)
    file_lists = [slicer.dicomDatabase.filesForSeries(uid) for uid in series_uids]
    examined = yield from examine(file_lists, plugins)
    failed += examined.failed
    choose.select_most_confident(examined.loadables)
    if references and not examined.cancelled:
        referenced = yield from examine(referenced_file_lists(examined.loadables), plugins)
        failed += referenced.failed
        choose.select_most_confident(referenced.loadables)
        examined.cancelled = referenced.cancelled
        for plugin, loadables in referenced.loadables.items():
            examined.loadables[plugin] = [*loadables, *examined.loadables.get(plugin, ())]
    if examined.cancelled:
        return LoadReport(failed_plugins=failed, cancelled=True)
    report = yield from load(examined.loadables)
    report.failed_plugins = failed
    return report


def _load_one(plugin: Any, loadable: Any, report: LoadReport, data_fault_level: int) -> bool:
    """Call the plugin; a fault or a false answer is a failure in the report, and the answer is False."""
    reason = ""
    try:
        success = bool(plugin.load(loadable))
        reason = str(getattr(loadable, "loadError", ""))
    except FAULTS_OF_OTHERS as error:  # told in the report
        level, what = logging.ERROR, "failed while it loaded data"
        if isinstance(error, DICOMError):
            level, what = data_fault_level, "could not load the data"
        log_failure(log, f"DICOM plugin {type(plugin).__name__} {what}", error, level)
        success, reason = False, reason_for_user(error)
    loadable.loadSuccess = success
    if not success:
        _tell_failure(plugin, loadable, reason or "the plugin could not read the data", report)
    for path in getattr(loadable, "derivedItems", ()):
        slicer.dicomDatabase.insert(path, False)
    return success


def _tell_failure(plugin: Any, loadable: Any, reason: str, report: LoadReport) -> None:
    loadable.loadSuccess = False
    report.failed.append(LoadFailure(loadable.name, plugin.loadType, reason))


def _with_what_stays(failure: LoadFailure, added: Sequence[str]) -> LoadFailure:
    """The failure of a plugin that had added nodes before: they stay, for it may have meant success."""
    names = dict.fromkeys(repr(slicer.mrmlScene.GetNodeByID(node_id).GetName()) for node_id in added)
    reason = f"{failure.reason.rstrip('.')}; what was added before stays in the scene: {', '.join(names)}"
    return replace(failure, reason=reason)


def _clean_up(plugin: Any) -> None:
    """Let a plugin remove its temporary folder."""
    try:
        getattr(plugin, "cleanup", lambda: None)()
    except FAULTS_OF_OTHERS as error:  # the data are loaded already
        log_failure(log, f"DICOM plugin {type(plugin).__name__} failed while it cleaned up", error)


def _data_node_ids() -> Iterator[str]:
    """IDs of all nodes of the scene but storage and display nodes."""
    nodes = slicer.mrmlScene.GetNodes()
    for index in range(nodes.GetNumberOfItems()):
        node = nodes.GetItemAsObject(index)
        if not (node.IsA("vtkMRMLStorageNode") or node.IsA("vtkMRMLDisplayNode")):
            yield node.GetID()
