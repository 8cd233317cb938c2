"""Answers to queries of the information models of PS3.4 annex C, for C-FIND and QIDO-RS alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydicom.dataset import Dataset

from DICOMLib.archive.elements import Elements
from DICOMLib.archive.encoding import Answer, dataset_of
from DICOMLib.archive.keys import Keys, keys_of
from DICOMLib.archive.telling import Teller
from DICOMLib.archive.texts import text_of, value_text
from DICOMLib.database import Database, search
from DICOMLib.database.entities import Entity, all_instances, entities, instances_of
from DICOMLib.database.search_fields import FieldNames
from DICOMLib.standard.matching import Pattern

# So many are looked up at once; few at first, for somebody waits.
_FIRST_PAGE, _PAGE = 50, 250

One = TypeVar("One")


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
    pages = answer_pages(database, level, identifier, matching)
    return (dataset_of(answer) for page in pages for answer in page)


def answer_pages(
    database: Database, level: str, identifier: Dataset, matching: Matching = Matching()
) -> Iterator[list[Answer]]:
    """The same as texts, which are cheaper by far: some at once, as they are found. Raises as `answers`."""
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


def _pages(found: Iterable[One]) -> Iterator[list[One]]:
    left = iter(found)
    for size in itertools.chain((_FIRST_PAGE,), itertools.repeat(_PAGE)):
        page = list(itertools.islice(left, size))
        if not page:
            return
        yield page


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
) -> Iterator[list[Answer]]:
    for page in _pages(found):
        teller = Teller(database, level, identifier, page, retrieve_ae)
        yield [teller.answer(entity) for entity in page]
