"""The one box that searches everything, with the language of the database's search."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent, QResizeEvent
from qtpy.QtWidgets import QLabel, QLineEdit, QWidget

from DICOMLib.widgets.translation import _, translatable

PAUSE_MS = 120
NOTHING_FOUND_STYLE = "QLineEdit { background: #ffe680; color: black; }"


class SearchBox(QLineEdit):
    """Tells what is searched for once typing pauses; Enter tells it at once, Escape empties the box.

    Attributes
    ----------
    problem
        Label that says why nothing is found, to be put near the box; hidden otherwise.
    """

    searched = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("SearchEverything")
        self.setAccessibleName(_("Search everything"))
        self.setClearButtonEnabled(True)
        self.setAcceptDrops(False)  # files dropped on it belong to the browser
        self.setMinimumWidth(160)
        self.setMaximumWidth(460)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self.problem = QLabel()
        self.problem.setObjectName("SearchProblem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        # no lambdas: if a worker thread collects an unused box as garbage, they are cleared at once, but the
        # timer runs until Qt deletes it in the GUI thread
        self._timer.timeout.connect(self._tell)
        self.textChanged.connect(self._wait_for_pause)
        self.showResult(found=True)

    def showResult(self, found: bool, problem: str = "") -> None:
        """Turn yellow where nothing is found, or where the search cannot be understood, and say why."""
        self.setStyleSheet("" if found and not problem else NOTHING_FOUND_STYLE)
        self.setToolTip(problem or _(HELP))
        if not found and not problem:
            problem = _("Nothing is found for “{text}”.").format(text=self.text().strip())
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give an example of what can be searched for where there is room for it."""
        super().resizeEvent(event)
        texts = (
            _("Search everything…  e.g. head Modality:CT StudyDate:2020-"),
            _("Search everything…"),
            _("Search…"),
        )
        room = self.width() - 24  # frame and margins
        fitting = (text for text in texts if self.fontMetrics().horizontalAdvance(text) <= room)
        self.setPlaceholderText(next(fitting, texts[-1]))

    def forget(self) -> None:
        """Empty the box without a search."""
        self.blockSignals(True)
        self.clear()
        self.blockSignals(False)
        self._timer.stop()
        self.showResult(found=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter searches at once, Escape empties the box."""
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self._timer.stop()
            self._tell()
        elif event.key() == Qt.Key_Escape:
            self.clear()
        else:
            super().keyPressEvent(event)

    def _wait_for_pause(self, _text: str) -> None:
        self._timer.start()

    def _tell(self) -> None:
        self.searched.emit(self.text().strip())


HELP = translatable(
    "Words are looked for in all that is shown. Fields are columns, DICOM keywords or cached tags:\n"
    "    Modality:CT    PatientName:smith*    StudyDate:2020-    StudyDate:20200101-20201231\n"
    "    SliceThickness<=1    SeriesDescription~chest    -Modality:SR    (0018,0050):1.5\n"
    "All terms must hold; a minus sign in front excludes."
)
