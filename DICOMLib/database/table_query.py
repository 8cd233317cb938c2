"""What a table of patients, studies or series shows: rows that lead to a series, under conditions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from DICOMLib.core.errors import DatabaseError

KEYS = {"Patients": "UID", "Studies": "StudyInstanceUID", "Series": "SeriesInstanceUID"}
PARENT_COLUMNS = {"Patients": "", "Studies": "PatientsUID", "Series": "StudyInstanceUID"}
OPERATORS = ("IN", "=", ">", "<", ">=", "<=")

# Patients and studies without any series are not listed.
_JOINED = (
    "Patients INNER JOIN Studies ON Patients.UID = Studies.PatientsUID "
    "INNER JOIN Series ON Studies.StudyInstanceUID = Series.StudyInstanceUID"
)
# The same rows, found without a look at more than needed.
_LISTED = {
    "Patients": "Patients WHERE EXISTS (SELECT 1 FROM Studies INNER JOIN Series "
    "ON Series.StudyInstanceUID = Studies.StudyInstanceUID WHERE Studies.PatientsUID = Patients.UID)",
    "Studies": "Studies INNER JOIN Patients ON Patients.UID = Studies.PatientsUID "
    "WHERE EXISTS (SELECT 1 FROM Series WHERE Series.StudyInstanceUID = Studies.StudyInstanceUID)",
    "Series": "Series INNER JOIN Studies ON Studies.StudyInstanceUID = Series.StudyInstanceUID "
    "INNER JOIN Patients ON Patients.UID = Studies.PatientsUID WHERE 1",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A column ("Modality" or "Series.Modality"), an operator and its values (several only for IN)."""

    column: str
    operator: str
    values: tuple[str, ...]


@dataclass(slots=True)
class TableQuery:
    """A query of one table; all conditions must hold.

    Parameters
    ----------
    table
        "Patients", "Studies" or "Series".
    parent_column
        Column that refers to the table above; empty for the usual one.
    parents
        Identifiers of the rows above that are wanted; None for all.
    conditions
        On columns of any of the three tables.
    among
        Identifiers of the rows that a search has found; None for no search.
    """

    table: str
    parent_column: str = ""
    parents: list[str] | None = None
    conditions: list[Condition] = field(default_factory=list)
    among: list[str] | None = None

    def sql(self) -> tuple[str, list[Any]]:
        """Give the text of the query and the values bound to it.

        Raises
        ------
        DatabaseError
            If the table, a column or an operator is unknown.
        """
        source, values = self.source()
        return f"SELECT {self.table}.* FROM {source}", values

    def source(self) -> tuple[str, list[Any]]:
        """What stands after FROM: tables and a WHERE clause, to which more can be added by AND.

        Raises
        ------
        DatabaseError
            If the table, a column or an operator is unknown.
        """
        if self.table not in KEYS:
            raise DatabaseError(f"There is no table {self.table!r} to show.")
        clauses: list[str] = []
        values: list[Any] = []
        parent_column = self.parent_column or PARENT_COLUMNS[self.table]
        if self.parents is not None and parent_column:
            clauses.append(f"{_qualified(self.table, parent_column)} IN (SELECT value FROM json_each(?))")
            values.append(_json_list(self.parents, self.table == "Studies"))
        if self.among is not None:
            clauses.append(f"{self.table}.{KEYS[self.table]} IN (SELECT value FROM json_each(?))")
            values.append(_json_list(self.among, self.table == "Patients"))
        for condition in self.conditions:
            clauses.append(_clause(self.table, condition))
            values.append(json.dumps(condition.values) if condition.operator == "IN" else condition.values[0])
        # Every name comes from the constants above or has been checked to be a plain name.
        if not self.conditions:
            return " AND ".join((_LISTED[self.table], *clauses)), values
        key = f"{self.table}.{KEYS[self.table]}"
        return (
            f"{self.table} WHERE {key} IN (SELECT {key} FROM {_JOINED} WHERE {' AND '.join(clauses)})",
            values,
        )


def _clause(table: str, condition: Condition) -> str:
    if condition.operator not in OPERATORS:
        raise DatabaseError(f"{condition.operator!r} is no operator for a condition.")
    column = _qualified(table, condition.column)
    if condition.operator == "IN":
        return f"{column} IN (SELECT value FROM json_each(?))"
    return f"{column} {condition.operator} ?"


def _qualified(table: str, column: str) -> str:
    """Give "Table.Column"; a bare name belongs to the table that is shown if it has one of that name."""
    if not re.fullmatch(r"(?:(?:Patients|Studies|Series)\.)?[A-Za-z]\w*", column):
        raise DatabaseError(f"{column!r} is no column.")
    return f"{table}.{column}" if column in _AMBIGUOUS else column


# Columns that more than one of the three tables has.
_AMBIGUOUS = frozenset(("StudyInstanceUID", "InsertTimestamp", "DisplayedFieldsUpdatedTimestamp"))


def _json_list(identifiers: list[str], patients: bool) -> str:
    """Patients are numbered, so their identifiers must be compared as numbers."""
    if patients:
        return json.dumps([int(uid) for uid in identifiers if uid.isdigit()])
    return json.dumps(identifiers)
