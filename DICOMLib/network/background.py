"""Blocking conversations in threads of their own, whose news a job picks up between two yields."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Generic, TypeVar

from DICOMLib.core.jobs import Job, Progress

Item = TypeVar("Item")
Work = Callable[[Callable[[Item], None]], None]

TICK_S = 0.1
# News that come fast are given together: to wake the job for each would cost more than most of them.
_PAUSE_S = 0.02
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
        self._news: deque[Item | _End] = deque()
        self._has_news = threading.Event()
        self._has_end = threading.Event()
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
            work(self._tell)
        except Exception as error:  # noqa: BLE001  the end of a job's thread: raised again in the job
            fault = error
        self._tell(_End(fault))
        self._has_end.set()

    def _tell(self, news: Item | _End) -> None:
        self._news.append(news)
        if not self._has_news.is_set():
            self._has_news.set()

    def __iter__(self) -> Iterator[Item | None]:
        while self._running:
            if not self._has_news.wait(TICK_S):
                yield None
                continue
            self._has_news.clear()
            self._has_end.clear()
            yield from self._take()
            if self._running:
                self._has_end.wait(_PAUSE_S)

    def _take(self) -> Iterator[Item]:
        """What was reported until now."""
        while self._news:
            news = self._news.popleft()
            if not isinstance(news, _End):
                yield news
                continue
            self._running -= 1
            if news.fault is not None:
                raise news.fault

    def rest(self) -> Iterator[Item]:
        """What was reported after the job had left the `with` block."""
        while self._news:
            news = self._news.popleft()
            if not isinstance(news, _End):
                yield news


def followed(
    news: Background[Item], note: Callable[[Item], None], progress: Callable[[], Progress]
) -> Job[None]:
    """Run what is in the background as a job: note its news, also those that still come when it is stopped.

    Parameters
    ----------
    news
        Not started yet.
    note
        Called with each.
    progress
        How far it is now.

    Raises what the first failing function raised.
    """
    try:
        with news:
            for one in news:
                if one is not None:
                    note(one)
                yield progress()
    finally:
        for late in news.rest():
            note(late)


class _End:
    """Says that a function has ended, and how."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault
