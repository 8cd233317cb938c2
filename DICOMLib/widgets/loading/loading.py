"""From selected series to nodes: examine, add what is referred to, warn, load.

Each step is a job; between two steps the user may be asked. The same steps serve a window, where a
stepper drives the jobs and dialogs do not block, and a script, where all is done before the next line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import slicer

from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.mrml.presentation import show_loaded
from DICOMLib.plugins import choose, registry
from DICOMLib.plugins.examine import examine
from DICOMLib.plugins.load import LoadReport, load
from DICOMLib.plugins.references import referenced_file_lists
from DICOMLib.plugins.registry import PluginFailure
from DICOMLib.widgets.translation import _

CHECKED_AT_ONCE = 500
READ_AT_ONCE = 25
KEPT_AT_HAND = 5000  # files; a few kilobytes of memory each

Loadables = dict[Any, list[Any]]


class Driver(Protocol):
    """What drives jobs: a `Stepper` or `Blocking`."""

    def start(
        self,
        job: Job,
        on_progress: Callable[[Progress], None],
        on_done: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Drive `job` and call what belongs to its end."""


@dataclass(slots=True)
class Examination:
    """What can be loaded from some lists of files."""

    loadables: Loadables = field(default_factory=dict)
    failed: list[PluginFailure] = field(default_factory=list)
    missing: int = 0
    total: int = 0
    cancelled: bool = False


def examine_present_files(
    file_lists: Sequence[Sequence[str]],
    plugin_names: Sequence[str] | None,
    instances: dict[str, Any],
) -> Job[Examination]:
    """Look whether the files are there and ask the plugins about them; select the most confident offers.

    The files are not examined if all of them are missing.
    """
    report = Examination(total=sum(len(files) for files in file_lists))
    yield from _count_missing(file_lists, report)
    if report.missing == report.total:
        return report
    plugins, report.failed = registry.instances(plugin_names, instances)
    try:
        yield from _keep_values_at_hand(file_lists)
        examined = yield from examine([list(files) for files in file_lists], plugins)
    finally:
        slicer.dicomDatabase.forgetAtHand()
    report.loadables = examined.loadables
    report.failed += examined.failed
    report.cancelled = examined.cancelled
    choose.select_most_confident(report.loadables)
    return report


def _count_missing(file_lists: Sequence[Sequence[str]], report: Examination) -> Job[None]:
    done = 0
    for files in file_lists:
        for path in files:
            report.missing += not os.path.exists(path)  # noqa: PTH110  the fastest test, for many files
            done += 1
            if done % CHECKED_AT_ONCE == 0:
                yield Progress(done, report.total, "Looking for the files")


def _keep_values_at_hand(file_lists: Sequence[Sequence[str]]) -> Job[None]:
    """Read the cached values series by series, for each plugin asks for many of each file."""
    paths = [path for files in file_lists for path in files][:KEPT_AT_HAND]
    for first in range(0, len(paths), READ_AT_ONCE):
        yield Progress(first, len(paths), "Reading values from the database")
        slicer.dicomDatabase.keepAtHand(paths[first : first + READ_AT_ONCE])


def examine_references(
    loadables: Loadables, plugin_names: Sequence[str] | None, instances: dict[str, Any]
) -> Job[Loadables]:
    """Ask the plugins about the series that the loadables refer to and that are not among them."""
    file_lists = referenced_file_lists(loadables)
    if not file_lists:
        return {}
        yield Progress()
    plugins, _failed = registry.instances(plugin_names, instances)
    examined = yield from examine(file_lists, plugins)
    choose.select_most_confident(examined.loadables)
    return {} if examined.cancelled else examined.loadables


def load_and_show(loadables: Loadables) -> Job[LoadReport]:
    """Load what is selected, show it, and tell the application.

    The job goes on until clicks that waited meanwhile have been served: they find it at work, so that an
    impatient double-click does not load the same data again.
    """
    report = yield from load(loadables)
    if report.node_ids:
        show_loaded(report.node_ids)
        tell_application(report)
    with suppress(JobCancelled):  # it comes too late
        yield Progress(1, 1, "Loading DICOM data")
    return report


def add_references(loadables: Loadables, referenced: Loadables) -> None:
    """Put the selected referenced loadables before the others, so that they are in the scene first."""
    for plugin, offered in referenced.items():
        chosen = [loadable for loadable in offered if loadable.selected]
        if chosen:
            loadables[plugin] = chosen + loadables.get(plugin, [])


def warnings_of(loadables: Loadables) -> list[str]:
    """Give "name [reader]: warning" of each selected loadable that has a warning."""
    return [
        f"{loadable.name} [{plugin.loadType}]: {loadable.warning}"
        for plugin, loadable in choose.selected(loadables)
        if loadable.warning
    ]


def names_of_loaded(report: LoadReport, limit: int = 3) -> str:
    """Names of what was loaded, in quotation marks, shortened."""
    names = [f"“{loaded.loadable.name}”" for loaded in report.loaded]
    more = _(" and {count} more").format(count=len(names) - limit) if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def what_was_cancelled(report: LoadReport) -> str:
    """How far a load came that was cancelled, and what of it stays in the scene."""
    counts = {"loaded": len(report.loaded), "wanted": report.wanted}
    told = _("Cancelled: {loaded} of {wanted} were loaded.").format(**counts)
    if not report.loaded:
        return told
    return f"{told} {_('What stays in the scene: {names}.').format(names=names_of_loaded(report))}"


def tell_application(report: LoadReport) -> None:
    """Tell whoever follows the application's loading that there are new nodes."""
    manager = slicer.app.ioManager() if hasattr(slicer.app, "ioManager") else None
    if manager is not None and hasattr(manager, "emitNewFileLoaded"):
        manager.emitNewFileLoaded({"nodeIDs": list(report.node_ids)})
