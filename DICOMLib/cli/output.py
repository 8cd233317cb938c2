"""What a sub-command writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO

from DICOMLib.core.jobs import Progress

_BAR_WIDTH = 30


def print_json(document: Any, stream: TextIO | None = None) -> None:
    """Write one JSON document."""
    json.dump(document, stream or sys.stdout, indent=2, ensure_ascii=False, default=str)
    (stream or sys.stdout).write("\n")
    (stream or sys.stdout).flush()


def print_event(event: str, stream: TextIO, **what: Any) -> None:
    """Write one JSON document in one line: news of a command that goes on until it is stopped."""
    stream.write(json.dumps({"event": event, **what}, ensure_ascii=False, default=str) + "\n")
    stream.flush()


def tell(text: str) -> None:
    """A line for people, where it does not disturb programs."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def clean_stdout() -> Iterator[TextIO]:
    """A stream for the result, while all that libraries print goes to standard error.

    VTK, ITK and Qt write to the file descriptor itself, so that is what is turned away. Where Python's
    standard output is another one, such as the console of an application, it is turned away there.
    """
    if not _is_standard_output(sys.stdout):
        result_stream = sys.stdout
        with redirect_stdout(sys.stderr):
            yield result_stream
        return
    sys.stdout.flush()
    result = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(result, "w", encoding="utf-8", closefd=False) as stream:
            yield stream
    finally:
        sys.stdout.flush()
        os.dup2(result, 1)
        os.close(result)


def _is_standard_output(stream: TextIO) -> bool:
    try:
        return stream.fileno() == 1
    except (OSError, AttributeError):
        return False


class ProgressBar:
    """A bar on standard error, drawn only on a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._last = ""

    def __call__(self, progress: Progress) -> None:
        """Draw one step."""
        if not self._shown:
            return
        filled = progress.percent * _BAR_WIDTH // 100
        bar = "#" * filled + "." * (_BAR_WIDTH - filled)
        count = f"{progress.done}/{progress.total}" if progress.total else ""
        text = f"\r[{bar}] {progress.percent:3d} %  {progress.step}  {count}"
        if text != self._last:
            sys.stderr.write(f"{text}\x1b[K")
            sys.stderr.flush()
            self._last = text

    def close(self) -> None:
        """Make room for the next line."""
        if self._last:
            sys.stderr.write("\n")
            self._last = ""


def has_display() -> bool:
    """Whether a window can be seen."""
    return not sys.platform.startswith("linux") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
