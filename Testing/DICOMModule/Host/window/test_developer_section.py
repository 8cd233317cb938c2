"""Reload, Reload & Test and Test, pressed in a panel: what passes and what fails is told as it is."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from qtpy.QtCore import QPoint, QSettings, Qt
from qtpy.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QWidget

from Testing.DICOMModule.Host.test_modules import write_module

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def panel(main_window, host, tmp_path, qtbot):
    """The panel of a module "Probe" in developer mode; `path` is its file."""
    import slicer

    QSettings().setValue("Developer/DeveloperMode", True)
    before, search_path = set(host.modules._modules), list(sys.path)
    shown_before = main_window.moduleSelector().selectedModule
    path = write_module(tmp_path / "modules", "Probe")
    host.modules.discover([path.parent])
    main_window.moduleSelector().selectModule("Probe")
    widget = slicer.modules.probe.widgetRepresentation()
    qtbot.waitUntil(lambda: QWidget.isVisible(widget))
    yield SimpleNamespace(widget=widget, path=path)
    main_window.moduleSelector().selectModule(shown_before or "DICOM")
    for name in set(host.modules._modules) - before:
        host.modules._modules.pop(name).close()
        sys.modules.pop(name, None)
        slicer.selfTests.pop(name, None)
        delattr(slicer.modules, name.lower())
    for name in ("ProbeWidget", "ProbeInstance"):
        if hasattr(slicer.modules, name):
            delattr(slicer.modules, name)
    sys.path[:] = search_path
    QSettings().remove("Developer/DeveloperMode")


def test_a_panel_made_anew_shows_nothing_of_the_old_one(main_window):
    """Rows within its layout go, too."""
    import slicer

    widget = slicer.modules.dicom.widgetRepresentation()
    old = [child for child in QWidget.children(widget) if isinstance(child, QWidget)]
    names = sorted(QWidget.objectName(child) for child in old if QWidget.objectName(child))
    widget.rebuild()
    new = [child for child in QWidget.children(widget) if isinstance(child, QWidget)]
    assert not set(map(id, old)) & set(map(id, new))
    assert sorted(QWidget.objectName(child) for child in new if QWidget.objectName(child)) == names


def press(qtbot, panel, name: str) -> None:
    button = panel.widget.findChild(QPushButton, name)
    qtbot.waitUntil(lambda: QWidget.isVisible(button))
    qtbot.mouseClick(button, Qt.LeftButton)


def result(qtbot, panel) -> tuple[str, str]:
    """The line with the outcome, and the log."""
    label = panel.widget.findChild(QLabel, "SelfTestResult")
    log = panel.widget.findChild(QPlainTextEdit, "SelfTestLog")
    qtbot.waitUntil(lambda: QWidget.isVisible(log) and QWidget.isVisible(label))
    return QLabel.text(label), QPlainTextEdit.toPlainText(log)


def test_a_test_that_passes(qtbot, panel):
    press(qtbot, panel, "TestButton")
    line, log = result(qtbot, panel)
    assert line == "Probe: test passed"
    assert "Probe is being tested" in log
    assert "Traceback" not in log


def test_a_test_that_fails_is_told_with_its_traceback(qtbot, panel):
    write_module(panel.path.parent, "Probe", expected=41)
    press(qtbot, panel, "ReloadAndTestButton")
    line, log = result(qtbot, panel)
    assert line == "Probe: test failed"
    assert "Probe is being tested" in log
    assert "AssertionError: 42 != 41" in log


def test_the_log_stands_right_below_the_buttons(qtbot, panel):
    """Also in a panel where nothing else takes the room."""
    press(qtbot, panel, "TestButton")
    button, label, log = (
        QWidget.findChild(panel.widget, kind, name)
        for kind, name in (
            (QPushButton, "TestButton"),
            (QLabel, "SelfTestResult"),
            (QPlainTextEdit, "SelfTestLog"),
        )
    )
    qtbot.waitUntil(lambda: QWidget.isVisible(log))

    def place(widget):
        return QWidget.mapTo(widget, panel.widget, QPoint(0, 0)).y()

    qtbot.waitUntil(lambda: QWidget.height(log) > 100)
    assert 0 <= place(label) - (place(button) + QWidget.height(button)) < 25
    assert 0 <= place(log) - (place(label) + QWidget.height(label)) < 25


def test_the_test_alone_runs_what_is_loaded(qtbot, panel):
    """Only Reload brings in what changed on the disk."""
    write_module(panel.path.parent, "Probe", expected=41)
    press(qtbot, panel, "TestButton")
    assert result(qtbot, panel)[0] == "Probe: test passed"
    press(qtbot, panel, "ReloadButton")
    press(qtbot, panel, "TestButton")
    assert result(qtbot, panel)[0] == "Probe: test failed"


def test_a_module_that_was_broken_meanwhile_keeps_its_panel(qtbot, panel, monkeypatch):
    Path(panel.path).write_text("this is no Python")
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_rest: told.append(kind))
    with qtbot.captureExceptions() as raised:
        press(qtbot, panel, "ReloadButton")
    assert told == [SyntaxError] or [kind for kind, *_rest in raised] == [SyntaxError]
    assert QWidget.isVisible(panel.widget.findChild(QPushButton, "ReloadButton"))


def test_without_developer_mode_there_are_no_such_buttons(main_window, host):
    import slicer

    widget = slicer.modules.dicom.widgetRepresentation()
    QSettings().remove("Developer/DeveloperMode")
    widget.rebuild()
    assert widget.findChild(QPushButton, "TestButton") is None


def test_the_self_test_of_the_dicom_module_from_its_panel(qtbot, main_window, scene):
    import slicer

    main_window.moduleSelector().selectModule("DICOM")
    widget = slicer.modules.dicom.widgetRepresentation()
    QSettings().setValue("Developer/DeveloperMode", True)
    try:
        widget.rebuild()
        probe = SimpleNamespace(widget=widget)
        press(qtbot, probe, "TestButton")
        line, log = result(qtbot, probe)
        assert line == "DICOM: test passed", log
    finally:
        QSettings().remove("Developer/DeveloperMode")
        widget.rebuild()


def test_a_module_that_cannot_be_reloaded_tells_why_in_its_panel(qtbot, panel, monkeypatch):
    whole = panel.path.read_text()
    panel.path.write_text(whole + "\ndef broken(:\n")
    monkeypatch.setattr(sys, "excepthook", lambda *_fault: None)
    for button in ("ReloadButton", "ReloadAndTestButton"):
        with qtbot.captureExceptions():
            press(qtbot, panel, button)
        line, log = result(qtbot, panel)
        assert line == "Probe: reload failed"
        assert log.splitlines()[-1].startswith("SyntaxError")
    panel.path.write_text(whole)
    press(qtbot, panel, "ReloadAndTestButton")
    assert result(qtbot, panel)[0] == "Probe: test passed"
