"""Diffusion series: volumes, b-values and gradients."""

from __future__ import annotations

import logging

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

from DICOMLib.core.jobs import run
from DICOMLib.plugins.load import load
from Testing.DICOMLib.mrml.images.test_frames import enhanced, item
from Testing.DICOMPlugins.test_DICOMVolumeSequencePlugin import volumes_of
from Testing.image_series import heights, stack, write
from Testing.nifti import nifti

pytestmark = pytest.mark.mrml

MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
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


@pytest.mark.parametrize(
    ("center", "width", "windows"), [("40", "400", [(400, 40)]), (["1", "2"], "400", [])]
)
def test_window_of_the_images(examined, scene, center, width, windows):
    """It is shown as the files tell it, if they tell as many centers as widths."""
    import slicer

    datasets = volume(0, DiffusionBValue=0.0) + volume(1, DiffusionBValue=9.0)
    for dataset in datasets:
        dataset.WindowCenter, dataset.WindowWidth = center, width
    plugin, (loadable,) = examined(datasets)
    node = plugin.load(loadable)
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    shown = browser.GetProxyNode(node).GetDisplayNode()
    presets = range(shown.GetNumberOfWindowLevelPresets())
    assert [(shown.GetWindowPreset(n), shown.GetLevelPreset(n)) for n in presets] == windows
    assert not windows or (shown.GetWindow(), shown.GetLevel()) == windows[0]


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


def private(dataset, group, creator, **elements):
    """Add private elements to a dataset: `x39=("IS", 800)`."""
    block = dataset.private_block(group, creator, create=True)
    for name, (vr, value) in elements.items():
        block.add_new(int(name[1:], 16), vr, value)


def test_private_attributes_of_ge(examined, scene):
    """Directions run along frequency and phase, against the rows and columns of axial images, and slice."""
    datasets = volume(0, Manufacturer="GE MEDICAL SYSTEMS") + volume(1, Manufacturer="GE MEDICAL SYSTEMS")
    for dataset in datasets:
        weighted = dataset.InstanceNumber >= 100
        dataset.InPlanePhaseEncodingDirection = "COL"
        private(dataset, 0x0043, "GEMS_PARM_01", x39=("IS", [1000000800 if weighted else 0, 8, 0, 0]))
        x, y = ("0.6", "0.8") if weighted else ("0", "0")
        private(dataset, 0x0019, "GEMS_ACQU_01", xBB=("DS", x), xBC=("DS", y), xBD=("DS", "0"))
    plugin, (loadable,) = examined(datasets)
    assert loadable.tooltip == "2 diffusion-weighted volumes, 1 with a gradient direction"
    sequence = plugin.load(loadable)
    assert [voxels[0, 0, 0] for _, voxels in volumes_of(sequence)] == [0, 1000]
    # LPS (-0.6, -0.8, 0) is RAS (0.6, 0.8, 0), as dcm2niix has it
    assert np.allclose(table_rows("7: Axial gradients")[1], [[0, 0, 0, 0], [800, 0.6, 0.8, 0]])


def test_private_attributes_of_philips(examined, scene):
    """Directions are those of the patient: right-left, anterior-posterior, feet-head."""
    datasets = volume(0, Manufacturer="Philips Healthcare") + volume(1, Manufacturer="Philips Healthcare")
    for dataset in datasets:
        weighted = dataset.InstanceNumber >= 100
        private(dataset, 0x2001, "Philips Imaging DD 001", x03=("FL", 700.0 if weighted else 0.0))
        x, z = (0.6, 0.8) if weighted else (0.0, 0.0)
        private(dataset, 0x2005, "Philips MR Imaging DD 001", xB0=("FL", x), xB1=("FL", 0.0), xB2=("FL", z))
    plugin, (loadable,) = examined(datasets)
    sequence = plugin.load(loadable)
    assert [voxels[0, 0, 0] for _, voxels in volumes_of(sequence)] == [0, 1000]
    assert np.allclose(table_rows("7: Axial gradients")[1], [[0, 0, 0, 0], [700, -0.6, 0, 0.8]])


def frame_weighting(b_value, direction):
    weighting = item(DiffusionBValue=b_value)
    if direction is not None:
        weighting.DiffusionGradientDirectionSequence = [item(DiffusionGradientOrientation=direction)]
    return weighting


def test_enhanced_images(examined, scene):
    """The volumes of one file are told apart by the functional groups; frames of the volumes alternate."""
    dataset = enhanced([0, 0, 3, 3, 6, 6], Modality="MR")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = ENHANCED_MR
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        group.MRDiffusionSequence = [frame_weighting(*((1000.0, Z) if number % 2 else (0.0, None)))]
    plugin, (loadable,) = examined([dataset])
    assert loadable.tooltip == "2 diffusion-weighted volumes, 1 with a gradient direction"
    sequence = plugin.load(loadable)
    assert [voxels[:, 0, 0].tolist() for _, voxels in volumes_of(sequence)] == [
        [0, 200, 400],
        [100, 300, 500],
    ]
    assert table_rows("7: Axial gradients")[1] == [[0, 0, 0, 0], [1000, 0, 0, 1]]
    for number in range(2):
        node = sequence.GetNthDataNode(number)
        assert node.GetAttribute("DICOM.instanceUIDs") == dataset.SOPInstanceUID
        assert node.GetSpacing() == pytest.approx((0.8, 0.7, 3.0))


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


def test_it_says_why_it_cannot_read_and_leaves_nothing(examined, scene, caplog):
    import slicer

    datasets = volume(0, DiffusionBValue=0.0) + volume(
        1, DiffusionBValue=1000.0, DiffusionGradientOrientation=X
    )
    broken = datasets[-1]  # of the last volume
    broken.file_meta.TransferSyntaxUID = JPEG2000Lossless
    broken.PixelData = encapsulate([b"no codestream at all"])
    broken["PixelData"].is_undefined_length = True
    plugin, (loadable,) = examined(datasets)
    nodes = slicer.mrmlScene.GetNumberOfNodes()
    (failure,) = run(load({plugin: [loadable]})).failed
    assert failure.reason == loadable.loadError
    assert failure.reason.startswith("The pixels cannot be decoded: ")
    assert "\n" not in failure.reason
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    assert not slicer.util.getNodesByClass("vtkMRMLSequenceNode")
    assert not slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    assert slicer.mrmlScene.GetNumberOfNodes() <= nodes + 1  # the subject hierarchy
