"""Search: patients, studies or series for which all terms hold, see `search_terms`.

A row above a series is found if one of its series matches all terms together; a row below a patient or a
study, if that matches. Cached elements are those of the instances of a series: one is enough.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from DICOMLib.database import tag_search
from DICOMLib.database.queries import first_column
from DICOMLib.database.schema import TABLES
from DICOMLib.database.search_fields import Field, FieldNames
from DICOMLib.database.search_sql import MANY_KEYS, Conditions, negated
from DICOMLib.database.search_terms import NotCachedError, SearchError, Term, parse
from DICOMLib.database.session import Session
from DICOMLib.database.stored_values import SOP_INSTANCE_UID
from DICOMLib.database.table_query import KEYS
from DICOMLib.standard.folding import fold
from DICOMLib.standard.matching import (
    Anything,
    Contains,
    Empty,
    Moments,
    Numbers,
    Pattern,
    comparison,
)
from DICOMLib.standard.tags import keyword_of

LEVELS = ("patients", "studies", "series")

MODALITIES_IN_STUDY = "ModalitiesInStudy"
_SHORTEST_UID_PART = 6


@dataclass(frozen=True, slots=True)
class Condition:
    """A field with what is asked for; no field means any that is shown."""

    field: Field | None
    pattern: Pattern
    negated: bool = False


def search(session: Session, level: str, text: str) -> list[str]:
    """Identifiers of the rows of "patients", "studies" or "series" that match, in the order of the table.

    Raises
    ------
    SearchError
        If the text cannot be understood, or the level cannot be searched.
    """
    if level not in LEVELS:
        raise SearchError(f"{level!r} cannot be searched; choose one of {', '.join(LEVELS)}.")
    terms = parse(text)
    names = session.read(FieldNames)
    return matching(session, level, [_condition(term, names, TABLES[level]) for term in terms], names)


def matching(session: Session, level: str, conditions: Sequence[Condition], names: FieldNames) -> list[str]:
    """As `search`, with conditions that have been made already."""
    query = _Query(names)
    for condition in conditions:
        query.add(session, condition)
    return session.read(query.run, TABLES[level])


def _condition(term: Term, names: FieldNames, table: str) -> Condition:
    if not term.field:
        return Condition(None, Contains(fold(term.value)), term.negated)
    field = names.find(term.field, table)
    try:
        if term.operator == ":":
            wanted = field.as_pattern(term.value)
        elif term.operator == "~":
            wanted = Contains(fold(term.value))
        else:
            wanted = comparison(field.vr, term.operator, term.value)
    except ValueError as error:
        raise SearchError(f"{term.field}: {error}") from error
    if term.operator == ":" and _ends_before_it_begins(wanted):
        raise SearchError(
            f"{term.field}: a range in {term.value!r} ends before it begins, so nothing is in it."
        )
    return Condition(field, wanted, term.negated)


def _ends_before_it_begins(wanted: Pattern) -> bool:
    """Whether a range is reversed; peers may ask for such, and find nothing."""
    if isinstance(wanted, Moments):
        return any(first >= end for first, end in wanted.intervals)
    if isinstance(wanted, Numbers):
        limits = [(one.low, one.high) for one in wanted.ranges]
        return any(low is not None and high is not None and low > high for low, high in limits)
    return False


class _Query:
    """The SELECT statement of one search."""

    def __init__(self, names: FieldNames) -> None:
        self._names = names
        self._conditions = Conditions()
        self._of: dict[str, list[str]] = {"Patients": [], "Studies": [], "Series": []}
        self._words: list[tuple[dict[str, str], bool]] = []
        self._chosen: list[tuple[set[str], bool]] = []  # series that are found, or left out, by cached values
        self._listed = False  # whether the rows that some condition leaves are known by their numbers

    def add(self, session: Session, condition: Condition) -> None:
        """Add a condition; what is cached is looked up here and now."""
        field = condition.field
        self._listed |= field is None or not field.table
        if field is None:
            self._words.append((self._word(session, condition.pattern), condition.negated))
            return
        if field.name == MODALITIES_IN_STUDY:
            text = self._modalities(condition.pattern)
        elif field.table:
            text = self._conditions.column(field.name, condition.pattern, field.ascii_only)
        elif field.name == SOP_INSTANCE_UID:
            instances = self._conditions.column("SOPInstanceUID", condition.pattern, ascii_only=True)
            text = f"SeriesInstanceUID IN (SELECT SeriesInstanceUID FROM Images WHERE {instances})"
        else:
            self._cached(session, condition)
            return
        place = self._of[field.table or "Series"]
        place.append(negated(text) if condition.negated else text)

    def _modalities(self, wanted: Pattern) -> str:
        """Scanners leave the attribute out, so a study is asked for the modalities of its series, too."""
        own = self._conditions.column(MODALITIES_IN_STUDY, wanted)
        series = self._conditions.column("Modality", wanted)
        return f"({own} OR StudyInstanceUID IN (SELECT StudyInstanceUID FROM Series WHERE {series}))"

    def _cached(self, session: Session, condition: Condition) -> None:
        tag, wanted = condition.field.name if condition.field else "", condition.pattern
        if not session.read_tags(tag_search.is_known, tag):
            raise NotCachedError(tag, keyword_of(tag))
        if isinstance(wanted, Anything):
            self._of["Series"].append("0" if condition.negated else "1")
            return
        # What has no value at all is not cached as such: it is what no value is found for.
        empty = isinstance(wanted, Empty)
        found = session.read_tags(tag_search.find, tag, Anything() if empty else wanted)
        series = found.series
        if found.sops:
            query = (
                "SELECT DISTINCT SeriesInstanceUID FROM Images"
                " WHERE SOPInstanceUID IN (SELECT value FROM json_each(?))"
            )
            series.update(session.read(first_column, query, (json.dumps(found.sops),)))
        self._chosen.append((series, empty != condition.negated))

    def _word(self, session: Session, wanted: Pattern) -> dict[str, str]:
        """For each table, whether what it shows of a row contains a word."""
        word = wanted.part if isinstance(wanted, Contains) else ""
        conditions = {}
        for table in self._of:
            columns = self._names.columns_of(table)
            rows = session.shown_texts.rows_with(session, columns, word)
            parts = [f"rowid IN (SELECT value FROM json_each({self._conditions.bind(json.dumps(rows))}))"]
            if re.fullmatch(r"[\d.*?]+", word) and len(word) >= _SHORTEST_UID_PART:
                uids = [column.name for column in columns if column.vr == "UI"]
                parts += [self._conditions.column(name, wanted, ascii_only=True) for name in uids]
            conditions[table] = " OR ".join(parts)
        return conditions

    def run(self, connection: sqlite3.Connection, table: str) -> list[str]:
        """The identifiers of the rows that match."""
        filters, source = [], table
        if table == "Series":
            filters, source = self._filters(), self._source()
        where = {"Patients": self._patients, "Studies": self._studies, "Series": self._series}[table]()
        self._conditions.register(connection)
        rows = f"SELECT {KEYS[table]} AS key FROM {source} WHERE {where} ORDER BY {table}.rowid"
        # One text is faster to hand over than a hundred thousand rows.
        statement = f"SELECT json_group_array(key) FROM ({rows})"
        (keys,) = connection.execute(statement, self._conditions.parameters).fetchone()
        found = list(map(str, json.loads(keys)))
        for series, is_negated in filters:
            found = [key for key in found if (key in series) != is_negated]
        return found

    def _filters(self) -> list[tuple[set[str], bool]]:
        """Take out what is chosen by so many series that asking SQLite for each takes longer."""
        many = [chosen for chosen in self._chosen if len(chosen[0]) > MANY_KEYS]
        self._chosen = [chosen for chosen in self._chosen if len(chosen[0]) <= MANY_KEYS]
        return many

    def _source(self) -> str:
        """The table of series; where cached values chose some, those are looked up one by one."""
        here = next((chosen for chosen in self._chosen if not chosen[1]), None)
        if here is None or self._words:
            return "Series"
        self._chosen.remove(here)
        keys = self._conditions.bind(json.dumps(sorted(here[0])))
        chosen = f"(SELECT value AS ChosenByValues FROM json_each({keys}))"
        return f"{chosen} CROSS JOIN Series ON SeriesInstanceUID = ChosenByValues"

    # Each gives the condition of a row of one table.

    def _series(self) -> str:
        parts = [self._series_alone()]
        if self._of["Studies"] or self._of["Patients"]:
            above = _all(self._of["Studies"])
            if self._of["Patients"]:
                above += f" AND PatientsUID IN (SELECT UID FROM Patients WHERE {_all(self._of['Patients'])})"
            parts.append(f"StudyInstanceUID IN (SELECT StudyInstanceUID FROM Studies WHERE {above})")
        return _all(parts)

    def _series_alone(self) -> str:
        """Without the conditions on fields of its study and patient."""
        parts = list(self._of["Series"])
        for series, is_negated in self._chosen:
            text = self._conditions.among("SeriesInstanceUID", series)
            parts.append(negated(text) if is_negated else text)
        for word, is_negated in self._words:
            study = f"SELECT StudyInstanceUID FROM Studies WHERE {_word_in_study(word)}"
            text = f"({word['Series']} OR StudyInstanceUID IN ({study}))"
            parts.append(negated(text) if is_negated else text)
        return _all(parts)

    def _studies(self) -> str:
        parts = [self._studies_alone()]
        if self._of["Patients"]:
            parts.append(f"PatientsUID IN (SELECT UID FROM Patients WHERE {_all(self._of['Patients'])})")
        return _all(parts)

    def _studies_alone(self) -> str:
        """Without the conditions on fields of its patient."""
        words = [(_word_in_study(word), is_negated) for word, is_negated in self._words]
        below = self._below("Studies.StudyInstanceUID", "Series.StudyInstanceUID", self._series_alone())
        needed = bool(self._of["Series"] or self._chosen)
        return _all([*self._of["Studies"], *self._here_or_below(words, below, needed)])

    def _patients(self) -> str:
        words = [(f"({word['Patients']})", is_negated) for word, is_negated in self._words]
        below = self._below("Patients.UID", "Studies.PatientsUID", self._studies_alone())
        needed = bool(self._of["Series"] or self._of["Studies"] or self._chosen)
        return _all([*self._of["Patients"], *self._here_or_below(words, below, needed)])

    def _below(self, key: str, reference: str, where: str) -> str:
        """Whether a row has one below that matches.

        Those below are looked up row by row where conditions above leave few, else collected once.
        """
        table = reference.partition(".")[0]
        if self._listed or not (self._of["Patients"] or self._of["Studies"]):
            return f"{key} IN (SELECT {reference} FROM {table} WHERE {where})"
        return f"EXISTS (SELECT 1 FROM {table} WHERE {reference} = {key} AND {where})"

    @staticmethod
    def _here_or_below(words: Sequence[tuple[str, bool]], below: str, below_needed: bool) -> list[str]:
        """A row without anything below it is found, too, if its own columns have all that is asked for."""
        if below_needed:
            return [below]
        here = [negated(text) if is_negated else text for text, is_negated in words]
        return [f"({_all(here)} OR {below})"] if here else []


def _word_in_study(word: dict[str, str]) -> str:
    """Whether a study or its patient has a word."""
    return f"({word['Studies']} OR PatientsUID IN (SELECT UID FROM Patients WHERE {word['Patients']}))"


def _all(parts: Sequence[str]) -> str:
    return " AND ".join(parts) if parts else "1"
