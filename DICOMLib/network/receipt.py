"""Receipts: what was asked for against what was sent or received, series by series."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

NO_REASON = "no reason given"
NOT_REACHED = "not reached: cancelled"
NAMED = 20  # instances of each reason in a text for people; programs get all


@dataclass(slots=True)
class SeriesReceipt:
    """One series.

    Parameters
    ----------
    study_uid, series_uid
        Their Instance UIDs.
    asked
        SOP Instance UIDs that were to be transferred, as far as known.
    done
        Those that were.
    failed
        Why the others were not, by SOP Instance UID, as far as known.
    """

    study_uid: str
    series_uid: str
    asked: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def uids(self) -> tuple[str, str]:
        """Its own, and that of its study."""
        return self.series_uid, self.study_uid

    @property
    def missing(self) -> set[str]:
        """Instances that were asked for and did not come, or were not taken."""
        return self.asked - self.done


@dataclass(slots=True)
class Receipt:
    """The outcome of a transfer.

    Parameters
    ----------
    verb
        "sent" or "received".
    series
        By Series Instance UID, in the order of asking.
    faults
        (what, reason) of what belongs to no instance: files that cannot be read, requests that failed.
    notes
        (SOP Instance UID, remark) of instances that were transferred, but changed or with a warning.
    remarks
        What the user should know of the transfer as a whole.
    cancelled
        Whether it was stopped before its end.
    """

    verb: str
    series: dict[str, SeriesReceipt] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    cancelled: bool = False

    def of_series(self, study_uid: str, series_uid: str) -> SeriesReceipt:
        """The receipt of a series, made if it is new."""
        return self.series.setdefault(series_uid, SeriesReceipt(study_uid, series_uid))

    @property
    def asked(self) -> int:
        """Number of instances that were to be transferred."""
        return sum(len(one.asked) for one in self.series.values())

    @property
    def done(self) -> int:
        """Number of instances that were transferred."""
        return sum(len(one.done) for one in self.series.values())

    @property
    def missing(self) -> list[tuple[str, str]]:
        """(SOP Instance UID, reason) of what was asked for and not transferred."""
        return [
            (uid, one.failed.get(uid, NOT_REACHED if self.cancelled else NO_REASON))
            for one in self.series.values()
            for uid in sorted(one.missing)
        ]

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was transferred, and nothing failed."""
        return not self.cancelled and not self.faults and not self.missing

    def summary(self) -> str:
        """One sentence with the numbers."""
        text = f"{self.done} of {self.asked} instances in {len(self.series)} series {self.verb}"
        failures = len(self.missing) + len(self.faults)
        text += f", {failures} failed" if failures else ""
        return text + (" (cancelled)" if self.cancelled else "") + "."

    def as_text(self) -> str:
        """For people: a line for each series, and for each reason the first instances behind it."""
        lines = [self.summary()]
        lines += [
            f"  series {one.series_uid}: {len(one.done)} of {len(one.asked)}" for one in self.series.values()
        ]
        lines += self.remarks
        reasons: dict[str, list[str]] = {}
        for what, reason in [*self.faults, *self.missing]:
            reasons.setdefault(reason, []).append(what)
        for reason, group in sorted(reasons.items(), key=lambda entry: -len(entry[1])):
            lines += ["", f"{len(group)} x {reason}", *(f"  {what}" for what in group[:NAMED])]
            lines += [f"  … and {len(group) - NAMED} more"] if len(group) > NAMED else []
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        return {
            "verb": self.verb,
            "asked": self.asked,
            "done": self.done,
            "complete": self.complete,
            "cancelled": self.cancelled,
            "remarks": self.remarks,
            "series": [
                {
                    "StudyInstanceUID": one.study_uid,
                    "SeriesInstanceUID": one.series_uid,
                    "asked": len(one.asked),
                    "done": len(one.done),
                }
                for one in self.series.values()
            ],
            "missing": [{"SOPInstanceUID": uid, "reason": reason} for uid, reason in self.missing],
            "faults": [{"what": what, "reason": reason} for what, reason in self.faults],
            "notes": [{"SOPInstanceUID": uid, "note": note} for uid, note in self.notes],
        }

    def as_json(self) -> str:
        """`as_dict` as JSON text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)
