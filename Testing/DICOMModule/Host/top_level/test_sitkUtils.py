"""Volumes go to SimpleITK and back, against SimpleITK's own reading of a written file."""

from __future__ import annotations

import numpy as np
import pytest
import vtk

pytestmark = [pytest.mark.mrml, pytest.mark.gui]

sitk = pytest.importorskip("SimpleITK")
VALUES = np.random.default_rng(4).integers(-1000, 1000, (3, 4, 5)).astype(np.int16)
# turned about the head's axis by 30 degrees, 0.5 x 2 x 3 mm
COSINE, SINE = np.cos(np.pi / 6), np.sin(np.pi / 6)
IJK_TO_RAS = np.array(
    [
        [-0.5 * COSINE, 2 * SINE, 0, 10],
        [-0.5 * SINE, -2 * COSINE, 0, -20],
        [0, 0, 3, 30],
        [0, 0, 0, 1],
    ]
)


@pytest.fixture
def volume(scene):
    import slicer

    return slicer.util.addVolumeFromArray(VALUES, ijkToRAS=IJK_TO_RAS, name="Turned")


def test_a_volume_as_image(host, volume, tmp_path):
    import sitkUtils
    import slicer

    image = sitkUtils.PullVolumeFromSlicer(volume)
    slicer.util.saveNode(volume, str(tmp_path / "turned.nrrd"))
    written = sitk.ReadImage(str(tmp_path / "turned.nrrd"))
    assert np.array_equal(sitk.GetArrayFromImage(image), VALUES)
    for read in ("GetOrigin", "GetSpacing", "GetDirection", "GetSize", "GetPixelID"):
        assert np.allclose(getattr(image, read)(), getattr(written, read)()), read
    assert sitkUtils.PullVolumeFromSlicer("Turned").GetSize() == (5, 4, 3)


def test_there_and_back(host, volume):
    import sitkUtils
    import slicer

    image = sitkUtils.PullVolumeFromSlicer(volume)
    node = sitkUtils.PushVolumeToSlicer(image, name="Back")
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    assert np.allclose(slicer.util.arrayFromVTKMatrix(matrix), IJK_TO_RAS)
    assert np.array_equal(slicer.util.arrayFromVolume(node), VALUES)
    assert (node.GetName(), node.GetDisplayNode() is not None) == ("Back", True)
    assert sitkUtils.PushVolumeToSlicer(image * 2, targetNode=node) is node
    assert np.array_equal(slicer.util.arrayFromVolume(node), 2 * VALUES)
    labels = sitkUtils.PushVolumeToSlicer(image > 0, className="vtkMRMLLabelMapVolumeNode")
    assert np.array_equal(slicer.util.arrayFromVolume(labels), VALUES > 0)
    assert sitkUtils.PushToSlicer(image, "Back", 0, overwrite=True) is node


def test_colours_and_single_slices(host, scene):
    import sitkUtils
    import slicer

    colours = np.random.default_rng(5).integers(0, 255, (2, 3, 4, 3)).astype(np.uint8)
    image = sitk.GetImageFromArray(colours, isVector=True)
    node = sitkUtils.PushVolumeToSlicer(image, className="vtkMRMLVectorVolumeNode")
    assert np.array_equal(sitk.GetArrayFromImage(sitkUtils.PullVolumeFromSlicer(node)), colours)
    flat = sitkUtils.PushVolumeToSlicer(sitk.GetImageFromArray(VALUES[0]))
    assert np.array_equal(slicer.util.arrayFromVolume(flat), VALUES[:1])


def test_what_no_image_can_hold(host, volume, scene):
    import sitkUtils

    volume.SetAndObserveTransformNodeID(scene.AddNewNodeByClass("vtkMRMLLinearTransformNode").GetID())
    with pytest.raises(ValueError, match="harden it"):
        sitkUtils.PullVolumeFromSlicer(volume)
    with pytest.raises(ValueError, match="no volume with voxels"):
        sitkUtils.PullVolumeFromSlicer(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode"))
