"""Diffusion series: volumes, b-values and gradients."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from Testing.DICOMPlugins.test_DICOMVolumeSequencePlugin import volumes_of
from Testing.image_series import heights, stack, write
from Testing.nifti import nifti

pytestmark = pytest.mark.mrml

MR = "1.2.840.10008.5.1.4.1.1.4"
X, Z = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]


@pytest.fixture
def examined(database, tmp_path):
    """Writes datasets, imports them, and gives the plugin and what it offers."""
    import slicer

    from DICOMLib import DICOMUtils

    def make(datasets):
        paths = write(datasets, tmp_path / "files")
        assert DICOMUtils.importDicom(tmp_path / "files")
        plugin = slicer.modules.dicomPlugins["DICOMDiffusionSequencePlugin"]()
        return plugin, plugin.examineForImport([paths])

    return make


def volume(number, slices=3, **attributes):
    """A volume whose pixels begin at 1000 times its number."""
    datasets = stack(heights(*(3.0 * k for k in range(slices))), SOPClassUID=MR, Modality="MR", **attributes)
    for k, dataset in enumerate(datasets):
        dataset.InstanceNumber = 100 * number + k
        dataset.PixelData = (np.arange(20, dtype=np.int16) + 1000 * number + 100 * k).tobytes()
    return datasets


def table_rows(name):
    import slicer

    table = slicer.util.getNode(name).GetTable()
    titles = [table.GetColumnName(column) for column in range(table.GetNumberOfColumns())]
    count = table.GetNumberOfRows()
    rows = [[table.GetValue(row, column).ToDouble() for column in range(4)] for row in range(count)]
    return titles, rows


def test_standard_attributes(examined, scene):
    # two images without weighting, as far apart as a scanner interleaves them
    datasets = [
        *volume(0, DiffusionBValue=0.0),
        *volume(1, DiffusionBValue=1000.0, DiffusionGradientOrientation=X),
        *volume(2, DiffusionBValue=1000.0, DiffusionGradientOrientation=Z),
        *volume(3, DiffusionBValue=0.0),
    ]
    plugin, (loadable,) = examined(datasets[::-1])
    assert (loadable.name, loadable.confidence) == ("7: Axial", 0.95)
    assert loadable.tooltip == "4 diffusion-weighted volumes, 2 with a gradient direction"
    sequence = plugin.load(loadable)
    # volumes of one weighting lie together
    assert [voxels[0, 0, 0] for _, voxels in volumes_of(sequence)] == [0, 3000, 1000, 2000]
    titles, rows = table_rows("7: Axial gradients")
    assert titles == ["b-value", "x", "y", "z"]
    # RAS: the patient's left is -x
    assert rows == [[0, 0, 0, 0], [0, 0, 0, 0], [1000, -1, 0, 0], [1000, 0, 0, 1]]
    node = sequence.GetNthDataNode(2)
    assert node.GetAttribute("DICOM.DiffusionBValue") == "1000"
    assert node.GetAttribute("DICOM.DiffusionGradientOrientation") == "1 0 0"
    assert sequence.GetNodeReference("gradientTable").GetName() == "7: Axial gradients"


def test_private_attributes_of_siemens(examined, scene):
    datasets = volume(0, Manufacturer="SIEMENS") + volume(1, Manufacturer="SIEMENS")
    for dataset in datasets:
        weighted = dataset.InstanceNumber >= 100
        block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        block.add_new(0x0C, "IS", "800" if weighted else "0")
        if weighted:
            block.add_new(0x0E, "FD", [0.0, 0.6, 0.8])
    plugin, (loadable,) = examined(datasets)
    plugin.load(loadable)
    assert table_rows("7: Axial gradients")[1] == [[0, 0, 0, 0], [800, 0, -0.6, 0.8]]


@pytest.mark.parametrize(
    "datasets",
    [
        volume(0) + volume(1),
        volume(0, DiffusionBValue=0.0) + volume(1, DiffusionBValue=0.0),
        volume(0, DiffusionBValue=0.0) + volume(1),
        volume(0, slices=1, DiffusionBValue=0.0) + volume(1, slices=1, DiffusionBValue=9.0),
    ],
)
def test_what_is_no_diffusion_series(examined, datasets):
    _plugin, loadables = examined(datasets)
    assert loadables == []


def test_united_imaging_equals_dcm2niix(database, scene, shared_data):
    """The reference is of another reconstruction of the same acquisition: its gradients are the same."""
    import slicer

    from DICOMLib import DICOMUtils

    (folder,) = (shared_data / "dcm_qa_uih" / "In").glob("DTI*/*")
    assert DICOMUtils.importDicom(folder)
    files = sorted(map(str, folder.glob("*.dcm")))
    DICOMUtils.loadSeriesByUID([database.seriesForFile(files[0])])
    (sequence,) = slicer.util.getNodesByClass("vtkMRMLSequenceNode")
    assert sequence.GetNumberOfDataNodes() == 17
    (bvec,) = (shared_data / "dcm_qa_uih" / "_ref").glob("**/*.bvec")
    _titles, rows = table_rows(f"{sequence.GetName()} gradients")
    assert [row[0] for row in rows] == pytest.approx(np.loadtxt(bvec.with_suffix(".bval")), rel=1e-4)
    (image,) = (shared_data / "dcm_qa_uih" / "_ref").glob("**/*.nii.gz")
    _voxels, matrix = nifti(image)
    axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    assert np.linalg.det(axes) < 0  # then FSL's vectors lie along the axes of the image
    expected = np.loadtxt(bvec).T @ axes.T
    ours = np.array([row[1:] for row in rows])
    assert np.abs(np.abs((ours[1:] * expected[1:]).sum(axis=1)) - 1).max() < 1e-4
    # every tile of every image against pydicom, 4 rows of 5 slices
    for number in (0, 16):
        whole = pydicom.dcmread(files[number]).pixel_array
        slices = whole.reshape(4, 64, 5, 64).transpose(0, 2, 1, 3).reshape(20, 64, 64)
        found = slicer.util.arrayFromVolume(sequence.GetNthDataNode(number))
        assert np.array_equal(found, slices)
    first = pydicom.dcmread(files[0])[0x0065, 0x1051].value
    origin = np.array(sequence.GetNthDataNode(0).GetOrigin()) * (-1, -1, 1)
    assert origin == pytest.approx(np.array(first[0].ImagePositionPatient, float), abs=1e-4)
    assert sequence.GetNthDataNode(0).GetSpacing() == pytest.approx((3.5, 3.5, 4.2), abs=1e-3)
