"""What slice and 3D views have in common: canvas, renderer, displayable managers, drawing in time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

import slicer
import vtk
from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from DICOMModule.Host.dialect.qt_dialect import dialect
from DICOMModule.Host.views.canvas import Canvas, create_canvas

log = logging.getLogger(__name__)

SLICE_MANAGERS = (
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLTransformsDisplayableManager2D",
)
THREED_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLThreeDReformatDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager3D",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLColorLegendDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLTransformsDisplayableManager3D",
    "vtkMRMLLinearTransformsDisplayableManager",
    "vtkMRMLVolumeRenderingDisplayableManager",
)


def register_displayable_managers(application_logic: Any) -> None:
    """Tell the two factories which managers each new view gets, and of the logic; None lets it go."""
    for factory, names in (
        (slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance(), SLICE_MANAGERS),
        (slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(), THREED_MANAGERS),
    ):
        factory.SetMRMLApplicationLogic(application_logic)
        for name in names:
            if not factory.IsDisplayableManagerRegistered(name):
                factory.RegisterDisplayableManager(name)


class weakly:
    """A callback for an event that calls a method as long as its object lives, and does not keep it alive.

    MRML outlives widgets that nobody disposes of, such as those of a script. It is no function: VTK tells of
    the end of objects while Python collects garbage, and a call of a function that is garbage, too, would
    end the program.
    """

    __slots__ = ("_method",)

    def __init__(self, method: Callable[[], Any]) -> None:
        self._method = WeakMethod(method)

    def __call__(self, *_event: Any) -> None:
        """Call the method, if its object lives."""
        method: Callable[[], Any] | None = getattr(self, "_method", None)  # gone where this is garbage
        living = method() if method is not None else None
        if living is not None:
            living()


class Observers:
    """Observers of VTK objects that are all removed at once."""

    def __init__(self) -> None:
        self._entries: list[tuple[Any, int]] = []

    def add(self, subject: Any, event: Any, call: Callable[..., None]) -> None:
        """Call `call(caller, event)` at each such event."""
        self._entries.append((subject, subject.AddObserver(event, call)))

    def clear(self) -> None:
        """Remove all observers."""
        for subject, tag in self._entries:
            subject.RemoveObserver(tag)
        self._entries.clear()


class View(dialect(QWidget)):  # type: ignore[misc]
    """A canvas with a renderer that the displayable managers of one view node fill.

    Parameters
    ----------
    parent
        Widget.
    factory
        Factory of the displayable managers of this kind of view.

    Attributes
    ----------
    rendered
        Emitted after each drawing.
    """

    rendered = Signal()

    def __init__(self, parent: QWidget | None, factory: Any) -> None:
        super().__init__(parent)
        self.canvas: Canvas = create_canvas(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.canvas)
        QWidget.setFocusProxy(self, self.canvas)
        self._node: Any = None
        self._scene: Any = None
        self._annotation: Any = None
        self._paused = 0
        self._due = False
        self.observers = Observers()
        self._renderer = vtk.vtkRenderer()
        self.canvas.render_window.AddRenderer(self._renderer)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._render_if_due)
        self._group: Any = factory.InstantiateDisplayableManagers(self._renderer)
        self._group.UnRegister(None)  # it was made for the caller, which Python does not know
        self.observers.add(self._group, vtk.vtkCommand.UpdateEvent, self._on_update)
        self.canvas.shown.connect(self.scheduleRender)
        self.canvas.resized.connect(self._on_resized)

    def _on_update(self, *_event: Any) -> None:
        self.scheduleRender()

    def _on_resized(self, _width: int, _height: int) -> None:
        self.scheduleRender()

    def _show_node(self, node: Any) -> None:
        self._node = node
        self._scene = node.GetScene() if node is not None else None
        self._group.SetMRMLDisplayableNode(node)

    # Drawing

    def scheduleRender(self) -> None:
        """Draw when control comes back to the event loop; many wishes make one drawing."""
        self._due = True
        if self._group is not None and not self._paused and not self._timer.isActive():
            self._timer.start()

    def _render_if_due(self) -> None:
        if not self._due or self._group is None or self._paused or not self.canvas.isVisible():
            return
        if self._scene is not None and self._scene.IsBatchProcessing():
            self._timer.start(20)  # the scene is half way between two states
            return
        self._timer.setInterval(0)
        self.forceRender()

    def forceRender(self) -> None:
        """Draw now, even if the view is hidden."""
        if self._group is None:
            return
        self._due = False
        self._timer.stop()
        self.canvas.render()
        self.rendered.emit()

    def setRenderPaused(self, paused: bool) -> None:
        """Hold drawing back while `paused`; calls nest."""
        self._paused = max(0, self._paused + (1 if paused else -1))
        if not self._paused and self._due:
            self.scheduleRender()

    def pauseRender(self) -> None:
        """Hold drawing back."""
        self.setRenderPaused(True)

    def resumeRender(self) -> None:
        """Draw again."""
        self.setRenderPaused(False)

    def isRenderPaused(self) -> bool:
        """Whether drawing is held back."""
        return self._paused > 0

    def picture(self) -> Any:
        """What the view shows now, as a QImage in device pixels."""
        self.forceRender()
        return self.canvas.picture()

    # What scripts ask for

    def renderWindow(self) -> Any:
        """The vtkRenderWindow."""
        return self.canvas.render_window

    def renderer(self) -> Any:
        """The vtkRenderer of the scene."""
        return self._renderer

    def cornerAnnotation(self) -> Any:
        """The vtkCornerAnnotation, for texts in the corners; made when it is first asked for."""
        if self._annotation is None:
            self._annotation = vtk.vtkCornerAnnotation()
            self._renderer.AddViewProp(self._annotation)
        return self._annotation

    def activeCamera(self) -> Any:
        """The vtkCamera."""
        return self._renderer.GetActiveCamera()

    def interactor(self) -> Any:
        """The vtkRenderWindowInteractor."""
        return self.canvas.interactor

    def displayableManagerGroup(self) -> Any:
        """The vtkMRMLDisplayableManagerGroup."""
        return self._group

    def displayableManagerByClassName(self, name: str) -> Any:
        """The displayable manager of that class, or None."""
        return self._group.GetDisplayableManagerByClassName(name)

    def mrmlScene(self) -> Any:
        """The vtkMRMLScene."""
        return self._scene

    def VTKWidget(self) -> Any:
        """The widget that VTK draws in."""
        return self.canvas

    def setBackgroundColor(self, color: Any) -> None:
        """Fill the view with this QColor behind everything."""
        self._renderer.SetBackground(color.redF(), color.greenF(), color.blueF())
        self.scheduleRender()

    def dispose(self) -> None:
        """Let MRML and VTK go, in the order that upsets neither; the view is of no use afterwards."""
        if self._group is None:
            return
        self._timer.stop()
        self.observers.clear()
        group, self._group = self._group, None
        self._leave_interaction()
        self._forget_node(group)
        self.canvas.render_window.RemoveRenderer(self._renderer)
        self.canvas.dispose()
        self._renderer = self._node = self._scene = None

    def _leave_interaction(self) -> None:
        """Detach the interactor style."""

    def _forget_node(self, group: Any) -> None:
        group.SetMRMLDisplayableNode(None)
