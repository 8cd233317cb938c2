"""The files of what somebody wants to have, named by unique keys of any level (PS3.4 section C.4.2)."""

from __future__ import annotations

from pydicom.dataset import Dataset

from DICOMLib.archive.keys import InvalidQuery
from DICOMLib.archive.texts import texts_of
from DICOMLib.database import Database, storage
from DICOMLib.database.entities import LEVELS, instances_of

_UNIQUE_KEYS = {
    "PATIENT": "0010,0020",
    "STUDY": "0020,000D",
    "SERIES": "0020,000E",
    "IMAGE": "0008,0018",
}


def files_of(database: Database, level: str, identifier: Dataset) -> dict[str, str]:
    """Absolute path by SOP Instance UID of what an identifier means, in the order in which they came here.

    Parameters
    ----------
    database
        Open.
    level
        "PATIENT", "STUDY", "SERIES" or "IMAGE".
    identifier
        Its unique key of the level names one or several; those of the levels above, if there, must fit.

    Raises
    ------
    InvalidQuery
        If the level is none, or its unique key is missing.
    """
    if level not in LEVELS:
        raise InvalidQuery(f"{level!r} is no level of retrieval.")
    found: dict[str, str] | None = None
    for one in LEVELS[LEVELS.index(level) :: -1]:
        keys = texts_of(identifier, _UNIQUE_KEYS[one])
        if not keys and found is None:
            raise InvalidQuery(f"The unique key of level {level} is missing.")
        if keys:
            below = dict(database.read(instances_of, one, _keys(database, one, keys)))
            found = below if found is None else {sop: name for sop, name in found.items() if sop in below}
    return {sop: storage.absolute_path(database.folder, name) for sop, name in (found or {}).items()}


def _keys(database: Database, level: str, keys: list[str]) -> list[str]:
    """The keys as the database has them: patients are numbered."""
    if level != "PATIENT":
        return keys
    return [str(row["UID"]) for row in database.rows("patients", PatientID=keys)]
