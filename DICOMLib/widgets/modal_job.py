"""A job behind a modal dialog, for scripts that need its report on the next line."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEventLoop, Qt
from qtpy.QtWidgets import QProgressDialog, QWidget

from DICOMLib.core.jobs import Job, Progress
from DICOMLib.widgets.progress import Stepper
from DICOMLib.widgets.translation import _


def run_modal(job: Job[Any], title: str, parent: QWidget | None) -> Any:
    """Drive a job to its end and return its report; meanwhile the window lives, and takes no clicks.

    Parameters
    ----------
    job
        It is told to stop when the dialog is cancelled.
    title
        Of the dialog.
    parent
        Window before which it stands.

    Raises
    ------
    JobCancelled
        If it was cancelled before it had begun.
    Exception
        What the job raised.
    """
    dialog = QProgressDialog("", _("Cancel"), 0, 0, parent)
    dialog.setWindowTitle(title)
    dialog.setWindowModality(Qt.ApplicationModal)
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)
    loop = QEventLoop()
    reports: list[Any] = []
    faults: list[Exception] = []

    def show(progress: Progress) -> None:
        dialog.setLabelText(_(progress.step))
        dialog.setRange(0, 100 if progress.total else 0)
        dialog.setValue(progress.percent)

    def end(report: Any) -> None:
        reports.append(report)
        loop.quit()

    def fail(error: Exception) -> None:
        faults.append(error)
        loop.quit()

    stepper = Stepper(dialog)
    dialog.canceled.connect(stepper.cancel)
    stepper.start(job, show, end, fail)
    dialog.show()
    try:
        loop.exec_()
    finally:
        stepper.stop()
        dialog.close()
        dialog.deleteLater()
    if faults:
        raise faults[0]
    return reports[0]
