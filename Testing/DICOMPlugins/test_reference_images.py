"""Series with NIfTI files beside them that other programs made: voxels and places of the loaded nodes."""

from __future__ import annotations

import numpy as np
import pytest

from Testing.nifti import by_place, nifti

pytestmark = pytest.mark.mrml

IBSI = "ibsi-sts-001/ibsi_validation/dicom/STS_001/PET/image"
PHANTOM = "ibsi-digital-phantom/ibsi_1_digital_phantom/dicom_deprecated/image"
PHILIPS = "dcm_qa_enh/In/Philips"


@pytest.fixture
def loaded(database, scene, shared_data):
    """Loads the series of a folder; gives the nodes of a class."""
    import slicer

    from DICOMLib import DICOMUtils

    def make(folder, node_class):
        assert DICOMUtils.importDicom(shared_data / folder)
        DICOMUtils.loadSeriesByUID([DICOMUtils.allSeriesUIDsInDatabase(database)[0]])
        return slicer.util.getNodesByClass(node_class)

    return make


def compared(node, path):
    """Voxels of a node and of a NIfTI file, voxel by voxel at the same place."""
    import slicer

    from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

    voxels, matrix = nifti(path)
    place = ijk_to_ras_of(node)
    ours = slicer.util.arrayFromVolume(node)
    turned = by_place(voxels[0], matrix, place)
    last = np.array(ours.shape[::-1]) - 1
    ends = [[(m @ [*corner, 1])[:3] for corner in ((0, 0, 0), last)] for m in (matrix, place)]
    assert np.allclose(np.sort(ends[0], axis=0), np.sort(ends[1], axis=0), atol=0.01)
    return ours, turned


def test_pet_in_uptake_values(loaded, shared_data):
    (node,) = loaded(IBSI, "vtkMRMLScalarVolumeNode")
    path = shared_data / "ibsi-sts-001/_ref/ibsi_validation/nifti/STS_001/PET_image.nii.gz"
    ours, reference = compared(node, path)
    assert np.allclose(ours, reference, rtol=1e-5, atol=1e-5)
    assert node.GetAttribute("DICOM.SUVbwFactor") == "1"


def test_legacy_converted_enhanced_mr(loaded, shared_data):
    import slicer

    (node,) = loaded(PHANTOM, "vtkMRMLScalarVolumeNode")
    path = shared_data / "ibsi-digital-phantom/_ref/ibsi_1_digital_phantom/nifti/image/phantom.nii.gz"
    voxels, _matrix = nifti(path)
    # the frames are coronal, 1 mm apart: their rows are the slices of the reference
    assert np.array_equal(slicer.util.arrayFromVolume(node), voxels[0].transpose(1, 0, 2))
    assert node.GetSpacing() == (1, 1, 1)


@pytest.mark.parametrize(("number", "name"), [(1, "e1"), (0, "e2_fieldmaphz")])
def test_enhanced_mr_of_two_volumes(loaded, shared_data, number, name):
    (sequence,) = loaded(PHILIPS, "vtkMRMLSequenceNode")
    path = shared_data / "dcm_qa_enh" / "_ref" / "Ref" / f"Philips_WIP_B0_NS_801_{name}.nii.gz"
    ours, reference = compared(sequence.GetNthDataNode(number), path)
    # dcm2niix takes the scaling that Philips keeps in private elements: one factor for all voxels
    factor = np.abs(reference).max() / np.abs(ours).max()
    assert np.allclose(ours * factor, reference, rtol=1e-4, atol=np.abs(reference).max() * 1e-5)
