"""Questions for files and folders, and texts that are saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from DICOMLib.widgets.file_questions import ask_file, ask_folder, ask_new_file, save_text

pytestmark = pytest.mark.gui


@pytest.fixture
def parent(qtbot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.mark.parametrize(
    ("ask", "file_mode", "accept_mode"),
    [
        (ask_folder, QFileDialog.Directory, QFileDialog.AcceptOpen),
        (ask_file, QFileDialog.ExistingFile, QFileDialog.AcceptOpen),
        (lambda *question: ask_new_file(*question, "a.txt"), QFileDialog.AnyFile, QFileDialog.AcceptSave),
    ],
)
def test_the_answer_is_given_on(parent, ask, file_mode, accept_mode):
    chosen: list[str] = []
    dialog = ask(parent, "Where?", chosen.append)
    assert (dialog.windowTitle(), dialog.fileMode(), dialog.acceptMode()) == (
        "Where?",
        file_mode,
        accept_mode,
    )
    assert dialog.isVisible()
    dialog.fileSelected.emit("/there")
    assert chosen == ["/there"]
    dialog.close()


def test_questions_begin_where_the_last_one_of_their_purpose_ended(parent, settings, tmp_path):
    for name in ("files", "images"):
        (tmp_path / name).mkdir()
    for dialog, answer in (
        (ask_new_file(parent, "Save", print, "a.txt"), tmp_path / "files" / "a.txt"),
        (ask_folder(parent, "Export", print, key="DICOM/Images"), tmp_path / "images"),
    ):
        dialog.fileSelected.emit(str(answer))
        dialog.close()
    for dialog, folder in (
        (ask_new_file(parent, "Save", print, "b.txt"), "files"),
        (ask_file(parent, "Open", print), "files"),
        (ask_file(parent, "Open", print, str(tmp_path / "images")), "images"),
        (ask_folder(parent, "Export", print, key="DICOM/Images"), "images"),
    ):
        assert Path(dialog.directory().absolutePath()) == tmp_path / folder
        dialog.close()


def test_filters_and_a_name_are_offered(parent):
    dialog = ask_new_file(parent, "Save", print, "report.txt", ["Text (*.txt)", "Table (*.csv)"])
    assert dialog.nameFilters() == ["Text (*.txt)", "Table (*.csv)"]
    assert [Path(path).name for path in dialog.selectedFiles()] == ["report.txt"]
    dialog.close()


def test_a_text_is_saved_or_the_user_is_told(parent, tmp_path):
    assert save_text(parent, "Save", str(tmp_path / "text.txt"), "Größe\n")
    assert (tmp_path / "text.txt").read_text(encoding="utf-8") == "Größe\n"
    assert not parent.findChildren(QMessageBox)
    assert not save_text(parent, "Save", str(tmp_path / "absent" / "text.txt"), "")
    (box,) = parent.findChildren(QMessageBox)
    assert (box.isVisible(), "absent" in box.text()) == (True, True)
    box.close()
