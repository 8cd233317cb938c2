"""Values of what is here: from the columns of the database, the tag cache, or the file itself at last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from DICOMLib.archive.keys import COLUMNS, SOP_CLASS_UID, SOP_INSTANCE_UID
from DICOMLib.archive.texts import is_sequence, text_of
from DICOMLib.database import Database
from DICOMLib.database.entities import TABLES, Entity
from DICOMLib.database.stored_values import SENTINELS
from DICOMLib.standard.part10 import read_file
from DICOMLib.standard.tags import tag_number, vr_of

_UNREADABLE = (
    InvalidDicomError,
    OSError,
    EOFError,
    ValueError,
    AttributeError,
    KeyError,
    NotImplementedError,
)
_INSTANCE_NUMBER = "0020,0013"
# Columns that hold 0 where there is no number.
_NUMBERS = frozenset(("SeriesNumber", "AcquisitionNumber", "EchoNumber", "TemporalPosition"))
# What tells one instance from another means nothing of those above.
_OF_INSTANCES = {
    "PATIENT": frozenset((SOP_INSTANCE_UID, SOP_CLASS_UID, _INSTANCE_NUMBER)),
    "STUDY": frozenset((SOP_INSTANCE_UID, SOP_CLASS_UID, _INSTANCE_NUMBER)),
    "SERIES": frozenset((SOP_INSTANCE_UID, _INSTANCE_NUMBER)),
    "IMAGE": frozenset(),
}
_NOT_TEXT = frozenset(("SQ", "OB", "OW", "OD", "OF", "OL", "OV", "UN", "AT"))
_WHOLE_NUMBERS = frozenset(("US", "SS", "UL", "SL", "UV", "SV"))
_REAL_NUMBERS = frozenset(("FL", "FD"))
_NOTHING = Dataset()
# A text as the database keeps it, or a sequence.
Value = str | DataElement


class Elements:
    """Elements of some entities of one level; what several of them need is looked up once.

    Parameters
    ----------
    database
        Open.
    level
        Of the entities.
    entities
        Whose elements are wanted.
    tags
        All that will be asked for.
    """

    def __init__(
        self, database: Database, level: str, entities: Sequence[Entity], tags: Sequence[str]
    ) -> None:
        tables = list(TABLES.values())
        below = tables[tables.index(TABLES[level]) + 1 :]
        self._columns = {
            tag: (vr_of(tag), *COLUMNS.get(tag, ("", "")))
            for tag in tags
            if tag not in _OF_INSTANCES[level] and COLUMNS.get(tag, ("", ""))[0] not in below
        }
        sops = [entity.sop for entity in entities] if self._columns else []
        texts = database.texts(sops, list(self._columns))
        self._cached = {(sop, tag): text for sop, known in texts.items() for tag, text in known.items()}
        self._headers: dict[str, Dataset] = {}

    def means_something(self, tag: str) -> bool:
        """Whether a tag that will be asked for belongs to entities of this level."""
        return tag in self._columns

    def element(self, entity: Entity, tag: str) -> DataElement | None:
        """An element; None for one that the entity has not, or that says nothing of it as a whole."""
        value = self.value(entity, tag)
        return element_of(tag, vr_of(tag), value) if isinstance(value, str) else value

    def value(self, entity: Entity, tag: str) -> Value | None:
        """The same as a text that `element_of` takes; only sequences are elements."""
        if tag not in self._columns:
            return None
        if tag == SOP_INSTANCE_UID:
            return entity.sop
        vr, table, column = self._columns[tag]
        row = entity.rows.get(table, {})
        if column in row and not (column in _NUMBERS and not row[column]):
            return stored_text(vr, row[column])
        text = self._cached.get((entity.sop, tag))
        if text is None or vr in _NOT_TEXT:
            return self._of_file(entity, tag)
        return "" if text in SENTINELS else text

    def _of_file(self, entity: Entity, tag: str) -> Value | None:
        header = self._headers.get(entity.sop)
        if header is None:
            header = self._headers[entity.sop] = _read(entity.file, self._columns)
        if tag_number(tag) not in header:
            return None
        if not is_sequence(header, tag):
            return text_of(header, tag)
        try:
            return header[tag_number(tag)]
        except _UNREADABLE:
            return None  # bytes that are no sequence


def _read(path: str, tags: Iterable[str]) -> Dataset:
    """Some elements of a file; none of one that is gone or damaged."""
    if not Path(path).is_file():  # sooner told than tried
        return _NOTHING
    numbers: list[Any] = [tag_number(tag) for tag in tags]
    try:
        return read_file(path, stop_before_pixels=True, tags=numbers)
    except _UNREADABLE:
        return _NOTHING


def stored_text(vr: str, stored: object) -> str:
    """The value of a column as DICOM writes it."""
    if stored is None:
        return ""
    if vr == "DA":
        return str(stored).replace("-", "")
    if vr == "TM" and not isinstance(stored, str):  # the column has made a number of it
        return f"{stored:013.6f}" if isinstance(stored, float) else f"{stored:06d}"
    return str(stored)


def element_of(tag: str, vr: str, text: str) -> DataElement:
    """An element from a text as the database keeps it; an empty one if the text is no value of this kind."""
    number = tag_number(tag)
    value: Any = text or None
    try:
        if text and vr in _WHOLE_NUMBERS:
            value = [int(part) for part in text.split("\\")]
        elif text and vr in _REAL_NUMBERS:
            value = [float(part) for part in text.split("\\")]
        return DataElement(number, vr, value, validation_mode=config.IGNORE)
    except (ValueError, TypeError, OverflowError):
        return DataElement(number, vr, None)
