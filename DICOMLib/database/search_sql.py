"""Patterns as SQL conditions.

What SQLite can decide by itself is decided there, and only values that need more (accents, several values,
components of names) are handed to Python: a hundred thousand calls take as long as the whole search may.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from functools import cache

from DICOMLib.standard.key_matching import WORD_ENDS, ExactText, FuzzyNames, WholeNames
from DICOMLib.standard.matching import (
    Anything,
    Contains,
    Empty,
    Moments,
    Names,
    Numbers,
    Pattern,
    Uids,
    Wildcards,
)
from DICOMLib.standard.moments import AFTER_DIGITS

_FUNCTION = "dicom_matches"
_AMONG = "is_among"
# From so many keys on, asking Python is faster than letting SQLite make a table of them.
MANY_KEYS = 20_000
_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\", "*": "%", "?": "_"})
_SEPARATORS = {"TM": ":", "DT": "-:T "}


class Conditions:
    """Conditions of one statement with the values that are bound to it."""

    def __init__(self) -> None:
        self.parameters: dict[str, object] = {}
        self._patterns: list[Pattern] = []
        self._sets: list[set[str]] = []

    def bind(self, value: object) -> str:
        """A placeholder for a value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f":{name}"

    def register(self, connection: sqlite3.Connection) -> None:
        """Give the connection the function that asks Python."""
        asked = [cache(pattern.matches) for pattern in self._patterns]

        def matches(number: int, value: object) -> bool:
            return value is not None and asked[number](str(value))

        connection.create_function(_FUNCTION, 2, matches, deterministic=True)
        sets = self._sets
        connection.create_function(_AMONG, 2, lambda number, key: key in sets[number], deterministic=True)

    def among(self, name: str, keys: set[str]) -> str:
        """Whether a column is one of the keys."""
        if len(keys) <= MANY_KEYS:
            return f"{name} IN (SELECT value FROM json_each({self.bind(json.dumps(sorted(keys)))}))"
        self._sets.append(keys)
        return f"{_AMONG}({len(self._sets) - 1}, {name})"

    def column(self, name: str, pattern: Pattern, ascii_only: bool = False) -> str:
        """Whether a column of a row matches; `ascii_only` where it never has other characters."""
        if isinstance(pattern, Anything):
            return "1"
        if isinstance(pattern, Empty):
            return f"({name} IS NULL OR {name} = '')"
        if isinstance(pattern, Wildcards):
            return self._wildcards(name, pattern, ascii_only)
        if isinstance(pattern, Contains):
            return self._contains(name, pattern, ascii_only)
        return _OTHERS[type(pattern)](self, name, pattern)

    def ask(self, name: str, pattern: Pattern) -> str:
        """Whether Python finds that a value matches."""
        self._patterns.append(pattern)
        return f"{_FUNCTION}({len(self._patterns) - 1}, {name})"

    def _uids(self, name: str, pattern: Uids) -> str:
        return f"{name} IN (SELECT value FROM json_each({self.bind(json.dumps(sorted(pattern.uids)))}))"

    def _moments(self, name: str, pattern: Moments) -> str:
        if pattern.vr == "DA":
            return f"({' OR '.join(self._days(name, *interval) for interval in pattern.intervals)})"
        ranges = []
        for text in _texts_of_time(name) if pattern.vr == "TM" else (name,):
            digits = text
            for sign in _SEPARATORS[pattern.vr]:
                digits = f"replace({digits}, '{sign}', '')"
            ranges += [self._interval(digits, first, end) for first, end in pattern.intervals]
        return f"({' OR '.join(ranges)})"

    def _interval(self, digits: str, first: str, end: str) -> str:
        """Whether digits are within [first, end); BETWEEN evaluates them once, but takes the end in."""
        between = f"{digits} BETWEEN {self.bind(first)} AND {self.bind(end)}"
        return between if end.endswith(AFTER_DIGITS) else f"({between} AND {digits} <> {self.bind(end)})"

    def _days(self, name: str, first: str, end: str) -> str:
        """Whether a date is within; columns of type DATE hold yyyy-MM-dd, or a number without dashes."""
        low, high = _day_number(first), _day_number(end)
        number = f"{name} >= {self.bind(low)} AND {name} < {self.bind(high)}"
        text = f"{name} >= {self.bind(_with_dashes(first))} AND {name} < {self.bind(_with_dashes(end))}"
        return f"({number}) OR ({text})"

    def _numbers(self, name: str, pattern: Numbers) -> str:
        ranges = []
        for one in pattern.ranges:
            limits = [f"typeof({name}) IN ('integer', 'real')"]
            if one.low is not None:
                limits.append(f"{name} {'>=' if one.low_within else '>'} {self.bind(one.low)}")
            if one.high is not None:
                limits.append(f"{name} {'<=' if one.high_within else '<'} {self.bind(one.high)}")
            ranges.append(f"({' AND '.join(limits)})")
        return f"({' OR '.join(ranges)})"

    def _wildcards(self, name: str, pattern: Wildcards, ascii_only: bool) -> str:
        likes = " OR ".join(self._like(name, text.translate(_LIKE)) for text in pattern.alternatives)
        several = f"instr({name}, '\\')"
        if not ascii_only:
            special = f"({_not_ascii(name)} OR {several})"
            return f"CASE WHEN {special} THEN {self.ask(name, pattern)} ELSE ({likes}) END"
        # Whether there are several values is looked at only where the text may have one that matches.
        parts = [_longest_literal(text).translate(_LIKE) for text in pattern.alternatives]
        may = " OR ".join(self._like(name, f"%{part}%") for part in parts)
        return f"(({may}) AND CASE WHEN {several} THEN {self.ask(name, pattern)} ELSE ({likes}) END)"

    def _contains(self, name: str, pattern: Contains, ascii_only: bool) -> str:
        like = self._like(name, f"%{pattern.part.translate(_LIKE)}%")
        if ascii_only:
            return like
        return f"CASE WHEN {_not_ascii(name)} THEN {self.ask(name, pattern)} ELSE {like} END"

    def _exact(self, name: str, pattern: ExactText) -> str:
        """With case and accents; several values, which are rare, are looked at by Python."""
        tests = []
        for text in pattern.alternatives:
            wild = pattern.wild and re.search(r"[*?]", text)
            sign = "GLOB" if wild else "="
            tests.append(f"{name} {sign} {self.bind(text.replace('[', '[[]') if wild else text)}")
        asked = self.ask(name, pattern)
        return f"(({' OR '.join(tests)}) OR (instr({name}, '\\') AND {asked}))"

    def _names(self, name: str, pattern: Names | WholeNames | FuzzyNames) -> str:
        """Names in ASCII are looked at only if they have the longest part that is asked for."""
        asked = self.ask(name, pattern)
        ends = WORD_ENDS if isinstance(pattern, FuzzyNames) else "^"
        parts = [_longest_part(text, ends).translate(_LIKE) for text in pattern.alternatives]
        likes = [self._like(name, f"%{part}%") for part in parts]
        return f"CASE WHEN {_not_ascii(name)} OR {' OR '.join(likes)} THEN {asked} ELSE 0 END"

    def _like(self, name: str, text: str) -> str:
        escape = r" ESCAPE '\'" if "\\" in text else ""  # it costs time
        return f"{name} LIKE {self.bind(text)}{escape}"


