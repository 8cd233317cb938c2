"""The list of plugins: names as users know them."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


def test_names_of_plugins(qtbot, host):
    from DICOMLib.widgets.loading.plugin_selector import DICOMPluginSelector

    selector = DICOMPluginSelector()
    qtbot.addWidget(selector)
    shown = {name: box.text() for name, box in selector.checkBoxByPlugin.items()}
    assert shown["DICOMGeAbusPlugin"] == "GE ABUS"
    assert shown["DICOMM3DPlugin"] == "M3D"
    assert shown["DICOMEnhancedUSVolumePlugin"] == "Enhanced US Volume"
    assert shown["DICOMTID1500Plugin"] == "TID1500"
    assert shown["DICOMRWVMPlugin"] == "RWVM"
    assert shown["DICOMScalarVolumePlugin"] == "Scalar Volume"


@pytest.fixture
def page(qtbot, host):
    """The list in a page that is higher than what is seen of it; `page.list` is what scrolls in it."""
    from DICOMLib.widgets.loading.plugin_selector import DICOMPluginSelector

    page, content = QScrollArea(), QWidget()
    qtbot.addWidget(page)
    page.selector = DICOMPluginSelector()
    page.selector.setFixedHeight(120)
    QVBoxLayout(content).addWidget(page.selector)
    content.setMinimumHeight(1000)
    content.layout().addStretch(1)
    page.setWidgetResizable(True)
    page.setWidget(content)
    page.resize(300, 300)
    page.show()
    qtbot.waitExposed(page)
    page.activateWindow()
    page.list = page.selector.findChild(QScrollArea)
    return page


def turn_wheel(area: QScrollArea) -> bool:
    """One notch towards the user, over the middle of an area; whether it keeps the event to itself."""
    place = QPointF(area.viewport().rect().center())
    event = QWheelEvent(
        place,
        QPointF(area.viewport().mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.NoButton,
        Qt.NoModifier,
        Qt.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(area.viewport(), event)
    return event.isAccepted()


def test_the_wheel_is_left_to_the_page_around_the_list(qtbot, page):
    page.setFocus()
    qtbot.waitUntil(page.hasFocus)
    assert not turn_wheel(page.list)
    assert page.list.verticalScrollBar().value() == 0


def test_the_wheel_moves_the_list_while_a_user_works_in_it(qtbot, page):
    box = page.selector.checkBoxByPlugin["DICOMScalarVolumePlugin"]
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    page.list.verticalScrollBar().setValue(0)
    assert turn_wheel(page.list)
    assert page.list.verticalScrollBar().value() > 0
