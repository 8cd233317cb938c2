"""Answers to queries of the information models of PS3.4 annex C, for C-FIND and QIDO-RS alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from DICOMLib.archive.elements import Elements, element_of
from DICOMLib.archive.keys import (
    AVAILABILITY,
    CHARACTER_SET,
    COUNTS,
    MODALITIES_IN_STUDY,
    QUERY_LEVEL,
    RETRIEVE_AE,
    SOP_CLASS_UID,
    SOP_CLASSES_IN_STUDY,
    Keys,
    keys_of,
)
from DICOMLib.archive.texts import tags_of, text_of, value_text
from DICOMLib.database import Database, search
from DICOMLib.database.entities import (
    LEVELS,
    Entity,
    all_instances,
    entities,
    instances_of,
    modalities,
    related_counts,
)
from DICOMLib.database.search_fields import FieldNames
from DICOMLib.standard.character_sets import smallest_character_set
from DICOMLib.standard.matching import Pattern
from DICOMLib.standard.tags import tag_number, tag_text, vr_of

_PAGE = 500
# Keys by which an answer can be asked for again, with those of the levels above.
_UNIQUE_KEYS = {
    "PATIENT": ("0010,0020",),
    "STUDY": ("0010,0020", "0020,000D"),
    "SERIES": ("0020,000D", "0020,000E"),
    "IMAGE": ("0020,000D", "0020,000E", "0008,0018"),
}


@dataclass(frozen=True, slots=True)
class Matching:
    """How to match and what to tell.

    Parameters
    ----------
    fuzzy
        Whether person names are matched component by component: "doe" finds "Doe^Jane".
    combined
        Whether ranges of a date and its time mean one range of moments (PS3.4 section C.2.2.2.5.4).
    retrieve_ae
        AE title from which what is found can be had; "" to tell none.
    limit
        Most answers to give; None for all.
    offset
        So many answers are left out first.
    """

    fuzzy: bool = False
    combined: bool = False
    retrieve_ae: str = ""
    limit: int | None = None
    offset: int = 0


def answers(
    database: Database, level: str, identifier: Dataset, matching: Matching = Matching()
) -> Iterator[Dataset]:
    """What the database has that matches, one dataset for each, in the order in which it came here.

    Matched are single values, lists of UIDs, wildcards, ranges, empty values, items of sequences, and person
    names without case and accents (PS3.4 section C.2.2.2). An answer has the elements of the identifier, as
    far as they mean something at this level, and the unique keys. Elements that the database does not know
    are looked for in the files, which takes its time where there are many.

    Parameters
    ----------
    database
        Open; it may be written meanwhile.
    level
        "PATIENT", "STUDY", "SERIES" or "IMAGE".
    identifier
        What is asked for: keys with a value must match, and all are told.
    matching
        How to match.

    Raises
    ------
    InvalidQuery
        If the identifier cannot be understood; at once, not when the first answer is wanted.
    """
    keys = keys_of(database, level, identifier, matching.fuzzy, matching.combined)
    found = _found(database, level, keys)
    stop = None if matching.limit is None else matching.offset + matching.limit
    chosen = itertools.islice(found, matching.offset, stop)
    return _told(database, level, identifier, chosen, matching.retrieve_ae)


def _candidates(database: Database, level: str, keys: Keys) -> list[str]:
    """What the search of the database leaves."""
    names = database.read(FieldNames)
    if level != "IMAGE":
        table = {"PATIENT": "patients", "STUDY": "studies", "SERIES": "series"}[level]
        return search.matching(database, table, keys.conditions, names)
    if not keys.conditions:
        if keys.instances is not None:
            return keys.instances
        return database.read(all_instances)
    series = search.matching(database, "series", keys.conditions, names)
    sops = [sop for sop, _file in database.read(instances_of, "SERIES", series)]
    if keys.instances is None:
        return sops
    wanted = set(keys.instances)
    return [sop for sop in sops if sop in wanted]


def _found(database: Database, level: str, keys: Keys) -> Iterator[Entity]:
    for page in _pages(_candidates(database, level, keys)):
        known = entities(database, level, page)
        if not (keys.others or keys.items or keys.moments):
            yield from known
            continue
        tags = [*keys.tags, *(tag for date, time, _ in keys.moments for tag in (date, time))]
        elements = Elements(database, level, known, tags)
        yield from (entity for entity in known if _matches(elements, entity, keys))


def _pages(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[first : first + _PAGE] for first in range(0, len(keys), _PAGE))


def _matches(elements: Elements, entity: Entity, keys: Keys) -> bool:
    def text(tag: str) -> str:
        element = elements.element(entity, tag)
        return "" if element is None else value_text(element)

    if not all(pattern.matches(text(tag)) for tag, pattern in keys.others):
        return False
    if not all(pattern.matches(text(date) + text(time)) for date, time, pattern in keys.moments):
        return False
    for tag, patterns in keys.items:
        element = elements.element(entity, tag)
        items = element.value if element is not None and element.VR == "SQ" else ()
        if not any(_item_matches(item, patterns) for item in items):
            return False
    return True


def _item_matches(item: Dataset, patterns: Mapping[str, Pattern]) -> bool:
    return all(pattern.matches(text_of(item, tag)) for tag, pattern in patterns.items())


def _told(
    database: Database, level: str, identifier: Dataset, found: Iterator[Entity], retrieve_ae: str
) -> Iterator[Dataset]:
    asked = list(tags_of(identifier))
    while page := list(itertools.islice(found, _PAGE)):
        teller = _Teller(database, level, identifier, page)
        for entity in page:
            answer = teller.answer(entity, asked)
            answer.QueryRetrieveLevel = level
            if retrieve_ae:
                answer.RetrieveAETitle = retrieve_ae
            character_set = smallest_character_set(answer)
            if character_set:
                answer.SpecificCharacterSet = character_set
            yield answer


class _Teller:
    """Makes the answers of one page."""

    def __init__(self, database: Database, level: str, identifier: Dataset, page: Sequence[Entity]) -> None:
        self._database, self._level, self._identifier = database, level, identifier
        asked = set(tags_of(identifier))
        own = {CHARACTER_SET, QUERY_LEVEL, RETRIEVE_AE, AVAILABILITY}
        computed = {tag for tags in COUNTS.values() for tag in tags} | {
            MODALITIES_IN_STUDY,
            SOP_CLASSES_IN_STUDY,
        }
        tags = sorted((asked | set(_UNIQUE_KEYS[level])) - own - computed)
        self._elements = Elements(database, level, page, tags)
        self._tags = tags
        self._numbers = self._counts(page, asked)
        self._modalities: dict[str, list[str]] = {}
        if MODALITIES_IN_STUDY in asked and level != "PATIENT":
            studies = {self._study(entity) for entity in page}
            self._modalities = database.read(modalities, sorted(studies))

    @staticmethod
    def _study(entity: Entity) -> str:
        return str(entity.rows["Studies"]["StudyInstanceUID"])

    def _counts(self, page: Sequence[Entity], asked: set[str]) -> dict[str, dict[str, tuple[int, ...]]]:
        """Numbers of what is below, by level and key, of the levels of which some are asked for."""
        numbers = {}
        for level in LEVELS[: LEVELS.index(self._level) + 1]:
            if asked & {*COUNTS.get(level, ())}:
                keys = sorted({_key(entity, level) for entity in page})
                numbers[level] = self._database.read(related_counts, level, keys)
        return numbers

    def answer(self, entity: Entity, asked: Sequence[str]) -> Dataset:
        """What is told of an entity."""
        answer = Dataset()
        for tag in self._tags:
            element = self._elements.element(entity, tag)
            if element is not None and element.VR == "SQ":
                answer.add_new(element.tag, "SQ", self._items(element.tag, element.value))
            elif element is not None:
                answer.add(element)
            elif tag in asked and self._elements.means_something(tag):
                answer.add_new(tag_number(tag), vr_of(tag), None)
        for level, counts in self._numbers.items():
            of_entity = counts.get(_key(entity, level), (0, 0, 0))
            for tag, count in zip(COUNTS[level], of_entity, strict=True):
                if tag and tag in asked:
                    answer.add(element_of(tag, "IS", str(count)))
        self._add_summary(answer, entity, asked)
        return answer

    def _items(self, tag: int, items: Sequence[Dataset]) -> Items:
        """Items of a sequence, with the elements that are asked for if the query names some."""
        wanted = self._identifier.get(tag)
        names = list(wanted.value[0].keys()) if wanted is not None and wanted.value else []
        if not names:
            return Items(items)
        chosen = []
        for item in items:
            part = Dataset()
            for name in names:
                if name in item:
                    part.add(item[name])
                else:
                    part.add_new(name, vr_of(tag_text(name)), None)
            chosen.append(part)
        return Items(chosen)

    def _add_summary(self, answer: Dataset, entity: Entity, asked: Sequence[str]) -> None:
        """What is told of a study as a whole."""
        if AVAILABILITY in asked:
            answer.InstanceAvailability = "ONLINE"
        if self._level == "PATIENT":
            return
        if MODALITIES_IN_STUDY in asked:
            study = entity.rows["Studies"]
            own = str(study.get("ModalitiesInStudy") or "").split("\\")
            found = {*own, *self._modalities.get(self._study(entity), [])} - {""}
            answer.add(element_of(MODALITIES_IN_STUDY, "CS", "\\".join(sorted(found))))
        if SOP_CLASSES_IN_STUDY in asked:
            classes = self._sop_classes(self._study(entity))
            answer.add(element_of(SOP_CLASSES_IN_STUDY, "UI", "\\".join(classes)))

    def _sop_classes(self, study: str) -> list[str]:
        """SOP classes of the series of a study: a series is of one."""
        series = entities(self._database, "SERIES", self._database.series(study))
        elements = Elements(self._database, "SERIES", series, [SOP_CLASS_UID])
        found = (elements.element(one, SOP_CLASS_UID) for one in series)
        return sorted({str(element.value) for element in found if element is not None and element.value})


def _key(entity: Entity, level: str) -> str:
    """Key of an entity itself, or of what is above it."""
    table, column = {
        "PATIENT": ("Patients", "UID"),
        "STUDY": ("Studies", "StudyInstanceUID"),
        "SERIES": ("Series", "SeriesInstanceUID"),
    }[level]
    return str(entity.rows[table][column])
