"""Text without case and accents, so that "Muller" finds "MÜLLER"."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Latin letters that Unicode does not take apart into a letter and a mark.
_WHOLE_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ŧ": "t",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)


@lru_cache(maxsize=1 << 15)
def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).translate(_WHOLE_LETTERS)


def fold(text: str) -> str:
    """The text in lower case, without accents and other combining marks."""
    return text.lower() if text.isascii() else _folded(text)
