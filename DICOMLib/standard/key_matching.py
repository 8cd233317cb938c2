"""Matching of query keys exactly as PS3.4 section C.2.2.2 has it, where `matching` is kinder to people.

Texts are compared with case and accents, person names without; wildcards stand only where the Standard
allows them; several values are alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from DICOMLib.standard.folding import fold
from DICOMLib.standard.matching import Anything, Empty, Moments, Names, Numbers, Pattern, Uids
from DICOMLib.standard.moments import MOMENT_VRS, interval
from DICOMLib.standard.numbers import NUMBER_VRS, number_range

# Value Representations in which "*" and "?" are wildcards (PS3.4 C.2.2.2.4).
_WILD_VRS = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
_EXACT_VRS = frozenset(("UI", *MOMENT_VRS))
_EMPTY_VALUE = '""'
# Between the words of a folded person name; folding makes this space of wider ones.
WORD_ENDS = " ^,-"
_BETWEEN_WORDS = re.compile(f"[{re.escape(WORD_ENDS)}]+")


@dataclass(frozen=True, slots=True)
class ExactText:
    """Single value or wildcard matching, with case and accents.

    Parameters
    ----------
    alternatives
        Patterns, in which "*" stands for any text and "?" for one character.
    wild
        Whether these two have that meaning.
    """

    alternatives: tuple[str, ...]
    wild: bool = True
    _matchers: tuple[Callable[[str], object], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        matchers = tuple(_wildcards(text) if self.wild else text.__eq__ for text in self.alternatives)
        object.__setattr__(self, "_matchers", matchers)

    def matches(self, text: str) -> bool:
        """Whether one of the values matches one of the alternatives."""
        values = [value.strip() for value in text.split("\\")]
        return any(matches(value) for matches in self._matchers for value in values)


@dataclass(frozen=True, slots=True)
class WholeNames:
    """Person names as a whole, by component group, without case and accents.

    Parameters
    ----------
    alternatives
        Folded names; "doe^j*" matches "Doe^Jane", and "doe" does not.
    """

    alternatives: tuple[str, ...]
    _matchers: tuple[Callable[[str], object], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        groups = (group.rstrip("^ ") for text in self.alternatives for group in text.split("="))
        object.__setattr__(self, "_matchers", tuple(_wildcards(group) for group in groups if group))

    def matches(self, text: str) -> bool:
        """Whether one of the component groups of one of the names matches."""
        groups = [group.strip().rstrip("^ ") for group in re.split(r"[\\=]", fold(text))]
        return any(matches(group) for matches in self._matchers for group in groups)


@dataclass(frozen=True, slots=True)
class FuzzyNames:
    """Person names by their components, or by their words in any order, without case and accents.

    PS3.18 section 8.3.4.2 leaves to the server what fuzzy matching is.

    Parameters
    ----------
    alternatives
        Folded names; "doe", "jane", "jane doe", "doe, j*" and "^jane" match "Doe^Jane", and "do" does not.
        Words that are put into components stay in these: "jane^doe" does not match.
    """

    alternatives: tuple[str, ...]
    _by_component: Names = field(init=False, repr=False, compare=False)
    _by_words: tuple[tuple[Callable[[str], object], ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        free = (_BETWEEN_WORDS.split(text) for text in self.alternatives if not re.search(r"[\^=]", text))
        words = tuple(tuple(_wildcards(word) for word in some if word) for some in free)
        object.__setattr__(self, "_by_component", Names(self.alternatives))
        object.__setattr__(self, "_by_words", tuple(some for some in words if some))

    def matches(self, text: str) -> bool:
        """Whether one of the component groups of one of the names matches."""
        if self._by_component.matches(text):
            return True
        groups = [_BETWEEN_WORDS.split(group) for group in re.split(r"[\\=]", fold(text))]
        return any(
            all(any(matches(word) for word in group if word) for matches in words)
            for words in self._by_words
            for group in groups
        )


def key_pattern(vr: str, values: Sequence[str], fuzzy: bool = False) -> Pattern:
    """The pattern of a key.

    Parameters
    ----------
    vr
        Value Representation of the attribute.
    values
        What is asked for, as text; none means anything.
    fuzzy
        Whether person names are matched as by `FuzzyNames`, so that "jane doe" finds "Doe^Jane".

    Raises
    ------
    ValueError
        If a value is no date, time or number where one is needed.
    """
    texts = [text for text in (value.strip() for value in values) if text]
    # "*" alone is no valid value of any kind; a list of UIDs, by which things are retrieved, stays exact
    if not texts or (vr not in _EXACT_VRS and any(not text.strip("*") for text in texts)):
        return Anything()
    if texts == [_EMPTY_VALUE]:
        return Empty()
    return _valued(vr, texts, fuzzy)


def _valued(vr: str, texts: Sequence[str], fuzzy: bool) -> Pattern:
    if vr == "PN":
        folded = tuple(fold(text) for text in texts)
        return FuzzyNames(folded) if fuzzy else WholeNames(folded)
    if vr == "UI":
        return Uids(frozenset(texts))
    if vr in MOMENT_VRS:
        return Moments(vr, tuple(interval(vr, text) for text in texts))
    if vr in NUMBER_VRS:
        return Numbers(tuple(number_range(text) for text in texts))
    return ExactText(tuple(texts), vr in _WILD_VRS)


def _wildcards(text: str) -> Callable[[str], object]:
    if "*" not in text and "?" not in text:
        return text.__eq__
    source = "".join({"*": ".*", "?": "."}.get(sign) or re.escape(sign) for sign in text)
    return re.compile(source, re.DOTALL).fullmatch
