"""Lists at the end of reports: what was written, removed or is gone, saved in the wanted format."""

from __future__ import annotations

import csv
import json

import pytest
from qtpy.QtWidgets import QMessageBox, QWidget

from DICOMLib.widgets.files.saved_list import SavedList, choose_list_file, save_list
from Testing.DICOMModule.driving import answer_file_dialog

pytestmark = pytest.mark.gui

SAVED = SavedList(("File", "Reason"), [("/a, b/1.dcm", "Größe"), ("/c.dcm", 'it is "gone"')])


@pytest.fixture
def parent(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def test_as_text(parent, tmp_path):
    assert save_list(parent, SAVED, str(tmp_path / "list.txt"))
    text = (tmp_path / "list.txt").read_text(encoding="utf-8")
    assert text == 'File\tReason\n/a, b/1.dcm\tGröße\n/c.dcm\tit is "gone"\n'


def test_as_a_table(parent, tmp_path):
    save_list(parent, SAVED, str(tmp_path / "list.csv"))
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [list(SAVED.columns), *(list(row) for row in SAVED.rows)]


def test_as_json(parent, tmp_path):
    save_list(parent, SAVED, str(tmp_path / "list.JSON"))
    assert json.loads((tmp_path / "list.JSON").read_text(encoding="utf-8")) == [
        {"File": "/a, b/1.dcm", "Reason": "Größe"},
        {"File": "/c.dcm", "Reason": 'it is "gone"'},
    ]


def test_where_it_goes_is_asked(qtbot, parent, tmp_path):
    dialog = choose_list_file(parent, SAVED, "list.txt")
    assert dialog.selectedFiles()[0].endswith("list.txt")
    answer_file_dialog(qtbot, dialog, tmp_path / "mine.csv")
    qtbot.waitUntil((tmp_path / "mine.csv").exists)
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8").startswith("File,Reason\n")


def test_a_folder_that_is_not_there_is_told(parent, tmp_path):
    assert not save_list(parent, SAVED, str(tmp_path / "absent" / "list.txt"))
    (box,) = parent.findChildren(QMessageBox)
    assert "absent" in box.text()
    box.close()
