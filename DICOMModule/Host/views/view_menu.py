"""Menus of the views: choices and check marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import QActionGroup, QMenu, QWidget

from DICOMLib.widgets.translation import _

Choices = tuple[tuple[str, int], ...]
MARKERS: Choices = (("None", 0), ("Cube", 1), ("Human", 2), ("Axes", 3))
RULERS: Choices = (("None", 0), ("Thin", 1), ("Thick", 2))


class ViewMenu(QMenu):
    """A menu that is made anew whenever it opens, for the scene may have changed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.aboutToShow.connect(self._refill)

    def _refill(self) -> None:
        self.clear()
        self.fill()

    def fill(self) -> None:
        """Add the entries."""
        raise NotImplementedError

    def add_markers(self, node: Any) -> None:
        """Entries for what every kind of view can show in its corners."""
        self.add_choice(
            _("Orientation marker"), MARKERS, node.GetOrientationMarkerType(), node.SetOrientationMarkerType
        )
        self.add_choice(_("Ruler"), RULERS, node.GetRulerType(), node.SetRulerType)

    def add_choice(self, title: str, choices: Choices, current: int, call: Callable[[int], Any]) -> None:
        """Add a sub-menu of which one entry holds."""
        menu = self.addMenu(title)
        group = QActionGroup(menu)
        for name, value in choices:
            action = menu.addAction(_(name))
            action.setCheckable(True)
            action.setChecked(current == value)
            action.triggered.connect(lambda _checked, value=value: call(value))
            group.addAction(action)

    def add_check(self, title: str, checked: Any, call: Callable[[bool], Any]) -> None:
        """Add an entry with a check mark."""
        action = self.addAction(title)
        action.setCheckable(True)
        action.setChecked(bool(checked))
        action.toggled.connect(call)
