"""Attribute matching (PS3.4 C.2.2.2): whether the value of an element matches what was asked for.

A pattern is made once from the text that a user, a script or a peer gives, by the Value Representation of
the attribute, and then asked for each value:

    pattern("DA", "2020-").matches("20210503")

Beyond the Standard, as people write: case and accents are ignored everywhere, dates may be cut short
("2020", "2020-05") or written with dashes and times with colons, numbers have ranges, several alternatives
can be given for every attribute, and the components of a person name that are left out match any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from DICOMLib.standard.folding import fold
from DICOMLib.standard.moments import MOMENT_VRS, compared_interval, interval, normalized
from DICOMLib.standard.numbers import NUMBER_VRS, NumberRange, number_range

# What a value may look like in lists of alternatives that are separated by commas, too.
_WITHOUT_COMMAS = frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", *NUMBER_VRS))
_ORDERED = frozenset((*MOMENT_VRS, *NUMBER_VRS))
_EMPTY_VALUE = '""'


class Pattern(Protocol):
    """What was asked for."""

    def matches(self, text: str) -> bool:
        """Whether the value of an element matches; several values are separated by backslashes."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Universal matching: every value, also none (PS3.4 C.2.2.2.3)."""

    def matches(self, text: str) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, slots=True)
class Empty:
    """Empty value matching: no value (PS3.4 C.2.2.2.7)."""

    def matches(self, text: str) -> bool:
        """Whether there is none."""
        return not text


@dataclass(frozen=True, slots=True)
class Uids:
    """A list of UIDs (PS3.4 C.2.2.2.2)."""

    uids: frozenset[str]

    def matches(self, text: str) -> bool:
        """Whether it is one of them."""
        return any(value in self.uids for value in text.split("\\"))


