"""Closing the window or the scene with data that are not saved: nothing goes without a question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QAction, QFileDialog, QMainWindow, QMessageBox, QWidget

from DICOMModule.Host.window.unsaved_data import OBJECT_NAME, unsaved_names

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


class Closing(QObject):
    """Lets the window answer when it is closed, and keeps it open: other tests need its views.

    `accepted` has each of its answers.
    """

    def __init__(self, window: Any) -> None:
        super().__init__()
        self.accepted: list[bool] = []
        QObject.installEventFilter(window, self)

    def eventFilter(self, window: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Close:
            return False
        window.closeEvent(event)
        self.accepted.append(event.isAccepted())
        event.ignore()
        return True


@pytest.fixture
def window(main_window: Any, scene: Any, host: Any, monkeypatch: pytest.MonkeyPatch):
    """The main window as a user has it."""
    monkeypatch.setattr(host, "testing", False)
    yield main_window
    for box in questions(main_window):
        box.reject()


@pytest.fixture
def closing(window: Any):
    watch = Closing(window)
    yield watch
    QObject.removeEventFilter(window, watch)


def questions(window: Any) -> list[QMessageBox]:
    boxes = QWidget.findChildren(window, QMessageBox, OBJECT_NAME)
    return [box for box in boxes if box.isVisible()]


def add_volume(name: str) -> Any:
    import slicer

    return slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name=name)


def answer(window: Any, text: str) -> None:
    """Press the button of the one question there is."""
    (box,) = questions(window)
    (button,) = [button for button in box.buttons() if button.text().replace("&", "") == text]
    button.click()


def choose_file(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    """What the user chooses where to save; the system's own dialog cannot be driven."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_arguments: (str(path), ""))


def test_without_data_nothing_is_asked(window: Any, closing: Closing) -> None:
    window.layoutManager().setLayout(window.layoutManager().layout)
    QMainWindow.close(window)
    assert closing.accepted == [True]
    assert questions(window) == []


def test_cancel_leaves_all_as_it_was(window: Any, scene: Any, closing: Closing) -> None:
    add_volume("Thorax")
    QMainWindow.close(window)
    (box,) = questions(window)
    assert box.text() == "One object of the scene has not been saved since it was made, loaded or changed:"
    assert "• Thorax\n" in box.informativeText()
    answer(window, "Cancel")
    assert closing.accepted == [False]
    assert unsaved_names(scene) == ["Thorax"]
    QMainWindow.close(window)
    assert len(questions(window)) == 1  # asked anew


def test_many_are_counted(window: Any) -> None:
    add_volume("very long " * 20)
    for number in range(9):
        add_volume(f"Volume {number}")
    QMainWindow.close(window)
    (box,) = questions(window)
    assert box.text().startswith("10 objects of the scene have not been saved")
    assert box.informativeText().count("•") == 8
    assert "(and 2 more)" in box.informativeText()
    assert max(map(len, box.informativeText().splitlines())) <= 62


def test_exit_without_saving(window: Any, closing: Closing) -> None:
    add_volume("Thorax")
    QMainWindow.close(window)
    answer(window, "Exit without saving")
    assert closing.accepted == [False, True]


def test_what_is_saved_can_be_opened_and_is_not_asked_about_again(
    window: Any, scene: Any, closing: Closing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer

    volume = add_volume("Thorax")
    slicer.util.arrayFromVolume(volume)[:] = 7
    choose_file(monkeypatch, tmp_path / "all.mrb")
    QMainWindow.close(window)
    answer(window, "Save…")
    assert closing.accepted == [False, True]
    assert unsaved_names(scene) == []
    slicer.util.arrayFromVolumeModified(volume)
    assert unsaved_names(scene) == ["Thorax"]
    scene.Clear(0)
    slicer.util.loadScene(str(tmp_path / "all.mrb"))
    assert unsaved_names(scene) == []
    (back,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    assert (slicer.util.arrayFromVolume(back) == 7).all()
    QMainWindow.close(window)
    assert closing.accepted == [False, True, True]


def test_who_chooses_no_file_stays(window: Any, closing: Closing, monkeypatch: pytest.MonkeyPatch) -> None:
    add_volume("Thorax")
    choose_file(monkeypatch, "")
    QMainWindow.close(window)
    answer(window, "Save…")
    assert closing.accepted == [False]


@pytest.mark.parametrize(("button", "left"), [("Close without saving", []), ("Cancel", ["Thorax"])])
def test_closing_the_scene(window: Any, scene: Any, button: str, left: list[str]) -> None:
    import slicer

    add_volume("Thorax")
    close = QWidget.findChild(window, QAction, "FileCloseSceneAction")
    close.trigger()
    assert slicer.util.getNodes("Thorax")
    answer(window, button)
    assert [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")] == left
    scene.Clear(0)
    close.trigger()
    assert questions(window) == []


def test_while_testing_nothing_is_asked(
    window: Any, closing: Closing, host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_volume("Thorax")
    monkeypatch.setattr(host, "testing", True)
    QMainWindow.close(window)
    assert closing.accepted == [True]
