"""Datasets as files (PS3.10): complete, or not there at all."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from DICOMLib import __version__
from DICOMLib.core.folders import missing_folders, remove_folders

# Derived from a UUID (PS3.5 B.2), so it belongs to nobody else.
IMPLEMENTATION_CLASS_UID = UID("2.25.322790583712406217890434561329406118405")
IMPLEMENTATION_VERSION_NAME = f"SLICERDICOM{__version__}"[:16]

LONGEST_OF_EXPLICIT_VR = 0xFFFE  # bytes of a value whose VR has a length of 16 bits
FEWEST_TOO_LONG = LONGEST_OF_EXPLICIT_VR // 17  # numbers, each of at most 16 characters and a backslash


def write_dataset(dataset: Dataset, path: str | os.PathLike[str]) -> None:
    """Write a dataset as a file; under another name first, so that nobody ever sees half of one.

    Parameters
    ----------
    dataset
        With SOP Class and Instance UID. It is written in its own transfer syntax if it has one, else in
        Explicit VR Little Endian, or Implicit VR where a value is too long for that.
    path
        Its folder is made where it is missing; a file of that name is replaced.
    """
    complete_file_meta(dataset)
    save_atomically(dataset, Path(path), enforce_file_format=True)


def save_atomically(dataset: Dataset, path: Path, *, enforce_file_format: bool = False) -> None:
    """Save a dataset as it is; `path` is replaced when all is on the disk.

    Nothing is left if that fails, also of the folders that it made.
    """
    missing = missing_folders(path.parent.absolute())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(file, dataset, enforce_file_format)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    finally:
        remove_folders(missing)


def _write(file: BinaryIO, dataset: Dataset, enforce_file_format: bool) -> None:
    """Write a dataset into a file; what the system has against it is told as the system does."""
    try:
        pydicom.dcmwrite(file, dataset, enforce_file_format=enforce_file_format)
    except OSError as error:  # pydicom's own names a tag, and has lost the number of the fault
        raise error.__cause__ if isinstance(error.__cause__, OSError) else error from None


def has_values_too_long_for_explicit_vr(dataset: Dataset) -> bool:
    """Whether numbers written as text, such as those of a long contour, need more than 16 bits of length.

    Explicit VR cannot hold them (PS3.5 7.1.2); Implicit VR can.
    """
    for element in dataset.iterall():
        if (
            element.VR in ("DS", "IS")
            and element.VM >= FEWEST_TOO_LONG
            and sum(len(str(number)) + 1 for number in element.value) > LONGEST_OF_EXPLICIT_VR
        ):
            return True
    return False


def _umask() -> int:
    """What new files of this process may not grant; files of `mkstemp` are for the owner only."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def complete_file_meta(dataset: Dataset) -> None:
    """Give a dataset the File Meta Information that it lacks (PS3.10 7.1)."""
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = FileMetaDataset()
    meta = dataset.file_meta
    if "TransferSyntaxUID" not in meta:
        too_long = has_values_too_long_for_explicit_vr(dataset)
        meta.TransferSyntaxUID = ImplicitVRLittleEndian if too_long else ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME


def free_path(folder: Path, stem: str) -> Path:
    """A path for a file that is not there yet."""
    candidate, number = folder / f"{stem}.dcm", 1
    while candidate.exists():
        number += 1
        candidate = folder / f"{stem}_{number}.dcm"
    return candidate


def timestamp() -> str:
    """Now, as a part of a file name."""
    return datetime.now().strftime("%Y-%m-%d_%H%M%S")
