"""One image that holds all slices of a volume side by side, alone in its series."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer

from DICOMLib.mrml.volumes.volume import ijk_to_ras_of, is_left_handed
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, loaded_back
from Testing.DICOMPlugins.loading import import_files, load_series, offers
from Testing.nifti import by_place, nifti

pytestmark = pytest.mark.mrml

MOSAIC, MOSAIC_REFERENCE = "dcm_qa_ts/In/1.dcm", "dcm_qa_ts/_ref/Ref/1.nii.gz"
GRID = "dcm_qa_uih/In/DTI_132225/dti_tra_dir16_PA_rot_SaveBySlc__134057/00000003.dcm"


@pytest.fixture
def loaded(database, shared_data, tmp_path):
    """Imports one file and loads its series as a double-click does; gives the series and the nodes."""

    def load(path):
        (uid,) = import_files(tmp_path / "files", path)
        return uid, load_series(uid)

    return load


def check_voxels_and_place(node, voxels, matrix):
    """Compare with the volume of a NIfTI file."""
    assert np.array_equal(slicer.util.arrayFromVolume(node), by_place(voxels, matrix, ijk_to_ras_of(node)))
    centre = (
        *(np.array(node.GetImageData().GetDimensions()) - 1) / 2,
        1,
    )  # the same, whichever axes are turned
    assert np.allclose(matrix @ centre, ijk_to_ras_of(node) @ centre, atol=0.01)
    assert not is_left_handed(ijk_to_ras_of(node))


def test_a_mosaic_equals_dcm2niix(loaded, shared_data):
    uid, (node,) = loaded(shared_data / MOSAIC)
    (voxels,), matrix = nifti(shared_data / MOSAIC_REFERENCE)
    check_voxels_and_place(node, voxels, matrix)
    assert node.GetClassName() == "vtkMRMLScalarVolumeNode"
    assert not slicer.util.getNodesByClass("vtkMRMLSequenceNode")
    (path,) = slicer.dicomDatabase.filesForSeries(uid)
    assert node.GetAttribute("DICOM.instanceUIDs") == slicer.dicomDatabase.instanceForFile(path)
    assert hierarchy().GetItemUID(hierarchy().GetItemByDataNode(node), "DICOM") == uid
    selection = slicer.app.applicationLogic().GetSelectionNode()
    assert selection.GetActiveVolumeID() == node.GetID()


def test_a_grid_of_united_imaging(loaded, shared_data):
    """20 slices in 4 rows of 5, against pydicom."""
    _uid, (node,) = loaded(shared_data / GRID)
    dataset = pydicom.dcmread(shared_data / GRID)
    slices = dataset.pixel_array.reshape(4, 64, 5, 64).transpose(0, 2, 1, 3).reshape(20, 64, 64)
    assert np.array_equal(slicer.util.arrayFromVolume(node), slices)
    ends = [node.GetImageData().GetDimensions()[2] - 1, 0]
    for number, item in zip(ends, [dataset[0x0065, 0x1051].value[end] for end in ends], strict=True):
        corner = (ijk_to_ras_of(node) @ (0, 0, number, 1))[:3] * (-1, -1, 1)
        assert corner == pytest.approx(np.array(item.ImagePositionPatient, float), abs=1e-3)
    assert node.GetAttribute("DICOM.instanceNumbers") == "3"


def test_the_flat_image_is_the_second_choice(loaded, shared_data):
    """As Slicer shows it: all slices in one plane, 6 by 6 of 64 by 64 voxels, the last one empty."""
    uid, (node,) = loaded(shared_data / MOSAIC)
    (volume,) = offers("DICOMVolumeSequencePlugin", uid)
    (flat,) = offers("DICOMScalarVolumePlugin", uid)
    assert volume.tooltip == "A volume of 35 slices, which lie side by side in one image"
    assert (volume.files, volume.confidence) == (flat.files, 0.9)
    assert flat.confidence == 0.5
    assert node.GetImageData().GetDimensions() == (64, 64, 35)
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    assert plugin.load(flat).GetImageData().GetDimensions() == (384, 384, 1)


def test_it_is_exported_slice_by_slice(loaded, shared_data, tmp_path):
    _uid, (node,) = loaded(shared_data / MOSAIC)
    item = hierarchy().GetItemByDataNode(node)
    report = exported(item, "DICOMScalarVolumePlugin", tmp_path / "out")
    back = loaded_back(tmp_path / "out", datasets(report)[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(back), slicer.util.arrayFromVolume(node))
    assert np.allclose(ijk_to_ras_of(back), ijk_to_ras_of(node), atol=1e-4)
