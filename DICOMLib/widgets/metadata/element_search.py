"""Searching the elements of a file: those that match, and those above them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from DICOMLib.core.jobs import Job, Progress, run
from DICOMLib.widgets.metadata.elements import Element

Matcher = Callable[[Element], bool]


def matcher(expression: str) -> Matcher | None:
    """Tell whether an element has the searched text; None for an empty search or a broken expression.

    Plain text is looked for regardless of case, with the wildcards `*` and `?`; after "regexp:" stands
    a regular expression, with regard to case.
    """
    if expression.startswith("regexp:"):
        try:
            pattern = re.compile(expression.removeprefix("regexp:"))
        except re.error:
            return lambda _element: False
    elif expression:
        signs = {"*": ".*", "?": "."}
        pattern = re.compile("".join(signs.get(sign, re.escape(sign)) for sign in expression), re.IGNORECASE)
    else:
        return None
    return lambda element: any(
        pattern.search(text) for text in (element.tag, element.attribute, element.value)
    )


def search(elements: Sequence[Element], matches: Matcher | None) -> Job[list[Element]]:
    """The elements that match, and those that hold one that does; a file of many frames takes its time."""
    if matches is None:
        return list(elements)
    kept = []
    for element in elements:
        yield Progress(step="Searching")
        if matches(element):
            kept.append(element)
        elif element.may_have_children:
            children = yield from search(element.children, matches)
            if children:
                kept.append(element.with_children(children))
    return kept


def filtered(elements: Sequence[Element], matches: Matcher | None) -> list[Element]:
    """`search`, done at once."""
    return run(search(elements, matches))


def number_of_rows(elements: Sequence[Element], limit: int) -> int:
    """Number of elements with those below them; no more than `limit` are counted."""
    count = 0
    for element in elements:
        if count >= limit:
            break
        count += 1 + number_of_rows(element.children, limit - count)
    return min(count, limit)
