"""Text for users in their language."""

from __future__ import annotations

from qtpy.QtCore import QCoreApplication


def _(text: str) -> str:
    """Return `text` in the language of the application, or as it is."""
    return QCoreApplication.translate("DICOM", text)
