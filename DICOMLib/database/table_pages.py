"""The rows of a table as a view wants them: all identifiers in order at once, the values page by page."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from DICOMLib.database.schema import column_names
from DICOMLib.database.table_query import KEYS, TableQuery
from DICOMLib.standard.person_names import displayed_person_name

# Columns that hold no text for users; a search does not look at them.
UNSEARCHED = frozenset(("Connections", "DisplayedFieldsUpdatedTimestamp"))

_SHOWN_NAME = "shown_person_name"


def identifiers(
    connection: sqlite3.Connection,
    query: TableQuery,
    search: str = "",
    sort: str = "",
    descending: bool = False,
) -> list[str]:
    """Identifiers of the rows of a query, in order.

    Parameters
    ----------
    connection
        To the main file.
    query
        Table, parents and conditions.
    search
        Only rows in which some value, as people read it, contains this text; `*` and `?` are wildcards
        within one value, letters are compared regardless of case.
    sort
        Column to sort by: numbers by size, text regardless of case, rows without value last.
    descending
        Whether large values come first.

    Raises
    ------
    DatabaseError
        If the table, a column or an operator is unknown.
    """
    table = query.table
    source, values = query.source()
    clauses = [source]
    columns = column_names(connection, table)
    if search:
        clause, patterns = _search_clause(table, columns, search)
        clauses.append(f"AND ({clause})")
        values += patterns
    order = _order(_sorted_by(table, sort), sort, "DESC" if descending else "ASC") if sort in columns else ""
    clauses.append(f"ORDER BY {order}{table}.rowid")
    connection.create_function(_SHOWN_NAME, 1, _shown_name, deterministic=True)
    answer = connection.execute(f"SELECT {table}.{KEYS[table]} FROM {' '.join(clauses)}", values)
    return [str(identifier) for (identifier,) in answer]


def rows(
    connection: sqlite3.Connection, query: TableQuery, wanted: Sequence[str]
) -> dict[str, tuple[Any, ...]]:
    """All columns of the rows with these identifiers; those that are gone are not in the answer."""
    key = KEYS[query.table]
    numbers = query.table == "Patients"
    listed = json.dumps([int(one) for one in wanted] if numbers else list(wanted))
    text = f"SELECT * FROM {query.table} WHERE {key} IN (SELECT value FROM json_each(?))"
    return {str(row[0]): row for row in connection.execute(text, (listed,))}


def _search_clause(table: str, columns: Sequence[str], search: str) -> tuple[str, list[str]]:
    """One comparison for each column and spelling; LIKE itself ignores the case of ASCII letters only."""
    spellings = [search]
    if not search.isascii():
        spellings = list(dict.fromkeys((search, search.lower(), search.upper(), search.title())))
    patterns = [_like_pattern(spelling) for spelling in spellings]
    parts, values = [], []
    for column in columns:
        if column in UNSEARCHED:
            continue
        for pattern in patterns:
            parts.append(f"{_as_read(table, column)} LIKE ? ESCAPE '\\'")
            values.append(pattern)
    return " OR ".join(parts), values


def _like_pattern(text: str) -> str:
    signs = {"*": "%", "?": "_", "%": r"\%", "_": r"\_", "\\": r"\\"}
    return "%" + "".join(signs.get(sign, sign) for sign in text) + "%"


def _as_read(table: str, column: str) -> str:
    """A value as people read it; dates lie in databases as 2011-02-03 and as 20110203."""
    value = f'{table}."{column}"'
    if column.endswith("Timestamp"):
        return f"substr(replace({value}, 'T', ' '), 1, 16)"
    if column.endswith("Date"):
        digits = f"substr({value},1,4)||'-'||substr({value},5,2)||'-'||substr({value},7,2)"
        return f"CASE WHEN length({value}) = 8 THEN {digits} ELSE {value} END"
    if column.endswith("Time"):
        digits = f"substr({value},1,2)||':'||substr({value},3,2)||':'||substr({value},5,2)"
        return f"CASE WHEN {value} GLOB '[0-9][0-9][0-9][0-9][0-9][0-9]*' THEN {digits} ELSE {value} END"
    return value


def _sorted_by(table: str, column: str) -> str:
    """What rows are sorted by: patients whose displayed fields are not made yet are shown with a name."""
    value = f'{table}."{column}"'
    if column != "DisplayedPatientsName":
        return value
    return (
        f"CASE WHEN {table}.DisplayedFieldsUpdatedTimestamp IS NULL "
        f"THEN coalesce(nullif({value}, ''), {_SHOWN_NAME}({table}.PatientsName)) ELSE {value} END"
    )


def _shown_name(stored: str | None) -> str:
    return displayed_person_name(stored or "")


def _order(value: str, column: str, direction: str) -> str:
    if column.endswith("Date"):
        return f"coalesce({value}, '') = '', replace({value}, '-', '') {direction}, "
    kind = f"typeof({value}) = 'text' {direction}"
    return f"coalesce({value}, '') = '', {kind}, {value} COLLATE NOCASE {direction}, "
