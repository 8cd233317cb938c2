"""Table views of the layout: cells, units, editing, copying, and the table that is chosen."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QTableView

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def table(scene):
    """Two columns and two rows; the second column in millilitres."""
    import slicer
    import vtk

    node = scene.AddNewNodeByClass("vtkMRMLTableNode", "Measurements")
    names, sizes = vtk.vtkStringArray(), vtk.vtkDoubleArray()
    names.SetName("Name")
    sizes.SetName("Volume")
    for name, size in (("Liver", 1500.5), ("Spleen", 200)):
        names.InsertNextValue(name)
        sizes.InsertNextValue(size)
    node.AddColumn(names)
    node.AddColumn(sizes)
    node.SetColumnUnitLabel("Volume", "ml")
    node.SetColumnDescription("Volume", "Of the organ")
    assert slicer.util.arrayFromTableColumn(node, "Volume").tolist() == [1500.5, 200]
    return node


@pytest.fixture
def view(views, table, qtbot):
    """The table view of the layout that Slicer shows a table in."""
    import slicer

    selection = slicer.app.applicationLogic().GetSelectionNode()
    selection.SetReferenceActiveTableID(table.GetID())
    views.layout.setLayout(slicer.modules.tables.logic().GetLayoutWithTable(views.layout.layout))
    slicer.app.applicationLogic().PropagateTableSelection()
    assert views.layout.tableViewCount == 1
    widget = views.layout.tableWidget(0)
    qtbot.waitUntil(widget.isVisible)
    return widget.tableView()


def cells(view):
    model = QTableView.model(view)
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_the_active_table_is_shown(view, table, views):
    assert view.mrmlTableNode() is table
    assert cells(view) == [["Liver", "1500.5"], ["Spleen", "200"]]
    model = QTableView.model(view)
    assert [model.headerData(column, Qt.Horizontal) for column in range(2)] == ["Name", "Volume [ml]"]
    assert model.headerData(1, Qt.Horizontal, Qt.ToolTipRole) == "Of the organ"
    assert model.headerData(1, Qt.Vertical) == "2"
    assert views.layout.tableWidget(0).tableController().nodes.currentNode() is table
    name = views.layout.tableWidget(0).mrmlTableViewNode().GetLayoutName()
    assert views.layout.tableWidget(name) is views.layout.tableWidget(0)
    assert views.layout.tableWidget(1) is views.layout.tableWidget("none") is None


def test_changes_go_both_ways(view, table):
    table.SetCellText(0, 0, "Left lobe")
    assert cells(view)[0][0] == "Left lobe"
    model = QTableView.model(view)
    assert model.setData(model.index(1, 1), "250")
    assert table.GetCellText(1, 1) == "250"
    assert model.flags(model.index(0, 0)) & Qt.ItemIsEditable
    table.SetLocked(True)
    assert not model.flags(model.index(0, 0)) & Qt.ItemIsEditable


def test_the_selection_is_copied(view):
    QTableView.selectAll(view)
    view.copySelection()
    assert QGuiApplication.clipboard().text() == "Liver\t1500.5\nSpleen\t200"


def test_another_table_is_chosen(view, table, views, scene):
    other = scene.AddNewNodeByClass("vtkMRMLTableNode", "Other")
    views.layout.tableWidget(0).tableController().nodes.setCurrentNode(other)
    assert view.mrmlTableNode() is other
    scene.RemoveNode(other)
    assert cells(view) in ([], [["Liver", "1500.5"], ["Spleen", "200"]])


def test_slicer_util_walks_through_all_views(view, views):
    import slicer

    slicer.util.forceRenderAllViews()
    slicer.util.setViewControllersVisible(False)
    assert not views.layout.tableWidget(0).tableController().isVisible()
    slicer.util.setViewControllersVisible(True)


def test_a_view_of_a_panel(table, scene, qtbot):
    import slicer

    view = slicer.qMRMLTableView()
    qtbot.addWidget(view)
    view.setMRMLScene(scene)
    view.setMRMLTableNode(table)
    assert cells(view)[1] == ["Spleen", "200"]
    view.setMRMLTableNode(None)
    assert cells(view) == []
