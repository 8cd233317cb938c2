"""The few elements that sending needs, read fast from usual files; others are left to pydicom."""

from __future__ import annotations

import struct

from DICOMLib.network.models import DEFLATED, EXPLICIT_BIG_ENDIAN, IMPLICIT_LITTLE_ENDIAN

FIRST_BYTES = 16384
_ELEMENT = struct.Struct("<HH2sH")  # of explicit VR: group, element, VR, length
_META_LENGTH = struct.pack("<HH2sH", 2, 0, b"UL", 4)
_LONG_VRS = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_INSTANCE_TAG, _ITEM = b"\x08\0\x18\0", b"\xfe\xff\0\xe0"
_UNDEFINED = 0xFFFFFFFF
_TRANSFER_SYNTAX = 0x00020010
SOP_CLASS, SOP_INSTANCE, STUDY, SERIES = 0x00080016, 0x00080018, 0x0020000D, 0x0020000E
_WANTED = frozenset((SOP_CLASS, SOP_INSTANCE, STUDY, SERIES))


def usual_header(start: bytes) -> tuple[dict[int, str], str, int] | None:
    """UIDs by tag number, transfer syntax, and where the data set begins; None for an unusual file.

    Parameters
    ----------
    start
        The first `FIRST_BYTES` of the file, or all of it.
    """
    if start[128:132] != b"DICM" or start[132:140] != _META_LENGTH:
        return None
    offset = 144 + int.from_bytes(start[140:144], "little")
    meta = texts_of(start, (144, offset), True, frozenset((_TRANSFER_SYNTAX,)))
    syntax = meta.get(_TRANSFER_SYNTAX, "") if meta is not None else ""
    if not syntax or syntax in (EXPLICIT_BIG_ENDIAN, DEFLATED):
        return None
    values = texts_of(start, (offset, len(start)), syntax != IMPLICIT_LITTLE_ENDIAN, _WANTED)
    return (values, syntax, offset) if values is not None else None


def begins_with_instance(start: bytes, uid: str) -> bool:
    """Whether the first SOP Instance UID in little endian is this one; False says nothing of others.

    Parameters
    ----------
    start
        Of the file, with preamble and meta information.
    uid
        Without padding.
    """
    raw = uid.encode("ascii", "replace")
    raw += b"\0" * (len(raw) % 2)
    begin = 144 + int.from_bytes(start[140:144], "little")
    position = start.find(_INSTANCE_TAG, begin)
    value = position + 8
    length = len(raw).to_bytes(2, "little")
    return (
        position > 0
        and start[value - 4 : value] in (b"UI" + length, length + b"\0\0")
        and start.startswith(raw, value)
        and start.find(_ITEM, begin, position) < 0  # else it may be that of another data set within
    )


def texts_of(
    data: bytes, part: tuple[int, int], explicit: bool, wanted: frozenset[int]
) -> dict[int, str] | None:
    """Texts of the wanted elements; None if they cannot all be found by skipping from one to the next.

    Parameters
    ----------
    data
        Little endian.
    part
        Where the elements begin and end in it, bytes.
    explicit
        Whether each has its VR.
    wanted
        Tag numbers.
    """
    position, end = part
    found: dict[int, str] = {}
    end = min(end, len(data)) - 12
    last = max(wanted)
    previous = 0
    while position <= end:
        group, element, vr, length = _ELEMENT.unpack_from(data, position)
        tag = group << 16 | element
        if tag > last:
            break
        if tag <= previous:
            return None
        previous = tag
        position += 8
        if not explicit:
            length = int.from_bytes(data[position - 4 : position], "little")
        elif vr in _LONG_VRS:
            length = int.from_bytes(data[position : position + 4], "little")
            position += 4
        if length == _UNDEFINED or position + length > end + 12:
            return None
        if tag in wanted:
            found[tag] = data[position : position + length].rstrip(b"\0 ").decode("ascii", "replace")
            if tag == last:
                break
        position += length
    return found if len(found) == len(wanted) else None
