"""How slow others may be: each byte alone would keep a time limit that begins anew with every byte."""

from __future__ import annotations

# Who sends less, all the time, is given up as one who sends nothing.
LEAST_BYTES_PER_S = 100


class Pace:
    """Adds up how long somebody was waited for, and what came in that time.

    Parameters
    ----------
    limit_s
        The time limit of a single wait, seconds; in each such time `LEAST_BYTES_PER_S` must come.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._waited_s, self._count = 0.0, 0

    def is_kept(self, waited_s: float, count: int) -> bool:
        """Note that so many bytes came after so many seconds; whether enough has come until now."""
        self._waited_s += waited_s
        self._count += count
        if self._waited_s <= self._limit_s:
            return True
        is_kept = self._count >= self._waited_s * LEAST_BYTES_PER_S
        self._waited_s, self._count = 0.0, 0
        return is_kept
