"""What became of the last query of the visual browser, shown by the icon of its button."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from qtpy.QtWidgets import QAbstractButton

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.translation import _

_QUERIES = (JobType.QueryPatients, JobType.QueryStudies, JobType.QuerySeries, JobType.QueryInstances)
# What they find is inserted, and may then be asked about further.
PARTS_OF_A_QUERY = (*_QUERIES, JobType.Inserter)


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
    goes_on
        Whether a job of `PARTS_OF_A_QUERY` has not ended: news come later, and one job calls for another.
    """

    def __init__(
        self, button: QAbstractButton, on_change: Callable[[], object], goes_on: Callable[[], bool]
    ) -> None:
        self.outcome = Outcome.NONE
        self._button, self._on_change, self._goes_on = button, on_change, goes_on
        self._open: set[str] = set()
        self._result = Outcome.ANSWERED
        self._show(Outcome.NONE)

    def begin(self) -> None:
        """A query begins; what failed before does not count."""
        self._result = Outcome.ANSWERED

    def note_queued(self, detail: Any) -> None:
        """A job waits for its turn."""
        if detail.jobType() in PARTS_OF_A_QUERY:
            self._open.add(detail.JobUID())
        if detail.jobType() in _QUERIES:
            self._show(Outcome.ASKING)

    def note_ended(self, details: Iterable[Any], result: Outcome = Outcome.ANSWERED) -> None:
        """Jobs have ended; when all have, the outcome is shown: failed, else none if one was stopped."""
        uids = {detail.JobUID() for detail in details} & self._open
        self._open -= uids
        if uids and result is not Outcome.ANSWERED and self._result is not Outcome.FAILED:
            self._result = result
        if self.outcome is Outcome.ASKING and not self._open and not self._goes_on():
            self._show(self._result)

    def forget(self) -> None:
        """Show no outcome any more: the next query would be another one."""
        if self.outcome is not Outcome.ASKING:
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
