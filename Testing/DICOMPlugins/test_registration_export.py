"""Export of transforms as Spatial Registration: matrices and grids by hand, references, round trips."""

from __future__ import annotations

import subprocess

import numpy as np
import pydicom
import pytest
import slicer

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, offered
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

PLUGIN = "DicomSroImportExportPlugin"
# a quarter turn around S and a shift, RAS
TURN_RAS = np.array([[0.0, -1, 0, 5], [1, 0, 0, -7], [0, 0, 1, 11], [0, 0, 0, 1]])
# by hand: with diag(-1, -1, 1, 1) on both sides the turn stays, the shift along R and A changes its sign
TURN_LPS = [0, -1, 0, -5, 1, 0, 0, 7, 0, 0, 1, 11, 0, 0, 0, 1]


def volume_of(folder, series, frame, study="1.2.99"):
    write(
        stack(heights(0, 3), SeriesInstanceUID=series, FrameOfReferenceUID=frame, StudyInstanceUID=study),
        folder,
    )
    assert DICOMUtils.importDicom(folder)
    return slicer.util.getNode(DICOMUtils.loadSeriesByUID([series])[0])


def transform_between(fixed, moving, matrix=TURN_RAS):
    """Item of a transform from one volume to another, in the study of the fixed one."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Alignment")
    node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    if fixed is not None:
        node.SetNodeReferenceID(node.GetFixedNodeReferenceRole(), fixed.GetID())
    if moving is not None:
        moving.SetAndObserveTransformNodeID(node.GetID())
    tree = hierarchy()
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(fixed or moving)))
    return int(item)


@pytest.fixture
def volumes(database, tmp_path):
    return volume_of(tmp_path / "a", "1.2.1", "1.2.10"), volume_of(
        tmp_path / "b", "1.2.2", "1.2.20", "1.2.98"
    )


def test_matrices_and_references(volumes, tmp_path):
    report = exported(transform_between(*volumes), PLUGIN, tmp_path / "out")
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert dataset.SOPClassUID.name == "Spatial Registration Storage"
    assert (dataset.Modality, dataset.FrameOfReferenceUID, dataset.StudyInstanceUID) == (
        "REG",
        "1.2.10",
        "1.2.99",
    )
    fixed, moving = dataset.RegistrationSequence
    assert (fixed.FrameOfReferenceUID, moving.FrameOfReferenceUID) == ("1.2.10", "1.2.20")
    matrices = [item.MatrixRegistrationSequence[0].MatrixSequence[0] for item in (fixed, moving)]
    assert [float(part) for part in matrices[0].FrameOfReferenceTransformationMatrix] == list(
        np.eye(4).ravel()
    )
    assert [float(part) for part in matrices[1].FrameOfReferenceTransformationMatrix] == pytest.approx(
        TURN_LPS
    )
    assert matrices[1].FrameOfReferenceTransformationMatrixType == "RIGID"
    assert len(moving.ReferencedImageSequence) == 2
    assert dataset.ReferencedSeriesSequence[0].SeriesInstanceUID == "1.2.1"
    (other,) = dataset.StudiesContainingOtherReferencedInstancesSequence
    assert other.StudyInstanceUID == "1.2.98"
    assert other.ReferencedSeriesSequence[0].SeriesInstanceUID == "1.2.2"


def test_plastimatch_writes_the_same_matrix(volumes, tmp_path):
    """It reads no registrations, but writes them, too: of an ITK transform, which leads from fixed to moving.

    By hand: the moving point (1, 2, 3) LPS comes to (-2 - 5, 1 + 7, 3 + 11) in the fixed frame.
    """
    (dataset,) = datasets(exported(transform_between(*volumes), PLUGIN, tmp_path / "out"))
    back = np.linalg.inv(np.reshape(TURN_LPS, (4, 4)))
    numbers = " ".join(f"{number:.6f}" for number in (*back[:3, :3].ravel(), *back[:3, 3]))
    (tmp_path / "fixed-to-moving.tfm").write_text(
        "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
        f"Parameters: {numbers}\nFixedParameters: 0 0 0\n"
    )
    command = ["plastimatch", "xf-convert", "--input", "fixed-to-moving.tfm", "--output-dicom", "theirs"]
    frames = ["--fixed-rcs", tmp_path / "a", "--moving-rcs", tmp_path / "b"]
    subprocess.run([*command, *frames], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    (path,) = (tmp_path / "theirs").glob("sro*.dcm")

    ours, theirs = (matrix_of(one, "1.2.20") for one in (dataset, pydicom.dcmread(path)))
    assert ours == pytest.approx(theirs, abs=1e-6)
    assert ours @ [1, 2, 3, 1] == pytest.approx([-7, 8, 14, 1])


def matrix_of(dataset, frame):
    """The matrix (4, 4) from a frame of reference to that of a registration."""
    (one,) = [item for item in dataset.RegistrationSequence if item.FrameOfReferenceUID == frame]
    (step,) = one.MatrixRegistrationSequence[0].MatrixSequence
    return np.array(step.FrameOfReferenceTransformationMatrix, float).reshape(4, 4)


@pytest.mark.parametrize(
    ("linear", "kind"),
    [(np.diag([2, 2, 2.0]), "RIGID_SCALE"), (np.array([[1, 0.2, 0], [0, 1, 0], [0, 0, 1.0]]), "AFFINE")],
)
def test_kinds_of_matrices(volumes, tmp_path, linear, kind):
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    (dataset,) = datasets(exported(transform_between(*volumes, matrix), PLUGIN, tmp_path / "out"))
    step = dataset.RegistrationSequence[1].MatrixRegistrationSequence[0].MatrixSequence[0]
    assert step.FrameOfReferenceTransformationMatrixType == kind


def test_round_trip(volumes, tmp_path):
    (dataset,) = datasets(exported(transform_between(*volumes), PLUGIN, tmp_path / "out"))
    assert DICOMUtils.importDicom(tmp_path / "out")
    (node_id, *_) = DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])
    node = slicer.util.getNode(node_id)
    assert slicer.util.arrayFromTransformMatrix(node) == pytest.approx(TURN_RAS)
    assert node.GetAttribute("DICOM.MovingFrameOfReferenceUID") == "1.2.20"
    assert node.GetAttribute("DICOM.FixedFrameOfReferenceUID") == "1.2.10"


def test_what_is_not_known_is_told(volumes, tmp_path):
    fixed, moving = volumes
    for pair, word in (((fixed, None), "moving"), ((None, moving), "fixed")):
        report = run(export(offered(transform_between(*pair), PLUGIN), tmp_path / "out"))
        assert f"The {word} images" in report.failed[0][1]


GRID_TO_RAS = np.array([[-4.0, 0, 0, 8], [0, -5.0, 0, 3], [0, 0, 6.0, -7], [0, 0, 0, 1]])


def deformation_between(fixed, moving, from_parent=True):
    """Item of a grid transform; displacements (RAS, mm) are unlike at all points."""
    import vtk
    from vtkmodules.util import numpy_support

    field = np.random.default_rng(2).uniform(-3, 3, (3, 4, 5, 3))
    image = vtk.vtkImageData()
    image.SetDimensions(5, 4, 3)
    image.SetSpacing(4, 5, 6)
    image.SetOrigin(*GRID_TO_RAS[:3, 3])
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(field.reshape(-1, 3), deep=True))
    transform = slicer.vtkOrientedGridTransform()
    transform.SetDisplacementGridData(image)
    transform.SetGridDirectionMatrix(slicer.util.vtkMatrixFromArray(np.diag([-1.0, -1, 1, 1])))
    transform.SetInterpolationModeToCubic()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLGridTransformNode", "Warp")
    if from_parent:
        node.SetAndObserveTransformFromParent(transform)
    else:
        node.SetAndObserveTransformToParent(transform)
    node.SetNodeReferenceID(node.GetFixedNodeReferenceRole(), fixed.GetID())
    node.SetNodeReferenceID(node.GetMovingNodeReferenceRole(), moving.GetID())
    tree = hierarchy()
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(fixed)))
    return int(item), field


def test_deformation_by_hand(volumes, tmp_path):
    """PS3.3 C.20.3.1.3: x, y, z of each point in mm (LPS), columns first, from the position of the grid."""
    item, field = deformation_between(*volumes)
    report = exported(item, PLUGIN, tmp_path / "out")
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert dataset.SOPClassUID.name == "Deformable Spatial Registration Storage"
    (one,) = dataset.DeformableRegistrationSequence
    assert (dataset.FrameOfReferenceUID, one.SourceFrameOfReferenceUID) == ("1.2.10", "1.2.20")
    (grid,) = one.DeformableRegistrationGridSequence
    assert list(grid.GridDimensions) == [5, 4, 3]
    assert list(grid.GridResolution) == [4, 5, 6]
    assert [float(part) for part in grid.ImagePositionPatient] == [-8, -3, -7]
    assert [float(part) for part in grid.ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]
    stored = np.frombuffer(grid.VectorGridData, "<f4").reshape(field.shape)
    assert stored == pytest.approx(field * (-1, -1, 1), abs=1e-6)


@pytest.mark.parametrize("from_parent", [True, False])
def test_deformation_comes_back(volumes, tmp_path, from_parent):
    """At the points of the grid, which is all that is written, everything moves as before."""
    item, _ = deformation_between(*volumes, from_parent)
    before = hierarchy().GetItemDataNode(item)
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    assert DICOMUtils.importDicom(tmp_path / "out")
    (node_id, *_) = DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])
    after = slicer.util.getNode(node_id)
    for k, j, i in np.ndindex(3, 4, 5):
        point = (GRID_TO_RAS @ (i, j, k, 1))[:3].tolist()
        expected = before.GetTransformFromParent().TransformPoint(point)
        assert after.GetTransformFromParent().TransformPoint(point) == pytest.approx(expected, abs=1e-4)


def test_deformation_without_grid_is_sampled(volumes, tmp_path):
    """A thin plate spline by two pairs of points, in the box of the fixed volume."""
    import vtk

    item, _ = deformation_between(*volumes)
    node = hierarchy().GetItemDataNode(item)
    spline = vtk.vtkThinPlateSplineTransform()
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for start, end in (((0, 0, 0), (1, 0, 0)), ((-2, -5, 3), (-2, -4, 3)), ((5, 5, 5), (5, 5, 6))):
        source.InsertNextPoint(start)
        target.InsertNextPoint(end)
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    spline.SetBasisToR()
    spline.Update()
    node.SetAndObserveTransformFromParent(spline)
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    (grid,) = dataset.DeformableRegistrationSequence[0].DeformableRegistrationGridSequence
    columns, rows, slices = grid.GridDimensions
    stored = np.frombuffer(grid.VectorGridData, "<f4").reshape(slices, rows, columns, 3)
    first = np.array(grid.ImagePositionPatient, float)
    for k, j, i in np.ndindex(slices, rows, columns):
        ras = (first + np.array([i, j, k]) * np.array(grid.GridResolution)) * (-1, -1, 1)
        moved = np.array(spline.TransformPoint(ras.tolist()))
        assert stored[k, j, i] == pytest.approx((moved - ras) * (-1, -1, 1), abs=1e-5)
