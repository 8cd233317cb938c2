"""What an export would write, told before anything is written."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from DICOMLib import writing
from DICOMLib.core.errors import FAULTS_OF_OTHERS, DICOMError, PluginError, log_failure, reason_for_user
from DICOMLib.plugins.exportable import name_of, plugin_of

log = logging.getLogger(__name__)


def summary_of(exportable: Any) -> str:
    """What an exportable will be written as, in one line."""
    number, description = exportable.tag("SeriesNumber"), exportable.tag("SeriesDescription")
    series = " ".join(part for part in (number, repr(description) if description else "") if part)
    kind = f"{exportable.name} ({exportable.pluginClass})"
    return f"{name_of(exportable)}: {kind}" + (f", series {series}" if series else "")


def preview(exportables: Iterable[Any]) -> list[tuple[str, list[writing.differences.TagChange]]]:
    """What changes against the images that the data was made of, without writing anything.

    Returns
    -------
    list of (str, list of TagChange)
        Name of each exportable and the attributes of its first instance that are added, removed or
        changed. An exportable that is made of nothing, or whose plugin cannot tell, is left out.

    Raises
    ------
    ExportError
        If an exportable could not be written.
    PluginError
        If its plugin failed.
    """
    changes = []
    for exportable in exportables:
        found = _ask(exportable, "previewExport")
        if found is not None:
            changes.append((name_of(exportable), found))
    return changes


def preview_notes(exportables: Iterable[Any]) -> list[str]:
    """The notes that an export would give, as far as plugins can tell them before.

    Raises
    ------
    ExportError
        If an exportable could not be written.
    PluginError
        If its plugin failed.
    """
    notes: list[str] = []
    for exportable in exportables:
        notes += _ask(exportable, "previewNotes") or ()
    return notes


def _ask(exportable: Any, method: str) -> Any:
    """What the plugin answers by a method that not each one has; None without it."""
    tell = getattr(plugin_of(exportable), method, None)
    try:
        return tell(exportable) if tell is not None else None
    except DICOMError:
        raise
    except FAULTS_OF_OTHERS as error:
        name = exportable.pluginClass
        log_failure(log, f"DICOM plugin {name} failed before an export", error)
        raise PluginError(f"The plugin {name} failed: {reason_for_user(error)}") from error
