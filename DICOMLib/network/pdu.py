"""Protocol data units (PS3.8 section 9.3) and command sets (PS3.7 section 6.3), as bytes.

For the data path of C-STORE, where speed and memory matter, and for our listener, where whatever comes from
the network must be checked before it is believed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from DICOMLib.core.errors import PeerAborted

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, DATA_TF, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
IMPLEMENTATION_UID = "1.2.826.0.1.3680043.8.498.45787841905473114233124723359129632652"
IMPLEMENTATION_NAME = "SLICER-DICOM"
MAX_PDU_BYTES = 131072
MAX_ASSOCIATE_BYTES = 1 << 20
# What a side must take at least: the head of a fragment, and two bytes of data.
_LEAST_LENGTH = 8

ACCEPTED, ABSTRACT_SYNTAX_REFUSED, TRANSFER_SYNTAXES_REFUSED = 0, 3, 4

COMMAND, LAST = 1, 2  # flags of the message control header
NO_DATA_SET = 0x0101


class ProtocolError(PeerAborted):
    """The peer sent what no DICOM application sends."""


@dataclass(frozen=True, slots=True)
class Context:
    """A presentation context: what is spoken about, and in which transfer syntaxes."""

    id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """What an A-ASSOCIATE-RQ says.

    `max_length` is 0 where the requestor takes PDUs of any length. Of the classes in `scp_roles` it wants to
    be the one who receives, of those in `both_roles` of them the one who sends, too (PS3.7 annex D.3.3.4).
    """

    called: str
    calling: str
    contexts: tuple[Context, ...]
    max_length: int = MAX_PDU_BYTES
    scp_roles: tuple[str, ...] = ()
    both_roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssociateAccept:
    """What an A-ASSOCIATE-AC says: the transfer syntax of each accepted context, by its ID."""

    accepted: Mapping[int, str]
    max_length: int


def pdu(kind: int, body: bytes) -> bytes:
    """A whole PDU."""
    return struct.pack(">BxI", kind, len(body)) + body


def reject(result: int, source: int, reason: int) -> bytes:
    """An A-ASSOCIATE-RJ."""
    return pdu(ASSOCIATE_RJ, bytes((0, result, source, reason)))


def abort(source: int = 0, reason: int = 0) -> bytes:
    """An A-ABORT; source 2 is the service provider, that is, a protocol error."""
    return pdu(ABORT, bytes((0, 0, source, reason)))


RELEASE_REQUEST = pdu(RELEASE_RQ, bytes(4))
RELEASE_RESPONSE = pdu(RELEASE_RP, bytes(4))


# Association


def encode_request(request: AssociateRequest) -> bytes:
    """An A-ASSOCIATE-RQ."""
    items = [_item(0x10, APPLICATION_CONTEXT.encode())]
    for context in request.contexts:
        body = bytes((context.id, 0, 0, 0)) + _item(0x30, context.abstract_syntax.encode())
        body += b"".join(_item(0x40, uid.encode()) for uid in context.transfer_syntaxes)
        items.append(_item(0x20, body))
    return pdu(ASSOCIATE_RQ, _fixed_part(request.called, request.calling) + b"".join(items) + _user(request))


def encode_accept(
    request: AssociateRequest,
    results: Sequence[tuple[int, int, str]],
    raw_titles: bytes = b"",
    roles: AssociateRequest = AssociateRequest("", "", ()),
) -> bytes:
    """An A-ASSOCIATE-AC with (context ID, result, transfer syntax) of each context, and the roles granted."""
    items = [_item(0x10, APPLICATION_CONTEXT.encode())]
    for identifier, result, syntax in results:
        items.append(_item(0x21, bytes((identifier, 0, result, 0)) + _item(0x40, syntax.encode())))
    fixed = _fixed_part(request.called, request.calling)
    if raw_titles:  # they are sent back as they came
        fixed = fixed[:4] + raw_titles + fixed[36:]
    return pdu(ASSOCIATE_AC, fixed + b"".join(items) + _user(roles))


def _fixed_part(called: str, calling: str) -> bytes:
    return struct.pack(">HH16s16s32x", 1, 0, called.encode().ljust(16), calling.encode().ljust(16))


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _user(request: AssociateRequest) -> bytes:
    return _item(
        0x50,
        _item(0x51, struct.pack(">I", request.max_length))
        + _item(0x52, IMPLEMENTATION_UID.encode())
        + b"".join(_role(uid, uid in request.both_roles) for uid in request.scp_roles)
        + _item(0x55, IMPLEMENTATION_NAME.encode()),
    )


def _role(sop_class: str, sends: bool) -> bytes:
    uid = sop_class.encode()
    return _item(0x54, struct.pack(">H", len(uid)) + uid + bytes((sends, 1)))


def decode_request(body: bytes) -> AssociateRequest:
    """What an A-ASSOCIATE-RQ says; `body` is the PDU without its first six bytes.

    Raises
    ------
    ProtocolError
        If it is none.
    """
    contexts: list[Context] = []
    max_length, roles = 0, {}
    for kind, item in _items(body, 68):
        if kind == 0x20:
            contexts.append(_context(item))
        elif kind == 0x50:
            max_length, roles = _max_length(item), dict(_roles(item))
    if not contexts or len({context.id for context in contexts}) != len(contexts):
        raise ProtocolError("The association request has no presentation contexts, or some twice.")
    receiving = tuple(uid for uid, (_sends, receives) in roles.items() if receives)
    both = tuple(uid for uid in receiving if roles[uid][0])
    titles = _title(body[4:20]), _title(body[20:36])
    return AssociateRequest(*titles, tuple(contexts), max_length, receiving, both)


def decode_accept(body: bytes) -> AssociateAccept:
    """What an A-ASSOCIATE-AC says; see `decode_request`."""
    accepted: dict[int, str] = {}
    max_length = 0
    for kind, item in _items(body, 68):
        if kind == 0x21 and len(item) >= 4 and item[2] == ACCEPTED:
            for sub_kind, value in _items(item, 4):
                if sub_kind == 0x40:
                    accepted[item[0]] = _uid(value)
        elif kind == 0x50:
            max_length = _max_length(item)
    return AssociateAccept(accepted, max_length)


def _context(item: bytes) -> Context:
    if len(item) < 4 or not item[0] & 1:
        raise ProtocolError("A presentation context has no valid ID.")
    abstract = ""
    syntaxes: list[str] = []
    for kind, value in _items(item, 4):
        if kind == 0x30:
            abstract = _uid(value)
        elif kind == 0x40:
            syntaxes.append(_uid(value))
    return Context(item[0], abstract, tuple(syntaxes))


def _max_length(item: bytes) -> int:
    for kind, value in _items(item, 0):
        if kind == 0x51 and len(value) == 4:
            length = int(struct.unpack(">I", value)[0])
            if 0 < length < _LEAST_LENGTH:
                raise ProtocolError("The peer takes only messages in which there is no room for any data.")
            return length
    return 0


def _roles(item: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    """SOP class and the roles, as SCU and as SCP, that the requestor wants."""
    for kind, value in _items(item, 0):
        if kind == 0x54 and len(value) >= 4:
            length = int.from_bytes(value[:2], "big")
            if len(value) != length + 4:
                raise ProtocolError("A role of an association message is damaged.")
            yield _uid(value[2 : 2 + length]), (value[-2], value[-1])


def _items(body: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    position = start
    if len(body) < start:
        raise ProtocolError("An association message is too short.")
    while position < len(body):
        if position + 4 > len(body):
            raise ProtocolError("An item of an association message is cut off.")
        kind, length = struct.unpack_from(">BxH", body, position)
        position += 4
        if position + length > len(body):
            raise ProtocolError("An item of an association message is longer than the message.")
        yield kind, body[position : position + length]
        position += length


def _uid(value: bytes) -> str:
    return value.rstrip(b"\0 ").decode("ascii", "replace")


def _title(value: bytes) -> str:
    """An AE title; it goes into logs, so that line breaks of strangers have no place in it."""
    text = value.decode("ascii", "replace").strip(" \0")
    return "".join(character if character.isprintable() else "?" for character in text)


# Messages


@dataclass(slots=True)
class Command:
    """A command set: the elements of group 0000 by their number; texts without padding.

    Raises nothing for missing elements: `number` and `text` give 0 and "".
    """

    values: dict[int, int | str] = field(default_factory=dict)

    def number(self, element: int) -> int:
        """An integer element."""
        value = self.values.get(element, 0)
        return value if isinstance(value, int) else 0

    def text(self, element: int) -> str:
        """A text element."""
        value = self.values.get(element, "")
        return value if isinstance(value, str) else ""

    @property
    def has_data(self) -> bool:
        """Whether a data set follows."""
        return self.values.get(DATA_SET_TYPE, NO_DATA_SET) != NO_DATA_SET


AFFECTED_SOP_CLASS, COMMAND_FIELD, MESSAGE_ID, RESPONDED_TO = 0x0002, 0x0100, 0x0110, 0x0120
PRIORITY, DATA_SET_TYPE, STATUS, ERROR_COMMENT = 0x0700, 0x0800, 0x0900, 0x0902
AFFECTED_SOP_INSTANCE = 0x1000
MOVE_DESTINATION, MOVE_ORIGINATOR, MOVE_ORIGINATOR_ID = 0x0600, 0x1030, 0x1031
C_STORE_RQ, C_GET_RQ, C_FIND_RQ, C_MOVE_RQ, C_ECHO_RQ = 0x0001, 0x0010, 0x0020, 0x0021, 0x0030
C_CANCEL_RQ, RESPONSE = 0x0FFF, 0x8000

# remaining, completed, failed, warning
SUB_OPERATION_COUNTS = (0x1020, 0x1021, 0x1022, 0x1023)
_INTEGERS = frozenset(
    (
        COMMAND_FIELD,
        MESSAGE_ID,
        RESPONDED_TO,
        PRIORITY,
        DATA_SET_TYPE,
        STATUS,
        MOVE_ORIGINATOR_ID,
        *SUB_OPERATION_COUNTS,
    )
)
_UIDS = frozenset((AFFECTED_SOP_CLASS, AFFECTED_SOP_INSTANCE, 0x0003, 0x1001))
# Tag and length; with a value of 2, or 4 bytes.
_ELEMENT, _SHORT, _LONG = struct.Struct("<HHI"), struct.Struct("<HHIH"), struct.Struct("<HHII")


def encode_command(values: Mapping[int, int | str]) -> bytes:
    """A command set in implicit VR little endian, with its group length."""
    body = b"".join([_encode_element(element, values[element]) for element in sorted(values)])
    return _LONG.pack(0, 0, 4, len(body)) + body


def _encode_element(element: int, value: int | str) -> bytes:
    if isinstance(value, int):
        return _SHORT.pack(0, element, 2, value)
    raw = value.encode("ascii", "replace")
    if len(raw) % 2:
        raw += b"\0" if element in _UIDS else b" "
    return _ELEMENT.pack(0, element, len(raw)) + raw


def decode_command(raw: bytes) -> Command:
    """Undo `encode_command`.

    Raises
    ------
    ProtocolError
        If the bytes are no command set.
    """
    values: dict[int, int | str] = {}
    position, end = 0, len(raw)
    while position < end:
        if position + 8 > end:
            raise ProtocolError("A command is cut off.")
        group, element, length = _ELEMENT.unpack_from(raw, position)
        start = position + 8
        position = start + length
        if group or position > end:
            raise ProtocolError("A command is damaged.")
        value = raw[start:position]
        if element in _INTEGERS:
            values[element] = int.from_bytes(value[:2], "little")
        elif element:
            values[element] = value.decode("ascii", "replace").strip(" \0")
    if COMMAND_FIELD not in values:
        raise ProtocolError("A command does not say what it is.")
    return Command(values)
