"""Files that shall be sent, looked at beforehand, and what became of each, whatever the protocol."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence, Set
from dataclasses import dataclass

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import Progress
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
) -> Generator[Progress, None, list[OutgoingFile]]:
    """Read the headers; what cannot be sent, and what is done already, goes into the receipt."""
    files: list[OutgoingFile] = []
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
    return files


def note(receipt: Receipt, outcome: Outcome) -> None:
    """Write down what became of a file."""
    file = outcome.file
    series = receipt.of_series(file.study, file.series)
    if outcome.failure:
        series.failed[file.sop_instance] = outcome.failure
        return
    series.done.add(file.sop_instance)
    series.failed.pop(file.sop_instance, None)
    if outcome.note:
        receipt.notes.append((file.sop_instance, outcome.note))
