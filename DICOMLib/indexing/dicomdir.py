"""DICOMDIR: the files that a file-set lists (PS3.3 annex F, PS3.10 section 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.indexing import reasons
from DICOMLib.standard.faults import faults_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

FILE_NAME = "DICOMDIR"


def dicomdir_in(folder: Path) -> Path | None:
    """The DICOMDIR of a folder, in upper or lower case; None if there is none, or nobody may look."""
    try:
        names = (FILE_NAME, FILE_NAME.lower())
        return next((folder / name for name in names if (folder / name).is_file()), None)
    except OSError:  # who walks the folder tells that it cannot be read
        return None


def listed_files(dicomdir: Path) -> tuple[list[str], bool]:
    """Files that a DICOMDIR refers to, and whether all its records were complete.

    Names are compared with what is on disk without regard to case, since discs are often copied to file
    systems that change it.

    Raises
    ------
    InvalidDICOM
        If it cannot be read.
    """
    import pydicom

    try:
        with faults_of(dicomdir), no_warnings:
            records = pydicom.dcmread(dicomdir).get("DirectoryRecordSequence") or []
            references = [record.get("ReferencedFileID") for record in records if _is_instance(record)]
    except InvalidDICOM as fault:
        reason = fault.reason if fault.reason == reasons.UNREADABLE else reasons.DAMAGED
        raise InvalidDICOM(dicomdir, reason) from fault
    paths = list(_resolved(dicomdir.parent, references))
    return paths, len(paths) == len(references)


def _is_instance(record: Dataset) -> bool:
    """Whether a directory record stands for a file; patients, studies and series do not."""
    return record.get("DirectoryRecordType") not in ("PATIENT", "STUDY", "SERIES")


def _resolved(root: Path, references: list[object]) -> Iterator[str]:
    for reference in references:
        if not reference:
            continue
        parts = [reference] if isinstance(reference, str) else [str(part) for part in reference]  # type: ignore[attr-defined]
        names = [name for part in parts for name in part.replace("\\", "/").split("/") if name]
        if ".." not in names:
            yield str(_on_disk(root, names))


def _on_disk(root: Path, names: list[str]) -> Path:
    """The path with the spelling that is on the disk; as it is listed if nothing fits."""
    path = root
    for name in names:
        path = _entry(path, name)
    return path


def _entry(folder: Path, name: str) -> Path:
    """What a folder has of a name, in whatever case."""
    exact = folder / name
    try:
        if exact.exists() or not folder.is_dir():
            return exact
        return next((entry for entry in folder.iterdir() if entry.name.lower() == name.lower()), exact)
    except OSError:  # nobody may look: told of the file when it is to be read
        return exact
