"""Plot views: what the chart draws of the nodes, that it follows them, and what is selected."""

from __future__ import annotations

import numpy as np
import pytest
import vtk

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

VALUES = np.array([[0.0, 10, 5], [1, 30, 6], [2, 20, 7]])  # a column for x, two for y


@pytest.fixture
def nodes():
    """What `slicer.util.plot` makes of the values."""
    return {}


@pytest.fixture
def view(views, scene, nodes, qtbot):
    """The plot view of the layout, showing the values as a script of Slicer shows them."""
    import slicer

    slicer.util.plot(VALUES, 0, ["time", "dose", "rate"], "Course", nodes=nodes)
    assert slicer.app.layoutManager().plotViewCount == 1
    widget = slicer.app.layoutManager().plotWidget(0)
    qtbot.waitUntil(widget.isVisible)
    return widget.mrmlPlotView()


def points(plot):
    """What a plot draws, from its table and its columns."""
    mapper = plot.GetData()
    table = mapper.GetInput()
    names = [mapper.GetInputArrayToProcess(index, table).GetName() for index in range(2)]
    columns = [table.GetColumnByName(name) for name in names]
    return [[column.GetValue(row) for row in range(table.GetNumberOfRows())] for column in columns]


def ink(view):
    """Number of pixels that are not white."""
    image = view.picture()
    bits, count = image.constBits(), image.width() * image.height() * 4
    data = np.asarray(bits.asarray(count) if hasattr(bits, "asarray") else bits, np.uint8).reshape(-1, 4)
    return int((data[:, :3].min(axis=1) < 200).sum())


def test_a_chart_of_a_script(view, nodes, views):
    chart = view.chart()
    assert view.mrmlPlotChartNode() is nodes["chart"]
    assert chart.GetNumberOfPlots() == 2
    assert chart.GetTitle() == "Course"
    assert [points(chart.GetPlot(index)) for index in range(2)] == [
        [[0, 1, 2], [10, 30, 20]],
        [[0, 1, 2], [5, 6, 7]],
    ]
    assert [str(chart.GetPlot(index).GetLabel()) for index in range(2)] == ["Course dose", "Course rate"]
    widget = views.layout.plotWidget(0)
    assert widget.plotController().nodes.currentNode() is nodes["chart"]
    assert views.layout.plotWidget(widget.mrmlPlotViewNode().GetLayoutName()) is widget
    assert views.layout.plotWidget(1) is views.layout.plotWidget("none") is None


def test_it_is_drawn(view, nodes, views):
    drawn = ink(view)
    assert drawn > 300
    views.layout.plotWidget(0).mrmlPlotViewNode().SetPlotChartNodeID(None)
    assert ink(view) < drawn


def test_changes_of_nodes_are_followed(view, nodes, qtbot):
    import slicer

    chart, (dose, rate) = nodes["chart"], nodes["series"]
    chart.SetTitle("Other")
    chart.SetXAxisTitle("t [s]")
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(0, 100)
    chart.SetLegendVisibility(False)
    dose.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatterBar)
    rate.SetColor(1, 0, 0)
    rate.SetMarkerStyle(rate.MarkerStyleSquare)
    nodes["table"].SetCellText(1, 1, "35")
    drawn = view.chart()
    assert drawn.GetTitle() == "Other"
    assert drawn.GetAxis(vtk.vtkAxis.BOTTOM).GetTitle() == "t [s]"
    axis = drawn.GetAxis(vtk.vtkAxis.LEFT)
    assert (axis.GetMinimum(), axis.GetMaximum()) == (0, 100)
    assert not drawn.GetShowLegend()
    assert [drawn.GetPlot(index).GetClassName() for index in range(2)] == ["vtkPlotBar", "vtkPlotLine"]
    color = [0] * 3
    drawn.GetPlot(1).GetPen().GetColor(color)
    assert color == [255, 0, 0]
    assert drawn.GetPlot(1).GetMarkerStyle() == vtk.vtkPlotPoints.SQUARE
    assert points(drawn.GetPlot(0))[1] == [10, 35, 20]
    chart.RemoveNthPlotSeriesNodeID(0)
    qtbot.waitUntil(lambda: view.chart().GetNumberOfPlots() == 1)


def test_names_along_the_axis(view, nodes):
    import slicer

    names = vtk.vtkStringArray()
    names.SetName("organ")
    for name in ("Liver", "Spleen", "Kidney"):
        names.InsertNextValue(name)
    nodes["table"].AddColumn(names)
    series = nodes["series"][0]
    series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatterBar)
    series.SetXColumnName("organ")
    axis = view.chart().GetAxis(vtk.vtkAxis.BOTTOM)
    assert [axis.GetTickLabels().GetValue(row) for row in range(3)] == ["Liver", "Spleen", "Kidney"]
    assert view.chart().GetPlot(0).GetUseIndexForXSeries()


def test_a_column_that_is_not_there_is_left_out(view, nodes):
    nodes["series"][0].SetYColumnName("nothing")
    assert view.chart().GetNumberOfPlots() == 1
    nodes["series"][0].SetYColumnName("dose")
    assert view.chart().GetNumberOfPlots() == 2


def test_what_is_selected_is_told(view, nodes):
    told = []
    view.dataSelected.connect(lambda names, rows: told.append((names, rows)))
    selection = vtk.vtkIdTypeArray()
    selection.InsertNextValue(2)
    chart = view.chart()
    chart.GetPlot(1).SetSelection(selection)
    chart.InvokeEvent(vtk.vtkCommand.SelectionChangedEvent)
    ((names, rows),) = told
    assert [names.GetValue(index) for index in range(names.GetNumberOfValues())] == [
        nodes["series"][1].GetID()
    ]
    assert rows.GetItemAsObject(0).GetValue(0) == 2
    view.RemovePlotSelections()
    assert chart.GetPlot(1).GetSelection().GetNumberOfValues() == 0


def test_all_points_are_shown_again(view, nodes, views):
    axis = view.chart().GetAxis(vtk.vtkAxis.LEFT)
    view.forceRender()
    before = axis.GetMinimum(), axis.GetMaximum()
    axis.SetRange(12, 13)
    views.layout.plotWidget(0).plotController().fitPlotToAxes()
    view.forceRender()
    assert (axis.GetMinimum(), axis.GetMaximum()) == before


def test_a_view_of_a_panel(scene, qtbot):
    import slicer

    view = slicer.qMRMLPlotView()
    qtbot.addWidget(view)
    chart = slicer.util.plot(VALUES, 0, show=False)
    node = scene.AddNewNodeByClass("vtkMRMLPlotViewNode", "Own")
    node.SetPlotChartNodeID(chart.GetID())
    view.setMRMLScene(scene)
    view.setMRMLPlotViewNode(node)
    assert view.chart().GetNumberOfPlots() == 2
    view.setMRMLPlotViewNode(None)
    assert view.chart().GetNumberOfPlots() == 0
    view.dispose()
