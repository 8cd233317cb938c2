"""A text in an item view that has no items: what to do next."""

from __future__ import annotations

from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QPainter, QPalette
from qtpy.QtWidgets import QAbstractItemView, QLabel

from DICOMLib.widgets.enumerations import number_of


class WeakLabel(QLabel):
    """A text in the colour of placeholders, wrapped to the width there is."""

    def paintEvent(self, _event: Any) -> None:
        """Draw the text; QLabel itself does not draw half-transparent colours on all platforms."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.PlaceholderText))
        margin = self.margin()
        room = self.contentsRect().adjusted(margin, margin, -margin, -margin)
        painter.drawText(room, number_of(self.alignment() | Qt.TextWordWrap), self.text())


class EmptyText(QObject):
    """Shows `text` over a view while its model is empty."""

    def __init__(self, view: QAbstractItemView, text: str) -> None:
        super().__init__(view)
        self._view = view
        self._label = WeakLabel(text, view.viewport())
        self._label.setAlignment(Qt.AlignCenter)
        self._label.setWordWrap(True)
        self._label.setMargin(16)
        self._label.setAttribute(Qt.WA_TransparentForMouseEvents)
        view.viewport().installEventFilter(self)
        model = view.model()
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._follow)
        self._follow()

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._label.setText(text)

    def text(self) -> str:
        """What is shown while the view is empty."""
        return self._label.text()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the size of the view."""
        if event.type() in (QEvent.Resize, QEvent.Show):
            self._follow()
        return False

    def _follow(self, *_change: Any) -> None:
        if not (isalive(self._view) and isalive(self._label)):  # a view tells of its end, too
            return
        self._label.setVisible(self._view.model().rowCount() == 0)
        self._label.setGeometry(self._view.viewport().rect())
