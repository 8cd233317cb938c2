"""A slice view: the picture of a slice logic, with what MRML draws on it."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from qtpy.QtWidgets import QWidget

from DICOMModule.Host.views.views import View

# The picture of the slice logic has bytes already: nothing is to be changed in them.
FULL_WINDOW, FULL_LEVEL = 255.0, 127.5


class SliceView(View):
    """Shows the picture of a slice logic, pixel by pixel, and the overlays of its slice node.

    Parameters
    ----------
    logic
        vtkMRMLSliceLogic with a slice node.
    parent
        Widget.
    """

    def __init__(self, logic: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent, slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance())
        self._logic = logic
        self._mapper = vtk.vtkImageMapper()
        self._mapper.SetColorWindow(FULL_WINDOW)
        self._mapper.SetColorLevel(FULL_LEVEL)
        self._picture = vtk.vtkActor2D()
        self._picture.SetMapper(self._mapper)
        self._picture.GetProperty().SetDisplayLocationToBackground()
        self._style = slicer.vtkMRMLSliceViewInteractorStyle()
        self._prepare()

    def _prepare(self) -> None:
        self._renderer.SetBackground(0, 0, 0)
        self._renderer.GetActiveCamera().ParallelProjectionOn()
        interactor = self.canvas.interactor
        interactor.SetInteractorStyle(vtk.vtkInteractorStyleUser())
        self._logic.SetDisplayableManagerGroup(self._group)
        self._style.SetSliceLogic(self._logic)
        self._style.SetDisplayableManagers(self._group)
        self._style.SetInteractor(interactor)
        self._show_node(self._logic.GetSliceNode())
        self.observers.add(self._logic, vtk.vtkCommand.ModifiedEvent, self._on_picture)
        self._on_picture()

    def _on_picture(self, *_event: Any) -> None:
        connection = self._logic.GetImageDataConnection()
        self._mapper.SetInputConnection(connection)
        shown = self._renderer.HasViewProp(self._picture)
        if connection is None and shown:
            self._renderer.RemoveViewProp(self._picture)
        elif connection is not None and not shown:
            self._renderer.AddViewProp(self._picture)
        self.scheduleRender()

    def _on_resized(self, width: int, height: int) -> None:
        self._logic.ResizeSliceNode(width, height)
        super()._on_resized(width, height)

    def sliceLogic(self) -> Any:
        """The vtkMRMLSliceLogic."""
        return self._logic

    def mrmlSliceNode(self) -> Any:
        """The vtkMRMLSliceNode."""
        return self._node

    def interactorStyle(self) -> Any:
        """The vtkMRMLSliceViewInteractorStyle."""
        return self._style

    sliceViewInteractorStyle = interactorStyle

    def convertDeviceToXYZ(self, position: Any) -> list[float]:
        """Position in the slice, in pixels, of a point of the window (device pixels from the top left)."""
        return [float(position[0]), float(self.canvas.device_size()[1] - 1 - position[1]), 0.0]

    def convertXYZToRAS(self, position: Any) -> list[float]:
        """Position in the patient, mm RAS, of a position in the slice."""
        return list(self._node.GetXYToRAS().MultiplyPoint((*position[:3], 1.0))[:3])

    def convertRASToXYZ(self, position: Any) -> list[float]:
        """Position in the slice of a position in the patient, mm RAS."""
        inverse = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self._node.GetXYToRAS(), inverse)
        return list(inverse.MultiplyPoint((*position[:3], 1.0))[:3])

    def fitSliceToBackground(self) -> None:
        """Show the whole background volume."""
        fit_slice(self._logic)

    def _leave_interaction(self) -> None:
        self._style.SetInteractor(None)
        self._style.SetDisplayableManagers(None)
        self._style.SetSliceLogic(None)
        self._logic.SetDisplayableManagerGroup(None)
        self._renderer.RemoveAllViewProps()
        self._mapper.SetInputConnection(None)
        self._logic = self._style = self._picture = self._mapper = None


def fit_slice(logic: Any) -> None:
    """Show the whole background volume of a vtkMRMLSliceLogic, and a slice of it."""
    logic.FitSliceToBackground()
    stand_inside(logic)


def stand_inside(logic: Any) -> None:
    """Go to the middle of the volume if the slice does not cut it.

    MRML leaves the slice at the border of volumes that are bent by a grid transform.
    """
    if not logic.GetSliceCompositeNode().GetBackgroundVolumeID():
        return
    bounds = [0.0] * 6
    logic.GetSliceBounds(bounds)
    margin = logic.GetLowestVolumeSliceSpacing()[2] / 4
    if not bounds[4] + margin <= logic.GetSliceOffset() <= bounds[5] - margin:
        logic.SetSliceOffset((bounds[4] + bounds[5]) / 2)
