"""Registrations: those that plastimatch writes, and deformations worked out by hand."""

from __future__ import annotations

import subprocess

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from Testing import factories
from Testing.DICOMPlugins.loading import import_files, load_series, offers, series_with, study_uid_of

pytestmark = pytest.mark.mrml

PLUGIN = "DicomSroImportExportPlugin"
SPATIAL, DEFORMABLE = "1.2.840.10008.5.1.4.1.1.66.1", "1.2.840.10008.5.1.4.1.1.66.3"
FIXED, MOVING = "1.2.3.100", "1.2.3.200"

# Half the sine of the angle about each axis: 90 degrees about z; then a shift by 10, 20, 30 mm.
RIGID = """#Insight Transform File V1.0
#Transform 0
Transform: VersorRigid3DTransform_double_3_3
Parameters: 0 0 0.70710678118654757 10 20 30
FixedParameters: 0 0 0
"""


def to_parent(node, point):
    return node.GetTransformToParent().TransformPoint(point)


def from_parent(node, point):
    return node.GetTransformFromParent().TransformPoint(point)


def test_rigid_registration_of_plastimatch(database, shared_data, tmp_path):
    """ITK's transform takes points of the fixed image to the moving one: x to y, y to -x, then the shift."""
    (tmp_path / "rigid.tfm").write_text(RIGID)
    images = shared_data / "dcmqi/data/segmentations/ct-3slice"
    command = [
        "plastimatch",
        "xf-convert",
        "--input",
        tmp_path / "rigid.tfm",
        "--output-dicom",
        tmp_path / "out",
    ]
    command += ["--fixed-image", images, "--moving-image", images]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    (path,) = (tmp_path / "out").glob("sro*.dcm")
    import_files(tmp_path / "files", path)
    (uid,) = series_with("REG")
    (loadable,) = offers(PLUGIN, uid)
    assert loadable.confidence == 1.0
    assert "REG" in loadable.name
    (node,) = load_series(uid)
    assert node.GetClassName() == "vtkMRMLLinearTransformNode"
    fixed_lps = np.array([1.0, 2.0, 3.0])
    moving_lps = np.array([-2.0 + 10, 1.0 + 20, 3.0 + 30])
    mirror = np.array([-1, -1, 1])
    assert np.allclose(to_parent(node, moving_lps * mirror), fixed_lps * mirror, atol=1e-4)
    dataset = pydicom.dcmread(path)
    assert study_uid_of(node) == dataset.StudyInstanceUID
    assert node.GetAttribute("DICOM.FixedFrameOfReferenceUID") == dataset.FrameOfReferenceUID


def matrix_item(*rows):
    item = Dataset()
    item.FrameOfReferenceTransformationMatrixType = "RIGID"
    item.FrameOfReferenceTransformationMatrix = [float(value) for row in rows for value in row]
    return item


