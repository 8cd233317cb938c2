"""A 3D view: surfaces, volumes and slices of the scene as its camera sees them."""

from __future__ import annotations

from math import cos, pi
from typing import Any

import slicer
import vtk
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from DICOMModule.Host.views.views import View

# In the order of the numbers by which scripts name them; values of vtkMRMLCameraNode's enumeration.
_CAMERA = slicer.vtkMRMLCameraNode
DIRECTIONS = {
    "R": _CAMERA.Right,
    "L": _CAMERA.Left,
    "A": _CAMERA.Anterior,
    "P": _CAMERA.Posterior,
    "S": _CAMERA.Superior,
    "I": _CAMERA.Inferior,
}


class ThreeDView(View):
    """Shows a view node in three dimensions.

    Parameters
    ----------
    logic
        vtkMRMLViewLogic with a view node.
    parent
        Widget.
    """

    def __init__(self, logic: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent, slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance())
        self._logic = logic
        self._style = slicer.vtkMRMLThreeDViewInteractorStyle()
        self._motion = QTimer(self)
        self._motion.timeout.connect(self._move)
        self._rock_step = 0
        self._prepare()

    def _prepare(self) -> None:
        self._renderer.SetGradientBackground(True)
        self.canvas.render_window.SetAlphaBitPlanes(1)
        self.canvas.render_window.SetMultiSamples(0)
        self._renderer.SetUseFXAA(True)
        interactor = self.canvas.interactor
        interactor.SetInteractorStyle(vtk.vtkInteractorStyle3D())
        self._logic.SetDisplayableManagerGroup(self._group)
        self._style.SetDisplayableManagers(self._group)
        self._style.SetInteractor(interactor)
        self._show_node(self._logic.GetViewNode())
        camera = self._logic.GetCameraNode()
        if camera is not None:
            self._style.SetCameraNode(camera)
        self.observers.add(self._node, vtk.vtkCommand.ModifiedEvent, self._on_node)
        self._on_node()

    def _on_node(self, *_event: Any) -> None:
        node = self._node
        self._renderer.SetBackground(node.GetBackgroundColor())
        self._renderer.SetBackground2(node.GetBackgroundColor2())
        moving = node.GetAnimationMode() != node.Off
        if moving and not self._motion.isActive():
            self._motion.start(max(10, node.GetAnimationMs()))
        elif not moving:
            self._motion.stop()
        self.scheduleRender()

    def mrmlViewNode(self) -> Any:
        """The vtkMRMLViewNode."""
        return self._node

    def viewLogic(self) -> Any:
        """The vtkMRMLViewLogic."""
        return self._logic

    def cameraNode(self) -> Any:
        """The vtkMRMLCameraNode that looks into this view."""
        return self._style.GetCameraNode() or self._logic.GetCameraNode()

    def interactorStyle(self) -> Any:
        """The vtkMRMLThreeDViewInteractorStyle."""
        return self._style

    # Where the camera stands

    def visibleBounds(self) -> tuple[float, ...] | None:
        """Bounds of all that is shown, mm RAS; None for an empty view."""
        # not between StartModify and EndModify: the box goes when the node tells that it was modified
        axes = self._node.GetBoxVisible(), self._node.GetAxisLabelsVisible()
        self._node.SetBoxVisible(False)
        self._node.SetAxisLabelsVisible(False)
        bounds = self._renderer.ComputeVisiblePropBounds()
        self._node.SetBoxVisible(axes[0])
        self._node.SetAxisLabelsVisible(axes[1])
        return tuple(bounds) if bounds[0] <= bounds[1] else None

    def resetFocalPoint(self) -> None:
        """Move the camera aside so that what is shown stands in the middle."""
        bounds = self.visibleBounds()
        camera = self.cameraNode()
        if bounds is None or camera is None:
            return
        center = [(bounds[2 * axis] + bounds[2 * axis + 1]) / 2 for axis in range(3)]
        old = camera.GetFocalPoint()
        position = [p + c - o for p, c, o in zip(camera.GetPosition(), center, old, strict=True)]
        blocked = camera.StartModify()
        camera.SetFocalPoint(center)
        camera.SetPosition(position)
        camera.ResetClippingRange()
        camera.EndModify(blocked)
        # the box is drawn around what is shown now
        self._node.InvokeEvent(self._node.ResetFocalPointRequestedEvent)
        self._renderer.ResetCameraClippingRange()
        self.scheduleRender()

    def resetCamera(self, *_options: Any) -> None:
        """Show all of it: move the camera to the middle and back far enough."""
        bounds = self.visibleBounds()
        if bounds is None:
            return
        self.resetFocalPoint()
        self._renderer.ResetCamera(bounds)
        self.scheduleRender()

    def lookFromAxis(self, axis: Any) -> None:
        """Look from the side named R, L, A, P, S or I, or by its number in this order."""
        camera = self.cameraNode()
        if not isinstance(axis, str):
            axis = list(DIRECTIONS)[int(axis)]
        if camera is not None:
            camera.RotateTo(DIRECTIONS[axis])
            self.scheduleRender()

    lookFromViewAxis = rotateToViewAxis = lookFromAxis

    def zoomIn(self) -> None:
        """Come nearer."""
        self.zoom(1.2)

    def zoomOut(self) -> None:
        """Go farther away."""
        self.zoom(1 / 1.2)

    def zoom(self, factor: float) -> None:
        """Come nearer by this factor."""
        camera = self.cameraNode().GetCamera()
        if camera.GetParallelProjection():
            camera.SetParallelScale(camera.GetParallelScale() / factor)
        else:
            camera.Dolly(factor)
        self._renderer.ResetCameraClippingRange()
        self.scheduleRender()

    # Spin and rock

    def _move(self) -> None:
        node = self._node
        if not self.canvas.isVisible() or node is None:
            return
        if node.GetAnimationMode() == node.Spin:
            self.yaw(-node.GetSpinDegrees())
        else:
            self._rock()

    def _rock(self) -> None:
        """Swing to and fro; a swing takes `RockLength` steps."""
        length = max(4, self._node.GetRockLength())
        self._rock_step = (self._rock_step + 1) % length
        self.yaw(1.5 * cos(2 * pi * self._rock_step / length))

    def yaw(self, degrees: float) -> None:
        """Go round the patient by this angle."""
        camera = self.cameraNode().GetCamera()
        camera.Azimuth(degrees)
        camera.OrthogonalizeViewUp()
        self._renderer.ResetCameraClippingRange()
        self.scheduleRender()

    def _leave_interaction(self) -> None:
        self._motion.stop()
        self._style.SetInteractor(None)
        self._logic.SetDisplayableManagerGroup(None)
        self._style = None

    def _forget_node(self, group: Any) -> None:
        super()._forget_node(group)
        self._logic = None
