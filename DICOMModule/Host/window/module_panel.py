"""The panel of a scripted module, as Slicer wraps it around the module's own widget class."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import slicer

if TYPE_CHECKING:
    from DICOMModule.Host.modules import ScriptedModule

log = logging.getLogger(__name__)

_Widget = sys.modules["qt"].QWidget


class ModulePanelWidget(_Widget):  # type: ignore[misc, valid-type]
    """`slicer.modules.<name>.widgetRepresentation()`; `self()` is the module's Python widget."""

    def __init__(self, module: ScriptedModule) -> None:
        super().__init__()
        self._module = module
        self._widget: Any = None
        self._is_entered = False
        self.setObjectName(f"{module.name}ModuleWidget")
        self.setLayout(sys.modules["qt"].QVBoxLayout())
        self.rebuild()

    @property
    def isEntered(self) -> bool:
        """Whether its module is the one that is shown."""
        return self._is_entered

    def self(self) -> Any:
        """The module's Python widget."""
        return self._widget

    def module(self) -> ScriptedModule:
        """The module."""
        return self._module

    def setMRMLScene(self, scene: Any) -> None:
        """Slicer's panels are told their scene; scripted ones know it."""

    def rebuild(self) -> None:
        """Make the Python widget, in place of an earlier one."""
        name = self._module.name
        was_entered = self._is_entered
        self.exit()
        if self._widget is not None:
            self._cleanup()
        widget = getattr(self._module.source, f"{name}Widget")(self)
        self._widget = widget
        setattr(slicer.modules, f"{name}Widget", widget)
        widget.setup()
        if was_entered:
            self.enter()

    def reload(self) -> None:
        """Make the Python widget from the source as it is imported now; the old one is clean already.

        `slicer.util.reloadScriptedModule` ends with this.
        """
        self._module.adopt(sys.modules[self._module.name])
        self._remove_widgets()
        self._widget = None
        self.rebuild()

    def followDeveloperMode(self, enabled: bool) -> None:
        """Developer mode was switched on or off; widgets of other base classes need not know of it."""
        if hasattr(self._widget, "followDeveloperMode"):
            self._widget.followDeveloperMode(enabled)

    def _cleanup(self) -> None:
        self._widget.cleanup()
        self._remove_widgets()

    def _remove_widgets(self) -> None:
        _empty(self.layout())

    def close_panel(self) -> None:
        """Take the panel apart for good."""
        self.exit()
        if self._widget is not None:
            self._cleanup()
            self._widget = None

    def enter(self) -> None:
        """Its module is being shown."""
        if not self._is_entered:
            self._is_entered = True
            if hasattr(self._widget, "enter"):
                self._widget.enter()

    def exit(self) -> None:
        """Another module is being shown."""
        if self._is_entered:
            self._is_entered = False
            if hasattr(self._widget, "exit"):
                self._widget.exit()


def _empty(layout: Any) -> None:
    """Take all widgets out of a layout and of those that lie in it."""
    while layout.count():
        item = layout.takeAt(0)
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
        elif inner is not None:
            _empty(inner)
            inner.deleteLater()
