"""The data probe tells place, voxel and value under the mouse."""

from __future__ import annotations

import re

import numpy as np
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtGui import QTextDocument
from qtpy.QtWidgets import QApplication

from Testing.DICOMModule.Host import mouse

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def probe(views):
    import slicer

    return slicer.util.findChild(views.window, "DataProbeCollapsibleWidget")


def test_the_voxel_under_the_mouse(views, probe, qtbot, values):
    import slicer

    qtbot.waitUntil(probe.isVisible)
    mouse.move(views.slices["Red"].sliceView(), (40, 25))
    qtbot.waitUntil(lambda: probe.place.text().startswith("Red"))
    crosshair = slicer.util.getNode("vtkMRMLCrosshairNodedefault")
    ras = [0.0, 0.0, 0.0]
    assert crosshair.GetCursorPositionRAS(ras)
    # worked out from the place in the patient, where the probe asks the view
    voxel = np.linalg.inv(slicer.util.arrayFromVTKMatrix(_matrix(views.volume))) @ (*ras, 1)
    column, row, slice_number = np.rint(voxel[:3]).astype(int)
    value = values[slice_number, row, column]
    expected = f"B: Noise ({column}, {row}, {slice_number}) {value}"
    assert probe.values["Background"].text() == expected
    assert probe.values["Label"].isHidden()
    sides = [pair[number < 0] for pair, number in zip(("RL", "AP", "SI"), ras, strict=True)]
    numbers = [f"{side} {abs(number):.1f}" for side, number in zip(sides, ras, strict=True)]
    assert probe.place.text() == f"Red  {', '.join(numbers)}"


def _matrix(volume):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return matrix


