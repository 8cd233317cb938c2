"""What goes into the database and what is told afterwards: plain records, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the database needs to know of one file.

    Parameters
    ----------
    path
        Absolute path of the source file, "" if there is none.
    stored_path
        What the database shall remember: relative to the database folder if the file was copied into
        it, else absolute; "" for an instance that has no file.
    modified
        Time of the last change of the source file, seconds since the epoch.
    values
        Decoded text by tag ("0008,103E", upper case); only elements that have a value.
    unstored
        Requested tags that the file has, but whose values are not to be kept (Pixel Data).
    empty
        Tags that the file has without a value (type 2 attributes, PS3.5 section 7.4.3).
    url
        Where the instance can be had, for one that is known from a peer only.
    base, changed
        Values that other records share, and the tags in which `values` may differ from them; None if there
        are none. They only save work.
    kept
        Whether the copy at the stored path was there already, with the same content.
    """

    path: str
    stored_path: str
    modified: float
    values: Mapping[str, str]
    unstored: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    url: str = ""
    base: Mapping[str, str] | None = None
    changed: tuple[str, ...] = ()
    kept: bool = False

    def stored_at(self, path: str, stored_path: str, kept: bool = False) -> FileRecord:
        """The record with other paths; `dataclasses.replace` takes five times as long."""
        return FileRecord(
            path,
            stored_path,
            self.modified,
            self.values,
            self.unstored,
            self.empty,
            self.url,
            self.base,
            self.changed,
            kept,
        )


class Event(NamedTuple):
    """One thing that was added, in the order in which it was.

    Parameters
    ----------
    kind
        "patient", "connection", "study", "series" or "instance".
    uid
        The number of the patient as text, else the UID.
    details
        For a patient: Patient ID, name, birth date (as in the file); for a connection its name in
        addition. Empty for the others.
    """

    kind: str
    uid: str
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class Changes:
    """The rows that one transaction touched; all empty means that anything may have changed."""

    patients: set[int] = field(default_factory=set)
    studies: set[str] = field(default_factory=set)
    series: set[str] = field(default_factory=set)


@dataclass(slots=True)
class InsertReport:
    """What an insert did.

    Parameters
    ----------
    patients, studies, series, instances
        Numbers of rows added; a replaced instance is not counted.
    replaced, unchanged
        Instances that were known and written again, or known and left as they are.
    rejected
        (path, reason) of each record that lacks an identifier.
    set_aside
        Paths of the records whose instance has another, living file with other content, see
        `second_files`.
    elsewhere
        Paths of records whose series is known under another study, or their study under another patient.
    changed_patients, changed_studies, changed_series
        Rows that got or lost something.
    events
        What was added, in order.
    """

    patients: int = 0
    studies: int = 0
    series: int = 0
    instances: int = 0
    replaced: int = 0
    unchanged: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    changed_patients: set[int] = field(default_factory=set)
    changed_studies: set[str] = field(default_factory=set)
    changed_series: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Column:
    """How a column of a table is shown.

    Parameters
    ----------
    field
        Name of the column in the table.
    displayed_name
        Its heading; "" for none.
    visible
        Whether it is shown.
    weight
        Place, the smallest at the left; equal weights keep the order of the table.
    format
        JSON text: "resizeMode" (interactive, stretch, resizeToContents), "sort" (ascending, descending).
    """

    field: str
    displayed_name: str
    visible: bool
    weight: int
    format: str


Row = dict[str, Any]
