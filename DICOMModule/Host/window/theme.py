"""Light and dark colours of the window; the user's choice is kept in the settings."""

from __future__ import annotations

from qtpy.QtCore import QSettings
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QApplication

from DICOMLib.core.resources import resource

KEY = "Appearance"
LIGHT, DARK = "light", "dark"

_DARK_COLORS = {
    "Window": "#2b2d30",
    "WindowText": "#e4e4e6",
    "Base": "#1e1f22",
    "AlternateBase": "#242629",
    "Text": "#e4e4e6",
    "Button": "#393b40",
    "ButtonText": "#e4e4e6",
    "BrightText": "#ff6b6b",
    "Light": "#4a4d52",
    "Midlight": "#404348",
    "Mid": "#34363a",
    "Dark": "#1a1b1d",
    "Shadow": "#000000",
    "Highlight": "#3574c4",
    "HighlightedText": "#ffffff",
    "ToolTipBase": "#393b40",
    "ToolTipText": "#e4e4e6",
    "PlaceholderText": "#8c8f94",
    "Link": "#6ab0f3",
    "LinkVisited": "#b48ede",
}
_DISABLED = "#6f7277"

# The style's pictures on buttons of dialogs are of another time, and black on dark ground.
_SHEET = "QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }"

# On dark ground the style's own outlines are hardly seen, and which buttons are pressed.
_DARK_SHEET = """
QLineEdit, QPlainTextEdit, QTextEdit, QDateEdit, QSpinBox, QDoubleSpinBox, QAbstractItemView {
    border: 1px solid #4e5157;
}
QLineEdit, QDateEdit { border-radius: 3px; padding: 2px; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QDateEdit:disabled {
    background: #2b2d30; border-color: #3d4045;
}
QLineEdit:focus, QAbstractItemView:focus { border-color: #3574c4; }
QPushButton[checkable="true"], QToolButton[checkable="true"][autoRaise="false"] {
    background: #45474c; border: 1px solid #5a5d63; border-radius: 3px; padding: 4px 8px;
}
QPushButton[checkable="true"]:hover, QToolButton[checkable="true"][autoRaise="false"]:hover {
    background: #4e5157;
}
QPushButton[checkable="true"]:checked, QToolButton[checkable="true"][autoRaise="false"]:checked {
    background: #2d5487; border-color: #3574c4;
}
QPushButton[checkable="true"]:focus, QToolButton[checkable="true"][autoRaise="false"]:focus {
    border-color: #9cc4f5;
}
QCheckBox::indicator, QRadioButton::indicator, QGroupBox::indicator, QAbstractItemView::indicator {
    width: 13px; height: 13px; border: 1px solid #7b7f87; border-radius: 3px; background: #1e1f22;
}
QRadioButton::indicator { border-radius: 7px; }
QCheckBox::indicator:checked, QGroupBox::indicator:checked, QAbstractItemView::indicator:checked {
    image: url("%(check)s"); background: #3574c4; border-color: #3574c4;
}
QRadioButton::indicator:checked { image: url("%(dot)s"); background: #3574c4; border-color: #3574c4; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: #4e5157; background: none; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: #9cc4f5; }
"""


def stored() -> str:
    """The choice of the user, LIGHT or DARK; the system's where none has been made."""
    value = str(QSettings().value(KEY, "") or "")
    if value in (LIGHT, DARK):
        return value
    return DARK if is_dark() else LIGHT


def is_dark() -> bool:
    """Whether texts are lighter than the ground now."""
    palette = QApplication.palette()
    return palette.color(QPalette.Window).lightness() < palette.color(QPalette.WindowText).lightness()


def apply_stored() -> None:
    """Use what the user chose; without a choice, leave the colours of the system."""
    if str(QSettings().value(KEY, "") or "") == DARK:
        apply(DARK)
    else:
        QApplication.instance().setStyleSheet(_SHEET)


def choose(appearance: str) -> None:
    """Use LIGHT or DARK from now on."""
    QSettings().setValue(KEY, appearance)
    apply(appearance)


def apply(appearance: str) -> None:
    """Give the application its colours."""
    application = QApplication.instance()
    style = application.style()
    if appearance == LIGHT:
        application.setPalette(style.standardPalette())
        application.setStyleSheet(_SHEET)
        return
    palette = QPalette()
    for role, color in _DARK_COLORS.items():
        palette.setColor(getattr(QPalette, role), QColor(color))
    for role in ("WindowText", "Text", "ButtonText", "HighlightedText"):
        palette.setColor(QPalette.Disabled, getattr(QPalette, role), QColor(_DISABLED))
    application.setPalette(palette)
    pictures = {name: resource(f"Icons/{name.title()}OnDark.svg").as_posix() for name in ("check", "dot")}
    application.setStyleSheet(_SHEET + _DARK_SHEET % pictures)
