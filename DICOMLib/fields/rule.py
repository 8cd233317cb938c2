"""What a displayed-field rule is: the tags it needs, the fields of one instance, and how they are merged."""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from DICOMLib.core.errors import DICOMError
from DICOMLib.database import Database

log = logging.getLogger(__name__)

TABLES = ("Patients", "Studies", "Series")
Fields = dict[str, str]


class RuleError(DICOMError):
    """A rule that cannot be registered, or that failed; the text names it."""


def failure_text(rule: str, error: str) -> str:
    """What is told of a rule that failed: which, why, what became of its columns, and what to do."""
    return (
        f"The rule {rule} failed ({error}) and was left out; its columns stay as they were. Correct it and "
        "run it again with: slicer-dicom fields --recompute, or switch it off with: slicer-dicom fields "
        f"--disable {rule}"
    )


class Merge(Enum):
    """How the value of one more instance joins what is there.

    `EXPECT_SAME_VALUE` keeps the only non-empty value and warns of a conflict, the first one winning.
    `CONCATENATE` appends what is not yet contained, after a comma.
    """

    EXPECT_SAME_VALUE = "expect same value"
    CONCATENATE = "concatenate"


@dataclass(slots=True)
class RowFields:
    """Fields of the patient, the study and the series of one instance, by column."""

    patient: Fields = field(default_factory=dict)
    study: Fields = field(default_factory=dict)
    series: Fields = field(default_factory=dict)

    def of(self, table: str) -> Fields:
        """The fields of "Patients", "Studies" or "Series"."""
        return {"Patients": self.patient, "Studies": self.study, "Series": self.series}[table]


@dataclass(slots=True)
class Touched:
    """The rows that one update session touched."""

    patients: list[int] = field(default_factory=list)
    studies: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)


class DisplayedFieldRule:
    """A rule that fills columns of the browser from the tags of instances.

    Subclasses name themselves, the tags they read and the fields they own, and give
    `fields_for_instance`. A field is written "Table.Column" with one of the tables Patients, Studies and
    Series; a column that the table lacks is added to it.

    Attributes
    ----------
    name
        By which the rule is known; no two rules share it.
    required_tags
        The tags it reads, as "GGGG,EEEE". Instances that agree on all of them are processed once.
    also_cached
        Tags that it does not read, but wants to be cached with each import.
    merge
        The fields it owns, and how values of more than one instance are merged.
    titles
        Headings of the columns that it adds, by field; by default, the name of the column.
    finished
        Further fields, which `finish` fills; they are columns of every database.
    """

    name: ClassVar[str] = ""
    required_tags: ClassVar[tuple[str, ...]] = ()
    also_cached: ClassVar[tuple[str, ...]] = ()
    merge: ClassVar[Mapping[str, Merge]] = {}
    titles: ClassVar[Mapping[str, str]] = {}
    finished: ClassVar[tuple[str, ...]] = ()

    def fields_for_instance(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        """Fields that one instance tells.

        Parameters
        ----------
        tags
            The value of each required tag, "" for an absent one.

        Returns
        -------
        Mapping[str, str]
            Values by "Table.Column"; empty ones never overwrite anything.
        """
        return {}

    def start(self, database: Database) -> None:
        """Begin an update session."""

    def process(self, tags: Mapping[str, str], rows: RowFields) -> None:
        """Merge what one instance tells into the rows it belongs to."""
        for name, value in self.fields_for_instance(tags).items():
            table, _, column = name.partition(".")
            merge_value(rows.of(table), column, value, self.merge.get(name, Merge.EXPECT_SAME_VALUE))

    def finish(self, database: Database, touched: Touched) -> None:
        """End an update session: fill fields that depend on more than one instance."""


def merge_value(fields: MutableMapping[str, str], column: str, new: str, policy: Merge) -> None:
    """Merge a value into a row."""
    if not new:
        return
    old = fields.get(column, "")
    if not old:
        fields[column] = new
    elif policy is Merge.CONCATENATE:
        if new not in old:
            fields[column] = f"{old}, {new}"
    elif old != new:
        log.warning("Instances disagree about %s; the first value is kept.", column)
