"""The steps of the way to a server, as they are seen."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt

from DICOMLib.network.peers import Peer
from DICOMLib.widgets.network.diagnosis_dialog import DiagnosisDialog
from Testing.contrast import READABLE, contrasts
from Testing.orthanc import free_port

pytestmark = [pytest.mark.gui, pytest.mark.network]


def test_the_marks_can_be_read_when_the_colours_change(qtbot):
    dialog = DiagnosisDialog(Peer("127.0.0.1", free_port(), "NOBODY"))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.diagnosis is not None, timeout=20_000)
    model = dialog.tree.model()
    marks = {model.index(row, 0).data(): model.index(row, 0) for row in range(model.rowCount())}
    assert {"✓", "✗"} <= marks.keys()
    for mark in ("✓", "✗"):
        assert min(contrasts(marks[mark], Qt.ForegroundRole)) >= READABLE
