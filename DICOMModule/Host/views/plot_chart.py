"""A vtkChartXY that shows what a vtkMRMLPlotChartNode describes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import slicer
import vtk

SERIES = slicer.vtkMRMLPlotSeriesNode
BARS = (SERIES.PlotTypeBar, SERIES.PlotTypeScatterBar)
BOTTOM, LEFT = vtk.vtkAxis.BOTTOM, vtk.vtkAxis.LEFT


def series_nodes(node: Any) -> Iterator[Any]:
    """The vtkMRMLPlotSeriesNodes of a chart node."""
    for index in range(node.GetNumberOfPlotSeriesNodes() if node is not None else 0):
        series = node.GetNthPlotSeriesNode(index)
        if series is not None:
            yield series


def fill(chart: Any, node: Any) -> list[Any]:
    """Draw a chart node; None empties the chart.

    Returns
    -------
    list
        The vtkMRMLPlotSeriesNode behind each plot of the chart, in their order.
    """
    chart.ClearPlots()
    axis = chart.GetAxis(BOTTOM)
    axis.SetCustomTickPositions(None, None)
    drawn = [series for series in series_nodes(node) if _add(chart, series)]
    if node is not None:
        _describe(chart, node)
    chart.RecalculateBounds()
    return drawn


def _add(chart: Any, series: Any) -> bool:
    """Add the plot of a series; False for one whose columns are not there (yet)."""
    table: Any = series.GetTableNode().GetTable() if series.GetTableNode() is not None else None
    values: Any = table.GetColumnByName(series.GetYColumnName() or "") if table is not None else None
    if not _is_numeric(values):
        return False
    along: Any = table.GetColumnByName(series.GetXColumnName() or "") if series.IsXColumnRequired() else None
    if series.IsXColumnRequired() and along is None:
        return False
    plot = chart.AddPlot(vtk.vtkChart.BAR if series.GetPlotType() in BARS else vtk.vtkChart.LINE)
    names = ("", values.GetName())
    if _is_numeric(along):
        names = (along.GetName(), values.GetName())
    elif along is not None:
        _name_ticks(chart.GetAxis(BOTTOM), along)
    plot.SetInputData(table, names[0] or names[1], names[1])
    plot.SetUseIndexForXSeries(not names[0])
    labels = table.GetColumnByName(series.GetLabelColumnName() or "")
    if isinstance(labels, vtk.vtkStringArray):
        plot.SetIndexedLabels(labels)
        plot.SetTooltipLabelFormat("%i: (%x, %y)")
    _draw_as(plot, series)
    return True


def _is_numeric(column: Any) -> bool:
    return isinstance(column, vtk.vtkDataArray) and not isinstance(column, vtk.vtkBitArray)


def _name_ticks(axis: Any, names: Any) -> None:
    """Write the texts of a column below the places of its rows."""
    places, texts = vtk.vtkDoubleArray(), vtk.vtkStringArray()
    for row in range(names.GetNumberOfValues()):
        places.InsertNextValue(row)
        texts.InsertNextValue(str(names.GetValue(row)))
    axis.SetCustomTickPositions(places, texts)


def _draw_as(plot: Any, series: Any) -> None:
    """Colour, line and markers; the numbers of the node's styles are those of VTK."""
    plot.SetLabel(series.GetName() or "")
    plot.SetColorF(*series.GetColor())
    plot.SetWidth(series.GetLineWidth())
    plot.SetOpacity(series.GetOpacity())
    if plot.IsA("vtkPlotPoints"):
        plot.GetPen().SetLineType(series.GetLineStyle())
        plot.SetMarkerStyle(series.GetMarkerStyle())
        plot.SetMarkerSize(series.GetMarkerSize())


def _describe(chart: Any, node: Any) -> None:
    """Titles, legend, grid and axes."""
    chart.SetTitle((node.GetTitle() or "") if node.GetTitleVisibility() else "")
    font = node.GetFontType() or "Arial"
    chart.GetTitleProperties().SetFontFamilyAsString(font)
    chart.GetTitleProperties().SetFontSize(node.GetTitleFontSize())
    chart.SetShowLegend(node.GetLegendVisibility())
    chart.GetLegend().SetLabelSize(node.GetLegendFontSize())
    for place, name in ((BOTTOM, "X"), (LEFT, "Y")):
        axis = chart.GetAxis(place)
        shown = getattr(node, f"Get{name}AxisTitleVisibility")()
        axis.SetTitle((getattr(node, f"Get{name}AxisTitle")() or "") if shown else "")
        for text, size in (
            (axis.GetTitleProperties(), node.GetAxisTitleFontSize()),
            (axis.GetLabelProperties(), node.GetAxisLabelFontSize()),
        ):
            text.SetFontFamilyAsString(font)
            text.SetFontSize(size)
        axis.SetGridVisible(node.GetGridVisibility())
        axis.SetLogScale(getattr(node, f"Get{name}AxisLogScale")())
        if getattr(node, f"Get{name}AxisRangeAuto")():
            axis.SetBehavior(vtk.vtkAxis.AUTO)
        else:
            low, high = getattr(node, f"Get{name}AxisRange")()
            axis.SetBehavior(vtk.vtkAxis.FIXED)
            axis.SetRange(low, high)
