"""Values of elements as text, the way the database keeps them.

Several values are joined by a backslash, binary numbers are written in decimal, padding is removed, and
text is decoded with the character set of its file (PS3.5 section 6.1 and 6.2).
"""

from __future__ import annotations

import re
import struct

from DICOMLib.core.no_warnings import no_warnings

# Values of Specific Character Set (0008,0005) that need no escape sequences, and their codecs.
CODECS = {
    "": "latin_1",
    "ISO_IR 6": "latin_1",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 203": "iso8859_15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "tis_620",
    "ISO_IR 192": "utf_8",
    "GB18030": "gb18030",
    "GBK": "gbk",
}

ENCODED_VRS = frozenset((b"LO", b"LT", b"PN", b"SH", b"ST", b"UC", b"UT"))
_ONE_TEXT_VRS = frozenset((b"LT", b"ST", b"UT", b"UR"))
_PLAIN_TEXT_VRS = frozenset((b"AE", b"AS", b"CS", b"DA", b"DS", b"DT", b"IS", b"TM", b"UI"))
# Characters after which the first character set holds again (PS3.5 section 6.1.2.5.3).
_PN_RESETS = set(b"\\^=")
_TEXT_RESETS = set(b"\\\r\n\t\f")
# Escape sequence that names a character set (ISO/IEC 2022).
_DESIGNATION = re.compile("\x1b[ -/]+[0-~]")
_NUMBER_FORMATS = {
    b"US": "H",
    b"SS": "h",
    b"UL": "I",
    b"SL": "i",
    b"UV": "Q",
    b"SV": "q",
    b"FL": "f",
    b"FD": "d",
}


def element_text(vr: bytes, raw: bytes, character_set: str) -> str:
    """The value of an element in little endian.

    Parameters
    ----------
    vr
        Value Representation, two letters.
    raw
        The value field.
    character_set
        Specific Character Set (0008,0005) as text, "" for the default repertoire.

    Returns
    -------
    str
        "" for sequences, bulk data, and everything that has no text.
    """
    if vr in _PLAIN_TEXT_VRS:
        return _trimmed(raw.decode("latin_1"))
    if vr in ENCODED_VRS:
        text = decode(raw, vr, character_set)
        return text.rstrip(" \0") if vr in _ONE_TEXT_VRS else _trimmed(text)
    if vr == b"UR":
        return raw.decode("latin_1").rstrip(" \0")
    if vr in _NUMBER_FORMATS:
        return _numbers(_NUMBER_FORMATS[vr], raw)
    if vr == b"AT":
        pairs = struct.unpack(f"<{len(raw) // 4 * 2}H", raw[: len(raw) // 4 * 4])
        return "\\".join(f"({g:04x},{e:04x})" for g, e in zip(pairs[::2], pairs[1::2], strict=True))
    return ""


def _trimmed(text: str) -> str:
    """Without the padding of each value."""
    if "\\" in text:
        return "\\".join(value.strip(" \0") for value in text.split("\\"))
    return text.strip(" \0")


def _numbers(code: str, raw: bytes) -> str:
    size = struct.calcsize(code)
    values = struct.unpack(f"<{len(raw) // size}{code}", raw[: len(raw) // size * size])
    if code == "f":
        return "\\".join(f"{value:.9g}" for value in values)
    if code == "d":
        return "\\".join(f"{value:.17g}" for value in values)
    return "\\".join(map(str, values))


def decode(raw: bytes, vr: bytes, character_set: str) -> str:
    """Text in the given character set; what cannot be decoded becomes "?"."""
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    codec = CODECS.get(character_set)
    if codec is not None:
        return _decode_by(codec, raw)
    return _decode_extended(raw, vr, character_set)


def _decode_by(codec: str, raw: bytes) -> str:
    return raw.decode(codec, "replace").replace("\N{REPLACEMENT CHARACTER}", "?")


def _decode_extended(raw: bytes, vr: bytes, character_set: str) -> str:
    """Code extension by escape sequences (PS3.3 C.12.1.1.2), or an unknown character set."""
    from pydicom.charset import convert_encodings, decode_bytes, python_encoding

    terms = character_set.split("\\")
    if not all(term in python_encoding for term in terms):
        return _decode_by("ascii", raw)
    with no_warnings:
        text = decode_bytes(raw, convert_encodings(terms), _PN_RESETS if vr == b"PN" else _TEXT_RESETS)
    # pydicom leaves those of some sets where they are, such as of ISO 2022 IR 58
    return _DESIGNATION.sub("", text).replace("\N{REPLACEMENT CHARACTER}", "?")
