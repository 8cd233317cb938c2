"""Nodes as files: complete, or not there at all."""

from __future__ import annotations

import pytest

from DICOMLib.cli.saving import NOT_IN_THIS_FORMAT, save_node
from Testing.file_limits import files_of_at_most

pytestmark = pytest.mark.mrml
pytest.importorskip("resource", reason="this system has no limits of files")


@pytest.fixture
def table(host):
    """A table node that needs some 100 kB as a file, which lies in two."""
    import slicer
    import vtk

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "Report")
    column = vtk.vtkStringArray()
    column.SetName("Text")
    for number in range(10_000):
        column.InsertNextValue(f"finding {number}")
    node.AddColumn(column)
    yield node
    slicer.mrmlScene.RemoveNode(node)


def test_a_node_and_the_files_that_belong_to_it(table, tmp_path):
    table.SetColumnDescription("Text", "What was found")
    assert save_node(table, tmp_path / "Report.tsv") == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Report.schema.tsv", "Report.tsv"]
    assert (tmp_path / "Report.tsv").read_text().splitlines()[-1] == "finding 9999"


def test_a_full_disk_is_told_and_nothing_is_left(table, tmp_path):
    with files_of_at_most(20_000):
        reason = save_node(table, tmp_path / "Report.tsv")
    assert reason == "File too large"
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_cannot_hold_the_node(table, tmp_path):
    assert save_node(table, tmp_path / "Report.nrrd") == NOT_IN_THIS_FORMAT
    assert list(tmp_path.iterdir()) == []
