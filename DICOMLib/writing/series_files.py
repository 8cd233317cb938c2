"""A series as files in a folder: all of them, or none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from pydicom.dataset import Dataset

from DICOMLib.core.folders import missing_folders, remove_folders
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.writing.files import write_dataset


class Series(Protocol):
    """Datasets that are made one by one as they are written."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Dataset]: ...


def write_series(series: Series, folder: Path, prefix: str = "IMG") -> Job[list[str]]:
    """Write a series as `<prefix>0001.dcm`, `<prefix>0002.dcm`, ...

    Nothing is left if the job fails or is cancelled, also of the folders that it made.

    Returns
    -------
    list of str
        The paths, in the order of the series.
    """
    return (yield from write_parts([(prefix, series)], len(series), folder))


def write_parts(parts: Iterable[tuple[str, Series]], total: int, folder: Path) -> Job[list[str]]:
    """As `write_series`, for a series in several parts with a prefix each.

    Parameters
    ----------
    parts
        May make each part when it is asked for, so that only one is in memory.
    total
        Number of files of all parts.
    folder
        Made where it is missing.
    """
    missing = missing_folders(folder.absolute())
    names: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder) as staging:
            for prefix, series in parts:
                for number, dataset in enumerate(series, start=1):
                    names.append(f"{prefix}{number:04d}.dcm")
                    write_dataset(dataset, Path(staging, names[-1]))
                    yield Progress(len(names), total, "Writing DICOM files", names[-1])
            for name in names:
                Path(staging, name).replace(folder / name)
    finally:
        remove_folders(missing)
    return [str(folder / name) for name in names]


def free_folder(parent: Path, name: str) -> Path:
    """A folder of this name below `parent` that is empty or not there; a number is appended where needed."""
    candidate, number = parent / name, 1
    while candidate.exists() and any(candidate.iterdir()):
        number += 1
        candidate = parent / f"{name}_{number}"
    return candidate
