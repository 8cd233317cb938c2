"""Why a search finds nothing that is written in the language of other search boxes.

Everything outside quotes that other languages know as an operator is looked for as text here; whoever meant
an operator is told what to write instead.
"""

from __future__ import annotations

import re

_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_TAG = re.compile(r"\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)")
_ADVICE = (
    (
        re.compile(r"(?<!\S)(?:OR|or)(?!\S)|\|"),
        "OR and | are looked for as text, and all terms must hold. Write the values of one field as a list: "
        "Modality:CT,MR or SeriesDescription:*head*\\*neck*.",
    ),
    (
        re.compile(r"(?<!\S)(?:AND|and)(?!\S)|&"),
        "AND and & are looked for as text. Leave them out: all terms must hold anyway.",
    ),
    (
        re.compile(r"(?<!\S)(?:NOT(?!\S)|!)"),
        "NOT and ! are looked for as text. Put a minus sign in front of what must not hold: -Modality:SR.",
    ),
    (
        re.compile(r"[()]"),
        "Parentheses are looked for as text; terms cannot be grouped.",
    ),
)


def advice(text: str) -> str:
    """What to write instead, for a search that found nothing; "" where nothing in it looks misunderstood."""
    bare = _TAG.sub("tag", _QUOTED.sub("quoted", text))
    return "\n".join(hint for odd, hint in _ADVICE if odd.search(bare))
