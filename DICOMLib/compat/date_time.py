"""Points of time for scripts that expect a QDateTime."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any


class DateTime:
    """As much of QDateTime as scripts use, for programs without Qt.

    Parameters
    ----------
    moment
        Local time; None for an invalid one.
    """

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment

    def isValid(self) -> bool:
        """Whether it is a point of time."""
        return self._moment is not None

    def isNull(self) -> bool:
        """Whether it is none."""
        return self._moment is None

    def toPyDateTime(self) -> datetime:
        """The point of time as Python's type.

        Raises
        ------
        ValueError
            If it is invalid.
        """
        if self._moment is None:
            raise ValueError("there is no point of time")
        return self._moment

    def toMSecsSinceEpoch(self) -> int:
        """Milliseconds since 1970 (UTC); 0 if it is invalid."""
        return round(self._moment.timestamp() * 1000) if self._moment is not None else 0

    def toSecsSinceEpoch(self) -> int:
        """Seconds since 1970 (UTC); 0 if it is invalid."""
        return self.toMSecsSinceEpoch() // 1000

    def msecsTo(self, other: Any) -> int:
        """Milliseconds from here to `other`."""
        return int(other.toMSecsSinceEpoch()) - self.toMSecsSinceEpoch()

    def secsTo(self, other: Any) -> int:
        """Seconds from here to `other`."""
        return int(self.msecsTo(other) / 1000)

    def toString(self, _format: Any = None) -> str:
        """ISO text, "" if it is invalid."""
        return self._moment.isoformat(timespec="seconds") if self._moment is not None else ""

    def __repr__(self) -> str:
        return f"DateTime({self._moment!r})"


def date_time(stored: str) -> Any:
    """The point of time of an InsertTimestamp: a QDateTime where the program uses Qt, else a `DateTime`."""
    try:
        moment = datetime.fromisoformat(stored)
    except ValueError:
        moment = None
    core = sys.modules.get("qtpy.QtCore")
    if core is None:
        return DateTime(moment)
    if moment is None:
        return core.QDateTime()
    return core.QDateTime.fromString(moment.isoformat(timespec="milliseconds"), core.Qt.ISODateWithMs)
