"""Texts that take their time, on their way into the clipboard."""

from __future__ import annotations

from qtpy.QtWidgets import QApplication, QWidget

from DICOMLib.core.jobs import Job
from DICOMLib.widgets.progress import ProgressPanel, Stepper
from DICOMLib.widgets.translation import _


class CopyPanel(ProgressPanel):
    """Copies the text that a job gives; it is seen only while that takes long, and can be cancelled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stepper = Stepper(self)
        self.cancelRequested.connect(self.stop)

    def copy(self, job: Job[str]) -> None:
        """Put the text of `job` into the clipboard, in the place of what was asked for before."""
        self._stepper.stop()
        self._stepper.start(job, self.showProgress, self._take)
        self._stepper.turn()
        if self._stepper.busy:
            self.begin(_("Copying metadata"))

    def stop(self) -> None:
        """Copy nothing; the clipboard keeps what it has."""
        self._stepper.stop()
        self.end()

    def _take(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self.end()