_OTHERS: dict[type, Callable[..., str]] = {
    Uids: Conditions._uids,
    Moments: Conditions._moments,
    Numbers: Conditions._numbers,
    Names: Conditions._names,
    WholeNames: Conditions._names,
    FuzzyNames: Conditions._names,
    ExactText: Conditions._exact,
}


def _texts_of_time(name: str) -> tuple[str, ...]:
    """What a time may have been: a column of type TIME holds a number, which has lost the zeros in front."""
    whole, part = f"printf('%06d', {name})", f"printf('%013.6f', {name})"
    shorter = "CASE WHEN typeof({0}) = 'integer' AND {0} < {1} THEN printf('%0{2}d', {0}) END"
    return (
        f"CASE typeof({name}) WHEN 'integer' THEN {whole} WHEN 'real' THEN {part} ELSE {name} END",
        shorter.format(name, 10_000, 4),
        shorter.format(name, 100, 2),
    )


def _day_number(digits: str) -> int:
    """The first number yyyyMMdd that does not sort before digits of a date."""
    if digits.endswith(AFTER_DIGITS):
        return int(digits.removesuffix(AFTER_DIGITS).ljust(8, "9")) + 1
    return int(digits.ljust(8, "0"))


def _with_dashes(digits: str) -> str:
    """Digits of a date as yyyy-MM-dd or its beginning, never such that SQLite takes them for a number."""
    text = "-".join(part for part in (digits[:4], digits[4:6], digits[6:]) if part)
    return f"{text}-" if text.isdigit() else text


def _not_ascii(name: str) -> str:
    return f"length({name}) < length(CAST({name} AS BLOB))"


def _longest_part(text: str, ends: str) -> str:
    """The longest text that each name must have which matches; "" if there may be none."""
    return "" if "=" in text else _longest_literal(text, ends)


def _longest_literal(text: str, further: str = "") -> str:
    """The longest text between wildcards, and between `further` signs."""
    return max(re.split(f"[*?{re.escape(further)}]", text), key=len)


def negated(condition: str) -> str:
    """The opposite; what cannot be decided for lack of a value counts as not matching."""
    return f"NOT ifnull({condition}, 0)"
