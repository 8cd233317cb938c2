"""A stack of pages is as large as the page that it shows."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import QVBoxLayout, QWidget

from DICOMLib.widgets.page_stack import PageStack

pytestmark = pytest.mark.gui


def page_of(width: int) -> QWidget:
    """A page that needs so much room, and half as much in height."""
    page, inner = QWidget(), QWidget()
    inner.setMinimumSize(width, width // 2)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(inner)
    return page


def room(stack: PageStack) -> tuple[int, int]:
    """Width and height that a stack needs."""
    size = stack.minimumSizeHint()
    return size.width(), size.height()


def test_only_the_shown_page_takes_room(qtbot):
    stack = PageStack()
    qtbot.addWidget(stack)
    narrow, wide = page_of(100), page_of(700)
    assert [stack.addWidget(page) for page in (narrow, wide)] == [0, 1]
    assert room(stack) == (100, 50)
    stack.setCurrentWidget(wide)
    assert room(stack) == (700, 350)
    stack.setCurrentWidget(narrow)
    assert room(stack) == (100, 50)
