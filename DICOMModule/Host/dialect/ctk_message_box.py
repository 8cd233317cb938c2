"""`ctk.ctkMessageBox`: a message that need not be shown again."""

from __future__ import annotations

import sys
from typing import Any

from qtpy import QtCore, QtWidgets

from DICOMLib.widgets.enumerations import number_of

qt: Any = sys.modules["qt"]


class ctkMessageBox(qt.QMessageBox):
    """A message box with a "don't show again" check box.

    With a `dontShowAgainSettingsKey` the answer is kept in the settings if the box is checked, and given
    without showing the message from then on; `QMessageBox.InvalidRole` in the settings means to ask.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._key = ""

    def setDontShowAgainVisible(self, visible: bool) -> None:
        """Offer not to be asked again."""
        # Qt does not own the box unless it has a parent, and would be left with one that is gone
        box = QtWidgets.QCheckBox("Don't show this message again", self) if visible else None
        self.setCheckBox(box)

    dontShowAgainVisible = property(lambda self: self.checkBox() is not None, setDontShowAgainVisible)

    def isDontShowAgain(self) -> bool:
        """Whether the box is checked."""
        box = self.checkBox()
        return box is not None and QtWidgets.QCheckBox.isChecked(box)

    def setDontShowAgain(self, checked: bool) -> None:
        """Check or uncheck the box, which is made visible."""
        if self.checkBox() is None:
            self.setDontShowAgainVisible(True)
        QtWidgets.QCheckBox.setChecked(self.checkBox(), checked)

    dontShowAgain = property(isDontShowAgain, setDontShowAgain)

    def setDontShowAgainSettingsKey(self, key: str) -> None:
        """Keep the answer under this key of the settings."""
        self._key = str(key or "")
        if self._key and self.checkBox() is None:
            self.setDontShowAgainVisible(True)

    dontShowAgainSettingsKey = property(lambda self: self._key, setDontShowAgainSettingsKey)

    def exec_(self) -> int:
        """Show the message and return the answer, or return the one that is kept."""
        invalid = number_of(QtWidgets.QMessageBox.InvalidRole)
        kept = QtCore.QSettings().value(self._key, invalid) if self._key else invalid
        if str(kept).lstrip("-").isdigit() and int(kept) != invalid:
            return int(kept)
        answer = int(super().exec_())
        if self._key and self.isDontShowAgain():
            QtCore.QSettings().setValue(self._key, answer)
        return answer

    exec = exec_
