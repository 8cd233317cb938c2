"""Where copies may go: never among originals, and never apart from the map of the copies that are there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydicom.errors import InvalidDicomError

from DICOMLib.core.errors import DICOMError
from DICOMLib.database.schema import DATABASE_NAME
from DICOMLib.deidentification.dataset import is_copy
from DICOMLib.standard.part10 import read_file

MOST_LOOKED_AT = 1000  # files
_MAGIC_AT, _MAGIC = 128, b"DICM"

Paths = Iterable[str | os.PathLike[str]]


def check_output(
    folder: str | os.PathLike[str], originals: Paths, *, has_map: bool, secrets: Paths = ()
) -> None:
    """Find out whether copies may be written to a folder; nothing is written.

    Parameters
    ----------
    folder
        It may be missing.
    originals
        Files that are to be copied.
    has_map
        Whether the map of identities of earlier copies is used.
    secrets
        Files that tell who is who, such as the map and the report.

    Raises
    ------
    DICOMError
        Why not, and what to do.
    """
    place = Path(folder).resolve()
    for secret in secrets:
        if Path(secret).resolve().is_relative_to(place):
            raise DICOMError(
                f"{secret} tells who is who: it must not lie among the copies in {folder}, or it would be "
                "given away with them. Choose another place."
            )
    if any((parent / DATABASE_NAME).is_file() for parent in (place, *place.parents)):
        raise DICOMError(f"{folder} is the folder of a database, or inside it. Choose another folder.")
    sources = {parent.resolve() for parent in {Path(path).parent for path in originals}}
    if any(source.is_relative_to(place) for source in sources):
        raise DICOMError(f"{folder} holds the originals. Choose another folder, for the copies alone.")
    if any(place.is_relative_to(source) for source in sources):
        raise DICOMError(
            f"{folder} lies in a folder of originals: who imports or gives away that one would mix the two. "
            "Choose another folder, for the copies alone."
        )
    _check_what_is_there(folder, has_map)


def folder_of_both(folder: str | os.PathLike[str], originals: Paths) -> Path | None:
    """The folder below which all originals lie, if the one for copies lies there, too; else None.

    Who imports or gives away that one mixes the two.
    """
    place = Path(folder).resolve()
    sources = {parent.resolve() for parent in {Path(path).parent for path in originals}}
    try:
        common = Path(os.path.commonpath(sources))
    except ValueError:  # on several drives, or there are none
        return None
    return common if common != Path(common.anchor) and place.is_relative_to(common) else None


def _check_what_is_there(folder: str | os.PathLike[str], has_map: bool) -> None:
    copies = 0
    for path in _dicom_files(Path(folder)):
        if not _is_copy(path):
            raise DICOMError(
                f"{folder} holds DICOM files that are no copies without identity. Choose another folder, for "
                "the copies alone."
            )
        copies += 1
    if copies and not has_map:
        raise DICOMError(
            f"{folder} holds copies of an earlier run. Without the map of that run the same files would get "
            "other identities, and lie there twice. Give the map, or choose another folder."
        )


def _dicom_files(folder: Path) -> Iterator[Path]:
    """The first files of a folder that are DICOM by their preamble (PS3.10 7.1)."""
    looked_at = 0
    for root, _folders, names in os.walk(folder):
        for name in names:
            looked_at += 1
            if looked_at > MOST_LOOKED_AT:
                return
            path = Path(root, name)
            try:
                with path.open("rb") as file:
                    file.seek(_MAGIC_AT)
                    if file.read(len(_MAGIC)) == _MAGIC:
                        yield path
            except OSError:
                continue  # nobody can say whose it is


def _is_copy(path: Path) -> bool:
    try:
        return is_copy(read_file(path, stop_before_pixels=True))
    except (OSError, InvalidDicomError, ValueError):
        return False
