"""`slicer.i18n`: texts in the user's language."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from qtpy.QtCore import QCoreApplication


def translate(context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
    """The translation of a text in a context, or the text itself where there is none."""
    return QCoreApplication.translate(context, text, disambiguation, n)


def tr(text: str, *_more: Any) -> str:
    """The translation of a text in the context of the calling module."""
    frame = inspect.currentframe()
    caller = frame.f_back if frame is not None else None
    context = Path(caller.f_code.co_filename).stem if caller is not None else ""
    return translate(context, text)


def getContext(sourceFile: str) -> str:
    """The translation context of a file: its name without the ending."""
    return Path(sourceFile).stem
