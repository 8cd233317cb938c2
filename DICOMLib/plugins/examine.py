"""Examination: each plugin looks at the files and offers loadables."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from DICOMLib.core.errors import FAULTS_OF_OTHERS, log_failure
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.plugins.answers import usable_loadables
from DICOMLib.plugins.base import DICOMPlugin
from DICOMLib.plugins.registry import PluginFailure

log = logging.getLogger(__name__)

# A plugin that takes longer for one step holds up the user, who shall know by its name.
LONG_S = 2.0

FileLists = Sequence[Sequence[str]]


@dataclass(slots=True)
class ExamineReport:
    """What was offered.

    Parameters
    ----------
    loadables
        Plugin instance to its loadables; a plugin that offers nothing has an empty list.
    failed
        Plugins that raised, which were skipped, and those that offered something that cannot be used.
    cancelled
        Whether some plugins were not asked.
    """

    loadables: dict[Any, list[Any]] = field(default_factory=dict)
    failed: list[PluginFailure] = field(default_factory=list)
    cancelled: bool = False


def examine(file_lists: FileLists, plugins: Mapping[str, Any]) -> Job[ExamineReport]:
    """Ask one plugin after the other what it can load.

    Parameters
    ----------
    file_lists
        Paths, one list for each series.
    plugins
        Name to instance, see `registry.instances`.
    """
    report = ExamineReport()
    try:
        for index, (name, plugin) in enumerate(plugins.items()):
            offered: list[Any] = []
            parts = _parts(plugin, file_lists)
            for number, part in enumerate(parts):
                done = index * len(parts) + number
                yield Progress(done, len(plugins) * len(parts), "Examining DICOM data", name)
                try:
                    begin = time.monotonic()
                    good, problem = usable_loadables(ask(plugin, part))
                    _tell_of_time(name, time.monotonic() - begin)
                    offered += good
                    if problem:
                        _tell_of_problem(name, problem, report)
                except FAULTS_OF_OTHERS as error:
                    log_failure(log, f"DICOM plugin {name} failed while it examined files", error)
                    report.failed.append(PluginFailure(name, error))
                    break
            else:
                report.loadables[plugin] = _in_order(plugin, offered)
    except JobCancelled:
        report.cancelled = True
    return report


def _tell_of_time(name: str, seconds: float) -> None:
    if seconds > LONG_S:
        log.warning("DICOM plugin %s took %.1f s to examine files.", name, seconds)


def _tell_of_problem(name: str, problem: str, report: ExamineReport) -> None:
    """Report an answer that cannot be used, once for each plugin and kind."""
    failure = PluginFailure(name, TypeError(problem))
    if failure.reason not in [known.reason for known in report.failed if known.plugin == name]:
        log.error("DICOM plugin %s: a part of its answer cannot be used.", name)
        report.failed.append(failure)


def _parts(plugin: Any, file_lists: FileLists) -> list[FileLists]:
    """What a plugin is asked in one step: one series, where its answer does not depend on the others."""
    if not getattr(plugin, "examinesEachSeries", False) or not file_lists:
        return [file_lists]
    return [[files] for files in file_lists]


def _in_order(plugin: Any, offered: list[Any]) -> list[Any]:
    """The order that a plugin gives to the loadables of all series."""
    sorter = getattr(plugin, "seriesSorter", None)
    return offered if sorter is None else sorted(offered, key=functools.cmp_to_key(sorter))


def ask(plugin: Any, file_lists: FileLists) -> Any:
    """What one plugin answers, whatever it is; one that only has the older `examine` is asked that way."""
    loadables = plugin.examineForImport(file_lists)
    if not loadables and type(plugin).examine is not DICOMPlugin.examine:
        loadables = plugin.examine(file_lists)
    return loadables
