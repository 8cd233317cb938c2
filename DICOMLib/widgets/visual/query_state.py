"""What became of the last query of the visual browser, shown by the icon of its button."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from qtpy.QtWidgets import QAbstractButton

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.translation import _

_TYPES = (JobType.QueryPatients, JobType.QueryStudies, JobType.QuerySeries, JobType.QueryInstances)


class Outcome(Enum):
    """Where a query stands; the value is the name of an icon."""

    NONE = "DICOMQuery"
    ASKING = "Waiting"
    ANSWERED = "Done"
    FAILED = "Failed"


class QueryState:
    """Follows the jobs of queries, and shows on a button how they stand.

    Parameters
    ----------
    button
        The button that asks.
    on_change
        Called when the outcome is another one.
    """

    def __init__(self, button: QAbstractButton, on_change: Callable[[], object]) -> None:
        self.outcome = Outcome.NONE
        self._button, self._on_change = button, on_change
        self._open: set[str] = set()
        self._failed = False
        self._show(Outcome.NONE)

    def begin(self) -> None:
        """A query begins; what failed before does not count."""
        self._failed = False

    def note_queued(self, detail: Any) -> None:
        """A job waits for its turn."""
        if detail.jobType() in _TYPES:
            self._open.add(detail.JobUID())
            self._show(Outcome.ASKING)

    def note_ended(self, details: Iterable[Any], failed: bool = False) -> None:
        """Jobs have ended; when all have, their outcome is shown."""
        uids = {detail.JobUID() for detail in details} & self._open
        self._open -= uids
        self._failed |= failed and bool(uids)
        if uids and not self._open:
            self._show(Outcome.FAILED if self._failed else Outcome.ANSWERED)

    def forget(self) -> None:
        """Show no outcome any more: the next query would be another one."""
        if not self._open:
            self._show(Outcome.NONE)

    def _show(self, outcome: Outcome) -> None:
        tip = {
            Outcome.NONE: _(
                "Ask the enabled servers for what the filters say; Enter in a filter does it, too"
            ),
            Outcome.ASKING: _("The servers are being asked…"),
            Outcome.ANSWERED: _("The servers have answered; a click asks them again"),
            Outcome.FAILED: _("A server did not answer as it should; a click asks again"),
        }[outcome]
        self._button.setIcon(icon(outcome.value))
        self._button.setToolTip(tip)
        if outcome is not self.outcome:
            self.outcome = outcome
            self._on_change()
