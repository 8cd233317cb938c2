"""Datasets as files (PS3.10): complete, or not there at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from DICOMLib import __version__

# Derived from a UUID (PS3.5 B.2), so it belongs to nobody else.
IMPLEMENTATION_CLASS_UID = UID("2.25.322790583712406217890434561329406118405")
IMPLEMENTATION_VERSION_NAME = f"SLICERDICOM{__version__}"[:16]


def write_dataset(dataset: Dataset, path: str | os.PathLike[str]) -> None:
    """Write a dataset as a file; under another name first, so that nobody ever sees half of one.

    Parameters
    ----------
    dataset
        With SOP Class and Instance UID. It is written in its own transfer syntax if it has one, else in
        Explicit VR Little Endian.
    path
        Its folder is made where it is missing; a file of that name is replaced.
    """
    complete_file_meta(dataset)
    save_atomically(dataset, Path(path), enforce_file_format=True)


def save_atomically(dataset: Dataset, path: Path, *, enforce_file_format: bool = False) -> None:
    """Save a dataset as it is; `path` is replaced when all is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            pydicom.dcmwrite(file, dataset, enforce_file_format=enforce_file_format)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
