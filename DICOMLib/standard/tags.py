"""Tags as text ("0008,103E"), as numbers (0x0008103E), and by keyword."""

from __future__ import annotations

import re
from functools import lru_cache

_TEXT = re.compile(r"\(?\s*([0-9A-Fa-f]{1,4})\s*,\s*([0-9A-Fa-f]{1,4})\s*\)?")

PIXEL_DATA = 0x7FE00010


@lru_cache(4096)
def tag_number(text: str) -> int:
    """Number of a tag that is written as "GGGG,EEEE", in any case, with or without brackets.

    Raises
    ------
    ValueError
        If the text is no tag.
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no tag; it must look like 0008,103E.")
    return int(match[1], 16) << 16 | int(match[2], 16)


def tag_text(number: int) -> str:
    """The tag as the database writes it: "GGGG,EEEE" in upper case."""
    return f"{number >> 16:04X},{number & 0xFFFF:04X}"


def tag_of(name: str) -> str:
    """The tag of a keyword such as "PatientID"; a tag is given back in upper case.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if _TEXT.fullmatch(name.strip()):
        return tag_text(tag_number(name))
    from pydicom.datadict import tag_for_keyword

    number = tag_for_keyword(name)
    if number is None:
        raise ValueError(f"{name!r} is neither a DICOM keyword nor a tag.")
    return tag_text(number)


def keyword_of(tag: str) -> str:
    """The keyword of a tag, "" for a private or unknown one."""
    from pydicom.datadict import keyword_for_tag

    return keyword_for_tag(tag_number(tag))


@lru_cache(4096)
def vr_of(tag: str) -> str:
    """The Value Representation of a tag; "LO" for a private or unknown one, the first of several."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    number = tag_number(tag)
    return dictionary_VR(number).split(" or ")[0] if dictionary_has_tag(number) else "LO"
