"""From a search box to the picture: typing, double-clicks and buttons in the real main window."""

from __future__ import annotations

import numpy as np
import pytest

from Testing.DICOMModule.conftest import (
    BLOCK,
    FIRST_POSITION_LPS,
    LEVEL,
    SHADES_SERIES,
    SHAPE,
    SPACING,
    WINDOW,
    shades,
)
from Testing.DICOMModule.driving import click, double_click_row, drop, shown_texts, type_into

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def filled(qtbot, dicom, dicom_folder):
    """The module with three patients in its database."""
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    return dicom


def select_patient(qtbot, dicom, name):
    """Search for a patient, whose study and series are shown then."""
    table = dicom.tables.patientsTable()
    type_into(qtbot, table.searchBox, name)
    qtbot.waitUntil(lambda: [row[0] for row in shown_texts(table)] == ["Shade, Sam"])
    table.selectFirst()
    qtbot.waitUntil(lambda: SHADES_SERIES in dicom.tables.seriesTable().uidsForAllRows())


def only_volume():
    import slicer

    (volume,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    return volume


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("brown", ["Brown, Bob"]),
        ("a", ["Adams, Anna", "Shade, Sam"]),
        ("nobody", []),
        ("", ["Adams, Anna", "Brown, Bob", "Shade, Sam"]),
    ],
)
def test_the_search_box_of_patients(qtbot, filled, typed, names):
    table = filled.tables.patientsTable()
    type_into(qtbot, table.searchBox, typed)
    qtbot.waitUntil(lambda: sorted(row[0] for row in shown_texts(table)) == names)


def test_the_search_box_of_series(qtbot, filled):
    table = filled.tables.seriesTable()
    filled.tables.patientsTable().selectAll()
    filled.tables.studiesTable().selectAll()
    type_into(qtbot, table.searchBox, "tissue")
    qtbot.waitUntil(lambda: table.uidsForAllRows() == ["1.2.2.1"])


@pytest.mark.parametrize("way", ["double-click", "button"])
def test_a_series_becomes_a_volume(qtbot, filled, way):
    import slicer

    select_patient(qtbot, filled, "shade")
    series = filled.tables.seriesTable()
    with qtbot.waitSignal(filled.browser.loadingFinished):
        if way == "double-click":
            double_click_row(qtbot, series, SHADES_SERIES)
        else:
            series.setCurrentSelection([SHADES_SERIES])
            click(qtbot, filled.browser.loadButton)
    volume = only_volume()
    assert np.array_equal(slicer.util.arrayFromVolume(volume), shades())
    x, y, z = FIRST_POSITION_LPS
    matrix = slicer.util.arrayFromVTKMatrix(slicer_matrix(volume))
    expected = [[-SPACING[2], 0, 0, -x], [0, -SPACING[1], 0, -y], [0, 0, SPACING[0], z], [0, 0, 0, 1]]
    assert np.allclose(matrix, expected, atol=1e-4)
    display = volume.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (WINDOW, LEVEL)
    assert len(volume.GetAttribute("DICOM.instanceUIDs").split()) == SHAPE[0]
    assert subject_hierarchy_path(volume) == ["Shade^Sam (S1)", "Shades (20220101)", "7: Blocks"]


def slicer_matrix(volume):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return matrix


def subject_hierarchy_path(node):
    """Names from the patient down to the node."""
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    names, item = [], hierarchy.GetItemByDataNode(node)
    while item != hierarchy.GetSceneItemID():
        names.insert(0, hierarchy.GetItemName(item))
        item = hierarchy.GetItemParent(item)
    return names


@pytest.mark.parametrize("slice_number", [0, 1, 4])
def test_the_red_view_shows_the_slice(qtbot, filled, brightness, slice_number):
    """The middle of each block of voxels, in the brightness that the window makes of it."""
    select_patient(qtbot, filled, "shade")
    with qtbot.waitSignal(filled.browser.loadingFinished):
        double_click_row(qtbot, filled.tables.seriesTable(), SHADES_SERIES)
    assert not filled.browser.isVisible(), "the views are seen after loading"
    red = filled.window.layoutManager().sliceWidget("Red")
    qtbot.waitUntil(red.sliceView().canvas.isVisible)
    red.sliceLogic().SetSliceOffset(FIRST_POSITION_LPS[2] + SPACING[0] * slice_number)
    shown = brightness(red.sliceView())
    in_window = (shades()[slice_number] - (LEVEL - WINDOW / 2)) / WINDOW * 255
    seen = 0
    for row in range(BLOCK // 2, SHAPE[1], BLOCK):
        for column in range(BLOCK // 2, SHAPE[2], BLOCK):
            at = pixel_of(red, column, row, slice_number)
            if at is not None:
                seen += 1
                assert abs(int(shown[at]) - in_window[row, column]) <= 2
    assert seen == (SHAPE[1] // BLOCK) * (SHAPE[2] // BLOCK), "the whole slice fits into the view"


def pixel_of(widget, column, row, slice_number):
    """(row, column) of the pixel that shows a voxel in an axial view; None if it is outside.

    Patients are seen from their feet: their left is on the right, their back is below.
    """
    x, y, _z = FIRST_POSITION_LPS
    left, back = x + column * SPACING[2], y + row * SPACING[1]
    node = widget.mrmlSliceNode()
    picture = widget.sliceView().picture()
    height, width = picture.height(), picture.width()
    center_left, center_back = -node.GetSliceToRAS().GetElement(0, 3), -node.GetSliceToRAS().GetElement(1, 3)
    across = width / 2 + (left - center_left) / node.GetFieldOfView()[0] * width
    down = height / 2 + (back - center_back) / node.GetFieldOfView()[1] * height
    inside = 1 <= across < width - 1 and 1 <= down < height - 1
    return (int(down), int(across)) if inside else None


def test_a_series_that_nothing_reads_is_told(qtbot, filled, tmp_path):
    from pydicom.uid import BasicTextSRStorage

    from Testing.DICOMLib.widgets.conftest import slice_dataset

    name = "Shade^Sam", "S1", "1.2.9", "20220101", "Shades", "1.2.9.2", 8, "SR", "Words", 1
    report = slice_dataset(name, 0)
    report.SOPClassUID = BasicTextSRStorage
    for keyword in ("PixelData", "Rows", "Columns", "ImagePositionPatient", "ImageOrientationPatient"):
        delattr(report, keyword)
    (tmp_path / "report").mkdir()
    report.save_as(tmp_path / "report" / "1.dcm", enforce_file_format=True)
    with qtbot.waitSignal(filled.browser.dicomBrowser.directoryImported):
        assert drop(filled.browser.dicomBrowser, [tmp_path / "report"])
    select_patient(qtbot, filled, "shade")
    with qtbot.waitSignal(filled.browser.loadingFinished):
        double_click_row(qtbot, filled.tables.seriesTable(), "1.2.9.2")
    assert filled.browser.isVisible()
    assert filled.browser._result.isVisible()
    assert filled.browser._result.label.text()
