"""Nodes as files: complete, or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from DICOMLib.cli.saving import NOT_IN_THIS_FORMAT, _save, save_node
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


def test_a_file_that_may_not_be_so_large_is_told_and_nothing_is_left(table, tmp_path):
    with files_of_at_most(20_000):
        reason = save_node(table, tmp_path / "Report.tsv")
    assert reason == (
        "files as large as this are not allowed there. A disk with FAT32 holds files of up to 4 GB, and the "
        "system may have a limit of its own. Choose another output folder"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_told_with_what_to_do(tmp_path):
    def write(_target):
        return Path("/dev/full").write_bytes(b"%PDF") > 0

    reason = _save(write, tmp_path / "document.pdf")
    assert reason == "there is no room left on the disk. Make room, or choose another output folder"
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_cannot_hold_the_node(table, tmp_path):
    assert save_node(table, tmp_path / "Report.nrrd") == NOT_IN_THIS_FORMAT
    assert list(tmp_path.iterdir()) == []
