"""Text for users in their language."""

from __future__ import annotations

from qtpy.QtCore import QCoreApplication


def _(text: str) -> str:
    """Return `text` in the language of the application, or as it is."""
    return QCoreApplication.translate("DICOM", text)


def translatable(text: str) -> str:
    """Mark a constant as a text that `_` translates where it is shown; a translator may come later."""
    return text
