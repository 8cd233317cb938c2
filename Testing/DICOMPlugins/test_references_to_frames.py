"""Exports of enhanced, mosaic and grid images: the frames and images that they name, and classic images."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer

from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, ijk_to_ras, loaded_back, offered
from Testing.DICOMPlugins.loading import import_files, load_series
from Testing.DICOMPlugins.test_exports_of_scanners import item_of, segmented
from Testing.validation import dciodvfy_errors

pytestmark = [pytest.mark.mrml, pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")]

TWO_VOLUMES = "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"  # 2 x 32 frames of 64 x 64, at the same places
WITHOUT_GROUPS = "pydicom-data/emri_small.dcm"  # 10 frames, 1.2 mm apart from 0 mm
MOSAICS = "dcm_qa_nih/In/20180918Si/mr_0003"
GRIDS = "dcm_qa_uih/In/DTI_132225"


@pytest.fixture
def shown(database, shared_data, tmp_path):
    """Loads a series, and gives the volume that is shown of it: one of the volumes of a sequence."""

    def load(name, number=0):
        (uid,) = import_files(tmp_path / "imported", shared_data / name)
        nodes = load_series(uid)
        for browser in (node for node in nodes if node.IsA("vtkMRMLSequenceBrowserNode")):
            browser.SetSelectedItemNumber(number)
            slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)
            return browser.GetProxyNode(browser.GetMasterSequenceNode())
        (node,) = (node for node in nodes if node.IsA("vtkMRMLScalarVolumeNode"))
        return node

    return load


def sources(dataset):
    """By height what each frame or contour was made of."""
    if dataset.Modality == "RTSTRUCT":
        contours = dataset.ROIContourSequence[0].ContourSequence
        return {round(float(one.ContourData[2]), 1): one.ContourImageSequence for one in contours}
    return {
        round(float(group.PlanePositionSequence[0].ImagePositionPatient[2]), 1): (
            group.DerivationImageSequence[0].SourceImageSequence
        )
        for group in dataset.PerFrameFunctionalGroupsSequence
    }


def whole_segment(volume):
    """Item of a segment of all slices."""
    node, _mask = segmented(volume)
    everywhere = np.ones(slicer.util.arrayFromVolume(volume).shape, np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(
        everywhere, node, node.GetSegmentation().GetNthSegmentID(0), volume
    )
    return item_of(node)


def written(volume, plugin, folder):
    """The object that a plugin writes of a volume, or of a segment of all of it."""
    if plugin == "DICOMParametricMapPlugin":
        slicer.util.updateVolumeFromArray(volume, slicer.util.arrayFromVolume(volume).astype(np.float32))
        item = item_of(volume)
    else:
        item = whole_segment(volume)
    report = exported(item, plugin, folder)
    uid = volume.GetAttribute("DICOM.instanceUIDs").split()[0]
    header = pydicom.dcmread(slicer.dicomDatabase.fileForInstance(uid), stop_before_pixels=True)
    if "***" not in str(header.StudyDate):  # which stands for patient and study in some
        assert dciodvfy_errors(report.files) == []
    (dataset,) = datasets(report)
    return dataset


PLUGINS = ["DICOMParametricMapPlugin", "DICOMSegmentationPlugin", "DicomRtImportExportPlugin"]


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("number", [0, 1])
def test_of_two_volumes_of_an_enhanced_image_the_frames_of_one_are_named(
    shown, shared_data, tmp_path, plugin, number
):
    """Those whose pixels are the voxels of the volume, by pydicom."""
    volume = shown(TWO_VOLUMES, number)
    voxels = slicer.util.arrayFromVolume(volume).copy()
    enhanced = pydicom.dcmread(shared_data / TWO_VOLUMES)
    dataset = written(volume, plugin, tmp_path / "out")
    found = {}
    for height, items in sources(dataset).items():
        (item,) = items
        assert item.ReferencedSOPInstanceUID == enhanced.SOPInstanceUID
        found[height] = int(item.ReferencedFrameNumber)
    assert len(found) == len(set(found.values())) == 32
    for index, height in enumerate(sorted(found)):  # slices go upwards, as their matrix says
        frame = found[height] - 1
        scaling = enhanced.PerFrameFunctionalGroupsSequence[frame].PixelValueTransformationSequence[0]
        values = enhanced.pixel_array[frame] * scaling.RescaleSlope + scaling.RescaleIntercept
        assert np.allclose(values, voxels[index])


def test_contours_of_frames_that_no_functional_group_places_name_them(shown, tmp_path):
    dataset = written(shown(WITHOUT_GROUPS), "DicomRtImportExportPlugin", tmp_path / "out")
    found = {height: int(items[0].ReferencedFrameNumber) for height, items in sources(dataset).items()}
    assert found == {round(1.2 * index, 1): index + 1 for index in range(10)}


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("name", [MOSAICS, GRIDS])
def test_all_slices_of_a_tiled_image_name_it(shown, tmp_path, plugin, name):
    volume = shown(name, 1)
    uid = volume.GetAttribute("DICOM.instanceUIDs")
    named = sources(written(volume, plugin, tmp_path / "out"))
    assert len(named) == volume.GetImageData().GetDimensions()[2]
    for items in named.values():
        (item,) = items
        assert (item.ReferencedSOPInstanceUID, "ReferencedFrameNumber" in item) == (uid, False)


@pytest.mark.parametrize("name", [MOSAICS, GRIDS])
def test_a_slice_of_a_tiled_image_is_no_tiled_image(shown, tmp_path, name):
    """So it is not taken apart when it is read again: voxels and places are the same."""
    volume = shown(name, 1)
    report = exported(item_of(volume), "DICOMScalarVolumePlugin", tmp_path / "out")
    for one in datasets(report):
        assert not {"MOSAIC", "VFRAME"} & set(one.ImageType)
        assert not {(0x0019, 0x100A), (0x0029, 0x1010), (0x0065, 0x1050), (0x0065, 0x1051)} & set(one.keys())
        assert [item.ReferencedSOPInstanceUID for item in one.SourceImageSequence] == [
            volume.GetAttribute("DICOM.instanceUIDs")
        ]
    back = loaded_back(tmp_path / "out", datasets(report)[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(back), slicer.util.arrayFromVolume(volume))
    assert np.allclose(ijk_to_ras(back), ijk_to_ras(volume), atol=1e-4)


def test_the_flat_mosaic_stays_one(database, shared_data, tmp_path):
    (uid,) = import_files(tmp_path / "imported", shared_data / "dcm_qa_ts/In/1.dcm")
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    (flat,) = plugin.examineFiles(list(slicer.dicomDatabase.filesForSeries(uid)))
    item = hierarchy().GetItemByDataNode(plugin.load(flat))
    (one,) = datasets(exported(item, "DICOMScalarVolumePlugin", tmp_path / "out"))
    assert "MOSAIC" in one.ImageType
    assert one[0x0019, 0x100A].value == 35


@pytest.mark.parametrize("number", [0, 1])
def test_classic_images_of_frames_have_their_values_and_name_them(shown, tmp_path, number):
    """The scaling of each frame makes whole numbers of its voxels: nothing is rounded."""
    volume = shown(TWO_VOLUMES, number)
    voxels = slicer.util.arrayFromVolume(volume)
    report = run(export(offered(item_of(volume), "DICOMScalarVolumePlugin"), tmp_path / "out"))
    (note,) = report.notes
    assert report.failed == []
    assert note.startswith("Only the volume that is shown is written, one of the 2 of its sequence.")
    written = sorted(datasets(report), key=lambda one: one.InstanceNumber)
    frames = [int(one.SourceImageSequence[0].ReferencedFrameNumber) for one in written]
    assert frames == [int(text) for text in volume.GetAttribute("DICOM.frameNumbers").split()]
    for one, slice_ in zip(written, voxels, strict=True):
        assert np.allclose(one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept), slice_)