def test_outside_of_the_volume(views, probe, qtbot):
    view = views.slices["Red"].sliceView()
    mouse.move(view, (0, 3 - view.height // 2))
    qtbot.waitUntil(lambda: probe.values["Background"].text() == "B: Noise (outside)")


def test_without_a_place_it_says_how_to_see_one(views, probe, qtbot):
    view = views.slices["Red"].sliceView()
    mouse.move(view, (0, 0))
    qtbot.waitUntil(lambda: probe.place.text().startswith("Red"))
    QApplication.sendEvent(view.canvas, QEvent(QEvent.Leave))
    qtbot.waitUntil(lambda: probe.place.text() == "Move the mouse over a slice.")


SIDES = {"right": (-40, 25), "left": (40, 25)}  # of the patient: an axial slice is seen from the feet


@pytest.fixture
def segmentation(views, values):
    """One segment in the right half of the patient, one everywhere, and one of a single voxel elsewhere."""
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Organs & more")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(views.volume)
    right, whole, nowhere = np.zeros((3, *values.shape), np.uint8)
    right[:, :, : values.shape[2] // 2], whole[:] = 1, 1
    nowhere[0, 0, 0] = 1
    colours = ([1, 0.5, 0], [0, 0, 1], [0, 1, 0])
    for name, mask, colour in zip(("<b>Liver", "Body", "Dot"), (right, whole, nowhere), colours, strict=True):
        segment = node.GetSegmentation().AddEmptySegment(name, name, colour)
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, segment, views.volume)
    return node


def names_told(probe):
    """The names behind the dots, in any order, and the colours of the dots."""
    document = QTextDocument()
    document.setHtml(probe.segments.text())
    told, *names = document.toPlainText().split("\N{BLACK CIRCLE}")
    return told.strip(), {name.strip() for name in names}


def test_the_segments_under_the_mouse(views, probe, qtbot, segmentation):
    view = views.slices["Red"].sliceView()
    mouse.move(view, SIDES["left"])
    qtbot.waitUntil(lambda: names_told(probe) == ("S: Organs & more", {"Body"}))
    assert '<font color="#0000ff">' in probe.segments.text()
    mouse.move(view, SIDES["right"])
    qtbot.waitUntil(lambda: names_told(probe) == ("S: Organs & more", {"Body", "<b>Liver"}))
    assert '<font color="#ff8000">' in probe.segments.text()
    assert probe.segments.isVisible()
    assert probe.values["Background"].text().startswith("B: Noise (")

    segmentation.GetDisplayNode().SetSegmentVisibility("Body", False)
    mouse.move(view, SIDES["left"])
    qtbot.waitUntil(lambda: names_told(probe) == ("S: (no segment)", set()))
    assert probe.segments.isVisible()  # or the panel would jump at each border of a segment


@pytest.mark.parametrize("hide", ["all", "slices", "view"])
def test_a_segmentation_that_is_not_shown_is_not_told(views, probe, qtbot, segmentation, hide):
    display = segmentation.GetDisplayNode()
    if hide == "all":
        display.SetVisibility(False)
    elif hide == "slices":
        display.SetVisibility2D(False)
    else:
        display.SetViewNodeIDs([views.slices["Green"].mrmlSliceNode().GetID()])
    mouse.move(views.slices["Red"].sliceView(), SIDES["right"])
    qtbot.waitUntil(lambda: probe.place.text().startswith("Red"))
    assert probe.segments.text() == ""
    assert not probe.segments.isVisible()
    mouse.move(views.slices["Green"].sliceView(), (0, 0))
    qtbot.waitUntil(lambda: probe.place.text().startswith("Green"))
    assert bool(names_told(probe)[1]) == (hide == "view")


def test_the_name_of_a_label(views, probe, qtbot, values):
    """By the colours of the label map; a value that they do not know stands alone."""
    import slicer

    labels = np.full(values.shape, 2, np.uint8)
    node = slicer.util.addVolumeFromArray(labels, name="Labels", nodeClassName="vtkMRMLLabelMapVolumeNode")
    node.SetIJKToRASMatrix(_matrix(views.volume))
    colours = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLColorTableNode", "Colours")
    colours.SetTypeToUser()
    colours.SetNumberOfColors(3)
    colours.SetColor(2, "Liver", 1, 0, 0, 1)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAndObserveColorNodeID(colours.GetID())
    slicer.util.setSliceViewerLayers(label=node)
    view = views.slices["Red"].sliceView()
    mouse.move(view, SIDES["left"])
    qtbot.waitUntil(lambda: probe.values["Label"].text().endswith(") Liver (2)"))
    assert probe.values["Label"].text().startswith("L: Labels (")
    slicer.util.updateVolumeFromArray(node, labels + 5)
    mouse.move(view, SIDES["right"])
    qtbot.waitUntil(lambda: probe.values["Label"].text().endswith(") (7)"))


LONG = "2: RTSTRUCT: IBSI_1_STS_001_CT_mask [RTstruct_CTsim->CT(PET-CT)] of the second reader"


def test_long_names_leave_room_for_values_and_segments(views, probe, qtbot, segmentation):
    """In a panel as narrow as that of a new window."""
    views.volume.SetName(LONG)
    segmentation.SetName(LONG)
    segmentation.GetDisplayNode().SetSegmentVisibility("Body", False)
    mouse.move(views.slices["Red"].sliceView(), SIDES["right"])
    qtbot.waitUntil(lambda: names_told(probe)[1] == {"<b>Liver"})
    background, segments = probe.values["Background"], probe.segments
    assert re.fullmatch(r"B: 2: .*….* \(\d+, \d+, \d+\) \d+", background.text())
    assert re.fullmatch(r"S: 2: .*….*", names_told(probe)[0])
    for line in (background, segments):
        document = QTextDocument()
        document.setDefaultFont(line.font())
        document.setDocumentMargin(0)
        document.setHtml(line.text())
        assert document.idealWidth() <= line.width() + 1
        told = QTextDocument()
        told.setHtml(line.toolTip())
        assert LONG in told.toPlainText()
    views.volume.SetName("Noise")
    mouse.move(views.slices["Red"].sliceView(), SIDES["left"])
    qtbot.waitUntil(lambda: background.text().startswith("B: Noise ("))
    assert background.toolTip() == ""


def test_the_panel_above_keeps_its_place(views, probe, qtbot, segmentation):
    """Whatever is told: nothing yet, one layer, or segments too."""
    view = views.slices["Red"].sliceView()
    QApplication.sendEvent(view.canvas, QEvent(QEvent.Leave))
    segmentation.GetDisplayNode().SetVisibility(False)
    heights = set()
    for visible, side in ((False, "left"), (True, "right")):
        segmentation.GetDisplayNode().SetVisibility(visible)
        mouse.move(view, SIDES[side])
        qtbot.waitUntil(lambda visible=visible: probe.segments.isVisible() == visible)
        heights |= {probe.sizeHint().height(), probe.minimumSizeHint().height()}
    for line in (probe.segments, *probe.values.values()):
        line.setHidden(True)
    heights |= {probe.sizeHint().height(), probe.minimumSizeHint().height()}
    assert len(heights) == 1


def test_it_is_hidden_by_scripts(views, probe, qtbot):
    import slicer

    slicer.util.setDataProbeVisible(False)
    assert not probe.isVisible()
    slicer.util.setDataProbeVisible(True)
    qtbot.waitUntil(probe.isVisible)


def test_it_makes_room_for_the_browser(views, probe, qtbot):
    import slicer

    slicer.modules.DICOMInstance.connectToMainWindow()
    views.layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutDicomBrowserView)
    assert not probe.isVisible()
    views.layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    qtbot.waitUntil(probe.isVisible)
