"""What a search may ask for: columns by any of their names, and cached elements by keyword or tag."""

from __future__ import annotations

import difflib
import re
import sqlite3
from dataclasses import dataclass

from DICOMLib.database import columns
from DICOMLib.database.search_terms import SearchError
from DICOMLib.standard.matching import Pattern, pattern
from DICOMLib.standard.tags import tag_of, vr_of

TABLES = ("Patients", "Studies", "Series")
GEOMETRY = "Geometry"
_KINDS = re.compile(r"\s*[A-Za-z]+\s*([\\,]\s*[A-Za-z]+\s*)*")


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table, or a cached element.

    Parameters
    ----------
    table
        "Patients", "Studies" or "Series"; "" for an element.
    name
        Column, or tag ("GGGG,EEEE").
    vr
        Value Representation by which its values are matched.
    """

    table: str
    name: str
    vr: str

    @property
    def ascii_only(self) -> bool:
        """Whether its values have no other characters, as the Standard says or since rules make them so."""
        return self.vr in ("CS", "UI", "IS", "DA", "TM", "DT") or self.name == "DisplayedSize"

    def as_pattern(self, text: str) -> Pattern:
        """The pattern of what is asked for; of the verdict on a geometry, its kind is enough.

        Raises
        ------
        ValueError
            As `matching.pattern`.
        """
        if (self.table, self.name) == ("Series", GEOMETRY) and _KINDS.fullmatch(text):
            text = "\\".join(_verdicts(kind) for kind in re.split(r"[\\,]", text))
        return pattern(self.vr, text)


# Columns whose names are not the keyword of what they hold.
_KEYWORDS = {
    "PatientsName": "PatientName",
    "PatientsBirthDate": "PatientBirthDate",
    "PatientsBirthTime": "PatientBirthTime",
    "PatientsSex": "PatientSex",
    "PatientsComments": "PatientComments",
    "ReferringPhysician": "ReferringPhysicianName",
    "PerformingPhysiciansName": "PerformingPhysicianName",
    "ContrastAgent": "ContrastBolusAgent",
    "EchoNumber": "EchoNumbers",
    "TemporalPosition": "TemporalPositionIdentifier",
}
# No import fills this column.
_NEVER_FILLED = "PatientsAge"
_SHORT_NAMES = {"name": "PatientsName", "id": "PatientID", "date": "StudyDate"}
_VRS = {
    "PatientsName": "PN",
    "PatientsSex": "CS",
    "PatientsComments": "LT",
    "ReferringPhysician": "PN",
    "PerformingPhysiciansName": "PN",
    "Modality": "CS",
    "ModalitiesInStudy": "CS",
    "BodyPartExamined": "CS",
    "ScanningSequence": "CS",
}


def _verdicts(kind: str) -> str:
    """Patterns of the verdicts of one kind ("uneven: 20 slices, …"); tilted ones may be uneven, too."""
    kind = kind.strip()
    tilted = ["*, tilted by *"] if kind.lower() == "tilted" else []
    return "\\".join([kind, f"{kind}: *", *tilted])


class FieldNames:
    """The fields of one database.

    Parameters
    ----------
    connection
        To the main file.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._columns = {table: _typed_columns(connection, table) for table in TABLES}
        self._names: dict[str, list[Field]] = {}
        for table, fields in self._columns.items():
            shown = {column.field: column.displayed_name for column in columns.columns(connection, table)}
            for field in fields:
                names = (field.name, f"{table}.{field.name}", _KEYWORDS.get(field.name, ""))
                for name in (*names, shown.get(field.name, "")):
                    self._add(name, field)
        for short, column in _SHORT_NAMES.items():
            self._names.setdefault(short, self._names[column.lower()])

    def _add(self, name: str, field: Field) -> None:
        if name and field.name != _NEVER_FILLED:
            self._names.setdefault(_key(name), []).append(field)

    def columns_of(self, table: str) -> list[Field]:
        """The columns of a table."""
        return self._columns[table]

    def find(self, name: str, table: str) -> Field:
        """The field of that name; where several tables have it, that of `table` comes first.

        Raises
        ------
        SearchError
            If there is none; the text names what is like it.
        """
        found = self._names.get(_key(name))
        if found:
            return next((field for field in found if field.table == table), found[0])
        try:
            tag = tag_of(name.strip("()"))
        except ValueError:
            raise SearchError(self._unknown(name)) from None
        return Field("", tag, vr_of(tag))

    def _unknown(self, name: str) -> str:
        known = {_key(field.name): field.name for fields in self._columns.values() for field in fields}
        like = [known[key] for key in difflib.get_close_matches(_key(name), known, n=3)]
        hint = f" Is it {' or '.join(like)}?" if like else ""
        return f"There is no field {name!r}: it is neither a column, a DICOM keyword nor a tag.{hint}"


def _key(name: str) -> str:
    """A name without what people write differently: case and spaces."""
    return re.sub(r"\s+", "", name).lower()


def _typed_columns(connection: sqlite3.Connection, table: str) -> list[Field]:
    query = "SELECT name, type FROM pragma_table_info(?)"
    return [Field(table, name, _vr(name, kind)) for name, kind in connection.execute(query, (table,))]


def _vr(name: str, declared: str) -> str:
    """How the values of a column are matched."""
    if name in _VRS:
        return _VRS[name]
    if name.endswith("Timestamp"):
        return "DT"
    if declared.upper() in ("INT", "INTEGER"):
        return "IS"
    for ending, vr in (("InstanceUID", "UI"), ("ReferenceUID", "UI"), ("Date", "DA"), ("Time", "TM")):
        if name.endswith(ending):
            return vr
    return "LO"
