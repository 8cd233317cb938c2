"""Metadata of files of many frames: the window lives while they are opened, searched, copied and compared."""

from __future__ import annotations

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from qtpy.QtCore import QModelIndex, Qt, QTimer
from qtpy.QtWidgets import QApplication

from DICOMLib.widgets import progress
from Testing.DICOMLib.widgets.metadata.test_metadata_window import button, dataset, index_of, rows
from Testing.DICOMLib.widgets.metadata.test_metadata_window import files as files
from Testing.DICOMLib.widgets.metadata.test_metadata_window import window as window
from Testing.DICOMModule.driving import click, type_into

pytestmark = pytest.mark.gui


@pytest.fixture
def many_frames(window, tmp_path, monkeypatch):
    """A file of 400 frames with functional groups; two of the frames are in a stack of another name.

    Turns of the event loop are so short that it takes many, however fast the machine is.
    """
    monkeypatch.setattr(progress, "STEP_BUDGET_S", 0.001)
    enhanced = dataset()
    groups = []
    for number in range(400):
        group, content, plane, measures = Dataset(), Dataset(), Dataset(), Dataset()
        content.StackID = "Other" if number in (7, 321) else "1"
        content.InStackPositionNumber, content.DimensionIndexValues = number + 1, [1, number + 1]
        plane.ImagePositionPatient = [0, 0, number]
        measures.PixelSpacing, measures.SliceThickness = [1, 1], 1
        group.FrameContentSequence = Sequence([content])
        group.PlanePositionSequence = Sequence([plane])
        group.PixelMeasuresSequence = Sequence([measures])
        groups.append(group)
    enhanced.PerFrameFunctionalGroupsSequence = Sequence(groups)
    enhanced.save_as(tmp_path / "frames.dcm", enforce_file_format=True)
    return str(tmp_path / "frames.dcm")


def served_until(qtbot, done):
    """How often a timer of 5 ms is served while something goes on."""
    served = []
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(lambda: served.append(1))
    timer.start()
    qtbot.waitUntil(done, timeout=30_000)
    timer.stop()
    return len(served)


def test_the_window_lives_while_thousands_of_elements_are_searched_and_copied(qtbot, window, many_frames):
    window.setFileList([many_frames])
    lines = window.objectList
    qtbot.keyClicks(lines.searchBox, "stack id")
    qtbot.keyClick(lines.searchBox, Qt.Key_Return)
    assert lines.model.rowCount() > 1  # it is not at its end yet
    assert served_until(qtbot, lambda: lines.model.rowCount() == 1) > 1
    assert len(rows(lines.model)) == 1 + 400 * 4  # of each frame: item, sequence, its item, stack
    QApplication.clipboard().setText("before")
    type_into(qtbot, lines.searchBox, "*")
    click(qtbot, lines.copyButton)
    assert served_until(qtbot, lambda: QApplication.clipboard().text() != "before") > 1
    assert QApplication.clipboard().text().count("Stack ID") == 400
    assert not lines.copying.isVisible()


def test_copying_is_cancelled(qtbot, window, many_frames):
    QApplication.clipboard().setText("before")
    window.setFileList([many_frames] * 30)
    click(qtbot, window.objectList.copyAllButton)
    panel = window.objectList.copying
    qtbot.waitUntil(panel.isVisible)
    click(qtbot, panel.cancelButton)
    assert not panel.isVisible()
    qtbot.wait(100)
    assert QApplication.clipboard().text() == "before"


def test_files_of_many_frames_are_compared(qtbot, window, many_frames, tmp_path):
    other = pydicom.dcmread(many_frames)
    other.PerFrameFunctionalGroupsSequence[200].FrameContentSequence[0].StackID = "Changed"
    other.save_as(tmp_path / "other.dcm")
    window.setFileList([many_frames, str(tmp_path / "other.dcm")])
    window.tabs.tabBar().setCurrentIndex(1)
    view = window.comparison
    assert view.summary.text() == "Comparing…"
    assert served_until(qtbot, lambda: "elements differ" in view.summary.text()) > 1
    assert view.summary.text().startswith("1 of ")
    assert [line[1:] for line in rows(view.model)] == [
        ["Per-Frame Functional Groups Sequence", "400 items", "400 items"],
        ["Item 201", "", ""],
        ["Frame Content Sequence", "1 item", "1 item"],
        ["Item 1", "", ""],
        ["Stack ID", "1", "Changed"],
    ]


