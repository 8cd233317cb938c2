"""Slicer's script functions that examine files and load series."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import slicer

from DICOMLib.core import jobs
from DICOMLib.core.errors import PluginError
from DICOMLib.plugins import choose, registry
from DICOMLib.plugins.examine import examine
from DICOMLib.plugins.load import load
from DICOMLib.plugins.volumes.slices import sort_files

log = logging.getLogger(__name__)

ProgressCallback = Callable[[str, int], Any] | None
Messages = list[str] | None
Names = Iterable[str] | None
Loadables = Mapping[Any, Sequence[Any]]


class NothingToLoad(PluginError, AttributeError):
    """No plugin offers to load what was asked for."""


def loadSeriesByUID(
    seriesUIDs: list[str],
    messages: Messages = None,
    progressCallback: ProgressCallback = None,
    enabledPluginClassNames: Names = None,
) -> list[str]:
    """Load series: for each one, the loadables of highest confidence.

    Returns
    -------
    list of str
        IDs of the nodes that were added.

    Raises
    ------
    ValueError
        If `seriesUIDs` is no list, or empty.
    OSError
        If the database is closed.
    """
    if not isinstance(seriesUIDs, list):
        raise ValueError("seriesUIDs must be a list.")  # noqa: TRY004 what Slicer raises
    if not seriesUIDs:
        raise ValueError("No series UIDs are given.")
    requireOpenDatabase()
    fileLists = [slicer.dicomDatabase.filesForSeries(uid) for uid in seriesUIDs]
    loadablesByPlugin, _loadEnabled = getLoadablesFromFileLists(
        fileLists, enabledPluginClassNames, messages, progressCallback
    )
    selectHighestConfidenceLoadables(loadablesByPlugin)
    return loadLoadables(loadablesByPlugin)


def loadByInstanceUID(
    instanceUID: str,
    messages: Messages = None,
    progressCallback: ProgressCallback = None,
    enabledPluginClassNames: Names = None,
) -> list[str]:
    """Load the most confident loadable that holds an instance.

    Returns
    -------
    list of str
        IDs of the nodes that were added.

    Raises
    ------
    OSError
        If the database is closed.
    AttributeError
        If no plugin offers to load the instance.
    """
    requireOpenDatabase()
    path = slicer.dicomDatabase.fileForInstance(instanceUID)
    files = slicer.dicomDatabase.filesForSeries(slicer.dicomDatabase.seriesForFile(path)) if path else []
    loadablesByPlugin, _loadEnabled = getLoadablesFromFileLists(
        [files], enabledPluginClassNames, messages, progressCallback
    )
    plugin, loadable = choose.most_confident_with_file(loadablesByPlugin, path)
    if loadable is None:
        raise NothingToLoad(f"No plugin offers to load instance {instanceUID}.")
    loadable.selected = True
    return loadLoadables({plugin: [loadable]}, messages, progressCallback)


def getDefaultPluginClassNames() -> list[str]:
    """Names of all plugins that are not disabled."""
    return registry.default_class_names()


def getLoadablesFromFileLists(
    fileLists: list[Sequence[str]],
    pluginClassNames: Names = None,
    messages: Messages = None,
    progressCallback: ProgressCallback = None,
    pluginInstances: dict[str, Any] | None = None,
) -> tuple[dict[Any, list[Any]], bool]:
    """Ask plugins what they can load.

    Parameters
    ----------
    fileLists
        A list of lists of paths, one for each series.
    pluginClassNames
        The plugins to ask; all that are not disabled if None.
    messages
        A list to which a text is added for each plugin that failed.
    progressCallback
        Called with a plugin's name and the percentage done; a true answer stops.
    pluginInstances
        Name to plugin: these are used instead of new ones, and new ones are added.

    Returns
    -------
    tuple
        A dictionary of plugin to loadables, and whether there is any loadable.
    """
    if not isinstance(fileLists, list) or not fileLists or not isinstance(fileLists[0], (list, tuple)):
        log.error("File lists must be a list of lists of paths.")
        return {}, False
    plugins, failed = registry.instances(pluginClassNames, pluginInstances)
    report = _drive(examine(fileLists, plugins), progressCallback)
    if messages is not None:
        messages += [f"Plugin failed: {failure.plugin}." for failure in failed + report.failed]
    return report.loadables, any(report.loadables.values())


def selectHighestConfidenceLoadables(loadablesByPlugin: Loadables) -> None:
    """Select, for each series, the loadables of the highest confidence, and deselect the others."""
    choose.select_most_confident(loadablesByPlugin)


def loadLoadables(
    loadablesByPlugin: Loadables, messages: Messages = None, progressCallback: ProgressCallback = None
) -> list[str]:
    """Load each selected loadable.

    Returns
    -------
    list of str
        IDs of the nodes that were added, without storage and display nodes.
    """
    report = _drive(load(loadablesByPlugin, logging.WARNING), progressCallback)
    if messages is not None:
        messages += [str(failure) for failure in report.failed]
    return list(report.node_ids)


def loadSeriesWithVerification(
    seriesUIDs: Collection[str],
    expectedSelectedPlugins: Mapping[str, int] | None = None,
    expectedLoadedNodes: Mapping[str, int] | None = None,
    messages: Messages = None,
    progressCallback: ProgressCallback = None,
) -> bool:
    """Load what the plugins themselves have selected, and compare with what was expected.

    Parameters
    ----------
    seriesUIDs
        Series Instance UIDs; anything with a length.
    expectedSelectedPlugins
        Load type to the number of loadables that plugins of that type select.
    expectedLoadedNodes
        Node class to the number of nodes that are added.
    messages, progressCallback
        As for `getLoadablesFromFileLists` and `loadLoadables`.

    Returns
    -------
    bool
        Whether all was as expected.
    """
    if not slicer.dicomDatabase.isOpen:
        log.error("The DICOM database is not open.")
        return False
    if not seriesUIDs:
        log.error("No series UIDs are given.")
        return False
    fileLists = [slicer.dicomDatabase.filesForSeries(uid) for uid in seriesUIDs]
    loadablesByPlugin, _loadEnabled = getLoadablesFromFileLists(
        fileLists, messages=messages, progressCallback=progressCallback
    )
    types = Counter(plugin.loadType for plugin, _loadable in choose.selected(loadablesByPlugin))
    success = _asExpected("loadables of type", expectedSelectedPlugins, types)
    classes = list(expectedLoadedNodes or {})
    before = Counter({name: slicer.mrmlScene.GetNumberOfNodesByClass(name) for name in classes})
    loadLoadables(loadablesByPlugin, messages, progressCallback)
    after = {name: slicer.mrmlScene.GetNumberOfNodesByClass(name) - before[name] for name in classes}
    return _asExpected("nodes of class", expectedLoadedNodes, after) and success


def getSortedImageFiles(
    filePaths: Sequence[str], epsilon: float = 0.01
) -> tuple[Sequence[str], dict[str, float], str]:
    """Sort image files by position along the normal of the first one.

    Returns
    -------
    tuple
        The sorted paths, a dictionary of path to distance (mm) from the first path given, and a warning
        text about missing geometry or uneven spacing.
    """
    if not filePaths:
        return filePaths, {}, ""
    result = sort_files(slicer.dicomDatabase, filePaths, epsilon)
    return result.files, result.distances, result.warning


def requireOpenDatabase() -> None:
    """Raise OSError if the application's database is closed."""
    if not slicer.dicomDatabase.isOpen:
        raise OSError("The DICOM database is not open.")


def _drive(job: jobs.Job[Any], callback: ProgressCallback) -> Any:
    """Run a job; a true answer of the callback cancels it."""
    if callback is None:
        return jobs.run(job)
    stop: list[Any] = [False]

    def on_progress(progress: jobs.Progress) -> None:
        stop[0] = callback(progress.detail, progress.percent)

    return jobs.run(job, on_progress, lambda: bool(stop[0]))


def _asExpected(what: str, expected: Mapping[str, int] | None, actual: Mapping[str, int]) -> bool:
    """Compare counts and log each difference."""
    success = True
    for name, count in (expected or {}).items():
        if actual.get(name, 0) != count:
            log.error("Expected %d %s %s, found %d.", count, what, name, actual.get(name, 0))
            success = False
    return success