IDENTITY = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
SHIFT_X = ((1, 0, 0, 5), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
TURN_Z = ((0, -1, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))


def registration(*items):
    """A Spatial Registration: frame of reference and matrices of each item."""
    sequence = []
    for frame, matrices in items:
        item, one = Dataset(), Dataset()
        item.FrameOfReferenceUID = frame
        one.MatrixSequence = [matrix_item(*matrix) for matrix in matrices]
        item.MatrixRegistrationSequence = [one]
        sequence.append(item)
    return factories.instance(
        SPATIAL,
        Modality="REG",
        SeriesDescription="Pre to post",
        FrameOfReferenceUID=FIXED,
        RegistrationSequence=sequence,
    )


def loaded(dataset, tmp_path):
    dataset.save_as(tmp_path / "reg.dcm", enforce_file_format=True)
    import_files(tmp_path / "files", tmp_path / "reg.dcm")
    return load_series(*series_with("REG"))


def test_only_what_moves_becomes_a_transform(database, tmp_path):
    (node,) = loaded(registration((FIXED, [IDENTITY]), (MOVING, [SHIFT_X])), tmp_path)
    assert node.GetName() == "1: REG: Pre to post"
    assert node.GetAttribute("DICOM.MovingFrameOfReferenceUID") == MOVING
    assert np.allclose(to_parent(node, (0, 0, 0)), (-5, 0, 0))


def test_matrices_are_applied_in_order(database, tmp_path):
    # (1, 0, 0) is shifted to (6, 0, 0) and then turned to (0, 6, 0), all LPS
    (node,) = loaded(registration((MOVING, [SHIFT_X, TURN_Z])), tmp_path)
    assert np.allclose(to_parent(node, (-1, 0, 0)), (0, -6, 0))


def test_a_rigid_matrix_and_an_affine_one(database, tmp_path):
    # (1, 2, 3) goes to (-2, 1, 3) and on to (-2 * 2 + 0.5, 1 * 3 - 4, 3 + 2), all LPS
    scale = ((2, 0.5, 0, 0), (0, 3, 0, -4), (0, 0, 1, 2), (0, 0, 0, 1))
    (node,) = loaded(registration((MOVING, [TURN_Z, scale])), tmp_path)
    assert np.allclose(to_parent(node, (-1, -2, 3)), (3.5, 1, 5))


def test_volumes_are_referred_to(database, tmp_path):
    import slicer

    for name, frame in (("fixed", FIXED), ("moving", MOVING)):
        factories.write(factories.ct_series(2, name, FrameOfReferenceUID=frame), tmp_path / name)
    import_files(tmp_path / "ct", tmp_path / "fixed", tmp_path / "moving")
    volumes = {
        slicer.dicomDatabase.instanceValue(
            node.GetAttribute("DICOM.instanceUIDs").split()[0], "0020,0052"
        ): node
        for node in load_series(*series_with("CT"))
    }
    (node,) = loaded(registration((MOVING, [SHIFT_X])), tmp_path)
    assert node.GetNodeReference(node.GetMovingNodeReferenceRole()) is volumes[MOVING]
    assert node.GetNodeReference(node.GetFixedNodeReferenceRole()) is volumes[FIXED]


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [([(1, 0, 0)], "16 numbers"), ([(0, 0, 0, 0)] * 4, "no transform")],
    ids=["short", "singular"],
)
def test_unusable_matrices_are_reported(database, tmp_path, caplog, matrix, reason):
    assert loaded(registration((MOVING, [matrix])), tmp_path) == []
    assert reason in caplog.text


def deformation(displacement, before=None, after=None):
    """A Deformable Spatial Registration; `displacement` gives mm (LPS) at the indices of a grid."""
    grid, item = Dataset(), Dataset()
    grid.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    grid.ImagePositionPatient = [-20, -20, 0]
    grid.GridDimensions = [4, 5, 6]
    grid.GridResolution = [10.0, 10.0, 5.0]
    indices = [(i, j, k) for k in range(6) for j in range(5) for i in range(4)]
    grid.VectorGridData = np.array([displacement(*index) for index in indices], "<f4").tobytes()
    item.SourceFrameOfReferenceUID = MOVING
    item.DeformableRegistrationGridSequence = [grid]
    if before:
        item.PreDeformationMatrixRegistrationSequence = [matrix_item(*before)]
    if after:
        item.PostDeformationMatrixRegistrationSequence = [matrix_item(*after)]
    return factories.instance(
        DEFORMABLE,
        Modality="REG",
        SeriesDescription="Warp",
        FrameOfReferenceUID=FIXED,
        DeformableRegistrationSequence=[item],
    )


def test_deformation_grid(database, tmp_path):
    """At grid point (2, 3, 4), that is (0, 10, 20) mm, the displacement is (2, 6, 12) mm (LPS)."""
    (node,) = loaded(deformation(lambda i, j, k: (i, 2 * j, 3 * k)), tmp_path)
    assert (node.GetClassName(), node.GetName()) == ("vtkMRMLGridTransformNode", "1: DREG: Warp")
    assert np.allclose(from_parent(node, (0, -10, 20)), (-2, -16, 32), atol=1e-4)
    # half way between grid points the displacement is half way too
    assert np.allclose(from_parent(node, (-5, -10, 20)), (-5 - 2.5, -16, 32), atol=1e-4)
    # what lies under the transform goes the other way
    assert np.allclose(to_parent(node, (-2, -16, 32)), (0, -10, 20), atol=1e-2)


def test_matrices_before_and_after_the_grid(database, tmp_path):
    """LPS: (-5, 10, 20) is shifted to (0, 10, 20), displaced to (1, 10, 20), turned to (-10, 1, 20)."""
    (node,) = loaded(deformation(lambda i, j, k: (1, 0, 0), before=SHIFT_X, after=TURN_Z), tmp_path)
    assert np.allclose(from_parent(node, (5, -10, 20)), (10, -1, 20), atol=1e-4)


def test_truncated_grid_is_reported(database, tmp_path, caplog):
    dataset = deformation(lambda i, j, k: (0, 0, 0))
    grid = dataset.DeformableRegistrationSequence[0].DeformableRegistrationGridSequence[0]
    grid.VectorGridData = grid.VectorGridData[:-12]
    assert loaded(dataset, tmp_path) == []
    assert "truncated" in caplog.text
