"""The account of an import: what came in, what did not, why, and what to do."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from DICOMLib.core.wording import counted
from DICOMLib.fields import failure_text
from DICOMLib.indexing.reasons import NO_FAULTS, SECOND_FILE, advice


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One reason and the files behind it."""

    reason: str
    paths: tuple[str, ...]
    advice: str

    @property
    def count(self) -> int:
        """Number of files."""
        return len(self.paths)


@dataclass(slots=True)
class ImportReport:
    """What an import did.

    Parameters
    ----------
    patients, studies, series, instances
        Numbers added.
    unchanged
        Files that were in the database already and have not changed since.
    replaced
        Instances that were known and have been written again.
    failed
        (path, reason) of broken DICOM files.
    skipped
        (path, reason) of files that are no DICOM instances.
    notes
        (path, reason) of files that were taken, but of which the user should know something.
    failed_rules
        (rule, error) of displayed-field rules that failed and were left out.
    cancelled
        Whether the import was stopped before its end.
    """

    patients: int = 0
    studies: int = 0
    series: int = 0
    instances: int = 0
    unchanged: int = 0
    replaced: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    failed_rules: list[tuple[str, str]] = field(default_factory=list)
    cancelled: bool = False

    def leave_out(self, path: str, reason: str) -> None:
        """Note a file that was not taken, as skipped or failed as its reason says."""
        (self.skipped if reason in NO_FAULTS else self.failed).append((path, reason))

    def add(self, other: ImportReport) -> None:
        """Join the account of another import."""
        for name in ("patients", "studies", "series", "instances", "unchanged", "replaced"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes
        self.failed_rules += other.failed_rules
        self.cancelled = self.cancelled or other.cancelled

    def account(self) -> list[AccountLine]:
        """One line for each distinct reason; failures first, then notes, then what was skipped."""
        return [line for group in (self.failed, self.notes, self.skipped) for line in grouped(group)]

    def summary(self) -> str:
        """One sentence with the numbers."""
        parts = [
            counted(number, *words)
            for number, *words in (
                (self.patients, "patient"),
                (self.studies, "study", "studies"),
                (self.series, "series", "series"),
                (self.instances, "instance"),
            )
        ]
        text = ", ".join(parts) + " added"
        for number, name in (
            (self.replaced, "replaced"),
            (self.unchanged, "unchanged"),
            (sum(reason == SECOND_FILE for _path, reason in self.notes), "set aside"),
            (len(self.failed), "failed"),
            (len(self.skipped), "skipped"),
        ):
            text += f", {number} {name}" if number else ""
        return text + (" (cancelled)" if self.cancelled else "") + "."

    def as_text(self) -> str:
        """The account for people."""
        lines = [self.summary(), *lines_for_people(self.account())]
        for rule, error in self.failed_rules:
            lines += ["", failure_text(rule, error)]
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, object]:
        """The account for programs; the numbers are those added."""
        return {
            "patients": self.patients,
            "studies": self.studies,
            "series": self.series,
            "instances": self.instances,
            "unchanged": self.unchanged,
            "replaced": self.replaced,
            "cancelled": self.cancelled,
            "failed": _as_dicts(self.failed),
            "skipped": _as_dicts(self.skipped),
            "notes": _as_dicts(self.notes),
            "failed_rules": [{"rule": rule, "error": error} for rule, error in self.failed_rules],
        }

    def as_json(self) -> str:
        """`as_dict` as JSON text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)

    def as_csv(self) -> str:
        """A table with a row for each file that was not taken or noted."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(["outcome", "reason", "path", "advice"])
        for outcome, group in (("failed", self.failed), ("noted", self.notes), ("skipped", self.skipped)):
            writer.writerows([outcome, reason, path, advice(reason)] for path, reason in group)
        return buffer.getvalue()


def lines_for_people(account: Iterable[AccountLine]) -> Iterator[str]:
    """For each reason an empty line, what it is and what to do, and the files."""
    for line in account:
        yield from ("", f"{line.count} x {line.reason}. {line.advice}", *(f"  {path}" for path in line.paths))


def grouped(entries: Iterable[tuple[str, str]]) -> Iterator[AccountLine]:
    """Files and reasons by reason, the most frequent one first."""
    groups: dict[str, list[str]] = {}
    for path, reason in entries:
        groups.setdefault(reason, []).append(path)
    for reason, paths in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield AccountLine(reason, tuple(paths), advice(reason))


def _as_dicts(entries: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"path": path, "reason": reason} for path, reason in entries]
