"""The small widgets of CTK, as users see them."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

ARROW = QColor("#7b828c")


def arrow_shape(group):
    """Width and height of what has the colour of the arrow, pixels."""
    picture = QWidget.grab(group).toImage()
    places = [
        (x, y)
        for x in range(24)
        for y in range(24)
        if all(
            abs(one - other) < 12
            for one, other in zip(picture.pixelColor(x, y).getRgb()[:3], ARROW.getRgb()[:3], strict=True)
        )
    ]
    across, down = zip(*places, strict=True)
    return max(across) - min(across) + 1, max(down) - min(down) + 1


def test_a_group_is_folded_by_its_title_and_an_arrow_shows_it(qtbot, host):
    import ctk

    group = ctk.ctkCollapsibleGroupBox()
    qtbot.addWidget(group)
    group.title = "Scalar Volume"
    content = QLabel("content")
    QVBoxLayout(group).addWidget(content)
    QWidget.resize(group, 300, 80)
    QWidget.show(group)
    qtbot.waitExposed(group)
    width, height = arrow_shape(group)
    assert width > height > 3  # it points down
    qtbot.mouseClick(group, Qt.LeftButton, pos=QPoint(12, 8))
    assert group.collapsed
    assert not content.isVisible()
    width, height = arrow_shape(group)
    assert height > width > 3  # it points to the right
    group.collapsed = False
    assert content.isVisible()
