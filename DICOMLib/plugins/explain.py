"""Why a series cannot be loaded, or is loaded as it is: the answer of each plugin, and facts of the files."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import slicer

from DICOMLib.core.errors import FAULTS_OF_OTHERS, log_failure
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.plugins import registry
from DICOMLib.plugins.answers import usable_loadables
from DICOMLib.plugins.examine import ask
from DICOMLib.plugins.facts import facts_of
from DICOMLib.plugins.registry import PluginFailure

log = logging.getLogger(__name__)

SWITCHED_OFF = 'It is switched off, and was not asked: see "DICOM plugins" in the panel of the DICOM module.'

# Names that scripts know, in the words of the Standard.
_WORDS = {
    "DICOMM3D": "Manufacturing 3D Model",
    "DICOM Structured Report TID1500": "Measurement Report",
    "RT": "Radiotherapy",
}


def title_of(load_type: str) -> str:
    """What a plugin makes in words: some call themselves as their class."""
    if load_type in _WORDS:
        return _WORDS[load_type]
    name = load_type.removeprefix("DICOM").strip() or load_type
    return name if " " in name else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


@dataclass(frozen=True, slots=True)
class PluginAnswer:
    """What one plugin says to a series.

    Parameters
    ----------
    plugin
        Its name.
    load_type
        What it makes, as the user knows it ("Scalar Volume").
    confidence
        The highest confidence of what it offers; None if it offers nothing.
    reason
        One or more sentences for the user.
    """

    plugin: str
    load_type: str
    confidence: float | None
    reason: str

    @property
    def title(self) -> str:
        """What the plugin makes, in words."""
        return title_of(self.load_type)


@dataclass(slots=True)
class Explanation:
    """Why a series is loaded as it is.

    Parameters
    ----------
    facts
        What is to be known of the files, whatever the plugin.
    answers
        One for each plugin, the most confident first.
    cancelled
        Whether some plugins were not asked.
    """

    facts: list[str] = field(default_factory=list)
    answers: list[PluginAnswer] = field(default_factory=list)
    cancelled: bool = False

    @property
    def is_loadable(self) -> bool:
        """Whether any plugin offers to load it."""
        return any(answer.confidence is not None for answer in self.answers)

    def as_text(self) -> str:
        """All of it as plain text."""
        lines = list(self.facts)
        for answer in self.answers:
            offer = "no" if answer.confidence is None else f"{answer.confidence:.0%}"
            lines.append(f"{answer.title} ({answer.plugin}): {offer}. {answer.reason}")
        return "\n".join(lines)


def explain_by_names(
    series_uid: str, names: Iterable[str] | None = None, existing: dict[str, Any] | None = None
) -> Job[Explanation]:
    """Explain by plugins of these names; those that cannot be used or are switched off are told, too.

    Parameters
    ----------
    series_uid
        Series Instance UID.
    names, existing
        See `registry.instances`.
    """
    plugins, failed = registry.instances(names, existing)
    result = yield from explain(series_uid, plugins)
    if result.cancelled:
        return result
    missed = [
        PluginAnswer(one.plugin, one.plugin, None, f"The plugin cannot be used: {one.reason}")
        for one in failed
    ]
    asked = {*plugins, *(one.plugin for one in failed)}
    off, _unusable = registry.instances(name for name in registry.registered() if name not in asked)
    missed += [PluginAnswer(name, one.loadType, None, SWITCHED_OFF) for name, one in off.items()]
    offers = sum(answer.confidence is not None for answer in result.answers)
    result.answers[offers:offers] = missed  # what is missed tells more than what declines
    return result


def explain(series_uid: str, plugins: Mapping[str, Any]) -> Job[Explanation]:
    """Ask each plugin about a series of the database, and why.

    A plugin may say why it declines in a method `explainDecline(files)`, which returns a sentence.

    Parameters
    ----------
    series_uid
        Series Instance UID.
    plugins
        Name to instance, see `registry.instances`.
    """
    files = slicer.dicomDatabase.filesForSeries(series_uid)
    result = Explanation()
    try:
        result.facts = yield from facts_of(files)
        for index, (name, plugin) in enumerate(plugins.items()):
            yield Progress(index, len(plugins), "Asking DICOM plugins", name)
            result.answers.append(_answer(name, plugin, files))
    except JobCancelled:
        result.cancelled = True
    result.answers.sort(
        key=lambda answer: -1 if answer.confidence is None else answer.confidence, reverse=True
    )
    return result


def _answer(name: str, plugin: Any, files: Sequence[str]) -> PluginAnswer:
    try:
        loadables, problem = usable_loadables(ask(plugin, [files]) if files else [])
        if problem and not loadables:
            return PluginAnswer(name, plugin.loadType, None, problem)
        if loadables:
            return _offer(name, plugin, loadables)
        return PluginAnswer(name, plugin.loadType, None, _decline(plugin, files))
    except FAULTS_OF_OTHERS as error:
        log_failure(log, f"DICOM plugin {name} failed while it examined files", error)
        reason = f"The plugin failed: {PluginFailure(name, error).reason}"
        return PluginAnswer(name, getattr(plugin, "loadType", name), None, reason)


def _offer(name: str, plugin: Any, loadables: Sequence[Any]) -> PluginAnswer:
    """The answer of a plugin that offers something."""
    best = max(loadables, key=lambda loadable: loadable.confidence)
    reason = f"Offers {best.name!r}" + (f" and {len(loadables) - 1} more." if len(loadables) > 1 else ".")
    if best.warning:
        reason += f" {best.warning.strip()}"
    return PluginAnswer(name, plugin.loadType, best.confidence, reason)


def _decline(plugin: Any, files: Sequence[str]) -> str:
    """The reason that a plugin gives, or what can be said without it."""
    if not files:
        return "The series has no files."
    own = getattr(plugin, "explainDecline", None)
    return str(own(files)) if own is not None else "The files are of a kind that this plugin does not read."
