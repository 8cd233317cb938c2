"""Why a series cannot be loaded, or is loaded as it is: the answer of each plugin, and facts of the files."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import slicer

from DICOMLib.core.errors import FAULTS_OF_OTHERS, log_failure
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.mrml.images.decoding import is_decodable
from DICOMLib.plugins.answers import usable_loadables
from DICOMLib.plugins.examine import ask
from DICOMLib.plugins.registry import PluginFailure
from DICOMLib.standard.geometry import MissingGeometry, judge_slices, parse_vector

log = logging.getLogger(__name__)

SOP_CLASS, PIXEL_DATA, POSITION, ORIENTATION = "0008,0016", "7FE0,0010", "0020,0032", "0020,0037"


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
            lines.append(f"{answer.load_type} ({answer.plugin}): {offer}. {answer.reason}")
        return "\n".join(lines)


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
    result = Explanation(facts=facts_of(files))
    try:
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


def facts_of(files: Sequence[str]) -> list[str]:
    """What is to be known of the files of a series: what is missing, what they are, how slices lie."""
    database = slicer.dicomDatabase
    there = [path for path in files if path and Path(path).is_file()]
    if not there:
        return ["None of the files is on the disk; the series has to be retrieved or imported again."]
    facts = []
    if len(there) < len(files):
        facts.append(f"{len(files) - len(there)} of {len(files)} files are not on the disk.")
    classes = dict.fromkeys(database.fileValue(path, SOP_CLASS) for path in there)
    facts.append("Kind of data: " + ", ".join(_class_name(uid) for uid in classes) + ".")
    images = [path for path in there if database.fileValueExists(path, PIXEL_DATA)]
    if len(images) < len(there):
        facts.append(f"{len(there) - len(images)} of {len(there)} files have no pixel data.")
    if images:
        facts += [_syntax_fact(images[0]), _geometry_fact(images)]
    return [fact for fact in facts if fact]


def _class_name(uid: str) -> str:
    from pydicom.uid import UID

    return UID(uid).name if uid else "unknown"


def _syntax_fact(path: str) -> str:
    """Say so if no installed decoder reads the transfer syntax of a file; empty otherwise."""
    import pydicom

    syntax = pydicom.filereader.read_file_meta_info(path).get("TransferSyntaxUID")
    if syntax is None or not _is_compressed(syntax) or is_decodable(str(syntax)):
        return ""
    return f"The pixels are compressed ({syntax.name}), which no installed decoder can read."


def _is_compressed(syntax: Any) -> bool:
    try:
        return bool(syntax.is_encapsulated)
    except ValueError:  # pydicom does not know it
        return True


def _geometry_fact(files: Sequence[str]) -> str:
    """How the slices lie; empty for a single file."""
    if len(files) < 2:
        return ""
    try:
        value = slicer.dicomDatabase.fileValue
        positions = [parse_vector(value(path, POSITION), 3) for path in files]
        orientations = [parse_vector(value(path, ORIENTATION), 6) for path in files]
    except MissingGeometry:
        return "Not all images have a position and an orientation."
    return judge_slices(np.array(positions), np.array(orientations)).text
