"""What a plugin answered, as far as it can be used: plugins are code of others, and may answer anything."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

from DICOMLib.plugins.exportable import qSlicerDICOMExportable
from DICOMLib.plugins.loadable import DEFAULT_CONFIDENCE, DEFAULT_NAME, DEFAULT_TOOLTIP

_DEFAULTS = {
    "name": DEFAULT_NAME,
    "tooltip": DEFAULT_TOOLTIP,
    "warning": "",
    "selected": False,
    "confidence": DEFAULT_CONFIDENCE,
}


def usable_loadables(answer: Any) -> tuple[list[Any], str]:
    """The loadables of an answer to `examineForImport`, and what is wrong with the rest of it.

    What a loadable does not say is filled in with the defaults of `DICOMLoadable`; no answer is an empty one.

    Returns
    -------
    tuple
        Loadables, and a sentence; the sentence is empty when nothing is wrong.
    """
    if answer is None:
        return [], ""
    if not isinstance(answer, (list, tuple)):
        return [], f"It answered {type(answer).__name__}, where a list of loadables is expected."
    good, problems = [], []
    for one in answer:
        problem = _problem_of(one)
        if problem:
            problems.append(problem)
        else:
            good.append(one)
    return good, " ".join(dict.fromkeys(problems))


def _problem_of(loadable: Any) -> str:
    """What is wrong with a loadable, whose gaps are filled in; empty if nothing is."""
    if not hasattr(loadable, "files"):
        return f"It offered {type(loadable).__name__}, which is no loadable."
    for name, default in _DEFAULTS.items():
        if getattr(loadable, name, None) is None:
            setattr(loadable, name, default)
    files = loadable.files
    if not isinstance(files, (list, tuple)) or not files or not all(isinstance(one, str) for one in files):
        return f"It offered {loadable.name!r} without files."
    if not _is_number(loadable.confidence):
        return f"It offered {loadable.name!r} with a confidence that is no number."
    return ""


def usable_exportables(answer: Any, item: int) -> tuple[list[Any], str]:
    """The exportables of an answer to `examineForExport`, and what is wrong with the rest of it.

    One that does not tell its item is of the item that the plugin was asked for; no answer is an empty one.

    Returns
    -------
    tuple
        Exportables, and a sentence; the sentence is empty when nothing is wrong.
    """
    if answer is None:
        return [], ""
    if not isinstance(answer, Iterable):
        return [], f"It answered {type(answer).__name__}, where a list of exportables is expected."
    good, problems = [], []
    for one in answer:
        if not isinstance(one, qSlicerDICOMExportable):
            problems.append(f"It offered {type(one).__name__}, which is no exportable.")
        elif not _is_number(one.confidence):
            problems.append(f"It offered {one.name!r} with a confidence that is no number.")
        else:
            one.subjectHierarchyItemID = one.subjectHierarchyItemID or item
            good.append(one)
    return good, " ".join(dict.fromkeys(problems))


def _is_number(confidence: Any) -> bool:
    """Whether confidences can be compared with it, which those cannot be that are not a number."""
    return isinstance(confidence, Real) and not math.isnan(confidence)
