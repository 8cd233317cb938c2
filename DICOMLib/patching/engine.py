"""The job that applies rules to all DICOM files of a folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import FileDataset

from DICOMLib.core.errors import InvalidDICOM, is_disk_full, is_file_too_large
from DICOMLib.core.jobs import JobCancelled, Progress
from DICOMLib.indexing import reasons
from DICOMLib.indexing.archives import is_archive
from DICOMLib.indexing.read import read_whole
from DICOMLib.patching.rule import DICOMPatcherRule
from DICOMLib.standard.faults import faults_of
from DICOMLib.writing.files import save_atomically, write_dataset

log = logging.getLogger(__name__)

_WRITING = " in writing"


@dataclass(slots=True)
class PatchReport:
    """What became of each file; paths are absolute.

    Parameters
    ----------
    written
        The copies.
    skipped
        (path, reason) of files that are no DICOM, or that a rule leaves out.
    failed
        (path, reason) of files and folders that cannot be read, and of files that end too early, at which a
        rule failed, or whose copy could not be written.
    cancelled
        Whether the job was stopped before its end.
    """

    written: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    cancelled: bool = False


def patch_folder(
    input_folder: str | os.PathLike[str],
    output_folder: str | os.PathLike[str],
    rules: Sequence[DICOMPatcherRule],
    tell: Callable[[str], None] = lambda text: None,
) -> Generator[Progress, None, PatchReport]:
    """Write a patched copy of each DICOM file of a folder; the originals stay as they are.

    Parameters
    ----------
    input_folder
        Read with all its sub-folders.
    output_folder
        Made where needed; must not lie inside the input, or its files would be patched again. What lies
        there already stays.
    rules
        Applied in this order.
    tell
        Called with each line of the log.

    Raises
    ------
    ValueError
        If a folder is not named, the input is none, or it holds the output.
    RuntimeError
        If a rule lacks a parameter.
    """
    for folder, use in ((input_folder, "with the files"), (output_folder, "for the copies")):
        if not os.fspath(folder):  # which would mean the current one
            raise ValueError(f"Choose the folder {use}.")
    source, target = Path(input_folder).resolve(), Path(output_folder).resolve()
    if not source.is_dir():
        raise ValueError(f"{source} is no folder.")
    if target == source or source in target.parents:
        raise ValueError("The output folder must not be the input folder or lie inside it.")
    return _patch(source, target, rules, tell)


def _patch(
    source: Path, target: Path, rules: Sequence[DICOMPatcherRule], tell: Callable[[str], None]
) -> Generator[Progress, None, PatchReport]:
    report = PatchReport()
    for rule in rules:
        rule.logCallback = tell
        rule.processStart(str(source), str(target))
    tell("Patching started.")

    def note_folder(error: OSError) -> None:
        tell(f"Failed: {os.path.relpath(error.filename, source)} {reasons.UNREADABLE}")
        report.failed.append((os.fspath(error.filename), reasons.UNREADABLE))

    walked = sorted(os.walk(source, onerror=note_folder))
    folders = [(Path(folder), sorted(names)) for folder, _, names in walked if names]
    total = sum(len(names) for _, names in folders)
    done = 0
    try:
        for folder, names in folders:
            for rule in rules:
                rule.processDirectory(os.path.relpath(folder, source))
            for name in names:
                done += 1
                _patch_file(folder / name, source, target, rules, report, tell)
                yield Progress(done, total, "Patching", name)
    except JobCancelled:
        report.cancelled = True
    tell(f"Patching {'stopped' if report.cancelled else 'completed'}: {target}")
    return report


def _read(path: Path) -> FileDataset:
    """The dataset of a file; one without file meta information is given what rules look at there."""
    with faults_of(path):
        if path.exists() and not path.is_file():
            raise InvalidDICOM(path, reasons.NOT_A_FILE)  # to open a pipe would wait for ever
    dataset = read_whole(path)
    if dataset.preamble is None:
        for part in ("SOPClassUID", "SOPInstanceUID"):
            if dataset.get(part):
                setattr(dataset.file_meta, f"MediaStorage{part}", dataset[part].value)
    return dataset


def _save(dataset: FileDataset, path: Path) -> None:
    """Write a copy as its original is; one without preamble as a whole file, if it tells what it is.

    Raises
    ------
    FileExistsError
        If there is a file of that name: it may be the copy of another patient.
    """
    if path.exists():
        raise FileExistsError(path)
    if dataset.preamble is None and dataset.get("SOPClassUID") and dataset.get("SOPInstanceUID"):
        write_dataset(dataset, path)
    else:
        save_atomically(dataset, path)


def _tell_unread(path: Path, reason: str, report: PatchReport, tell: Callable[[str], None]) -> None:
    """Put down a file that is not patched, as skipped if nobody meant it to be an image."""
    if reason in reasons.NO_FAULTS:
        tell("  Not a DICOM file: skipped.")
        report.skipped.append((str(path), reason))
    else:
        tell(f"  Failed: {reason}")
        report.failed.append((str(path), reason))


def _reason(error: Exception, step: str) -> str:
    """Why a file was not patched, told by where it failed."""
    if step == _WRITING and isinstance(error, FileExistsError):
        return reasons.NAME_TAKEN
    if step == _WRITING and isinstance(error, OSError):
        if is_file_too_large(error):
            return reasons.TOO_LARGE
        return reasons.NO_ROOM if is_disk_full(error) else reasons.NOT_WRITTEN
    return f"{type(error).__name__}{step}"


def _patch_file(
    path: Path,
    source: Path,
    target: Path,
    rules: Sequence[DICOMPatcherRule],
    report: PatchReport,
    tell: Callable[[str], None],
) -> None:
    relative = path.relative_to(source)
    tell(f"Examining {relative}")
    if any(rule.skipFile(str(path)) for rule in rules):
        report.skipped.append((str(path), reasons.LEFT_OUT))
        return
    try:
        dataset = _read(path)
    except InvalidDICOM as error:
        is_packed = error.reason == reasons.NO_DICOM and is_archive(str(path))
        _tell_unread(path, reasons.PACKED if is_packed else error.reason, report, tell)
        return
    tell("  Patching")
    step = _WRITING
    try:
        for rule in rules:
            step = f"{reasons.IN_RULE}{type(rule).__name__}"
            rule.processDataSet(dataset)
        output = str(target / relative)
        for rule in rules:
            step = f"{reasons.IN_RULE}{type(rule).__name__}"
            output = rule.generateOutputFilePath(dataset, output)
        step = _WRITING
        tell("  Writing")
        _save(dataset, Path(output))
    except Exception as error:  # a rule may come from anywhere; one bad file must not stop the others
        log.debug("patching failed", exc_info=True)  # the text of the exception may name the patient
        reason = _reason(error, step)
        tell(f"  Failed: {reason}")
        report.failed.append((str(path), reason))
    else:
        tell(f"  Created {output}")
        report.written.append(output)
