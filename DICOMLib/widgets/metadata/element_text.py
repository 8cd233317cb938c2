"""The elements of files as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import Job, Progress, run
from DICOMLib.widgets.metadata.element_search import Matcher, search
from DICOMLib.widgets.metadata.elements import Element, read_elements

STEP_COPYING = "Copying metadata"


def text_of_elements(elements: Sequence[Element], matches: Matcher | None, prefix: str = "") -> Job[str]:
    """What matches of the elements of a file, as `as_text` writes it."""
    found = yield from search(elements, matches)
    return "\n".join((yield from _lines(found, prefix, 0)))


def text_of_files(files: Sequence[str], matches: Matcher | None) -> Job[str]:
    """What matches of the elements of files; each line begins with the name of its file."""
    texts = []
    for number, path in enumerate(files):
        yield Progress(number, len(files), STEP_COPYING, path)
        prefix = Path(path).name + "\t"
        try:
            elements = read_elements(path)
        except InvalidDICOM as error:
            text = prefix + error.reason
        else:
            text = yield from _within(text_of_elements(elements, matches, prefix), number, len(files), path)
        texts.append(text or f"{prefix}(none)")
    return "\n".join(texts)


def _within(job: Job[str], number: int, total: int, path: str) -> Job[str]:
    """Part of a longer job: how far that is tells the number of the file."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return str(end.value)
        yield Progress(number, total, STEP_COPYING, path)


def as_text(elements: Sequence[Element], prefix: str = "") -> str:
    """One line for each element, columns separated by tabs, indented by tabs."""
    return "\n".join(run(_lines(elements, prefix, 0)))


def _lines(elements: Sequence[Element], prefix: str, depth: int) -> Job[list[str]]:
    lines = []
    for element in elements:
        yield Progress(step=STEP_COPYING)
        tag = element.tag.replace("(", "[").replace(")", "]")  # spreadsheets take (1,2) for a negative number
        columns = (tag, *element.columns()[1:])
        lines.append(prefix + "\t" * depth + "\t".join(columns))
        if element.may_have_children:
            lines += yield from _lines(element.children, prefix, depth + 1)
    return lines
