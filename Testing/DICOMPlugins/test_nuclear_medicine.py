"""Reconstructed slices of nuclear medicine, in any order and at several times of the heart beat."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import NuclearMedicineImageStorage

from Testing.DICOMPlugins.loading import load_series, of_class, offers
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

SLICE_VECTOR, TIME_SLOT_VECTOR = 0x00540080, 0x00540070


def reconstruction(values, spacing=4.0, position=(10, 20, -30), **vectors) -> Dataset:
    """Frame number k holds `values[k]` everywhere."""
    detector = Dataset()
    if position is not None:
        detector.ImagePositionPatient, detector.ImageOrientationPatient = list(position), [1, 0, 0, 0, 1, 0]
    return image(
        pixels=np.repeat(np.array(values, np.uint16), 20).reshape(-1, 4, 5),
        SOPClassUID=NuclearMedicineImageStorage,
        Modality="NM",
        ImageType=["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"],
        NumberOfFrames=len(values),
        SpacingBetweenSlices=spacing,
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        DetectorInformationSequence=[detector],
        **vectors,
    )


@pytest.fixture
def bring(database, tmp_path):
    """Imports an image and gives its series."""
    from DICOMLib import DICOMUtils
    from Testing.DICOMPlugins.loading import all_series

    def import_image(dataset):
        folder = tmp_path / "files"
        write([dataset], folder)
        assert DICOMUtils.importDicom(folder)
        (uid,) = all_series()
        return uid

    return import_image


def heights(node) -> dict[int, float]:
    """Height of each slice by the value that it holds."""
    import slicer
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return {
        int(plane[0, 0]): round(matrix.MultiplyPoint((0, 0, k, 1))[2], 4)
        for k, plane in enumerate(slicer.util.arrayFromVolume(node))
    }


@pytest.mark.parametrize("order", [(2, 3), (3, 2)])
@pytest.mark.parametrize(("spacing", "step"), [(4.0, 4), (-4.0, -4)])
def test_slices_lie_by_their_number(bring, order, spacing, step):
    """Slices are stacked along the normal from the first frame, against it if the spacing is negative."""
    numbers = [1, *order]
    uid = bring(reconstruction([10 * number for number in numbers], spacing, SliceVector=numbers))
    (node,) = load_series(uid)
    assert heights(node) == {10: -30, 20: -30 + step, 30: -30 + 2 * step}


@pytest.mark.parametrize("seed", range(3))
def test_time_slots_are_volumes(bring, seed):
    """Two slots of three slices, in whatever order; value 10 t + k is that of slot t, slice k."""
    frames = [(t, k) for t in (1, 2) for k in (1, 2, 3)]
    np.random.default_rng(seed).shuffle(frames)
    frames.sort(key=lambda frame: frame != (1, 1))  # the position is that of the first frame
    dataset = reconstruction(
        [10 * t + k for t, k in frames],
        SliceVector=[int(k) for _, k in frames],
        TimeSlotVector=[int(t) for t, _ in frames],
        FrameIncrementPointer=[TIME_SLOT_VECTOR, SLICE_VECTOR],
    )
    (sequence,) = of_class(load_series(bring(dataset)), "vtkMRMLSequenceNode")
    found = [heights(sequence.GetNthDataNode(n)) for n in range(sequence.GetNumberOfDataNodes())]
    assert found == [{11: -30, 12: -26, 13: -22}, {21: -30, 22: -26, 23: -22}]


def test_slots_of_slices_without_a_position_are_no_sequence(bring):
    dataset = reconstruction(
        [11, 12, 21, 22], position=None, SliceVector=[1, 2, 1, 2], TimeSlotVector=[1, 1, 2, 2]
    )
    assert offers("DICOMVolumeSequencePlugin", bring(dataset)) == []
