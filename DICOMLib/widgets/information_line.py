"""A line that tells the result of some work, with buttons to see more or to send it away."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from DICOMLib.widgets.translation import _


class InformationLine(QFrame):
    """One text with up to one action; it stays until it is dismissed or told something else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("InformationLine")
        self.setFrameShape(QFrame.StyledPanel)
        self.label = QLabel(self)
        self.label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Preferred)
        self.actionButton = QPushButton(self)
        self.actionButton.setAutoDefault(False)
        self.actionButton.clicked.connect(lambda _checked=False: self._action())
        self.closeButton = QToolButton(self)
        self.closeButton.setText("×")  # noqa: RUF001
        self.closeButton.setAutoRaise(True)
        self.closeButton.setToolTip(_("Dismiss"))
        self.closeButton.setAccessibleName(_("Dismiss"))
        self.closeButton.clicked.connect(self.hide)
        self._action: Callable[[], object] = lambda: None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 6, 6)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.actionButton)
        layout.addWidget(self.closeButton)
        self.hide()

    def tell(self, text: str, button: str = "", action: Callable[[], object] = lambda: None) -> None:
        """Show `text`, and a button of that name if there is something to do about it."""
        self.label.setText(text)
        self.actionButton.setText(button)
        self.actionButton.setToolTip(f"{button}\n{text}" if button else "")
        self.actionButton.setVisible(bool(button))
        self._action = action
        self.show()
