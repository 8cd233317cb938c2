"""The dock of the module panel is as wide as the panel needs."""

import pytest
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QCheckBox, QScrollArea, QWidget

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


def test_no_text_of_the_patcher_is_cut(main_window, qtbot):
    main_window.moduleSelector().selectModule("DICOMPatcher")
    area = main_window.panelDock().findChild(QScrollArea, "ModulePanel")
    boxes = [box for box in area.widget().findChildren(QCheckBox) if box.isVisible()]
    assert len(boxes) > 5
    qtbot.waitUntil(
        lambda: all(
            QWidget.mapTo(box, area.viewport(), QPoint(QWidget.width(box), 0)).x() <= area.viewport().width()
            and QWidget.width(box) >= QWidget.minimumSizeHint(box).width()
            for box in boxes
        )
    )
    main_window.moduleSelector().selectModule("DICOM")
