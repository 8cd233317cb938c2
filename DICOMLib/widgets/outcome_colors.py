"""Colours of texts that tell how something went; each can be read on the ground that lists have now."""

from __future__ import annotations

from enum import Enum

from qtpy.QtGui import QColor, QGuiApplication, QPalette


class OutcomeColor(Enum):
    """How it went; the values are the colours on light and on dark ground."""

    GOOD = ("#2b762f", "#81c784")
    BAD = ("#c62828", "#ff8a80")
    RUNNING = ("#0969da", "#6ab0f3")

    @property
    def color(self) -> QColor:
        """The colour for the palette of the application."""
        ground = QGuiApplication.palette().color(QPalette.Base)
        return QColor(self.value[ground.lightness() < 128])
