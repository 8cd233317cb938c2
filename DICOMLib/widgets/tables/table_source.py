"""Where a table's model has its rows from: the database, as long as it is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from DICOMLib.database import table_pages
from DICOMLib.database.table_query import TableQuery


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
        return self._database.core.read(table_pages.rows, self._query, wanted)
