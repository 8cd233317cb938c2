"""What the bars above the views have in common: a coloured label and small buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from DICOMLib.widgets.icons import icon
from DICOMModule.Host.dialect.qt_dialect import dialect

HEIGHT = 28
ICON_SIZE = QSize(16, 16)


class ViewBar(dialect(QFrame)):  # type: ignore[misc]
    """A bar with the label of the view at its left.

    Parameters
    ----------
    label
        One or two letters.
    color
        Colour of the view.
    parent
        Widget.
    """

    def __init__(self, label: str, color: QColor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        QFrame.setProperty(self, "viewBar", True)
        QFrame.setFixedHeight(self, HEIGHT)
        QFrame.setSizePolicy(self, QSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed))
        self.bar = QHBoxLayout(self)
        self.bar.setContentsMargins(4, 2, 4, 2)
        self.bar.setSpacing(4)
        self.label = QLabel(label)
        self.label.setObjectName("ViewLabel")
        self.label.setAlignment(Qt.AlignCenter)
        self.label.setFixedSize(max(20, self.label.fontMetrics().horizontalAdvance(label) + 12), 18)
        ink = "#101418" if color.lightnessF() > 0.45 else "#ffffff"
        self.label.setStyleSheet(
            f"background: {color.name()}; color: {ink}; border-radius: 4px; font-weight: 600;"
        )
        self.bar.addWidget(self.label)

    def add_button(
        self, icon: str, tip: str, call: Callable[..., Any] | None = None, *, checkable: bool = False
    ) -> QToolButton:
        """Add a small button at the right end."""
        button = QToolButton(self)
        button.setObjectName(f"{icon}Button")
        button.setAutoRaise(True)
        button.setIconSize(ICON_SIZE)
        button.setFixedSize(24, 22)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setFocusPolicy(Qt.TabFocus)
        self.set_icon(button, icon)
        if call is not None:
            button.clicked.connect(call)
        self.bar.addWidget(button)
        return button

    @staticmethod
    def set_icon(button: QToolButton, name: str) -> None:
        """Give a button another icon."""
        if button.property("iconName") != name:
            button.setProperty("iconName", name)
            button.setIcon(icon(name))
