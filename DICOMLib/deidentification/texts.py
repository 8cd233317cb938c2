"""Texts without names, dates, UIDs and addresses; all else in them stays (PS3.15 E.3.4, E.3.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from DICOMLib.deidentification.identities import IdentityMap
from DICOMLib.deidentification.words import DATES, MAILS, UIDS, identifying_words, pattern_of

_SPACES = re.compile(r"  +")


@dataclass(slots=True)
class TextCleaner:
    """Knows by which words the files of each patient name people, places and orders.

    Parameters
    ----------
    identities
        What stands for UIDs.
    with_dates, with_uids
        Whether dates and UIDs may stay in texts.
    """

    identities: IdentityMap
    with_dates: bool = False
    with_uids: bool = False
    _people: dict[str, _Words] = field(default_factory=dict, init=False)
    _places: dict[str, _Words] = field(default_factory=dict, init=False)

    def learn(self, dataset: Dataset, patient: str) -> None:
        """Take the words of a file of a patient into account."""
        people, places = identifying_words(dataset)
        self._people.setdefault(patient, _Words()).add(people)
        self._places.setdefault(patient, _Words()).add(places)

    def unnamed(self, text: str, patient: str) -> str:
        """A text without the words by which the patient's files name people, visits and orders."""
        return _tidy(text, self._without(text, (self._people.get(patient),)))

    def cleaned(self, text: str, patient: str) -> str:
        """A free text without these, words of places and addresses, and without dates unless they stay."""
        changed = MAILS.sub("", text)
        if not self.with_dates:
            changed = DATES.sub("", changed)
        return _tidy(text, self._without(changed, (self._people.get(patient), self._places.get(patient))))

    def _without(self, text: str, known: tuple[_Words | None, ...]) -> str:
        for words in known:
            if words is not None:
                text = words.taken_out_of(text)
        return text if self.with_uids else UIDS.sub(lambda uid: self.identities.uid(uid.group()), text)


@dataclass(slots=True)
class _Words:
    """Words and the pattern that finds them, made anew only where there are new ones."""

    _known: set[str] = field(default_factory=set)
    _pattern: re.Pattern[str] | None = None

    def add(self, words: set[str]) -> None:
        if not words <= self._known:
            self._known |= words
            self._pattern = pattern_of(self._known)

    def taken_out_of(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub("", text)


def _tidy(before: str, after: str) -> str:
    """The text as it was if nothing was taken out, else without the gaps."""
    return before if before == after else _SPACES.sub(" ", after).strip()
