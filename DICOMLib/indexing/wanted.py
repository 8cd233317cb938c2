"""The tags that a scan looks for, and the VRs of those whose file does not tell them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from DICOMLib.indexing.decode import AMBIGUOUS, CHARACTER_SET, Elements
from DICOMLib.indexing.layout import Layouts
from DICOMLib.standard.tags import PIXEL_DATA, tag_number

_PIXEL_REPRESENTATION = 0x00280103


class WantedTags:
    """The tags to look for, prepared once for many files.

    Parameters
    ----------
    tags
        As "GGGG,EEEE", in any case.
    """

    def __init__(self, tags: Iterable[str]) -> None:
        self.names = {tag_number(tag): tag.upper() for tag in tags}
        # Private elements, and where it stands whose they are (PS3.5 section 7.8.1).
        self.private = {number: _creator_of(number) for number in self.names if _is_private(number)}
        self.numbers = frozenset((*self.names, *self.private.values(), CHARACTER_SET, _PIXEL_REPRESENTATION))
        self.beyond_pixels = any(number > PIXEL_DATA for number in self.numbers)
        # VRs of implicit files are looked up once.
        self.vrs: dict[int, bytes] = {}
        self.explicit_layouts = Layouts(True, self)
        self.implicit_layouts = Layouts(False, self)

    def implicit_vr(self, tag: int) -> bytes:
        """VR of an element whose file does not tell it (PS3.6)."""
        vr = self.vrs.get(tag)
        if vr is None:
            vr = self.vrs[tag] = dictionary_vr(tag)
        return vr

    def resolve(self, elements: Elements) -> None:
        """Replace VRs that a file does not tell by those of the dictionaries."""
        for number in self.names.keys() & elements.keys():
            vr, raw = elements[number]
            if vr == b"UN":
                creator = elements.get(self.private.get(number, 0), (b"LO", b""))[1]
                vr = private_vr(number, creator) if creator else self.implicit_vr(number)
            if vr == AMBIGUOUS:
                vr = b"SS" if elements.get(_PIXEL_REPRESENTATION, (b"", b""))[1][:1] == b"\1" else b"US"
            elements[number] = (vr, b"" if vr == b"SQ" else raw)


def dictionary_vr(tag: int) -> bytes:
    """VR by PS3.6: UN for private and unknown elements, `AMBIGUOUS` for US or SS, the first of others."""
    if tag & 0xFFFF == 0:
        return b"UL"
    if tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF:
        return b"LO"  # private creators
    from pydicom.datadict import dictionary_VR

    try:
        vr = dictionary_VR(tag)
    except KeyError:
        return b"UN"
    return AMBIGUOUS if vr.startswith("US or SS") else vr[:2].encode()


@lru_cache(maxsize=1024)
def private_vr(tag: int, creator: bytes) -> bytes:
    """VR of a private element by the dictionary of its maker; UN if that is not known."""
    from pydicom.datadict import private_dictionary_VR

    try:
        return private_dictionary_VR(tag, creator.decode("latin_1").strip(" \0"))[:2].encode()
    except KeyError:
        return b"UN"


def _is_private(tag: int) -> bool:
    return bool(tag & 0x10000) and tag & 0xFFFF >= 0x1000


def _creator_of(tag: int) -> int:
    """Tag of the Private Creator of a private element."""
    return tag & 0xFFFF0000 | (tag & 0xFFFF) >> 8
