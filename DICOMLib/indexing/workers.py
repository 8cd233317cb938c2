"""Scan workers: further processes that read headers while this one writes.

They are started as programs of their own (`worker.py`) and not by `multiprocessing`, which would run the
script of the user once more in each of them. They answer with what differs from file to file, since whole
records would cost more to send than to read.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from DICOMLib.database.records import FileRecord
from DICOMLib.indexing.read import Outcome, read_all
from DICOMLib.indexing.scan import WantedTags
from DICOMLib.indexing.walk import FoundFile

log = logging.getLogger(__name__)

# Below this many files the start of the workers costs more than they save.
WORTH_FILES = 2000
MAX_WORKERS = 4
_CHUNKS_AHEAD = 12
_END_TIMEOUT_S = 5.0

Chunk = list[FoundFile]
# (path, modified, problem) of each file.
Request = list[tuple[str, float, str]]
# Bases; then for each file its outcome, with the number of its base and the values that differ.
_Row = tuple[int, dict[str, str | None], frozenset[str], frozenset[str], str] | str
Reply = tuple[list[Mapping[str, str]], list[_Row]]


def suitable_number(files: int) -> int:
    """How many workers so many files are worth: one for each idle processor beside that of this process.

    0 if this process shall read the files itself. A single worker would save little time, and costs more
    work than it takes over.
    """
    name = Path(sys.executable or "").name.lower()
    if files < WORTH_FILES or not name.startswith(("python", "pypy")):
        return 0  # inside an application, its program is no interpreter
    idle = round((os.cpu_count() or 1) - _load()) - 1
    return min(MAX_WORKERS, idle) if idle > 1 else 0


def _load() -> float:
    """How many processors are at work already, as far as the operating system tells."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


class ScanWorkers:
    """Some worker processes; to be used in a `with` statement.

    Parameters
    ----------
    number
        How many.
    wanted, unstored
        As for `read_record`.
    """

    def __init__(self, number: int, wanted: WantedTags, unstored: frozenset[str]) -> None:
        self._number = number
        self._wanted = wanted
        self._unstored = unstored
        self._idle: deque[_Worker] = deque()
        self._all: list[_Worker] = []

    def __enter__(self) -> ScanWorkers:
        for _ in range(self._number):
            try:
                worker = _Worker(list(self._wanted.names.values()), self._unstored)
            except OSError:
                log.warning("No scan worker can be started; files are read by this process.")
                break
            self._all.append(worker)
            self._idle.append(worker)
        return self

    def __exit__(self, *_exception: object) -> None:
        for worker in self._all:
            worker.end()

    def read(self, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, list[Outcome]]]:
        """The chunks in their order, with the outcome of each file."""
        pending: deque[tuple[Chunk, Future[list[Outcome]]]] = deque()
        with ThreadPoolExecutor(max(1, len(self._all)), "scan-worker") as threads:
            for chunk in chunks:
                if not any(worker.ready for worker in self._all):
                    yield chunk, self._read_here(chunk)
                    continue
                pending.append((chunk, threads.submit(self._ask, chunk)))
                if len(pending) > _CHUNKS_AHEAD * len(self._all):
                    done, future = pending.popleft()
                    yield done, future.result()
            while pending:
                done, future = pending.popleft()
                yield done, future.result()

    def _read_here(self, chunk: Chunk) -> list[Outcome]:
        return read_all(chunk, self._wanted, self._unstored)

    def _ask(self, chunk: Chunk) -> list[Outcome]:
        """Let a worker read; if it dies of a file, do without it."""
        try:
            worker = self._idle.popleft()
        except IndexError:
            return self._read_here(chunk)
        try:
            outcomes = _unpacked(chunk, worker.ask([(one.path, one.modified, one.problem) for one in chunk]))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            if worker.ended:
                return []  # nobody waits for it any more
            log.warning("A scan worker ended early; its files are read by this process.")
            return self._read_here(chunk)
        self._idle.append(worker)
        return outcomes


class _Worker:
    """One process, and the pipes to it."""

    def __init__(self, tags: Sequence[str], unstored: frozenset[str]) -> None:
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "DICOMLib.indexing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            cwd=root,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self.ready = False
        self.ended = False
        self._greeting = threading.Thread(target=self._greet, args=[(list(tags), unstored)], daemon=True)
        self._greeting.start()

    def _greet(self, task: tuple[list[str], frozenset[str]]) -> None:
        try:
            send(self._requests, task)
            self.ready = receive(self._replies) is True
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            if not self.ended:
                log.warning("A scan worker did not start; files are read by the others.")

    def ask(self, request: Request) -> Reply:
        """Let it read some files."""
        self._greeting.join()
        send(self._requests, request)
        reply: Reply = receive(self._replies)
        return reply

    def end(self) -> None:
        """Let it end, or end it."""
        self.ended = True
        self._process.kill()
        self._process.wait(_END_TIMEOUT_S)
        self._greeting.join(_END_TIMEOUT_S)
        for pipe in (self._requests, self._replies):
            try:
                pipe.close()
            except OSError:
                log.debug("a pipe to a scan worker was broken")


def send(pipe: IO[bytes], message: object) -> None:
    """Write one message."""
    pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one message.

    Raises
    ------
    EOFError
        If the other side is gone.
    """
    return pickle.load(pipe)


def packed(outcomes: Sequence[Outcome], unstored: frozenset[str]) -> Reply:
    """Outcomes as they are sent; `_unpacked` is its inverse."""
    bases: list[Mapping[str, str]] = []
    numbers: dict[int, int] = {}
    rows: list[_Row] = []
    for record, note in outcomes:
        if record is None:
            rows.append(note)
            continue
        base: Mapping[str, str] = record.values if record.base is None else record.base
        number = numbers.get(id(base))
        if number is None:
            number = numbers[id(base)] = len(bases)
            bases.append({tag: text for tag, text in base.items() if tag not in unstored})
        changed = {tag: record.values.get(tag) for tag in record.changed}
        rows.append((number, changed, record.unstored, record.empty, note))
    return bases, rows


def _unpacked(chunk: Chunk, reply: Reply) -> list[Outcome]:
    bases, rows = reply
    return [_outcome(found, row, bases) for found, row in zip(chunk, rows, strict=True)]


def _outcome(found: FoundFile, row: _Row, bases: Sequence[Mapping[str, str]]) -> Outcome:
    if isinstance(row, str):
        return None, row
    number, changed, unstored, empty, note = row
    base = bases[number]
    values = {**base, **changed}
    if None in changed.values():
        values = {tag: text for tag, text in values.items() if text is not None}
    path = found.path
    record = FileRecord(path, path, found.modified, values, unstored, empty, "", base, tuple(changed))  # type: ignore[arg-type]
    return record, note
