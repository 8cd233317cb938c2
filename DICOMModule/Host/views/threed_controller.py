"""The bar above a 3D view: where the camera looks from, and what is shown."""

from __future__ import annotations

from typing import Any

import vtk
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QFrame, QMenu, QToolButton, QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.views.threed_menu import ThreeDMenu
from DICOMModule.Host.views.threed_view import ThreeDView
from DICOMModule.Host.views.view_bar import ViewBar
from DICOMModule.Host.views.views import Observers
from DICOMModule.Host.views.volume_rendering import is_volume_rendered, show_volume

SIDES = (
    ("A", "Anterior"),
    ("P", "Posterior"),
    ("L", "Left"),
    ("R", "Right"),
    ("S", "Superior"),
    ("I", "Inferior"),
)


class ThreeDController(ViewBar):
    """Label and buttons of one 3D view.

    Parameters
    ----------
    view
        The view below.
    application_logic
        vtkMRMLApplicationLogic; knows the volume that is shown and the volume rendering logic.
    parent
        Widget.
    """

    def __init__(self, view: ThreeDView, application_logic: Any, parent: QWidget | None = None) -> None:
        node = view.mrmlViewNode()
        super().__init__(node.GetLayoutLabel() or "", QColor("#8f9bd0"), parent)
        QFrame.setObjectName(self, f"ThreeDController{node.GetLayoutName()}")
        self._view: Any = view
        self._application_logic, self._node = application_logic, node
        self._build()
        self.observers = Observers()
        self.observers.add(node, vtk.vtkCommand.ModifiedEvent, self._refresh)
        scene = node.GetScene()
        selection = application_logic.GetSelectionNode()
        if selection is not None:
            self.observers.add(selection, vtk.vtkCommand.ModifiedEvent, self._refresh)
        for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent):
            self.observers.add(scene, event, self._refresh)
        self._refresh()

    def _build(self) -> None:
        self.bar.addStretch(1)
        self.volume_button = self.add_button(
            "VolumeRendering", _("Show the volume in 3D"), self.setVolumeRendering, checkable=True
        )
        self.center_button = self.add_button("Center", _("Show all: centre and fit the scene"), self.center)
        self.look_button = self.add_button("LookFrom", _("Look from a side of the patient"))
        self.look_button.setPopupMode(QToolButton.InstantPopup)
        self.look_button.setMenu(self._look_menu())
        self.spin_button = self.add_button("Spin", _("Turn the scene round"), self._spin, checkable=True)
        self.more_button = self.add_button("More", _("What is shown in the 3D view"))
        self.more_button.setPopupMode(QToolButton.InstantPopup)
        self.more_button.setMenu(ThreeDMenu(self))

    def _look_menu(self) -> QMenu:
        menu = QMenu(self)
        for letter, name in SIDES:
            menu.addAction(_(name), lambda letter=letter: self.lookFromAxis(letter))
        return menu

    def _refresh(self, *_event: Any) -> None:
        if self._view is None:
            return
        self.spin_button.setChecked(self._node.GetAnimationMode() == self._node.Spin)
        volume = self.currentVolume()
        self.volume_button.setEnabled(volume is not None)
        self.volume_button.setChecked(
            volume is not None and is_volume_rendered(self._application_logic, volume)
        )

    def currentVolume(self) -> Any:
        """The scalar volume that the volume button is about, or None."""
        selection = self._application_logic.GetSelectionNode()
        scene = self._node.GetScene()
        if selection is None or scene is None:
            return None
        volume = scene.GetNodeByID(selection.GetActiveVolumeID() or "")
        return volume if volume is not None and volume.IsA("vtkMRMLScalarVolumeNode") else None

    def setVolumeRendering(self, shown: bool) -> None:
        """Show the current volume in the 3D views as a rendered volume, or not."""
        volume = self.currentVolume()
        if volume is None:
            return
        first = show_volume(self._application_logic, volume, shown)
        if first:
            self._view.resetCamera()

    def center(self, *_checked: Any) -> None:
        """Show all."""
        self._view.resetCamera()

    resetFocalPoint = center

    def lookFromAxis(self, axis: Any) -> None:
        """Look from the side named R, L, A, P, S or I."""
        self._view.lookFromAxis(axis)

    def _spin(self, on: bool) -> None:
        self._node.SetAnimationMode(self._node.Spin if on else self._node.Off)

    def spinView(self, on: bool) -> None:
        """Turn the scene round, or stop."""
        self._spin(on)

    def rockView(self, on: bool) -> None:
        """Swing the scene to and fro, or stop."""
        self._node.SetAnimationMode(self._node.Rock if on else self._node.Off)

    def setParallelProjection(self, on: bool) -> None:
        """Show things of the same size alike, near and far."""
        self._node.SetRenderMode(self._node.Orthographic if on else self._node.Perspective)

    def threeDView(self) -> ThreeDView:
        """The view below."""
        return self._view

    def mrmlThreeDViewNode(self) -> Any:
        """The vtkMRMLViewNode."""
        return self._node

    def dispose(self) -> None:
        """Let MRML go."""
        self.observers.clear()
        self._view = self._application_logic = self._node = None
