"""Export of models as Encapsulated STL: coordinates by hand, validity, round trip."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import slicer
import vtk

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from Testing.DICOMPlugins.exporting import below_study, datasets, exported, hierarchy, offered
from Testing.validation import dciodvfy_errors

PLUGIN = "DICOMM3DPlugin"
TRIANGLE_RAS = np.array([[10.0, 20, 30], [11, 20, 30], [10, 22, 30]])


def triangle():
    """A model of one triangle."""
    points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
    for point in TRIANGLE_RAS:
        points.InsertNextPoint(point)
    cells.InsertNextCell(3, [0, 1, 2])
    surface = vtk.vtkPolyData()
    surface.SetPoints(points)
    surface.SetPolys(cells)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "Implant")
    node.SetAndObservePolyData(surface)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetColor(1, 128 / 255, 0)
    return node


@pytest.fixture
def item(database):
    """Item of the triangle, below patient and study."""
    return below_study(triangle())


def corners(document):
    """Corners of the first triangle of a binary STL: header of 80 bytes, count, normal, corners."""
    assert struct.unpack("<I", document[80:84]) == (1,)
    return np.frombuffer(document, "<f4", 12, offset=84).reshape(4, 3)[1:]


def test_surface_in_patient_coordinates(item, tmp_path):
    report = exported(item, PLUGIN, tmp_path)
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert dataset.SOPClassUID.name == "Encapsulated STL Storage"
    assert (dataset.Modality, dataset.SeriesDescription) == ("M3D", "Implant")
    assert (dataset.PatientID, dataset.StudyInstanceUID) == ("P1", "1.2.3.4")
    assert corners(dataset.EncapsulatedDocument) == pytest.approx(TRIANGLE_RAS * [-1, -1, 1])
    lab = np.array(dataset.RecommendedDisplayCIELabValue) / 65535 * [100, 255, 255] - [0, 128, 128]
    assert lab == pytest.approx([67.05, 42.83, 74.03], abs=0.1)  # sRGB (255, 128, 0)


def test_transforms_are_applied(item, tmp_path):
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 5)
    transform.SetMatrixTransformToParent(matrix)
    hierarchy().GetItemDataNode(item).SetAndObserveTransformNodeID(transform.GetID())
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path))
    assert corners(dataset.EncapsulatedDocument)[0] == pytest.approx([-15, -20, 30])


def test_round_trip(item, tmp_path):
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    assert DICOMUtils.importDicom(tmp_path / "out")
    DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    segment = node.GetSegmentation().GetNthSegment(0)
    surface = segment.GetRepresentation("Closed surface")
    loaded = {surface.GetPoint(index) for index in range(surface.GetNumberOfPoints())}
    assert loaded == {tuple(point) for point in TRIANGLE_RAS}
    assert segment.GetColor() == pytest.approx((1, 128 / 255, 0), abs=1e-3)


def test_models_without_surface_are_not_offered(database):
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    assert offered(hierarchy().GetItemByDataNode(empty), PLUGIN) == []


def test_a_surface_that_is_gone_is_told(item, tmp_path):
    exportables = offered(item, PLUGIN)
    hierarchy().GetItemDataNode(item).SetAndObservePolyData(vtk.vtkPolyData())
    assert "no surface" in run(export(exportables, tmp_path)).failed[0][1]
