"""Blocking conversations in threads of their own, whose news a job picks up between two yields."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")
Work = Callable[[Callable[[Item], None]], None]

TICK_S = 0.1
_END_WAIT_S = 5.0


class Background(Generic[Item]):
    """Runs functions in threads and gives what they report, as it comes.

    Iteration gives None whenever nothing came for a tick, so that the job can yield and be cancelled. It
    ends when all functions have ended, and raises what the first failing one raised. Leaving the `with`
    block early stops them.

    Parameters
    ----------
    works
        Each is called with a function that takes its news.
    stop
        Makes them end soon, by closing their connections; called from another thread.
    """

    def __init__(self, works: Sequence[Work[Item]], stop: Callable[[], None]) -> None:
        self._stop = stop
        self._news: queue.SimpleQueue[Item | _End] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name="dimse", daemon=True) for work in works
        ]
        self._running = len(works)

    def __enter__(self) -> Background[Item]:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running:
            self._stop()
        for thread in self._threads:
            thread.join(_END_WAIT_S)

    def _run(self, work: Work[Item]) -> None:
        fault: Exception | None = None
        try:
            work(self._news.put)
        except Exception as error:  # noqa: BLE001  the end of a job's thread: raised again in the job
            fault = error
        self._news.put(_End(fault))

    def __iter__(self) -> Iterator[Item | None]:
        while self._running:
            try:
                news = self._news.get(timeout=TICK_S)
            except queue.Empty:
                yield None
                continue
            if not isinstance(news, _End):
                yield news
                continue
            self._running -= 1
            if news.fault is not None:
                raise news.fault

    def rest(self) -> Iterator[Item]:
        """What was reported after the job had left the `with` block."""
        while not self._news.empty():
            news = self._news.get()
            if not isinstance(news, _End):
                yield news


class _End:
    """Says that a function has ended, and how."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault
