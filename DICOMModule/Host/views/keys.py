"""Keys as VTK names them (X11's key symbols)."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt

_NAMED = {
    Qt.Key_Backspace: "BackSpace",
    Qt.Key_Tab: "Tab",
    Qt.Key_Backtab: "Tab",
    Qt.Key_Return: "Return",
    Qt.Key_Enter: "Return",
    Qt.Key_Shift: "Shift_L",
    Qt.Key_Control: "Control_L",
    Qt.Key_Alt: "Alt_L",
    Qt.Key_Meta: "Super_L",
    Qt.Key_Pause: "Pause",
    Qt.Key_CapsLock: "Caps_Lock",
    Qt.Key_Escape: "Escape",
    Qt.Key_Space: "space",
    Qt.Key_PageUp: "Prior",
    Qt.Key_PageDown: "Next",
    Qt.Key_End: "End",
    Qt.Key_Home: "Home",
    Qt.Key_Left: "Left",
    Qt.Key_Up: "Up",
    Qt.Key_Right: "Right",
    Qt.Key_Down: "Down",
    Qt.Key_Insert: "Insert",
    Qt.Key_Delete: "Delete",
    Qt.Key_Help: "Help",
    Qt.Key_Menu: "Menu",
}

_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_SIGN_NAMES = (
    "exclam quotedbl numbersign dollar percent ampersand apostrophe parenleft parenright asterisk plus "
    "comma minus period slash colon semicolon less equal greater question at bracketleft backslash "
    "bracketright asciicircum underscore grave braceleft bar braceright asciitilde"
)
_SIGN = dict(zip(_SIGNS, _SIGN_NAMES.split(), strict=True))


def key_symbol(event: Any) -> str:
    """Name of the key of a key event: "a", "Left", "plus", "F1"; "None" where VTK has no name."""
    key = event.key()
    if key in _NAMED:
        return _NAMED[key]
    if Qt.Key_F1 <= key <= Qt.Key_F24:
        return f"F{int(key) - int(Qt.Key_F1) + 1}"
    text = event.text() if event.text().isprintable() else ""
    if not text and Qt.Key_0 <= key <= Qt.Key_Z:  # Control hides the letter in the text
        text = chr(int(key)).lower()
    if text in _SIGN:
        return _SIGN[text]
    return text if text.isascii() and text.isalnum() else "None"


def key_code(event: Any) -> str:
    """The sign that the key writes; NUL for none."""
    text = event.text()[:1]
    return text if text.isascii() and text else "\0"
