"""Volumes from images that hold their slices side by side, written slice by slice: no image is cut again."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, ijk_to_ras, loaded_back
from Testing.DICOMPlugins.loading import import_files, load_series
from Testing.DICOMPlugins.test_independent_readers import by_dcm2niix
from Testing.nifti import by_place, nifti

pytestmark = pytest.mark.mrml

SIEMENS, UNITED_IMAGING = "dcm_qa_nih/In/20180918Si/mr_0003", "dcm_qa_uih/In/DTI_132225"


@pytest.fixture(params=[SIEMENS, UNITED_IMAGING])
def proxy(request, database, shared_data, tmp_path):
    """The volume that shows the sequence."""
    (uid,) = import_files(tmp_path / "imported", shared_data / request.param)
    (volume,) = (node for node in load_series(uid) if node.IsA("vtkMRMLScalarVolumeNode"))
    return volume


def test_a_volume(proxy, tmp_path):
    voxels, matrix = slicer.util.arrayFromVolume(proxy).copy(), ijk_to_ras(proxy)
    report = exported(hierarchy().GetItemByDataNode(proxy), "DICOMScalarVolumePlugin", tmp_path / "out")
    written = datasets(report)
    assert not {"MOSAIC", "VFRAME"} & {part for one in written for part in one.ImageType}
    back = loaded_back(tmp_path / "out", written[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(back), voxels)
    assert np.abs(ijk_to_ras(back) - matrix).max() < 1e-4
    (path,) = by_dcm2niix(tmp_path / "out", tmp_path / "nii")
    read, place = nifti(path)
    assert np.array_equal(np.squeeze(read), by_place(voxels, matrix, place))


def test_all_volumes(proxy, tmp_path):
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    sequence = browser.GetMasterSequenceNode()
    before = arrays(sequence)
    report = exported(hierarchy().GetItemByDataNode(proxy), "DICOMVolumeSequencePlugin", tmp_path / "out")
    assert len(report.files) == len(before) * len(before[0])
    loaded_back(tmp_path / "out", datasets(report)[0].SeriesInstanceUID)
    after = [one for one in slicer.util.getNodesByClass("vtkMRMLSequenceNode") if one is not sequence]
    assert [len(arrays(one)) for one in after] == [len(before)]
    assert np.array_equal(arrays(after[0]), before)


def arrays(sequence):
    """Voxels of each volume of a sequence."""
    nodes = (sequence.GetNthDataNode(index) for index in range(sequence.GetNumberOfDataNodes()))
    return [slicer.util.arrayFromVolume(node).copy() for node in nodes]
