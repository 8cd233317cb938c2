"""The line that tells the result of some work."""

from __future__ import annotations

import pytest

from DICOMLib.widgets.information_line import InformationLine
from Testing.DICOMModule.driving import click

pytestmark = pytest.mark.gui


def test_its_buttons_say_what_they_do(qtbot):
    line = InformationLine()
    qtbot.addWidget(line)
    clicks: list[str] = []
    line.tell("2 files were copied.", "Save list…", lambda: clicks.append("saved"))
    assert line.actionButton.toolTip() == "Save list…\n2 files were copied."
    click(qtbot, line.actionButton)
    assert clicks == ["saved"]
    line.tell("Done.")
    assert not line.actionButton.isVisible()
    assert line.closeButton.accessibleName() == "Dismiss"
    click(qtbot, line.closeButton)
    assert not line.isVisible()
