"""What an answer to a query tells of an entity: what was asked for and means something, and unique keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from DICOMLib.archive.elements import Elements, Value
from DICOMLib.archive.encoding import Answer
from DICOMLib.archive.keys import (
    AVAILABILITY,
    CHARACTER_SET,
    COUNTS,
    MODALITIES_IN_STUDY,
    QUERY_LEVEL,
    RETRIEVE_AE,
    SOP_CLASS_UID,
    SOP_CLASSES_IN_STUDY,
)
from DICOMLib.archive.texts import tags_of
from DICOMLib.database import Database
from DICOMLib.database.entities import LEVELS, Entity, entities, modalities, related_counts
from DICOMLib.standard.tags import tag_text, vr_of

# Keys by which an answer can be asked for again, with those of the levels above.
_UNIQUE_KEYS = {
    "PATIENT": ("0010,0020",),
    "STUDY": ("0010,0020", "0020,000D"),
    "SERIES": ("0020,000D", "0020,000E"),
    "IMAGE": ("0020,000D", "0020,000E", "0008,0018"),
}
_NOT_OF_VALUES = frozenset(
    (CHARACTER_SET, QUERY_LEVEL, RETRIEVE_AE, AVAILABILITY, MODALITIES_IN_STUDY, SOP_CLASSES_IN_STUDY)
).union(*COUNTS.values())
_Source = Callable[[Entity], Value | None]


class Teller:
    """Makes the answers of one page; what several of them need is looked up once.

    Parameters
    ----------
    database
        Open.
    level
        Of the query.
    identifier
        What is asked for.
    page
        Entities of which answers will be made.
    retrieve_ae
        AE title from which they can be had; "" to tell none.
    """

    def __init__(
        self, database: Database, level: str, identifier: Dataset, page: Sequence[Entity], retrieve_ae: str
    ) -> None:
        self._database, self._level, self._identifier = database, level, identifier
        asked = set(tags_of(identifier))
        tags = (asked | set(_UNIQUE_KEYS[level])) - _NOT_OF_VALUES
        self._elements = Elements(database, level, page, sorted(tags))
        sources: dict[str, _Source] = {QUERY_LEVEL: lambda _entity: level}
        if retrieve_ae:
            sources[RETRIEVE_AE] = lambda _entity: retrieve_ae
        for tag in tags:
            if self._elements.means_something(tag):
                sources[tag] = partial(self._value, tag, "" if tag in asked else None)
        sources.update(self._counts(page, asked))
        sources.update(self._summary(page, asked))
        self._sources = sorted(sources.items())

    def answer(self, entity: Entity) -> Answer:
        """What is told of an entity."""
        values = ((tag, source(entity)) for tag, source in self._sources)
        return {tag: value for tag, value in values if value is not None}

    def _value(self, tag: str, missing: str | None, entity: Entity) -> Value | None:
        value = self._elements.value(entity, tag)
        if isinstance(value, DataElement):
            return DataElement(value.tag, "SQ", self._items(value.tag, value.value))
        return missing if value is None else value

    def _counts(self, page: Sequence[Entity], asked: set[str]) -> Iterator[tuple[str, _Source]]:
        """Numbers of what is below the entities, and below those above them."""
        for level in LEVELS[: LEVELS.index(self._level) + 1]:
            wanted = [(place, tag) for place, tag in enumerate(COUNTS.get(level, ())) if tag in asked]
            if wanted:
                keys = sorted({_key(level, entity) for entity in page})
                counts = self._database.read(related_counts, level, keys)
                yield from ((tag, partial(_count, counts, level, place)) for place, tag in wanted)

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

    def _summary(self, page: Sequence[Entity], asked: set[str]) -> Iterator[tuple[str, _Source]]:
        """What is told of a study as a whole."""
        if AVAILABILITY in asked:
            yield AVAILABILITY, lambda _entity: "ONLINE"
        if self._level == "PATIENT":
            return
        studies = sorted({_key("STUDY", entity) for entity in page})
        if MODALITIES_IN_STUDY in asked:
            of_series = self._database.read(modalities, studies)
            yield MODALITIES_IN_STUDY, partial(_modalities, of_series)
        if SOP_CLASSES_IN_STUDY in asked:
            classes = {study: self._sop_classes(study) for study in studies}
            yield SOP_CLASSES_IN_STUDY, lambda entity: classes[_key("STUDY", entity)]

    def _sop_classes(self, study: str) -> str:
        """SOP classes of the series of a study: a series is of one."""
        series = entities(self._database, "SERIES", self._database.series(study))
        elements = Elements(self._database, "SERIES", series, [SOP_CLASS_UID])
        found = (elements.element(one, SOP_CLASS_UID) for one in series)
        texts = {str(element.value) for element in found if element is not None and element.value}
        return "\\".join(sorted(texts))


def _count(counts: dict[str, tuple[int, ...]], level: str, place: int, entity: Entity) -> str:
    of_entity = counts.get(_key(level, entity))
    return "0" if of_entity is None else str(of_entity[place])


def _modalities(of_series: dict[str, list[str]], entity: Entity) -> str:
    own = str(entity.rows["Studies"].get("ModalitiesInStudy") or "").split("\\")
    return "\\".join(sorted({*own, *of_series.get(_key("STUDY", entity), [])} - {""}))


def _key(level: str, entity: Entity) -> str:
    """Key of an entity itself, or of what is above it."""
    table, column = {
        "PATIENT": ("Patients", "UID"),
        "STUDY": ("Studies", "StudyInstanceUID"),
        "SERIES": ("Series", "SeriesInstanceUID"),
    }[level]
    return str(entity.rows[table][column])
