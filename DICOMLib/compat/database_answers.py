"""Faults of the core as the answers that Slicer's scripts expect: something empty, and a line in the log."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from DICOMLib.core.errors import DatabaseError

log = logging.getLogger(__name__)

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def answers(
    empty: Callable[[], Any],
) -> Callable[[Callable[Parameters, Answer]], Callable[Parameters, Answer]]:
    """Let a method give `empty()` if the database is closed or cannot do what was asked."""

    def decorate(method: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
        @functools.wraps(method)
        def wrapped(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Any:
            database: Any = arguments[0]
            if database.core is None:
                return empty()
            try:
                return method(*arguments, **keywords)
            except DatabaseError as error:
                log.error("%s: %s", method.__name__, error)  # noqa: TRY400  the text says it all
                return empty()

        return wrapped

    return decorate


def path_text(path: str | os.PathLike[str] | None) -> str:
    """A path as text; "" for None, which a script has where it found no file."""
    return os.fspath(path) if path is not None else ""
