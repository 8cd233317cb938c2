"""Warnings of libraries that are not for the user, in programs with many threads."""

from __future__ import annotations

import threading
import warnings
from contextlib import ExitStack


class _NoWarnings:
    """Nobody is warned while any thread is within; to be used in `with` statements.

    The filters of `warnings` belong to the whole program: threads that enter and leave
    `warnings.catch_warnings` at the same time would restore those of each other. Here the first that enters
    sets the filter, and the last that leaves restores what was there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within = 0
        self._filters = ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._within:
                self._filters.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
            self._within += 1

    def __exit__(self, *_exception: object) -> None:
        with self._lock:
            self._within -= 1
            if not self._within:
                self._filters.close()


no_warnings = _NoWarnings()
