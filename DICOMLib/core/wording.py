"""Numbers with their nouns, as people write them."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Such as "1 patient" and "2 patients".

    Parameters
    ----------
    number
        How many there are.
    noun
        What one of them is called.
    plural
        What several are called; the noun with an "s" if it is empty.
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
