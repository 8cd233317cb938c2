"""What the left mouse button does in the views: window and level, or what each view does by itself."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QAction, QActionGroup

from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.translation import _, translatable
from DICOMModule.Host.views.views import Observers

_Node = slicer.vtkMRMLInteractionNode
# Mode, name of the action, text, icon.
MODES = (
    (_Node.ViewTransform, "View", translatable("View: the left button turns 3D views"), "ViewMouse"),
    (
        _Node.AdjustWindowLevel,
        "WindowLevel",
        translatable("Window/level: drag in a slice, with Ctrl choose a region, double-click to reset"),
        "WindowLevel",
    ),
)


class MouseModes(QObject):
    """Actions for the tool bar, one of which is marked; scripts change the mode by the interaction node.

    Parameters
    ----------
    application_logic
        vtkMRMLApplicationLogic.
    scene
        vtkMRMLScene.
    parent
        Of the actions.
    """

    def __init__(self, application_logic: Any, scene: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application_logic = application_logic
        self._chosen = int(_Node.AdjustWindowLevel)
        self._group = QActionGroup(self)
        self._actions: dict[int, QAction] = {}
        for mode, name, text, icon_name in MODES:
            self._add(int(mode), name, _(text), icon_name)
        self._observers, self._node_observers = Observers(), Observers()
        for event in (scene.EndCloseEvent, scene.EndImportEvent, scene.EndRestoreEvent):
            self._observers.add(scene, event, self._on_scene_replaced)
        self._on_scene_replaced()

    def _add(self, mode: int, name: str, text: str, icon_name: str) -> None:
        action = self._group.addAction(icon(icon_name), text)
        action.setObjectName(f"MouseMode{name}Action")
        action.setCheckable(True)
        action.triggered.connect(lambda _checked=False: self.choose(mode))
        self._actions[mode] = action

    def actions(self) -> list[QAction]:
        """For the tool bar."""
        return list(self._actions.values())

    def choose(self, mode: int) -> None:
        """Let the left button do this, also after the scene was closed."""
        self._chosen = mode
        node = self._application_logic.GetInteractionNode()
        if node is not None:
            node.SetCurrentInteractionMode(mode)

    def _on_scene_replaced(self, *_event: Any) -> None:
        """A closed scene forgets the mode."""
        self._node_observers.clear()
        node = self._application_logic.GetInteractionNode()
        if node is not None:
            self._node_observers.add(node, vtk.vtkCommand.ModifiedEvent, self._follow)
            self._node_observers.add(node, node.InteractionModeChangedEvent, self._follow)
            self.choose(self._chosen)
            self._follow()

    def _follow(self, *_event: Any) -> None:
        mode = self._application_logic.GetInteractionNode().GetCurrentInteractionMode()
        self._group.setExclusive(mode in self._actions)  # while a point is placed none is marked
        for number, action in self._actions.items():
            action.setChecked(number == mode)

    def dispose(self) -> None:
        """Let MRML go."""
        self._observers.clear()
        self._node_observers.clear()
        self._application_logic = None
