"""Conditions that scripts lay on the rows of a table, by CTK's names."""

from __future__ import annotations

from collections.abc import Sequence

from DICOMLib.database.table_query import Condition, TableQuery


class TableConditions:
    """Mixin of a table; all conditions must hold."""

    _query: TableQuery

    def refresh(self) -> None:
        """Read the rows again."""
        raise NotImplementedError

    def addSqlWhereCondition(self, column: str, values: Sequence[str]) -> None:
        """Show only rows whose `column` has one of these values."""
        self._add(column, "IN", values)

    def addSqlEqualWhereCondition(self, column: str, value: str) -> None:
        """Show only rows whose `column` equals `value`."""
        self._add(column, "=", [value])

    def addSqlGreaterWhereCondition(self, column: str, value: str) -> None:
        """Show only rows whose `column` is greater than `value`."""
        self._add(column, ">", [value])

    def addSqlLessWhereCondition(self, column: str, value: str) -> None:
        """Show only rows whose `column` is less than `value`."""
        self._add(column, "<", [value])

    def addSqlGreaterEqualWhereCondition(self, column: str, value: str) -> None:
        """Show only rows whose `column` is at least `value`."""
        self._add(column, ">=", [value])

    def addSqlLessEqualWhereCondition(self, column: str, value: str) -> None:
        """Show only rows whose `column` is at most `value`."""
        self._add(column, "<=", [value])

    def removeSqlWhereCondition(self, column: str, values: Sequence[str]) -> bool:
        """Undo the condition; False if there is no such one."""
        return self._remove(column, "IN", values)

    def removeSqlEqualWhereCondition(self, column: str, value: str) -> bool:
        """Undo the condition; False if there is no such one."""
        return self._remove(column, "=", [value])

    def removeSqlGreaterWhereCondition(self, column: str, value: str) -> bool:
        """Undo the condition; False if there is no such one."""
        return self._remove(column, ">", [value])

    def removeSqlLessWhereCondition(self, column: str, value: str) -> bool:
        """Undo the condition; False if there is no such one."""
        return self._remove(column, "<", [value])

    def removeSqlGreaterEqualWhereCondition(self, column: str, value: str) -> bool:
        """Undo the condition; False if there is no such one."""
        return self._remove(column, ">=", [value])

    def removeSqlLessEqualWhereCondition(self, column: str, value: str) -> bool:
        """Undo the condition; False if there is no such one."""
        return self._remove(column, "<=", [value])

    def clearSqlWhereConditions(self) -> None:
        """Show all rows again."""
        if self._query.conditions:
            self._query.conditions.clear()
            self.refresh()

    def _add(self, column: str, operator: str, values: Sequence[str]) -> None:
        self._query.conditions.append(Condition(column, operator, tuple(values)))
        self.refresh()

    def _remove(self, column: str, operator: str, values: Sequence[str]) -> bool:
        condition = Condition(column, operator, tuple(values))
        if condition not in self._query.conditions:
            return False
        self._query.conditions.remove(condition)
        self.refresh()
        return True
