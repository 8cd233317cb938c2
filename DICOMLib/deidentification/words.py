"""The words by which headers name people, places and orders, and texts without them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

SHORTEST_WORD = 3
# Values of these name the patient, a visit or an order; those of VR PN and the date of birth do so, too.
_OF_PEOPLE = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        "PatientID", "OtherPatientIDs", "AccessionNumber", "StudyID", "AdmissionID", "MedicalRecordLocator",
        "PatientTelephoneNumbers", "PersonTelephoneNumbers", "PatientTelecomInformation", "ServiceEpisodeID",
        "RequestedProcedureID", "ScheduledProcedureStepID", "PerformedProcedureStepID",
        "FillerOrderNumberImagingServiceRequest", "PlacerOrderNumberImagingServiceRequest",
    )
)  # fmt: skip
_OF_PLACES = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        "InstitutionName", "InstitutionAddress", "PatientAddress", "PersonAddress", "VerifyingOrganization",
        "RequestingService", "StationName", "DeviceSerialNumber",
    )
)  # fmt: skip
_NAMES_OF_PLACES = {tag_for_keyword("InstitutionName"), tag_for_keyword("InstitutionAddress")}
_BIRTH = tag_for_keyword("PatientBirthDate")
_SEPARATORS = re.compile(r"[\s^=,;/()\"]+")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?:19|20)\d\d"
# Dates as people write them, with a year of four digits.
DATES = re.compile(
    rf"(?<!\d)(?:{_YEAR}([-./ ]?)(?:0?[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01]|[1-9](?!\d))"
    rf"|(?:0?[1-9]|[12]\d|3[01])([-./])(?:0?[1-9]|[12]\d|3[01])\2{_YEAR}"
    rf"|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\.?[ -]?{_MONTH},?[ -]?{_YEAR}"
    rf"|{_MONTH}[ -]?(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,?[ -]{_YEAR})(?!\d)",
    re.IGNORECASE,
)
UIDS = re.compile(r"(?<![\d.])[0-2](?:\.(?:0|[1-9]\d*)){5,}(?![\d.]*\d)")
MAILS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")


def identifying_words(dataset: Dataset) -> tuple[set[str], set[str]]:
    """Words by which a dataset, at any depth, names people, visits and orders; and those of places.

    The whole name of a place is among the first, its single words, such as "Hospital", among the others.
    """
    people: set[str] = set()
    places: set[str] = set()
    for tag, holder, kind in _naming_elements(dataset):
        value = holder[tag].value
        for part in value if isinstance(value, (list, MultiValue)) else [value]:
            text = str(part or "").strip()
            if kind == "PN":
                people |= set(_words_of_name(text))
            elif tag == _BIRTH:
                people |= set(_ways_to_write(text))
            else:
                words = {word for word in (*_SEPARATORS.split(text), text) if len(word) >= SHORTEST_WORD}
                (places if tag in _OF_PLACES else people).update(words)
                people |= {text} if text and tag in _NAMES_OF_PLACES else set()
    return _all_spellings(people), _all_spellings(places)


def _naming_elements(dataset: Dataset) -> Iterator[tuple[BaseTag, Dataset, str]]:
    for tag in list(dataset.keys()):
        if tag.is_private or tag.group >= 0x5200:  # pixels, and what is said of frames
            continue
        kind = dataset.get_item(tag).VR
        if kind in (None, "UN"):
            try:
                kind = dictionary_VR(tag)
            except KeyError:
                continue
        if kind == "SQ":
            for item in dataset[tag].value or []:
                yield from _naming_elements(item)
        elif kind == "PN" or tag == _BIRTH or tag in _OF_PEOPLE or tag in _OF_PLACES:
            yield tag, dataset, str(kind)


def _words_of_name(name: str) -> Iterator[str]:
    """Words of a person name (VR PN), those of two letters or one ideogram included, and pairs in one."""
    for group in name.split("="):
        if len(group) >= SHORTEST_WORD:
            yield group
        parts = [word for word in _SEPARATORS.split(group) if len(word) > 1 or _without_spaces(word)]
        yield from parts
        for first, second in pairwise(parts):
            yield first + second
            yield second + first


def _ways_to_write(day: str) -> Iterator[str]:
    """Ways to write a date of birth (VR DA) by numbers; `DATES` finds those with the name of a month."""
    try:
        born = date(int(day[:4]), int(day[4:6]), int(day[6:8]))
    except ValueError:
        return
    for order in ("%Y%m%d", "%d%m%Y", "%m%d%Y", "%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y"):
        for mark in "-./ ":
            yield born.strftime(order).replace("-", mark)
    for month in (born.strftime("%m").lstrip("0"), born.strftime("%m")):
        for number in (born.strftime("%d").lstrip("0"), born.strftime("%d")):
            for mark in "./-":
                for year in (f"{born.year}", f"{born.year % 100:02d}"):
                    yield mark.join((number, month, year))
                    yield mark.join((month, number, year))


def _all_spellings(words: set[str]) -> set[str]:
    return {spelling for word in words for spelling in _spellings(word)}


def _spellings(word: str) -> Iterator[str]:
    """A word as it may be typed: composed, decomposed, without accents, with two letters for an umlaut."""
    composed = unicodedata.normalize("NFC", word)
    decomposed = unicodedata.normalize("NFD", word)
    yield composed
    yield decomposed
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    if not _without_spaces(word):
        yield plain
    two = composed
    for letter, pair in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")):
        two = two.replace(letter, pair)
    yield two.replace("ß", "ss")


def _without_spaces(word: str) -> bool:
    """Whether a word is of a script that has no spaces between words, such as Chinese."""
    return any(unicodedata.east_asian_width(letter) in "WF" for letter in word)


def pattern_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds the words where they stand for themselves, the longest first; None if there are none.

    Letters end at digits, underscores and punctuation, so that Doe is found in ``CT_DOE_2``. Words of two
    letters count with a capital only: "Li" and "LI" may be a name, "li" is not.
    """
    found = [_expression(word) for word in sorted(set(words), key=len, reverse=True)]
    return re.compile("|".join(found)) if found else None


def _expression(word: str) -> str:
    if _without_spaces(word):
        return re.escape(word)
    before = _border(word[0], "(?<!{})")
    after = _border(word[-1], "(?!{})")
    if len(word) < SHORTEST_WORD:
        return f"{before}(?:{re.escape(word.upper())}|{re.escape(word.capitalize())}){after}"
    return f"{before}(?i:{re.escape(word)}){after}"


def _border(letter: str, form: str) -> str:
    """What may not stand beside a word: a digit beside digits, a letter beside letters."""
    if letter.isdigit():
        return form.format(r"\d")
    return form.format(r"[^\W\d_]") if letter.isalpha() else ""
