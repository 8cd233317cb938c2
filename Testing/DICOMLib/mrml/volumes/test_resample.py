"""ResampleScalarVolume as scripts call it; values are calculated by hand."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.mrml

IJK_TO_RAS = np.array([[-1.0, 0, 0, 10], [0, -1.0, 0, 20], [0, 0, 2.0, -30], [0, 0, 0, 1.0]])


def resampled(scene, voxels, spacing, interpolation):
    """The result of a run, and its status."""
    import slicer

    source = slicer.util.addVolumeFromArray(voxels, ijkToRAS=IJK_TO_RAS, name="Source")
    target = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Target")
    parameters = {
        "InputVolume": source.GetID(),
        "OutputVolume": target.GetID(),
        "outputPixelSpacing": spacing,
        "interpolationType": interpolation,
    }
    run = slicer.cli.run(slicer.modules.resamplescalarvolume, None, parameters, wait_for_completion=True)
    return target, run


@pytest.mark.parametrize(
    "interpolation",
    ["linear", "nearestNeighbor", "bspline", "hamming", "cosine", "welch", "lanczos", "blackman"],
)
def test_each_second_voxel(scene, interpolation):
    import slicer

    voxels = np.random.default_rng(1).integers(-500, 500, (6, 8, 10)).astype(np.int16)
    target, run = resampled(scene, voxels, "2,2,4", interpolation)
    assert run.GetStatusString() == "Completed"
    assert target.GetSpacing() == (2, 2, 4)
    assert target.GetOrigin() == (10, 20, -30)
    result = slicer.util.arrayFromVolume(target)
    assert result.dtype == np.int16
    assert np.array_equal(result, voxels[::2, ::2, ::2])
    assert target.GetDisplayNode() is not None


def test_between_voxels_of_a_ramp(scene):
    import slicer

    ramp = np.broadcast_to(np.arange(0, 100, 10, np.float32), (3, 4, 10)).copy()
    target, _run = resampled(scene, ramp, "0.5,0,0", "linear")
    result = slicer.util.arrayFromVolume(target)
    assert result.shape == (3, 4, 20)
    assert np.allclose(result[1, 2, :19], np.arange(0, 95, 5))
    assert target.GetSpacing() == (0.5, 1, 2)  # 0 keeps a spacing


@pytest.mark.parametrize(
    ("spacing", "interpolation", "told"),
    [
        ("1,1", "linear", "three spacings"),
        ("a,b,c", "linear", "three spacings"),
        ("0,0,0", "magic", "lanczos"),
    ],
)
def test_wrong_parameters_are_told(scene, spacing, interpolation, told):
    _target, run = resampled(scene, np.zeros((2, 2, 2), np.int16), spacing, interpolation)
    assert run.GetStatusString() == "Completed with errors"
    assert told in run.GetErrorText()


def test_a_missing_volume_is_told(scene):
    import slicer

    run = slicer.cli.runSync(slicer.modules.resamplescalarvolume, None, {"OutputVolume": "nowhere"})
    assert "InputVolume is no volume" in run.GetErrorText()