def opened(lines):
    """How many of the items of the frames are open."""
    (groups,) = (
        lines.model.index(row, 0)
        for row in range(lines.model.rowCount())
        if lines.model.index(row, 1).data() == "Per-Frame Functional Groups Sequence"
    )
    items = (lines.model.index(row, 0, groups) for row in range(400))
    return sum(lines.tree.isExpanded(item) for item in items)


def walked(model, parent=QModelIndex()):  # noqa: B008
    """All indexes of a tree."""
    for row in range(model.rowCount(parent)):
        yield model.index(row, 0, parent)
        yield from walked(model, model.index(row, 0, parent))


def test_the_window_lives_while_thousands_of_sequences_are_opened(qtbot, window, many_frames):
    window.setFileList([many_frames])
    lines = window.objectList
    click(qtbot, button(window, "Expand all"))
    assert lines.opening.isVisible()
    assert opened(lines) < 400
    assert served_until(qtbot, lambda: not lines.opening.isVisible()) > 1
    assert opened(lines) == 400
    above = [index for index in walked(lines.model) if lines.model.hasChildren(index)]
    assert len(above) == 2 + 1 + 400 * 7  # of each frame: item, three sequences and the item of each
    assert all(lines.tree.isExpanded(index) for index in above)


def close_all(qtbot, window):
    click(qtbot, button(window, "Collapse all"))


def close_one(qtbot, window):
    tree = window.objectList.tree
    tree.setCurrentIndex(index_of(window, "(0008,2218)"))
    qtbot.keyClick(tree, Qt.Key_Right)
    qtbot.keyClick(tree, Qt.Key_Left)


def search(qtbot, window):
    type_into(qtbot, window.objectList.searchBox, "stack id")
    qtbot.keyClick(window.objectList.searchBox, Qt.Key_Return)


def cancel(qtbot, window):
    click(qtbot, window.objectList.opening.cancelButton)


def show_another_file(qtbot, window):
    window.objectList.fileSlider.setFocus()
    qtbot.keyClick(window.objectList.fileSlider, Qt.Key_Right)


def close_window(qtbot, window):
    qtbot.keyClick(window, Qt.Key_Escape)


@pytest.mark.parametrize("step", [cancel, close_all, close_one, search, show_another_file, close_window])
def test_what_the_user_does_meanwhile_ends_the_opening(qtbot, window, many_frames, files, step, monkeypatch):
    window.setFileList([many_frames, files[0]])
    lines = window.objectList
    click(qtbot, button(window, "Expand all"))
    assert lines.opening.isVisible()
    step(qtbot, window)
    assert not lines.opening.isVisible()
    monkeypatch.setattr(progress, "STEP_BUDGET_S", 60)  # what still went on would be done at its next turn
    for _turn in range(20):
        QApplication.processEvents()
    assert not any(lines.tree.isExpanded(index) for index in walked(lines.model))


def test_rows_are_moved_only_when_all_are_read_and_then_few_at_each_turn(qtbot, window, many_frames):
    """The view lays out what is opened, which takes as long for all at once as a user waits."""
    window.setFileList([many_frames])
    lines = window.objectList
    read, heights = [], []
    above = 2 + 1 + 400 * 7  # of each frame: item, three sequences and the item of each

    def height_changed(_low, high):
        if lines.opening.isVisible():
            heights.append(high)
            read.append(sum(node._below is not None for node in nodes(lines.model._root)))

    def nodes(node):
        yield node
        for one in node._below or ():
            yield from nodes(one)

    lines.tree.verticalScrollBar().rangeChanged.connect(height_changed)
    click(qtbot, button(window, "Expand all"))
    qtbot.waitUntil(lambda: not lines.opening.isVisible(), timeout=30_000)
    assert opened(lines) == 400
    assert heights == sorted(heights)
    assert len(heights) > 20
    assert min(read) > above
