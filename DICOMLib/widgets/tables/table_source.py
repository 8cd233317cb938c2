"""Where a table's model has its rows from: the database, as long as it is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from DICOMLib.database import table_pages
from DICOMLib.database.table_query import TableQuery
from DICOMLib.standard.person_names import displayed_person_name

# Columns of Patients: what is shown, when it was made, and what it is made of.
_NAME_COLUMNS = ("DisplayedPatientsName", "DisplayedFieldsUpdatedTimestamp", "PatientsName")


class TableSource:
    """The rows of a query in a ctkDICOMDatabase; there are none once it has been closed."""

    def __init__(self, database: Any, query: TableQuery) -> None:
        self._database = database
        self._query = query
        self.fields: list[str] = database.core.field_names(query.table)

    def identifiers(self, search: str, sort: str, descending: bool) -> list[str]:
        """All identifiers that match, in order."""
        if not self._database.isOpen:
            return []
        return self._database.core.read(table_pages.identifiers, self._query, search, sort, descending)

    def rows(self, wanted: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """The values of these rows."""
        if not self._database.isOpen:
            return {}
        found = self._database.core.read(table_pages.rows, self._query, wanted)
        if not set(_NAME_COLUMNS) <= set(self.fields):
            return found
        return {uid: self._named(row) for uid, row in found.items()}

    def _named(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The row of a patient with a name, also in an import: displayed fields are made at its end."""
        shown, updated, stored = (self.fields.index(column) for column in _NAME_COLUMNS)
        if row[shown] or row[updated] or not row[stored]:
            return row
        return (*row[:shown], displayed_person_name(str(row[stored])), *row[shown + 1 :])
