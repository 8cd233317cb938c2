"""The language of searches: what a user writes into one box, or a script after `--where`.

    Modality:CT StudyDate:2020- head -SeriesDescription~scout

A term is a field, an operator and a value, or a mere word; all terms must hold, one with a minus sign in
front must not. Values and words with spaces are put into double quotes.

| operator       | means                                                                  |
|----------------|------------------------------------------------------------------------|
| `:` or `=`     | matches as DICOM says: `*` and `?`, ranges, lists, components of names |
| `~`            | contains                                                               |
| `<` `<=` `>` `>=` | of dates, times and numbers                                         |
| `!=`           | does not match                                                         |
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from DICOMLib.core.errors import DatabaseError


class SearchError(DatabaseError):
    """A search that cannot be understood; the text says what is wrong and what to write."""


class NotCachedError(SearchError):
    """A search for values that were not read from the files yet.

    Parameters
    ----------
    tag
        As "GGGG,EEEE".
    keyword
        Its keyword, "" if it has none.
    database
        Folder of the database, as it shall stand in the command that reads them.
    """

    def __init__(self, tag: str, keyword: str, database: str = "DIR") -> None:
        super().__init__(
            f"No values of {keyword or 'the tag'} ({tag}) are cached, so it cannot be searched. "
            "Let them be read from the files:\n"
            f"slicer-dicom fields --database {shlex.quote(database)} --tag {keyword or tag}"
        )
        self.tag, self.keyword = tag, keyword


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a search.

    Parameters
    ----------
    field
        As it was written; "" for a word that any shown text may contain.
    operator
        ":", "~", "<", "<=", ">" or ">=".
    value
        What is asked for, without the quotes; `""` (two quotes) for an empty value.
    negated
        Whether it must not hold.
    """

    field: str
    operator: str
    value: str
    negated: bool = False


_QUOTED = r'"(?:[^"]|"")*"'
_TERM = re.compile(
    rf"""(?P<minus>-)?
    (?: (?P<field>{_QUOTED} | \(?[0-9A-Fa-f]{{4}},[0-9A-Fa-f]{{4}}\)? | [^\W\d][\w.]*)
        (?P<operator>!=|<=|>=|[:=~<>])
        (?P<value>{_QUOTED}|[^\s"]*)
      | (?P<word>{_QUOTED}|[^\s"]+) )
    (?=\s|$)""",
    re.VERBOSE,
)


def parse(text: str) -> list[Term]:
    """The terms of a search; none for an empty text.

    Raises
    ------
    SearchError
        If a quote is not closed, or it is no text.
    """
    if any("\ud800" <= sign <= "\udfff" for sign in text):  # bytes of a command line that are no UTF-8
        raise SearchError("The search holds bytes that are no text.")
    terms = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        match = _TERM.match(text, place)
        if match is None:
            raise SearchError(f'A search has a quote that is not closed, or one within a word: "{text}".')
        terms.append(_term(match))
        place = match.end()
    return terms


def _term(match: re.Match[str]) -> Term:
    negated = match["minus"] is not None
    if match["word"] is not None:
        return Term("", "~", _unquoted(match["word"]), negated)
    value = match["value"]
    operator = {"=": ":", "!=": ":"}.get(match["operator"], match["operator"])
    return Term(
        _unquoted(match["field"]),
        operator,
        value if value == '""' else _unquoted(value),
        negated != (match["operator"] == "!="),
    )


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text
