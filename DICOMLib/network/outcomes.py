"""Files that shall be sent, looked at beforehand, and what became of each, whatever the protocol."""

from __future__ import annotations

import os
from collections.abc import Sequence, Set
from dataclasses import dataclass

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.network.background import Background, followed
from DICOMLib.network.outgoing import OutgoingFile, read_outgoing
from DICOMLib.network.receipt import Receipt

_LOOK_EVERY = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Parameters
    ----------
    file
        The file.
    failure
        Why it was not taken; "" if it was.
    note
        What else is to be told of it.
    reason
        Failure Reason (0008,1197) where the peer gave one, else 0.
    """

    file: OutgoingFile
    failure: str = ""
    note: str = ""
    reason: int = 0


def look_at(
    paths: Sequence[str | os.PathLike[str]], receipt: Receipt, done: Set[str]
) -> Job[list[OutgoingFile]]:
    """Read the headers; what cannot be sent, and what is done already, goes into the receipt."""
    files: list[OutgoingFile] = []
    before, count = receipt.asked, 0
    for number, path in enumerate(paths):
        if number % _LOOK_EVERY == 0:
            yield Progress(number, len(paths), "Reading files")
        try:
            file = read_outgoing(path)
        except InvalidDICOM as error:
            receipt.faults.append((error.path, error.reason))
            continue
        series = receipt.of_series(file.study, file.series)
        series.asked.add(file.sop_instance)
        if file.sop_instance in done:
            series.done.add(file.sop_instance)
        else:
            files.append(file)
        count += 1
    if count > receipt.asked - before:
        more = count - (receipt.asked - before)
        receipt.remarks.append(
            f"{count} files hold {receipt.asked - before} instances: {more} have the SOP Instance UID of "
            "another file, and are sent, too. A peer may keep one of each."
        )
    return files


def _note(receipt: Receipt, outcome: Outcome) -> None:
    """Write down what became of a file; also of one of several of an instance, of which others were taken."""
    file = outcome.file
    series = receipt.of_series(file.study, file.series)
    if outcome.failure and file.sop_instance in series.done:
        receipt.faults.append((os.fspath(file.path), outcome.failure))
        return
    if outcome.failure:
        series.failed[file.sop_instance] = outcome.failure
        return
    series.done.add(file.sop_instance)
    earlier = series.failed.pop(file.sop_instance, "")
    if earlier:
        receipt.notes.append((file.sop_instance, f"another file of this instance was not taken: {earlier}"))
    if outcome.note:
        receipt.notes.append((file.sop_instance, outcome.note))


def all_noted(news: Background[Outcome], receipt: Receipt, finished: int, label: str) -> Job[int]:
    """Send in the background, with a line of the receipt for each file; how many are finished then.

    Parameters
    ----------
    news
        What sends, and tells of each file; not started yet.
    receipt
        Knows all files already.
    finished
        How many are finished before.
    label
        To whom they are sent.
    """
    total = receipt.asked

    def take(outcome: Outcome) -> None:
        nonlocal finished
        _note(receipt, outcome)
        finished += 1

    yield from followed(news, take, lambda: Progress(finished, total, "Sending", label))
    return finished
