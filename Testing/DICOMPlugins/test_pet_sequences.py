"""Dynamic PET: loaded as a volume sequence with units and SUV factor, exported as valid PET, and back."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from pydicom.dataset import Dataset

from DICOMLib import DICOMUtils
from DICOMLib.mrml.volumes import sequence
from DICOMLib.mrml.volumes.volume import Volume
from Testing.DICOMPlugins.exporting import below_study, datasets, exported, hierarchy, volume_node
from Testing.DICOMPlugins.test_DICOMVolumeSequencePlugin import volumes_of
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMVolumeSequencePlugin"
PET = "1.2.840.10008.5.1.4.1.1.128"
# 370 MBq for 74 kg; one half life before the scan, so that half of it is left
SUV_FACTOR = 2 * 74_000 / 370e6
SLOPE = 0.25
PIXELS = np.arange(20, dtype=np.int16).reshape(4, 5)


def dynamic_pet():
    """Two volumes of three slices, a minute apart; pixels of slice k at time t begin at 1000 t + 100 k."""
    isotope = Dataset()
    isotope.RadionuclideTotalDose, isotope.RadionuclideHalfLife = "370000000", "6600"
    isotope.RadiopharmaceuticalStartTime, isotope.RadionuclideCodeSequence = "100000", []
    images = []
    for time in range(2):
        volume = stack(
            heights(0, 3, 6), SOPClassUID=PET, Modality="PT", Units="BQML", DecayCorrection="START",
            CorrectedImage=["DECY", "ATTN"], PatientWeight="74", SeriesDate="20240115", SeriesTime="115000",
            AcquisitionDate="20240115", AcquisitionTime=f"115{time}00", SeriesType=["DYNAMIC", "IMAGE"],
            RescaleSlope=str(SLOPE), RescaleIntercept="0", FrameReferenceTime=str(60_000 * time + 30_000),
            NumberOfSlices=3, NumberOfTimeSlices=2, ImageType=["ORIGINAL", "PRIMARY"],
            RadiopharmaceuticalInformationSequence=[isotope], DecayFactor="1.05",
        )  # fmt: skip
        for k, dataset in enumerate(volume):
            dataset.InstanceNumber = 3 * time + k + 1
            dataset.PixelData = (PIXELS + 1000 * time + 100 * k).tobytes()
        images += volume
    return images


def expected(time):
    return np.array([PIXELS + 1000 * time + 100 * k for k in range(3)]) * SLOPE


def check(node, tolerance):
    """Values, factor and unit of each volume."""
    found = volumes_of(node)
    assert [value for value, _voxels in found] == ["0", "60"]
    for number, (_value, voxels) in enumerate(found):
        assert np.abs(voxels - expected(number)).max() <= tolerance
        volume = node.GetNthDataNode(number)
        assert float(volume.GetAttribute("DICOM.SUVbwFactor")) == pytest.approx(SUV_FACTOR, rel=1e-6)
        assert volume.GetVoxelValueUnits().GetCodeMeaning() == "Becquerels/milliliter"


@pytest.fixture
def loaded(database, tmp_path):
    """The proxy of the sequence that was loaded."""
    write(dynamic_pet(), tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    DICOMUtils.loadSeriesByUID(["1.2.3.4"])
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    return browser.GetProxyNode(browser.GetMasterSequenceNode())


def test_import(loaded):
    (node,) = slicer.util.getNodesByClass("vtkMRMLSequenceNode")
    assert (node.GetIndexName(), node.GetIndexUnit()) == ("time", "s")
    check(node, 0)
    assert float(loaded.GetAttribute("DICOM.SUVbwFactor")) == pytest.approx(SUV_FACTOR, rel=1e-6)
    assert loaded.GetVoxelValueUnits().GetCodeMeaning() == "Becquerels/milliliter"
    assert loaded.GetDisplayNode().GetColorNodeID().endswith("PET-Heat")


def test_export_and_back(loaded, tmp_path):
    report = exported(int(hierarchy().GetItemByDataNode(loaded)), PLUGIN, tmp_path / "out", Modality="PT")
    written = datasets(report)
    assert dciodvfy_errors(report.files) == []
    assert {one.SOPClassUID for one in written} == {PET}
    assert {float(one.RescaleIntercept) for one in written} == {0.0}
    assert {one.Units for one in written} == {"BQML"}
    (uid,) = {one.SeriesInstanceUID for one in written}
    assert uid != "1.2.3.4"
    assert DICOMUtils.importDicom(tmp_path / "out")
    DICOMUtils.loadSeriesByUID([uid])
    back = slicer.mrmlScene.GetNthNodeByClass(1, "vtkMRMLSequenceNode")
    check(back, max(float(one.RescaleSlope) for one in written) / 2 * 1.001)


def test_fractions_without_a_source_have_a_slope_alone(database, tmp_path):
    """PS3.3 C.8.9.4.1.5: Rescale Intercept shall be 0."""
    matrix = np.diag([-0.5, -0.7, 2.5, 1.0])
    frames = [np.random.default_rng(seed).uniform(0, 25, (2, 4, 5)) for seed in (1, 2)]

    def items():
        for number, voxels in enumerate(frames):
            node = volume_node(voxels, matrix, "temporary")
            yield sequence.Item(str(number), Volume(node.GetImageData(), matrix))
            slicer.mrmlScene.RemoveNode(node)

    node = sequence.add_sequence(slicer.mrmlScene, "PET", sequence.Index("time", "s"), items())
    proxy = sequence.add_browser([node], "PET", 1.0).GetProxyNode(node)
    report = exported(below_study(proxy), PLUGIN, tmp_path, Modality="PT")
    written = datasets(report)
    assert dciodvfy_errors(report.files) == []
    assert {float(one.RescaleIntercept) for one in written} == {0.0}
    for number, one in enumerate(written):
        values = one.pixel_array * float(one.RescaleSlope)
        source = frames[number // 2][number % 2]
        assert 0 < np.abs(values - source).max() <= float(one.RescaleSlope) / 2 * 1.001
