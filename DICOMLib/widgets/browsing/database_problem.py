"""The frame that stands in the place of the tables while there is no usable database."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from DICOMLib.widgets.browsing.database_keeper import DatabaseState
from DICOMLib.widgets.translation import _


class DatabaseProblemFrame(QFrame):
    """Says what is wrong with the database and offers the ways out of it."""

    updateRequested = Signal()
    createRequested = Signal()
    selectRequested = Signal()
    retryRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("DatabaseProblemFrame")
        self.titleLabel = QLabel(self)
        font = self.titleLabel.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        self.titleLabel.setFont(font)
        self.textLabel = QLabel(self)
        for label in (self.titleLabel, self.textLabel):
            label.setAlignment(Qt.AlignCenter)
            label.setWordWrap(True)
        self.textLabel.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.updateDatabaseButton = self._button(_("Update database"), self.updateRequested)
        self.createNewDatabaseButton = self._button(_("Create new database"), self.createRequested)
        self.selectDatabaseDirectoryButton = self._button(_("Select database folder…"), self.selectRequested)
        self.retryButton = self._button(_("Try again"), self.retryRequested)
        self._lay_out()

    def _button(self, text: str, signal: Signal) -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda _checked=False: signal.emit())
        return button

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (
            self.updateDatabaseButton,
            self.createNewDatabaseButton,
            self.selectDatabaseDirectoryButton,
            self.retryButton,
        ):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(12)
        layout.addStretch(1)
        layout.addWidget(self.titleLabel)
        layout.addWidget(self.textLabel)
        layout.addLayout(buttons)
        layout.addStretch(2)

    def showState(self, state: DatabaseState, folder: str, database: Any) -> None:
        """Say what is wrong with the database in `folder`; nothing for one that is open."""
        if state is DatabaseState.VERSION:
            self.showIncompatible(folder, database.schemaVersionLoaded(), database.schemaVersion())
        elif state is DatabaseState.UNAVAILABLE:
            self.showUnavailable(folder, database.lastError)
        elif state is DatabaseState.CLOSED:
            self.showClosed()
        elif state is not DatabaseState.OPEN:
            self.showNoDatabase(folder, state is DatabaseState.MISSING)

    def showClosed(self) -> None:
        """No folder has been chosen yet, or the database was closed."""
        self.titleLabel.setText(_("No DICOM database is open"))
        self.textLabel.setText(_("Create a new one, or select the folder of one that you have."))
        self._offer(update=False, retry=False)

    def showNoDatabase(self, folder: str, missing: bool) -> None:
        """The folder is missing, or holds something else."""
        self.titleLabel.setText(_("There is no DICOM database in this folder"))
        reason = (
            _("The folder does not exist.") if missing else _("The folder holds other files and no database.")
        )
        self.textLabel.setText(f"{folder}\n\n{reason}")
        self._offer(update=False, retry=missing)

    def showIncompatible(self, folder: str, found: str, wanted: str) -> None:
        """The database was written with another version of the tables."""
        self.titleLabel.setText(_("The database in this folder has another version"))
        text = _(
            "It has version {found}; this program works with version {wanted}. An update keeps the files "
            "and reads them again into a new table; this may take some minutes."
        )
        self.textLabel.setText(f"{folder}\n\n{text.format(found=found or _('none'), wanted=wanted)}")
        self._offer(update=True, retry=False)

    def showUnavailable(self, folder: str, reason: str) -> None:
        """The database is there but cannot be opened."""
        self.titleLabel.setText(_("The database in this folder cannot be opened"))
        self.textLabel.setText(f"{folder}\n\n{reason}")
        self._offer(update=False, retry=True)

    def _offer(self, update: bool, retry: bool) -> None:
        self.updateDatabaseButton.setVisible(update)
        self.retryButton.setVisible(retry)
