"""Text for users in their language."""

from __future__ import annotations

from qtpy.QtCore import QCoreApplication


def _(text: str) -> str:
    """Return `text` in the language of the application, or as it is."""
    return QCoreApplication.translate("DICOM", text)


def by_number(number: int, one: str, several: str, **values: object) -> str:
    """Give the one of two translated texts that fits a number, which is `{n}` in it.

    Parameters
    ----------
    number
        How many there are.
    one
        What is said of one.
    several
        What is said of any other number.
    **values
        What stands for other names in the text.
    """
    return (one if number == 1 else several).format(n=number, **values)


def translatable(text: str) -> str:
    """Mark a constant as a text that `_` translates where it is shown; a translator may come later."""
    return text
