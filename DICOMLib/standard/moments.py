"""Dates and times (VR DA, TM, DT) as intervals of digits that can be compared as text.

The interval of "202005" is from "202005" up to, but not including, "202005:", for the colon follows the
digits in ASCII: whatever begins with 202005 lies within.
"""

from __future__ import annotations

import re

MOMENT_VRS = frozenset(("DA", "TM", "DT"))

AFTER_DIGITS = ":"
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_DATE = rf"\d{{4}}(?:{_MONTH}(?:{_DAY})?|-{_MONTH}(?:-{_DAY})?|\.{_MONTH}\.{_DAY})?"
_TIME = r"(?:[01]\d|2[0-3])(?::?[0-5]\d(?::?(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?"
_FORMS = {
    "DA": re.compile(_DATE),
    "TM": re.compile(_TIME),
    "DT": re.compile(rf"{_DATE}(?:[T ]?{_TIME})?"),
}
_EXAMPLES = {
    "DA": "a date such as 20200531, 2020-05-31, 2020-05 or 2020, or a range such as 2019-2020 or 2020-",
    "TM": "a time such as 1030 or 10:30:00, or a range such as 08-12",
    "DT": "a date and time such as 20200531103000 or 2020-05-31T10:30, or a range such as 2020-",
}
_SIGNS = {"DA": "-.", "TM": ":", "DT": "-:T "}
_OFFSET = re.compile(r"[+-]\d{4}$")


def normalized(vr: str, value: str) -> str:
    """A stored value as digits; an offset from UTC is left out."""
    text = value.strip()
    if vr == "DT" and len(text) > 14:
        text = _OFFSET.sub("", text)
    for sign in _SIGNS[vr]:
        text = text.replace(sign, "")
    return text


def interval(vr: str, text: str) -> tuple[str, str]:
    """The interval that a date, a time, or a range of them means.

    Raises
    ------
    ValueError
        If the text is none.
    """
    text = text.strip()
    if _FORMS[vr].fullmatch(text):
        return _first(vr, text), _end(vr, text)
    for place in (match.start() for match in re.finditer("-", text)):
        low, high = text[:place].strip(), text[place + 1 :].strip()
        if (low or high) and all(not part or _FORMS[vr].fullmatch(part) for part in (low, high)):
            return _first(vr, low), _end(vr, high)
    raise ValueError(f"{text!r} is not {_EXAMPLES[vr]}.")


def compared_interval(vr: str, operator: str, text: str) -> tuple[str, str]:
    """The interval of all that is "<", "<=", ">" or ">=" a date or time.

    Raises
    ------
    ValueError
        If the text is none.
    """
    text = text.strip()
    if not _FORMS[vr].fullmatch(text):
        raise ValueError(f"{text!r} is not {_EXAMPLES[vr].partition(', or a range')[0]}.")
    return {
        "<": ("0", _first(vr, text)),
        "<=": ("0", _end(vr, text)),
        ">": (_end(vr, text), AFTER_DIGITS),
        ">=": (_first(vr, text), AFTER_DIGITS),
    }[operator]


def _first(vr: str, text: str) -> str:
    """Where the interval of a date or time begins; "0" is the beginning of all."""
    digits = normalized(vr, text)
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    if "." not in digits:
        # 10:00 is the same time as 10, which sorts before it.
        shortest = {"DA": len(digits), "TM": 2, "DT": 8}[vr]
        digits = digits[:shortest] + re.sub(r"(?:00)*$", "", digits[shortest:])
    return digits or "0"


def _end(vr: str, text: str) -> str:
    return normalized(vr, text) + AFTER_DIGITS if text else AFTER_DIGITS
