"""Contests: several ways to do the same work, each in turn, the best of several rounds, as ratios."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

# Makes ready what a work needs in an empty folder, gives what is timed, and clears up.
Entry = Callable[[Path], AbstractContextManager[Callable[[], object]]]
# Files in memory, so that no disk that still writes what came before decides.
MEMORY = Path("/dev/shm")


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """An empty folder, in memory where the system has such a place; it is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="contest-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def contest(title: str, files: int, rounds: int, entries: dict[str, Entry]) -> None:
    """Let each work run once in each round, every other round backwards, and print their best.

    Parameters
    ----------
    title
        What is done.
    files
        How many files each work handles.
    rounds
        How often.
    entries
        By name; the first is the one to which the others are compared.
    """
    best = dict.fromkeys(entries, float("inf"))
    for number in range(rounds):
        for name in list(entries)[:: -1 if number % 2 else 1]:
            with folder_in_memory() as folder, entries[name](folder) as work:
                begin = time.perf_counter()
                work()
                best[name] = min(best[name], time.perf_counter() - begin)
    print(f"\n{title}")
    first = next(iter(best.values()))
    for name, seconds in best.items():
        print(f"  {name:<52} {files / seconds:>7.0f} files/s   {first / seconds:>5.2f} x", flush=True)
