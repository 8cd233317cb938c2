"""Work on elements that takes its time, and is told only while it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import QWidget

from DICOMLib.core.jobs import Job
from DICOMLib.widgets.progress import ProgressPanel, Stepper


class SteppedPanel(ProgressPanel):
    """Drives one job in steps; it is seen only while that takes long, and can be cancelled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stepper = Stepper(self)
        self.cancelRequested.connect(self.stop)

    def drive(self, job: Job, step: str, on_done: Callable[[Any], None] = lambda _report: None) -> None:
        """Begin `job` in the place of the one before; `step` tells what is done."""

        def end(report: Any) -> None:
            self.end()
            on_done(report)

        self.stop()
        self._stepper.start(job, self.showProgress, end)
        self._stepper.turn()
        if self._stepper.busy:
            self.begin(step)

    def stop(self) -> None:
        """Leave the job where it is."""
        self._stepper.stop()
        self.end()
