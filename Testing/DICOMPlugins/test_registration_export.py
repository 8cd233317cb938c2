"""Export of transforms as Spatial Registration: matrices by hand, references, round trip."""

from __future__ import annotations

import numpy as np
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


def test_only_linear_transforms_are_offered(database):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
    assert offered(hierarchy().GetItemByDataNode(node), PLUGIN) == []
