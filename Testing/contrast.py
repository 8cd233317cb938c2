"""Contrast of colours by WCAG 2, on the ground that lists have in light and in dark colours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QApplication

READABLE = 4.5  # AA
GROUNDS = ("#ffffff", "#1e1f22")


def contrast_of(front: QColor, back: QColor) -> float:
    """Contrast of two colours as WCAG 2 defines it."""

    def luminance(color: QColor) -> float:
        parts = [color.redF(), color.greenF(), color.blueF()]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(front), luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@contextmanager
def ground_of_lists(color: str) -> Iterator[QColor]:
    """Let the lists of the application have a ground."""
    before = QApplication.palette()
    palette = QPalette(before)
    palette.setColor(QPalette.Base, QColor(color))
    QApplication.setPalette(palette)
    try:
        yield QColor(color)
    finally:
        QApplication.setPalette(before)


def contrasts(index, role: int) -> list[float]:
    """Contrast of what a model says of a cell, in light and then in dark colours."""
    told = []
    for ground in GROUNDS:
        with ground_of_lists(ground) as back:
            told.append(contrast_of(QColor(index.data(role)), back))
    return told
