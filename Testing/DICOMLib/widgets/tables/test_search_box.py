"""The box that searches everything, as a user types into it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from qtpy.QtCore import Qt

from DICOMLib.widgets.tables.search_box import SearchBox

pytestmark = pytest.mark.gui


def shown(browser):
    return [table.uidsForAllRows() for table in browser.dicomTableManager().tables()]


def type_search(qtbot, browser, text):
    box = browser.searchBox
    qtbot.mouseClick(box, Qt.LeftButton)
    qtbot.keyClick(box, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClick(box, Qt.Key_Delete)
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key_Return)


ANNA, BOB = "1", "2"


@pytest.mark.parametrize(
    ("text", "patients", "studies", "series"),
    [
        ("Modality:MR", [ANNA], ["1.2.1"], ["1.2.1.2"]),
        ("Modality:CT StudyDate:2020-", [ANNA], ["1.2.2", "1.2.1"], ["1.2.1.1", "1.2.2.1"]),
        ("PatientName:brown*", [BOB], ["1.2.3"], ["1.2.3.1"]),
        ("B2", [BOB], ["1.2.3"], ["1.2.3.1"]),
        ("thorax lung", [BOB], ["1.2.3"], ["1.2.3.1"]),
        ("-Modality:CT", [ANNA], ["1.2.1"], ["1.2.1.2"]),
    ],
)
def test_a_search_shows_what_is_found_in_all_tables(qtbot, filled, text, patients, studies, series):
    type_search(qtbot, filled, text)
    assert [sorted(uids) for uids in shown(filled)] == [sorted(patients), sorted(studies), sorted(series)]
    assert not filled.searchBox.styleSheet()


def test_why_nothing_is_found_stands_below_the_box(qtbot, filled):
    assert filled.searchBox.problem.isHidden()
    type_search(qtbot, filled, "StudyDate:banana")
    assert "banana" in filled.searchBox.problem.text()
    assert not filled.searchBox.problem.isHidden()
    type_search(qtbot, filled, "zzzzzz")
    assert "zzzzzz" in filled.searchBox.problem.text()
    qtbot.keyClick(filled.searchBox, Qt.Key_Escape)
    qtbot.waitUntil(filled.searchBox.problem.isHidden)


def test_typing_searches_after_a_short_pause_and_escape_shows_all(qtbot, filled):
    qtbot.keyClicks(filled.searchBox, "lung")
    qtbot.waitUntil(lambda: shown(filled)[2] == ["1.2.3.1"])
    qtbot.keyClick(filled.searchBox, Qt.Key_Escape)
    qtbot.waitUntil(lambda: len(shown(filled)[2]) == 4)


def test_ctrl_f_goes_to_the_box(qtbot, filled):
    filled.activateWindow()
    qtbot.waitUntil(filled.isActiveWindow)
    rows = filled.dicomTableManager().seriesTable().tableView()
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key_F, Qt.ControlModifier)
    assert filled.focusWidget() is filled.searchBox


def test_nothing_found_turns_the_box_yellow_and_says_so(qtbot, filled):
    type_search(qtbot, filled, "PatientID:nobody")
    assert shown(filled) == [[], [], []]
    assert "ffe680" in filled.searchBox.styleSheet()
    assert (
        filled.dicomTableManager().patientsTable().tableView().emptyText == "No patient matches the search."
    )


def test_a_search_in_another_language_says_why_nothing_is_found(qtbot, filled):
    type_search(qtbot, filled, "Modality:CT|MR")
    assert shown(filled) == [[], [], []]
    assert filled.searchBox.toolTip().startswith("OR and | are looked for as text")
    empty = filled.dicomTableManager().patientsTable().tableView().emptyText
    assert "Modality:CT,MR" in empty
    type_search(qtbot, filled, "Modality:CT,MR")
    assert len(shown(filled)[2]) == 4
    assert "OR and |" not in filled.searchBox.toolTip()


def test_a_reversed_range_is_told(qtbot, filled):
    type_search(qtbot, filled, "StudyDate:2021-2019")
    assert "ends before it begins" in filled.searchBox.toolTip()


def test_a_search_that_cannot_be_understood_leaves_the_tables_and_says_what_is_wrong(qtbot, filled):
    type_search(qtbot, filled, "Modality:MR")
    type_search(qtbot, filled, "Colour:red")
    assert shown(filled)[2] == ["1.2.1.2"]
    assert "Colour" in filled.searchBox.toolTip()


def test_the_selection_restricts_what_a_search_found(qtbot, filled):
    type_search(qtbot, filled, "Modality:CT")
    tables = filled.dicomTableManager()
    tables.setCurrentPatientsSelection([BOB])
    assert tables.studiesTable().uidsForAllRows() == ["1.2.3"]
    assert tables.currentSeriesSelection() == ["1.2.3.1"]


def test_what_comes_during_a_search_is_searched_too(qtbot, filled):
    type_search(qtbot, filled, "Modality:CT")
    filled.database().removeSeries("1.2.2.1")
    qtbot.waitUntil(lambda: sorted(shown(filled)[2]) == ["1.2.1.1", "1.2.3.1"])


@pytest.mark.parametrize(("width", "end"), [(460, "StudyDate:2020-"), (190, "Search everything…"), (160, "")])
def test_the_hint_in_the_box_is_not_cut(qtbot, width, end):
    box = SearchBox()
    qtbot.addWidget(box)
    box.resize(width, 30)
    box.show()
    qtbot.waitExposed(box)
    hint = box.placeholderText()
    assert hint.startswith("Search")
    assert hint.endswith(end)
    assert box.fontMetrics().horizontalAdvance(hint) < box.width() - 16


# A box that waits for a pause in typing is garbage, which another thread collects; Qt deletes it later.
GARBAGE = """
import gc, threading
from qtpy.QtWidgets import QApplication, QWidget
from DICOMLib.widgets.tables import search_box

application = QApplication([])
search_box.PAUSE_MS = 0
gc.disable()
window = QWidget()
window.itself, window.box = window, search_box.SearchBox(window)
window.box.setText("lung")
del window
collector = threading.Thread(target=gc.collect)
collector.start()
collector.join()
for _turn in range(10):
    application.processEvents()
"""


def test_a_box_that_a_worker_thread_collects_while_it_waits_does_no_harm(tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", GARBAGE],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
