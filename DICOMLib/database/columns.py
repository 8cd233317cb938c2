"""How the columns of the tables are shown: their rows in ColumnDisplayProperties."""

from __future__ import annotations

import sqlite3

from DICOMLib.database import schema
from DICOMLib.database.records import Column

TABLE = "ColumnDisplayProperties"
PROPERTIES = ("DisplayedName", "Visibility", "Weight", "Format")


def columns(connection: sqlite3.Connection, table: str) -> list[Column]:
    """All columns that have a row, in the order of the table."""
    query = f"SELECT FieldName, {', '.join(PROPERTIES)} FROM {TABLE} WHERE TableName = ?"
    known = {row[0]: _column(row) for row in connection.execute(query, (table,))}
    return [known[name] for name in schema.column_names(connection, table) if name in known]


def _column(row: tuple[str, str | None, int | None, int | None, str | None]) -> Column:
    field, name, visible, weight, text = row
    return Column(field, name or "", bool(visible), int(weight or 0), text or "")


def set_properties(
    connection: sqlite3.Connection, table: str, field: str, properties: dict[str, object]
) -> None:
    """Change some of `PROPERTIES` of a column; one without a row is left alone.

    Raises
    ------
    ValueError
        For an unknown property.
    """
    unknown = set(properties) - set(PROPERTIES)
    if unknown:
        raise ValueError(f"a column has no property {', '.join(sorted(unknown))}")
    changes = ", ".join(f"{name} = ?" for name in properties)
    query = f"UPDATE {TABLE} SET {changes} WHERE TableName = ? AND FieldName = ?"
    connection.execute(query, (*properties.values(), table, field))
