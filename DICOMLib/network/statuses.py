"""What peers answer, in words: DIMSE statuses (PS3.7 annex C, PS3.4) and refused associations (PS3.8)."""

from __future__ import annotations

SUCCESS = 0x0000
CANCELLED = 0xFE00
PENDING = frozenset((0xFF00, 0xFF01))

OUT_OF_RESOURCES = 0xA700
NOT_OUR_CLASS = 0xA900
IDENTIFIER_DOES_NOT_MATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000
NO_SUB_OPERATIONS = 0xA702
UNKNOWN_DESTINATION = 0xA801
SOME_SUB_OPERATIONS_FAILED = 0xB000
SOP_CLASS_NOT_SUPPORTED = 0x0122
UNRECOGNIZED_OPERATION = 0x0211
NOT_AUTHORIZED = 0x0124

_TEXTS = {
    0x0105: "No such attribute",
    0x0106: "Invalid attribute value",
    0x0107: "Attribute list error",
    0x0110: "Processing failure",
    0x0111: "Duplicate SOP instance",
    0x0112: "No such object instance",
    0x0117: "Invalid object instance",
    0x0118: "No such SOP class",
    0x0122: "SOP class not supported",
    0x0124: "Refused: not authorized",
    0x0210: "Duplicate invocation",
    0x0211: "Unrecognized operation",
    0x0212: "Mistyped argument",
    0xA700: "Refused: out of resources",
    0xA701: "Refused: out of resources, unable to calculate the number of matches",
    0xA702: "Refused: out of resources, unable to perform sub-operations",
    0xA801: "Refused: move destination unknown. The peer must know our AE title, address and port",
    0xA900: "Data set does not match SOP class, or identifier does not match",
    0xAA00: "None of the frames requested were found",
    0xB000: "Coercion of data elements, or some sub-operations failed",
    0xB001: "More matches than the peer gives",
    0xB006: "Elements discarded",
    0xB007: "Data set does not match SOP class",
    0xFE00: "Cancelled",
}


def is_warning(code: int) -> bool:
    """Whether something was done, but not as asked."""
    return code in (0x0001, 0x0107, 0x0116) or 0xB000 <= code <= 0xBFFF


def status_text(code: int, comment: str = "") -> str:
    """A status in words; `comment` is that of the peer, which must hold no patient data to be given on."""
    text = _TEXTS.get(code)
    if text is None:
        text = "Cannot understand" if 0xC000 <= code <= 0xCFFF else "Failed"
        if 0xA700 <= code <= 0xA7FF:
            text = _TEXTS[0xA700]
        elif 0xA900 <= code <= 0xA9FF:
            text = _TEXTS[0xA900]
    return f"{text}: {comment}" if comment else text


_REFUSALS = {
    (1, 1): "gives no reason. Often it does not know our AE title, or expects another called AE title",
    (1, 2): "does not support the DICOM application context",
    (1, 3): "does not know our AE title. Ask its administrator to add {calling!r} with the address of this "
    "computer",
    (1, 7): "has another AE title than {called!r}. Ask its administrator for the called AE title",
    (2, 1): "gives no reason",
    (2, 2): "does not support this version of the protocol",
    (3, 1): "is busy at the moment. Try again later",
    (3, 2): "has too many connections at the moment. Try again later",
}


def refusal_text(source: int, reason: int, called: str, calling: str) -> str:
    """Why an association was refused, in words, and what to do (PS3.8 section 9.3.4)."""
    text = _REFUSALS.get((source, reason), "gives a reason that is not in the Standard")
    return f"The peer refuses the association: it {text.format(called=called, calling=calling)}."
