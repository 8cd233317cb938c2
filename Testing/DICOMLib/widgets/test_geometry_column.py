"""The geometry of series in the table: shown, and found by the search box, before anything is loaded."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt

from Testing import factories
from Testing.DICOMLib.widgets.browsing.test_slicer_browser import database, series_table, window  # noqa: F401

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


def test_series_with_missing_slices_are_found(window, tmp_path):  # noqa: F811
    from DICOMLib import DICOMUtils

    datasets = factories.ct_series(5, "holes")
    del datasets[2]
    factories.write(datasets, tmp_path / "holes")
    assert DICOMUtils.importDicom(tmp_path / "holes")
    window.dicomBrowser.dicomTableManager().updateTableViews()
    table = series_table(window)
    model = table.tableView().model()
    headers = [model.headerData(column, Qt.Horizontal) for column in range(model.columnCount())]
    assert "Geometry" in headers
    table.setFilterText("missing")
    assert table.uidsForAllRows() == [factories.uid("holes")]
    assert model.index(0, headers.index("Geometry")).data() == "missing: 1 slice is missing, after slice 2"
    table.setFilterText("")