@dataclass(frozen=True, slots=True)
class Wildcards:
    """Single value or wildcard matching (PS3.4 C.2.2.2.1 and C.2.2.2.4), without case and accents.

    Parameters
    ----------
    alternatives
        Folded patterns, in which "*" stands for any text and "?" for one character.
    """

    alternatives: tuple[str, ...]
    _matchers: tuple[Callable[[str], object], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_matchers", tuple(_wildcards(text) for text in self.alternatives))

    def matches(self, text: str) -> bool:
        """Whether one of the values matches one of the alternatives."""
        values = [value.strip() for value in fold(text).split("\\")]
        return any(matches(value) for matches in self._matchers for value in values)


@dataclass(frozen=True, slots=True)
class Contains:
    """A part of the text, without case and accents; not a matching of the Standard."""

    part: str
    _search: Callable[[str], object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_search", _expression(self.part).search)

    def matches(self, text: str) -> bool:
        """Whether the part is in it; "*" and "?" in the part are wildcards."""
        return self._search(fold(text)) is not None


@dataclass(frozen=True, slots=True)
class Names:
    """Person names (PS3.5 section 6.2.1), component by component or as a whole.

    Parameters
    ----------
    alternatives
        Folded names; "doe" and "^jane" both match "Doe^Jane", and so do "doe^j*" and "*jane".
    """

    alternatives: tuple[str, ...]
    _matchers: tuple[Callable[[str], object], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_matchers", tuple(_name_matcher(text) for text in self.alternatives))

    def matches(self, text: str) -> bool:
        """Whether one of the component groups of one of the names matches."""
        folded = fold(text)
        groups = re.split(r"[\\=]", folded) if "=" in folded or "\\" in folded else (folded,)
        return any(matches(group.strip(" ^")) for matches in self._matchers for group in groups)


@dataclass(frozen=True, slots=True)
class Moments:
    """Range matching of dates and times (PS3.4 C.2.2.2.5).

    Parameters
    ----------
    vr
        "DA", "TM" or "DT".
    intervals
        (first, end) of each alternative as digits; the end is not within.
    """

    vr: str
    intervals: tuple[tuple[str, str], ...]

    def matches(self, text: str) -> bool:
        """Whether one of the values is within one of the intervals; what is no date or time is not."""
        values = [normalized(self.vr, value) for value in text.split("\\")]
        return any(first <= value < end for first, end in self.intervals for value in values)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers by their size, not by how they are written: "5" matches "5.0"."""

    ranges: tuple[NumberRange, ...]

    def matches(self, text: str) -> bool:
        """Whether one of the values is within one of the ranges."""
        return any(one.holds(value) for one in self.ranges for value in text.split("\\"))


def pattern(vr: str, text: str) -> Pattern:
    """Make the pattern of an attribute.

    Parameters
    ----------
    vr
        Value Representation of the attribute, two letters.
    text
        What is asked for: "" for any value, `""` (two quotes) for an empty one, else one or more
        alternatives, separated by backslashes or, where no value can hold one, by commas.

    Raises
    ------
    ValueError
        If the text is no date, time or number where one is needed; the text says how to write it.
    """
    text = text.strip()
    if not text:
        return Anything()
    if text == _EMPTY_VALUE:
        return Empty()
    separator = r"[\\,]" if vr in _WITHOUT_COMMAS else r"\\"
    parts = [part.strip() for part in re.split(separator, text) if part.strip()]
    return _alternatives(vr, parts) if parts and all(part.strip("*") for part in parts) else Anything()


def _alternatives(vr: str, parts: Sequence[str]) -> Pattern:
    wild = any("*" in part or "?" in part for part in parts)
    if vr == "PN":
        return Names(tuple(fold(part) for part in parts))
    if vr == "UI" and not wild:
        return Uids(frozenset(parts))
    if vr in MOMENT_VRS and not wild:
        return Moments(vr, tuple(interval(vr, part) for part in parts))
    if vr in NUMBER_VRS and not wild:
        return Numbers(tuple(number_range(part) for part in parts))
    return Wildcards(tuple(fold(part) for part in parts))


def comparison(vr: str, operator: str, text: str) -> Pattern:
    """The pattern of "<", "<=", ">" or ">=" a date, a time or a number.

    Raises
    ------
    ValueError
        If the attribute has no order, or the text is none of these.
    """
    if vr not in _ORDERED:
        raise ValueError(f"{operator} compares dates, times and numbers only.")
    if vr in MOMENT_VRS:
        return Moments(vr, (compared_interval(vr, operator, text),))
    number = number_range(text)
    if number.low != number.high or number.low is None:
        raise ValueError(f"{text!r} is no number.")
    if operator.startswith("<"):
        return Numbers((NumberRange(None, number.low, high_within=operator == "<="),))
    return Numbers((NumberRange(number.low, None, low_within=operator == ">="),))


_ANY = {"*": ".*", "?": "."}
_ANY_IN_COMPONENT = {"*": "[^^]*", "?": "[^^]"}


def _source(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(sign, re.escape(sign)) for sign in text)


def _expression(text: str) -> re.Pattern[str]:
    return re.compile(_source(text, _ANY), re.DOTALL)


def _wildcards(text: str) -> Callable[[str], object]:
    return text.__eq__ if "*" not in text and "?" not in text else _expression(text).fullmatch


def _name_matcher(text: str) -> Callable[[str], object]:
    """Match one component group of a name, as a whole or component by component."""
    ways = []
    for group in text.split("="):
        whole = group.strip(" ^")
        if not whole:
            continue
        components = group.split("^")
        while components and not components[-1].strip("* "):
            components.pop()
        ways.append("\\^".join(_source(part, _ANY_IN_COMPONENT) or "[^^]*" for part in components))
        ways[-1] += "(?:\\^.*)?"
        if "*" in whole or "?" in whole:
            ways.append(_source(whole, _ANY))
    return re.compile("|".join(ways) or "(?!)", re.DOTALL).fullmatch
