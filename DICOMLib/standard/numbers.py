"""Ranges of numbers, as people write them: 5, 2-7, 2-, 1.25."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Value Representations whose values are numbers.
NUMBER_VRS = frozenset(("IS", "DS", "US", "SS", "UL", "SL", "UV", "SV", "FL", "FD"))

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\s*-\s*({_NUMBER})?")


@dataclass(frozen=True, slots=True)
class NumberRange:
    """All numbers from `low` to `high`; None is no limit."""

    low: float | None
    high: float | None
    low_within: bool = True
    high_within: bool = True

    def holds(self, text: str) -> bool:
        """Whether the number that is written so is within; what is no number is not."""
        try:
            value = float(text)
        except ValueError:
            return False
        above = self.low is None or value > self.low or (self.low_within and value == self.low)
        below = self.high is None or value < self.high or (self.high_within and value == self.high)
        return above and below


def number_range(text: str) -> NumberRange:
    """One number, or a range of two.

    Raises
    ------
    ValueError
        If the text is neither.
    """
    text = text.strip()
    if re.fullmatch(_NUMBER, text):
        return NumberRange(float(text), float(text))
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is neither a number such as 2.5 nor a range such as 2-7 or 2-.")
    return NumberRange(float(match[1]), float(match[2]) if match[2] else None)
