"""Deformations against a second reader, written from PS3.3 C.20.3: tilted grids, matrices on both sides."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from pydicom.dataset import Dataset

from Testing import factories
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy
from Testing.DICOMPlugins.loading import import_files, load_series, series_with
from Testing.DICOMPlugins.test_registration_export import volumes  # noqa: F401
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

PLUGIN = "DicomSroImportExportPlugin"
FIXED, MOVING = "1.2.10", "1.2.20"  # frames of reference of `volumes`
SIZE = (4, 3, 5)
# LPS: a quarter turn around z and a shift; a quarter turn around x and a shift
BEFORE = [0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 3, 0, 0, 0, 1]
AFTER = [1, 0, 0, 0, 0, 0, -1, 100, 0, 1, 0, 0, 0, 0, 0, 1]


def source_point(item, i, j, k):
    """A vertex of the grid and where it comes from, LPS in mm, by PS3.3 Equation C.20.3-1."""
    (grid,) = item.DeformableRegistrationGridSequence
    cosines = [float(part) for part in grid.ImageOrientationPatient]
    along_row, along_column = np.array(cosines[:3]), np.array(cosines[3:])
    x_step, y_step, z_step = grid.GridResolution
    vertex = (
        np.array([float(part) for part in grid.ImagePositionPatient])
        + i * x_step * along_row
        + j * y_step * along_column
        + k * z_step * np.cross(along_row, along_column)
    )
    columns, rows, _slices = grid.GridDimensions
    deformation = struct.unpack_from("<3f", grid.VectorGridData, 12 * (i + columns * (j + rows * k)))
    source = transformed(item.get("PreDeformationMatrixRegistrationSequence"), vertex) + deformation
    return vertex, transformed(item.get("PostDeformationMatrixRegistrationSequence"), source)


def transformed(sequence, point):
    if not sequence:
        return point
    rows = np.array([float(part) for part in sequence[0].FrameOfReferenceTransformationMatrix]).reshape(4, 4)
    return rows[:3, :3] @ point + rows[:3, 3]


def from_parent(node, lps):
    """A point (LPS) through the transform of a node."""
    mirror = np.array([-1, -1, 1])
    return np.array(node.GetTransformFromParent().TransformPoint(lps * mirror)) * mirror


def displacement(i, j, k):
    return (i + 0.5 * k, -2.0 * j, 3.0 * k - i)


def matrix_item(values):
    item = Dataset()
    item.FrameOfReferenceTransformationMatrixType = "RIGID"
    item.FrameOfReferenceTransformationMatrix = values
    return item


def tilted_deformation():
    grid, item = Dataset(), Dataset()
    grid.ImageOrientationPatient = [0.8, 0, 0.6, 0, 1, 0]
    grid.ImagePositionPatient = [10, 20, 30]
    grid.GridDimensions = list(SIZE)
    grid.GridResolution = [5.0, 10.0, 2.5]
    indices = [(i, j, k) for k in range(SIZE[2]) for j in range(SIZE[1]) for i in range(SIZE[0])]
    grid.VectorGridData = b"".join(struct.pack("<3f", *displacement(*index)) for index in indices)
    item.SourceFrameOfReferenceUID = MOVING
    item.PreDeformationMatrixRegistrationSequence = [matrix_item(BEFORE)]
    item.PostDeformationMatrixRegistrationSequence = [matrix_item(AFTER)]
    item.DeformableRegistrationGridSequence = [grid]
    return factories.instance(
        "1.2.840.10008.5.1.4.1.1.66.3",
        Modality="REG",
        FrameOfReferenceUID=FIXED,
        DeformableRegistrationSequence=[item],
    )


@pytest.fixture
def loaded(database, tmp_path):
    """The transform node of a tilted grid between two matrices."""
    tilted_deformation().save_as(tmp_path / "reg.dcm", enforce_file_format=True)
    import_files(tmp_path / "files", tmp_path / "reg.dcm")
    (node,) = load_series(*series_with("REG"))
    return node


def test_one_point_by_hand(loaded):
    """Vertex (2, 1, 2): rows run along (0.8, 0, 0.6), columns along y, slices along (-0.6, 0, 0.8).

    It lies at (10 + 8 - 3, 20 + 10, 30 + 6 + 4). The first matrix takes it to (-30 + 1, 15 + 2, 40 + 3), its
    deformation of (3, -2, 4) to (-26, 15, 47), the second matrix to (-26, -47 + 100, 15).
    """
    vertex, source = source_point(tilted_deformation().DeformableRegistrationSequence[0], 2, 1, 2)
    assert vertex == pytest.approx((15, 30, 40))
    assert source == pytest.approx((-26, 53, 15))
    assert from_parent(loaded, np.array([15, 30, 40])) == pytest.approx((-26, 53, 15), abs=1e-4)


def test_all_points_of_a_tilted_grid_between_matrices(loaded):
    item = tilted_deformation().DeformableRegistrationSequence[0]
    for index in np.ndindex(SIZE):
        vertex, source = source_point(item, *index)
        assert from_parent(loaded, vertex) == pytest.approx(source, abs=1e-4)
    # between two vertices a deformation that grows evenly is half-way too, and so is what the matrices make
    (one, from_one), (next_one, from_next) = source_point(item, 1, 1, 2), source_point(item, 2, 1, 2)
    assert from_parent(loaded, (one + next_one) / 2) == pytest.approx((from_one + from_next) / 2, abs=1e-4)


def test_what_lies_under_the_transform_comes_to_the_vertex(loaded):
    vertex, source = source_point(tilted_deformation().DeformableRegistrationSequence[0], 2, 1, 2)
    ras = loaded.GetTransformToParent().TransformPoint(source * (-1, -1, 1))
    assert ras == pytest.approx(vertex * (-1, -1, 1), abs=1e-2)


def placed(node, volume):
    """The item of a transform, put into the study of a volume."""
    tree = hierarchy()
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    return int(item)


def assert_written_as(node, dataset):
    """Each vertex that was written comes from where the node says."""
    (item,) = dataset.DeformableRegistrationSequence
    (grid,) = item.DeformableRegistrationGridSequence
    for index in np.ndindex(*grid.GridDimensions):
        vertex, source = source_point(item, *index)
        assert source == pytest.approx(from_parent(node, vertex), abs=1e-4)
    return grid


def test_tilted_grid_is_exported(volumes, tmp_path):  # noqa: F811
    """A grid transform whose directions are no axes of the patient."""
    import slicer
    import vtk
    from vtkmodules.util import numpy_support

    image = vtk.vtkImageData()
    image.SetDimensions(*SIZE)
    image.SetSpacing(4, 5, 6)
    image.SetOrigin(8, 3, -7)
    field = np.random.default_rng(5).uniform(-3, 3, (np.prod(SIZE), 3))
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(field, deep=True))
    directions = np.eye(4)
    directions[:3, :3] = np.column_stack([(0.8, 0, 0.6), (0, 1, 0), (-0.6, 0, 0.8)])
    transform = slicer.vtkOrientedGridTransform()
    transform.SetDisplacementGridData(image)
    transform.SetGridDirectionMatrix(slicer.util.vtkMatrixFromArray(directions))
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLGridTransformNode", "Warp")
    node.SetAndObserveTransformFromParent(transform)
    fixed, moving = volumes
    node.SetNodeReferenceID(node.GetFixedNodeReferenceRole(), fixed.GetID())
    node.SetNodeReferenceID(node.GetMovingNodeReferenceRole(), moving.GetID())
    (dataset,) = datasets(exported(placed(node, fixed), PLUGIN, tmp_path / "out"))
    grid = assert_written_as(node, dataset)
    # in LPS rows run along (-0.8, 0, 0.6)
    assert [float(part) for part in grid.ImageOrientationPatient] == pytest.approx([-0.8, 0, 0.6, 0, -1, 0])


def test_grid_between_matrices_is_exported(volumes, loaded, tmp_path):  # noqa: F811
    """Its points are those that were read, and so is the movement of a point outside of it."""
    report = exported(placed(loaded, volumes[0]), PLUGIN, tmp_path / "out")
    (dataset,) = datasets(report)
    grid = assert_written_as(loaded, dataset)
    assert dciodvfy_errors(report.files) == []
    assert list(grid.GridDimensions) == list(SIZE)
    assert list(grid.GridResolution) == pytest.approx([5, 10, 2.5])
    assert [float(part) for part in grid.ImagePositionPatient] == pytest.approx([10, 20, 30])
    assert dataset.FrameOfReferenceUID == FIXED
    (item,) = dataset.DeformableRegistrationSequence
    (linear,) = item.PreDeformationMatrixRegistrationSequence
    assert linear.FrameOfReferenceTransformationMatrixType == "RIGID"
    # the first matrix, then the second: (x, y, z) -> (1 - y, x + 2, z + 3) -> (1 - y, 97 - z, x + 2)
    expected = [0, -1, 0, 1, 0, 0, -1, 97, 1, 0, 0, 2, 0, 0, 0, 1]
    matrix = [float(part) for part in linear.FrameOfReferenceTransformationMatrix]
    assert matrix == pytest.approx(expected, abs=1e-6)


def test_a_grid_between_matrices_comes_back(volumes, loaded, tmp_path):  # noqa: F811
    (dataset,) = datasets(exported(placed(loaded, volumes[0]), PLUGIN, tmp_path / "out"))
    import_files(tmp_path / "again", tmp_path / "out")
    (back,) = load_series(dataset.SeriesInstanceUID)
    for point in np.random.default_rng(1).uniform((12, 22, 32), (18, 38, 38), (20, 3)):
        assert from_parent(back, point) == pytest.approx(from_parent(loaded, point), abs=1e-3)


def test_several_grids_are_sampled_as_finely_as_they_are(volumes, loaded, tmp_path):  # noqa: F811
    """A second grid of 20 mm after the first, whose smallest spacing is 2.5 mm."""
    import slicer
    import vtk

    second, image = slicer.vtkOrientedGridTransform(), vtk.vtkImageData()
    image.SetDimensions(2, 2, 2)
    image.SetSpacing(20, 20, 20)
    image.AllocateScalars(vtk.VTK_DOUBLE, 3)
    image.GetPointData().GetScalars().Fill(0)
    second.SetDisplacementGridData(image)
    both = vtk.vtkGeneralTransform()
    both.PostMultiply()
    both.Concatenate(loaded.GetTransformFromParent())
    both.Concatenate(second)
    loaded.SetAndObserveTransformFromParent(both)
    (dataset,) = datasets(exported(placed(loaded, volumes[0]), PLUGIN, tmp_path / "out"))
    grid = assert_written_as(loaded, dataset)
    assert list(grid.GridResolution) == pytest.approx([2.5, 2.5, 2.5])
    assert np.prod(grid.GridDimensions) > 8


def test_displacements_that_are_no_numbers(volumes, database, tmp_path, caplog):  # noqa: F811
    """They are read as zero, with a line in the log; one of a node is written as zero, with a note."""
    from vtkmodules.util import numpy_support

    made = tilted_deformation()
    (item,) = made.DeformableRegistrationSequence
    del item.PreDeformationMatrixRegistrationSequence, item.PostDeformationMatrixRegistrationSequence
    (grid,) = item.DeformableRegistrationGridSequence
    grid.VectorGridData = struct.pack("<3f", *[np.nan] * 3) + grid.VectorGridData[12:]
    made.save_as(tmp_path / "reg.dcm", enforce_file_format=True)
    import_files(tmp_path / "files", tmp_path / "reg.dcm")
    (node,) = load_series(*series_with("REG"))
    assert "1 points of a deformation grid have no displacement" in caplog.text
    corner = np.array([10.0, 20, 30])
    assert from_parent(node, corner) == pytest.approx(corner)
    vertex, source = source_point(tilted_deformation_alone(), 2, 1, 2)
    assert from_parent(node, vertex) == pytest.approx(source, abs=1e-4)

    image = node.GetTransformFromParent().GetDisplacementGrid()
    numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())[5] = np.nan
    image.Modified()
    report = exported(placed(node, volumes[0]), PLUGIN, tmp_path / "out")
    assert any("are no numbers and are written as zero" in note for note in report.notes)
    (written,) = datasets(report)[0].DeformableRegistrationSequence
    data = written.DeformableRegistrationGridSequence[0].VectorGridData
    assert np.isfinite(np.frombuffer(data, "<f4")).all()


def tilted_deformation_alone():
    """The item without its matrices."""
    (item,) = tilted_deformation().DeformableRegistrationSequence
    del item.PreDeformationMatrixRegistrationSequence, item.PostDeformationMatrixRegistrationSequence
    return item
