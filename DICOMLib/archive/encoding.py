"""Answers to queries as datasets, and as bytes.

pydicom takes a millisecond to build and to write one answer. Nearly all values are texts, which are the same
in the database and on the wire but for their padding: these are joined here. Whatever is not that plain is
left to pydicom, and the bytes are the same (PS3.5 sections 6.2 and 7.1).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from DICOMLib.archive.elements import Value, element_of
from DICOMLib.archive.keys import CHARACTER_SET
from DICOMLib.network.identifiers import encoded
from DICOMLib.network.models import IMPLICIT_LITTLE_ENDIAN
from DICOMLib.standard.character_sets import LATIN_1, UTF_8, smallest_character_set, smallest_repertoire
from DICOMLib.standard.tags import tag_number, vr_of

# Tag and value, in the order of the tags; without Specific Character Set, which the values decide.
Answer = Mapping[str, Value]

_CODECS = {"": "ascii", LATIN_1: "latin-1", UTF_8: "utf-8"}
# VRs whose texts may be of any character set, and those that are ASCII; all with a length of 16 bits.
_TEXT_VRS = frozenset(("LO", "LT", "PN", "SH", "ST"))
_PLAIN_VRS = _TEXT_VRS | {"AE", "AS", "CS", "DA", "DT", "IS", "TM", "UI"}
_MOST_CHARACTERS = 0xFFFE // 4  # of UTF-8, in a length of 16 bits
_REMEMBERED = 4096
_LENGTH_16, _LENGTH_32, _TAG = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<HH")


def dataset_of(answer: Answer) -> Dataset:
    """An answer as a dataset, in the smallest character set that holds it."""
    dataset = Dataset()
    for tag, value in answer.items():
        dataset.add(value if isinstance(value, DataElement) else element_of(tag, vr_of(tag), value))
    character_set = smallest_character_set(dataset)
    if character_set:
        dataset.SpecificCharacterSet = character_set
    return dataset


class AnswerEncoder:
    """Encodes answers, as `encoded` would do with `dataset_of` each.

    Parameters
    ----------
    transfer_syntax
        Implicit or Explicit VR Little Endian.
    """

    def __init__(self, transfer_syntax: str) -> None:
        self._transfer_syntax = transfer_syntax
        self._is_implicit = transfer_syntax == IMPLICIT_LITTLE_ENDIAN
        self._length = _LENGTH_32 if self._is_implicit else _LENGTH_16
        self._heads: dict[str, tuple[str, bytes]] = {}
        self._odd = lru_cache(_REMEMBERED)(self._by_pydicom)

    def encode(self, answer: Answer) -> bytes:
        """An answer as it is sent.

        Raises
        ------
        DICOMError
            If it holds what cannot be encoded.
        """
        character_set = _character_set(answer)
        if character_set is None:
            return encoded(dataset_of(answer), self._transfer_syntax)
        if character_set:
            answer = dict(sorted({**answer, CHARACTER_SET: character_set}.items()))
        codec = _CODECS[character_set]
        return b"".join([self._element(tag, str(text), codec) for tag, text in answer.items()])

    def _element(self, tag: str, text: str, codec: str) -> bytes:
        vr, head = self._heads.get(tag) or self._head(tag)
        if not (vr in _PLAIN_VRS and _is_plain(vr, text)):
            return self._odd(tag, text)
        raw = text.encode(codec)
        if len(raw) % 2:
            raw += b"\0" if vr == "UI" else b" "
        return head + self._length.pack(len(raw)) + raw

    def _head(self, tag: str) -> tuple[str, bytes]:
        """VR of a tag, and what comes before the length."""
        number, vr = tag_number(tag), vr_of(tag)
        raw = _TAG.pack(number >> 16, number & 0xFFFF)
        found = self._heads[tag] = vr, raw if self._is_implicit else raw + vr.encode()
        return found

    def _by_pydicom(self, tag: str, text: str) -> bytes:
        """One element of ASCII."""
        dataset = Dataset()
        dataset.add(element_of(tag, vr_of(tag), text))
        return encoded(dataset, self._transfer_syntax)


def _character_set(answer: Answer) -> str | None:
    """Specific Character Set of an answer, "" for ASCII; None if pydicom should encode it."""
    try:
        joined = "".join(answer.values())  # type: ignore[arg-type]
    except TypeError:
        return None  # there is a sequence
    if joined.isascii():
        return ""
    others = {tag: str(text) for tag, text in answer.items() if not str(text).isascii()}
    if not all(vr_of(tag) in _TEXT_VRS and _is_plain(vr_of(tag), text) for tag, text in others.items()):
        return None
    if any("\ud800" <= one <= "\udfff" for one in joined):
        return None  # was never decoded
    return smallest_repertoire(joined)


def _is_plain(vr: str, text: str) -> bool:
    """Whether pydicom would write a text as it is."""
    if len(text) > _MOST_CHARACTERS:
        return False
    if vr == "UI":
        return "\\" not in text and text.strip() == text
    if vr == "PN":
        return "\\" not in text and not text.endswith("=")
    return vr != "IS" or not text or text.isdigit()
