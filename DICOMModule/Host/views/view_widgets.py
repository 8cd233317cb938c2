"""The widgets of the layout: a view with its bar above."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from DICOMModule.Host.views.framed_view import FramedView
from DICOMModule.Host.views.slice_controller import SliceController
from DICOMModule.Host.views.slice_view import SliceView, fit_slice, stand_inside
from DICOMModule.Host.views.threed_controller import ThreeDController
from DICOMModule.Host.views.threed_view import ThreeDView


class _ViewWidget(FramedView):
    """A view of VTK with its bar above."""

    def view(self) -> Any:
        """The view."""
        return self._view

    def interactorStyle(self) -> Any:
        """The interactor style of the view."""
        return self._view.interactorStyle()

    def dispose(self) -> None:
        """Let MRML go."""
        super().dispose()
        self._view.dispose()


class SliceWidget(_ViewWidget):
    """A slice view, its bar and its logic.

    Parameters
    ----------
    node
        vtkMRMLSliceNode.
    application_logic
        vtkMRMLApplicationLogic.
    parent
        Widget.
    """

    def __init__(self, node: Any, application_logic: Any, parent: QWidget | None = None) -> None:
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        self._logic.SetMRMLScene(node.GetScene())
        self._logic.SetSliceNode(node)
        controller = SliceController(self._logic, application_logic)
        super().__init__(node, SliceView(self._logic), controller, parent)
        composite = self._logic.GetSliceCompositeNode()
        self._background = composite.GetBackgroundVolumeID()
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.timeout.connect(self._settle)
        self._fit_when_seen = False
        self._view.canvas.shown.connect(self._settling.start)
        self._view.observers.add(composite, vtk.vtkCommand.ModifiedEvent, self._on_composite)

    def _on_composite(self, composite: Any, _event: str) -> None:
        if composite.GetBackgroundVolumeID() != self._background:
            self._background = composite.GetBackgroundVolumeID()
            self._fit_when_seen = not self._view.canvas.isVisible()
            self._settling.start(0)  # once whoever shows the volume has also fitted the view

    def _settle(self) -> None:
        """Show the volume well: one that came while the view was hidden was fitted into another size."""
        if not self._view.canvas.isVisible():
            return
        if self._fit_when_seen:
            self._fit_when_seen = False
            fit_slice(self._logic)
        else:
            stand_inside(self._logic)

    def logic(self) -> Any:
        """The vtkMRMLSliceLogic."""
        return self._logic

    sliceLogic = logic

    def sliceView(self) -> SliceView:
        """The view."""
        return self._view

    def sliceController(self) -> SliceController:
        """The bar above it."""
        return self._controller

    def mrmlSliceNode(self) -> Any:
        """The vtkMRMLSliceNode."""
        return self._node

    def mrmlSliceCompositeNode(self) -> Any:
        """The vtkMRMLSliceCompositeNode."""
        return self._logic.GetSliceCompositeNode()

    def fitSliceToBackground(self) -> None:
        """Show the whole background volume."""
        fit_slice(self._logic)

    def dispose(self) -> None:
        """Let MRML go."""
        self._settling.stop()
        super().dispose()
        self._logic.SetMRMLScene(None)
        self._logic.SetMRMLApplicationLogic(None)


class ThreeDWidget(_ViewWidget):
    """A 3D view, its bar and its logic.

    Parameters
    ----------
    node
        vtkMRMLViewNode.
    application_logic
        vtkMRMLApplicationLogic.
    parent
        Widget.
    """

    def __init__(self, node: Any, application_logic: Any, parent: QWidget | None = None) -> None:
        self._logic = slicer.vtkMRMLViewLogic()
        self._logic.SetMRMLApplicationLogic(application_logic)
        # by this name the logic finds its view and its camera among the nodes of the scene
        self._logic.SetName(node.GetLayoutName())
        self._logic.SetMRMLScene(node.GetScene())
        view = ThreeDView(self._logic)
        super().__init__(node, view, ThreeDController(view, application_logic), parent)

    def logic(self) -> Any:
        """The vtkMRMLViewLogic."""
        return self._logic

    viewLogic = logic

    def threeDView(self) -> ThreeDView:
        """The view."""
        return self._view

    def threeDController(self) -> ThreeDController:
        """The bar above it."""
        return self._controller

    def mrmlViewNode(self) -> Any:
        """The vtkMRMLViewNode."""
        return self._node

    def dispose(self) -> None:
        """Let MRML go."""
        super().dispose()
        self._logic.SetMRMLScene(None)
        self._logic.SetMRMLApplicationLogic(None)
