"""What an identifier asks for (PS3.4 section C.2.2), sorted by where it can be decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from DICOMLib.archive.texts import is_sequence, tags_of, texts_of
from DICOMLib.database import Database, stored_values, tag_search
from DICOMLib.database.entities import LEVELS
from DICOMLib.database.search import Condition
from DICOMLib.database.search_fields import Field, FieldNames
from DICOMLib.network.query_scp import InvalidIdentifier
from DICOMLib.standard.key_matching import key_pattern
from DICOMLib.standard.matching import Anything, Pattern
from DICOMLib.standard.tags import keyword_of, tag_number, vr_of

SOP_INSTANCE_UID, SOP_CLASS_UID = stored_values.SOP_INSTANCE_UID, "0008,0016"
MODALITIES_IN_STUDY, SOP_CLASSES_IN_STUDY = "0008,0061", "0008,0062"
# Elements that are computed, or of the query itself; they are never matched.
COUNTS = {
    "PATIENT": ("0020,1200", "0020,1202", "0020,1204"),
    "STUDY": ("", "0020,1206", "0020,1208"),
    "SERIES": ("", "", "0020,1209"),
}
CHARACTER_SET, QUERY_LEVEL = "0008,0005", "0008,0052"
RETRIEVE_AE, AVAILABILITY, TIME_ZONE = "0008,0054", "0008,0056", "0008,0201"
_NOT_MATCHED = frozenset(
    (CHARACTER_SET, QUERY_LEVEL, RETRIEVE_AE, AVAILABILITY, TIME_ZONE, SOP_CLASSES_IN_STUDY)
).union(*COUNTS.values())
# Column in which an element is kept, with its table.
COLUMNS = {
    stored_values.PATIENT_ID: ("Patients", "PatientID"),
    stored_values.PATIENT_NAME: ("Patients", "PatientsName"),
    stored_values.STUDY_INSTANCE_UID: ("Studies", "StudyInstanceUID"),
    stored_values.SERIES_INSTANCE_UID: ("Series", "SeriesInstanceUID"),
    **{tag: ("Patients", column) for column, tag in stored_values.PATIENT_COLUMNS},
    **{tag: ("Studies", column) for column, tag in stored_values.STUDY_COLUMNS},
    **{tag: ("Series", column) for column, tag in stored_values.SERIES_COLUMNS},
}
# Dates and times that together are one moment (PS3.4 section C.2.2.2.5.4).
_MOMENTS = (
    ("0008,0020", "0008,0030"),
    ("0008,0021", "0008,0031"),
    ("0008,0022", "0008,0032"),
    ("0008,0023", "0008,0033"),
    ("0010,0030", "0010,0032"),
)
_NO_TAG = "0000,0000"


class InvalidQuery(InvalidIdentifier):
    """An identifier that cannot be answered; the text says what is wrong."""


@dataclass(slots=True)
class Keys:
    """What must match.

    Parameters
    ----------
    conditions
        What the search of the database decides.
    instances
        SOP Instance UIDs; None for any.
    others
        Tag and pattern of what values and files must be looked at for.
    moments
        Tags of a date and a time, and the pattern of both together.
    items
        Tag of a sequence, and the patterns that one of its items must match, by tag.
    """

    conditions: list[Condition] = field(default_factory=list)
    instances: list[str] | None = None
    others: list[tuple[str, Pattern]] = field(default_factory=list)
    moments: list[tuple[str, str, Pattern]] = field(default_factory=list)
    items: list[tuple[str, dict[str, Pattern]]] = field(default_factory=list)

    @property
    def tags(self) -> list[str]:
        """Tags whose values must be looked at."""
        return [tag for tag, *_ in self.others] + [tag for tag, _ in self.items]


def keys_of(
    database: Database, level: str, identifier: Dataset, fuzzy: bool = False, combined: bool = False
) -> Keys:
    """Sort what an identifier asks for.

    Parameters
    ----------
    database
        That will be asked.
    level
        "PATIENT", "STUDY", "SERIES" or "IMAGE".
    identifier
        The query.
    fuzzy, combined
        See `query_answers.Matching`.

    Raises
    ------
    InvalidQuery
        If a key cannot be understood.
    """
    if level not in LEVELS:
        raise InvalidQuery(f"{level!r} is no query level; these are: {', '.join(LEVELS)}.")
    names = database.read(FieldNames)
    keys = Keys()
    for tag in tags_of(identifier):
        if tag in _NOT_MATCHED:
            continue
        if is_sequence(identifier, tag):
            _add_sequence(keys, tag, identifier, fuzzy)
        else:
            _add(keys, database, names, level, (tag, _pattern(identifier, tag, fuzzy)))
    if combined:
        _combine(keys, identifier)
    return keys


def _pattern(dataset: Dataset, tag: str, fuzzy: bool) -> Pattern:
    try:
        return key_pattern(vr_of(tag), texts_of(dataset, tag), fuzzy)
    except ValueError as error:
        raise InvalidQuery(f"{keyword_of(tag) or tag}: {error}") from error


def _add(keys: Keys, database: Database, names: FieldNames, level: str, key: tuple[str, Pattern]) -> None:
    tag, pattern = key
    if isinstance(pattern, Anything):
        return
    if tag == SOP_INSTANCE_UID:
        if level == "IMAGE":
            keys.instances = sorted(getattr(pattern, "uids", ()))
        return
    column = COLUMNS.get(tag)
    known = [one for one in names.columns_of(column[0]) if one.name == column[1]] if column else []
    if known:
        keys.conditions.append(Condition(known[0], pattern))
    elif level != "IMAGE" and _is_cached(database, tag):
        keys.conditions.append(Condition(Field("", tag, vr_of(tag)), pattern))
    else:
        keys.others.append((tag, pattern))


def _is_cached(database: Database, tag: str) -> bool:
    """Whether values of a tag are cached; an empty cache says that it knows any tag."""
    known = tag_search.is_known
    return database.read_tags(known, tag) and not database.read_tags(known, _NO_TAG)


def _add_sequence(keys: Keys, tag: str, identifier: Dataset, fuzzy: bool) -> None:
    """Sequence matching (PS3.4 section C.2.2.2.6): one item must match all keys of the item that is given."""
    wanted = {}
    items = identifier[tag_number(tag)].value
    for inner in tags_of(items[0]) if items else ():
        pattern = Anything() if is_sequence(items[0], inner) else _pattern(items[0], inner, fuzzy)
        if not isinstance(pattern, Anything):
            wanted[inner] = pattern
    if wanted:
        keys.items.append((tag, wanted))


def _combine(keys: Keys, identifier: Dataset) -> None:
    """Ranges of a date and its time mean one range of moments instead of some hours of each day."""
    for date_tag, time_tag in _MOMENTS:
        texts = [_range_of(identifier, tag) for tag in (date_tag, time_tag)]
        if all(texts):
            (first, last), (start, end) = texts
            low, high = first and first + start, last and last + end
            keys.moments.append((date_tag, time_tag, key_pattern("DT", [f"{low}-{high}"])))
            time_column = COLUMNS.get(time_tag, ("", ""))[1]
            keys.conditions = [
                one
                for one in keys.conditions
                if one.field is None or one.field.name not in (time_column, time_tag)
            ]
            keys.others = [other for other in keys.others if other[0] != time_tag]


def _range_of(identifier: Dataset, tag: str) -> Sequence[str]:
    """Both sides of a range; empty if the element is none."""
    texts = texts_of(identifier, tag)
    sides = [part.strip().replace(":", "") for part in texts[0].split("-")] if len(texts) == 1 else []
    return sides if len(sides) == 2 and any(sides) else []
