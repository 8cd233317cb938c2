"""Texts with a number in them: one thing is not told as several."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtCore import Qt

from DICOMLib.indexing.report import ImportReport
from DICOMLib.widgets.files.import_panel import _counts
from DICOMLib.widgets.network.send_dialog import DICOMSendDialog
from DICOMLib.widgets.translation import by_number

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 files of a"), (1, "1 file of a"), (2, "2 files of a"), (1234, "1,234 files of a")],
)
def test_a_number_chooses_its_text(number: int, text: str) -> None:
    assert by_number(number, "1 file of {folder}", "{n:,} files of {folder}", folder="a") == text


@pytest.mark.parametrize(("count", "text"), [(1, "1 file will be sent."), (2, "2 files will be sent.")])
def test_files_to_send(qtbot, settings, dicom_folder: Path, count: int, text: str) -> None:
    dialog = DICOMSendDialog(sorted(dicom_folder.glob("*.dcm"))[:count], None)
    dialog.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    assert dialog.textLabel.text() == text
    dialog.reject()


def test_nothing_new() -> None:
    assert _counts(ImportReport(unchanged=1)) == "Nothing new: 1 file was already in the database."
    assert _counts(ImportReport(unchanged=2)) == "Nothing new: 2 files were already in the database."
