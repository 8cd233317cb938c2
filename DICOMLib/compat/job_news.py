"""News of jobs, gathered for a moment and then told as lists, as CTK's scheduler does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

TICK_S = 0.3
PER_TICK = 20


class JobNews:
    """Lists of details by the name of their signal.

    Parameters
    ----------
    emit
        Called with the name of a signal and a list of details.
    names
        The signals, in the order in which they are told with one tick: how far jobs were before their end.
    """

    def __init__(self, emit: Callable[[str, list[Any]], None], names: Iterable[str]) -> None:
        self._emit = emit
        self._waiting: dict[str, deque[Any]] = {name: deque() for name in names}
        self._lock = threading.Lock()
        # whoever flushes waits for what another thread is telling just then; a listener may flush, too
        self._telling = threading.RLock()
        self._thread: threading.Thread | None = None

    def add(self, name: str, detail: Any) -> None:
        """Tell this with the next tick; may be called from any thread."""
        with self._lock:
            self._waiting[name].append(detail)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="job-news", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Tell now all that waits."""
        while self._tick():
            pass

    def _work(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(TICK_S)
            if self._tick():
                continue
            with self._lock:
                if not any(self._waiting.values()):
                    self._thread = None
                    return

    def _tick(self) -> bool:
        """Tell some of what waits; whether there was anything."""
        with self._telling:
            with self._lock:
                batches = {
                    name: [waiting.popleft() for _ in range(min(PER_TICK, len(waiting)))]
                    for name, waiting in self._waiting.items()
                    if waiting
                }
            for name, details in batches.items():
                self._emit(name, details)
            return bool(batches)
