"""Warnings of libraries that are not for the user, in programs with many threads."""

from __future__ import annotations

import threading
import warnings
from typing import Any


class _NoWarnings:
    """Nobody is warned while any thread is within; to be used in `with` statements.

    The filters of `warnings` belong to the whole program: threads that enter and leave
    `warnings.catch_warnings` at the same time would restore those of each other, and take back what others
    added meanwhile. Here one filter is put before the others and taken out again. It stands in the place of
    the regular expression for texts, and matches all or none: so it does no harm in lists of filters that
    others copied while it was there, and restore later.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within = 0
        # action, text, category, module, line; libraries know only regular expressions in the second place
        self._filter: Any = ("ignore", self, Warning, None, 0)

    def match(self, _text: str) -> bool:
        """Whether a warning is ignored."""
        return self._within > 0

    def __enter__(self) -> None:
        with self._lock:
            self._within += 1
            if self._filter not in warnings.filters:  # also if others restored an earlier list meanwhile
                warnings.filters[:0] = [self._filter]  # type: ignore[index]

    def __exit__(self, *_exception: object) -> None:
        with self._lock:
            self._within -= 1
            if not self._within and self._filter in warnings.filters:
                warnings.filters.remove(self._filter)  # type: ignore[attr-defined]


no_warnings = _NoWarnings()
