"""Libraries that tell on the terminal what they raise or return anyway: kept quiet while they are used."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


_here = threading.local()  # .quiet: the loggers that this thread wants to be quiet


class _QuietThreads(logging.Filter):
    """Drops the records of threads that asked for it; those of others pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is told."""
        return record.name not in getattr(_here, "quiet", ())


_quiet_threads = _QuietThreads()


@contextmanager
def quiet_loggers(*names: str) -> Iterator[None]:
    """Drop what this thread logs by these loggers; what it raises tells the same."""
    for name in names:
        logging.getLogger(name).addFilter(_quiet_threads)  # once, however often it is called
    before: frozenset[str] = getattr(_here, "quiet", frozenset())
    _here.quiet = before | set(names)
    try:
        yield
    finally:
        _here.quiet = before


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep what libraries of C write to standard error; it is logged at DEBUG.

    That stream is one for the whole process: other threads are not heard either while this lasts.
    """
    try:
        terminal = os.dup(2)
    except OSError:  # a program without standard streams
        yield
        return
    with tempfile.TemporaryFile() as said:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            said.seek(0)
            text = said.read().decode(errors="replace").strip()
            if text:
                log.debug("a library wrote to standard error:\n%s", text)
