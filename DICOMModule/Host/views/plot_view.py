"""Plot views: charts of the scene's plot series, moved and enlarged with the mouse, kept up to date."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from DICOMLib.widgets.translation import _
from DICOMModule.Host.dialect.qt_dialect import dialect
from DICOMModule.Host.views.canvas import Canvas, create_canvas
from DICOMModule.Host.views.node_view import NodeBar, NodeViewWidget
from DICOMModule.Host.views.plot_chart import fill
from DICOMModule.Host.views.views import Observers, weakly

VIEW = slicer.vtkMRMLPlotViewNode
# What the left button does in each mode of interaction of the view node.
LEFT_BUTTON = {
    VIEW.InteractionModePanView: vtk.vtkChart.PAN,
    VIEW.InteractionModeSelectPoints: vtk.vtkChart.SELECT_RECTANGLE,
    VIEW.InteractionModeFreehandSelectPoints: vtk.vtkChart.SELECT_POLYGON,
}


class qMRMLPlotView(dialect(QWidget)):  # type: ignore[misc]
    """Draws the chart that a vtkMRMLPlotViewNode names.

    Attributes
    ----------
    dataSelected
        Emitted with the IDs of series (vtkStringArray) and the rows selected of each (vtkCollection of
        vtkIdTypeArray).
    """

    dataSelected = Signal(object, object)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QWidget)])
        self.canvas: Canvas = create_canvas(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.canvas)
        self._mrml_scene: Any = None
        self._view_node: Any = None
        self._chart_node: Any = None
        self._series: list[Any] = []
        self._observers, self._chart_observers, self._selection = Observers(), Observers(), Observers()
        self._chart = vtk.vtkChartXY()
        self._renderer, self._actor = vtk.vtkRenderer(), vtk.vtkContextActor()
        self._prepare()
        self._due = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._draw_if_due)
        self.canvas.shown.connect(self.scheduleRender)
        self.canvas.resized.connect(lambda _width, _height: self.scheduleRender())
        for observers in (self._observers, self._chart_observers, self._selection):
            QObject.destroyed.__get__(self).connect(observers.clear)

    def _prepare(self) -> None:
        self._renderer.SetBackground(1, 1, 1)
        self.canvas.render_window.AddRenderer(self._renderer)
        self.canvas.render_window.SetMultiSamples(0)
        self._actor.GetScene().SetRenderer(self._renderer)
        self._actor.GetScene().AddItem(self._chart)
        self._renderer.AddActor(self._actor)
        style = vtk.vtkContextInteractorStyle()
        style.SetScene(self._actor.GetScene())
        self.canvas.interactor.SetInteractorStyle(style)
        self._selection.add(self._chart, vtk.vtkCommand.SelectionChangedEvent, weakly(self._tell_selection))

    # What is shown

    def setMRMLScene(self, scene: Any) -> None:
        """The scene that the plots are in."""
        self._mrml_scene = scene

    def mrmlScene(self) -> Any:
        """The scene that the plots are in."""
        return self._mrml_scene

    def setMRMLPlotViewNode(self, node: Any) -> None:
        """Follow a view node; None shows nothing."""
        self._observers.clear()
        self._view_node = node
        if node is not None:
            self._observers.add(node, vtk.vtkCommand.ModifiedEvent, weakly(self._follow))
        self._follow()

    def mrmlPlotViewNode(self) -> Any:
        """The vtkMRMLPlotViewNode; None for none."""
        return self._view_node

    def mrmlPlotChartNode(self) -> Any:
        """The vtkMRMLPlotChartNode that is shown; None for none."""
        return self._chart_node

    def _follow(self) -> None:
        node = self._view_node.GetPlotChartNode() if self._view_node is not None else None
        if self._view_node is not None:
            action = LEFT_BUTTON.get(self._view_node.GetInteractionMode(), vtk.vtkChart.PAN)
            self._chart.SetActionToButton(action, vtk.vtkContextMouseEvent.LEFT_BUTTON)
        if node is not self._chart_node:
            self._chart_observers.clear()
            self._chart_node = node
            if node is not None:
                for event in (vtk.vtkCommand.ModifiedEvent, node.PlotModifiedEvent):
                    self._chart_observers.add(node, event, weakly(self.scheduleUpdate))
        self.scheduleUpdate()

    def _tell_selection(self) -> None:
        names, rows = vtk.vtkStringArray(), vtk.vtkCollection()
        for index, series in enumerate(self._series):
            chosen = self._chart.GetPlot(index).GetSelection()
            if chosen is not None and chosen.GetNumberOfValues():
                names.InsertNextValue(series.GetID())
                rows.AddItem(chosen)
        self.dataSelected.emit(names, rows)
        self.scheduleRender()

    # Drawing

    def scheduleUpdate(self) -> None:
        """Read the nodes and draw when control comes back to the event loop."""
        self._due = True
        self.scheduleRender()

    def scheduleRender(self) -> None:
        """Draw when control comes back to the event loop; many wishes make one drawing."""
        if self.canvas.render_window is not None and not self._timer.isActive():
            self._timer.start()

    def _draw_if_due(self) -> None:
        if self.canvas.isVisible():
            self.forceRender()

    def updateFromNodes(self) -> None:
        """Read the nodes now, if they have changed."""
        if self._due:
            self._due = False
            self._series = fill(self._chart, self._chart_node)

    def forceRender(self) -> None:
        """Draw now, even if the view is hidden."""
        if self.canvas.render_window is not None:
            self._timer.stop()
            self.updateFromNodes()
            self.canvas.render()

    def picture(self) -> Any:
        """What the view shows now, as a QImage in device pixels."""
        self.forceRender()
        return self.canvas.picture()

    # What scripts ask for

    def chart(self) -> Any:
        """The vtkChartXY, as the nodes are now."""
        self.updateFromNodes()
        return self._chart

    def scene(self) -> Any:
        """The vtkContextScene."""
        return self._actor.GetScene()

    def renderWindow(self) -> Any:
        """The vtkRenderWindow."""
        return self.canvas.render_window

    def interactor(self) -> Any:
        """The vtkRenderWindowInteractor."""
        return self.canvas.interactor

    def fitToContent(self) -> None:
        """Show all points."""
        self._chart.RecalculateBounds()
        self.scheduleRender()

    def RemovePlotSelections(self) -> None:
        """Select nothing."""
        for index in range(self._chart.GetNumberOfPlots()):
            self._chart.GetPlot(index).SetSelection(vtk.vtkIdTypeArray())
        self.scheduleRender()

    def dispose(self) -> None:
        """Let MRML and VTK go; the view is of no use afterwards."""
        self._timer.stop()
        for observers in (self._observers, self._chart_observers, self._selection):
            observers.clear()
        self._view_node = self._chart_node = self._mrml_scene = None
        self._series = []
        if self.canvas.render_window is not None:
            self.canvas.render_window.RemoveRenderer(self._renderer)
        self.canvas.dispose()


class PlotController(NodeBar):
    """The bar above a plot view."""

    def __init__(self, node: Any, view: qMRMLPlotView) -> None:
        super().__init__(node, "vtkMRMLPlotChartNode", "#7fb56b", "SetPlotChartNodeID")
        self.fit_button = self.add_button("Fit", _("Show all points"), view.fitToContent)

    def fitPlotToAxes(self) -> None:
        """Show all points."""
        self.fit_button.click()


class PlotWidget(NodeViewWidget):
    """A plot view with its bar.

    Parameters
    ----------
    node
        vtkMRMLPlotViewNode.
    application_logic
        vtkMRMLApplicationLogic.
    parent
        Widget.
    """

    def __init__(self, node: Any, application_logic: Any, parent: QWidget | None = None) -> None:
        view = qMRMLPlotView()
        view.setMRMLScene(node.GetScene())
        view.setMRMLPlotViewNode(node)
        super().__init__(node, PlotController(node, view), view, parent)

    def _follow(self) -> None:
        chart = self._node.GetPlotChartNode()
        if chart is not self._controller.nodes.currentNode():
            self._controller.nodes.setCurrentNode(chart)

    def plotView(self) -> qMRMLPlotView:
        """The plot."""
        return self._view

    mrmlPlotView = plotView

    def plotController(self) -> PlotController:
        """The bar above it."""
        return self._controller

    def mrmlPlotViewNode(self) -> Any:
        """The vtkMRMLPlotViewNode."""
        return self._node

    def dispose(self) -> None:
        """Let MRML and VTK go."""
        super().dispose()
        self._view.dispose()
