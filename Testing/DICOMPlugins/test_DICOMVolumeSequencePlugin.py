"""Volume sequences: which series are offered, and every voxel of every volume."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import CTImageStorage, EnhancedMRImageStorage, JPEG2000Lossless, MRImageStorage

from DICOMLib.core.jobs import run
from DICOMLib.plugins.load import load
from Testing.DICOMLib.mrml.images.test_frames import enhanced, item
from Testing.image_series import heights, image, stack, write
from Testing.nifti import by_place, nifti

pytestmark = pytest.mark.mrml

MR = "1.2.840.10008.5.1.4.1.1.4"


def times(count, slices=3, **attributes):
    """An MR series of `count` volumes; pixels of volume t, slice k begin at 1000 t + 100 k."""
    datasets = []
    for time in range(count):
        volume = stack(
            heights(*(3.0 * k for k in range(slices))), SOPClassUID=MR, Modality="MR", **attributes
        )
        for k, dataset in enumerate(volume):
            dataset.InstanceNumber = time * slices + k + 1
            pixels = np.arange(20, dtype=np.int16).reshape(4, 5) + 1000 * time + 100 * k
            dataset.PixelData = pixels.tobytes()
        datasets.append(volume)
    return datasets


@pytest.fixture
def examined(database, tmp_path):
    """Writes datasets, imports them, and gives the plugin and what it offers."""
    import slicer

    from DICOMLib import DICOMUtils

    def make(datasets):
        paths = write(datasets, tmp_path / "files")
        assert DICOMUtils.importDicom(tmp_path / "files")
        plugin = slicer.modules.dicomPlugins["DICOMVolumeSequencePlugin"]()
        return plugin, plugin.examineForImport([paths])

    return make


def files_of(datasets):
    """Files of datasets that are in the database."""
    import slicer

    return [slicer.dicomDatabase.fileForInstance(dataset.SOPInstanceUID) for dataset in datasets]


def volumes_of(sequence):
    """(index value, voxels) of each item."""
    import slicer

    return [
        (sequence.GetNthIndexValue(n), slicer.util.arrayFromVolume(sequence.GetNthDataNode(n)).copy())
        for n in range(sequence.GetNumberOfDataNodes())
    ]


@pytest.mark.parametrize("sop_class", [CTImageStorage, MRImageStorage])
def test_trigger_times(examined, scene, sop_class):
    import slicer

    volumes = times(4)
    for number, trigger in enumerate((600, 0, 400, 200)):
        for dataset in volumes[number]:
            dataset.TriggerTime = trigger
            dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
    plugin, (loadable,) = examined([dataset for volume in volumes for dataset in volume])
    assert (loadable.name, loadable.confidence, loadable.selected) == ("7: Axial", 0.9, True)
    assert loadable.tooltip == "4 volumes of 3 slices, by TriggerTime"
    sequence = plugin.load(loadable)
    assert (sequence.GetIndexName(), sequence.GetIndexUnit()) == ("TriggerTime", "ms")
    found = volumes_of(sequence)
    assert [value for value, _ in found] == ["0", "200", "400", "600"]
    assert [voxels[0, 0, 0] for _, voxels in found] == [1000, 3000, 2000, 0]
    assert found[1][1][:, 3, 4].tolist() == [3019, 3119, 3219]
    node = sequence.GetNthDataNode(0)
    assert node.GetAttribute("DICOM.instanceUIDs").split() == [d.SOPInstanceUID for d in volumes[1]]
    assert node.GetSpacing() == pytest.approx((0.5, 2.0, 3.0))
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    proxy = browser.GetProxyNode(sequence)
    assert slicer.util.arrayFromVolume(proxy)[0, 0, 0] == 1000
    browser.SetSelectedItemNumber(3)
    assert slicer.util.arrayFromVolume(proxy)[0, 0, 0] == 0
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    assert hierarchy.GetItemUID(hierarchy.GetItemByDataNode(proxy), "DICOM") == "1.2.3.4"


@pytest.mark.parametrize(
    ("trigger_times", "name", "values"),
    [
        ((0, 0.0004, 0.0008), "frame", ["0", "1", "2"]),  # one and the same to a sequence
        ((0, 12345.67, 12345.69), "TriggerTime", ["0", "12345.67", "12345.69"]),
    ],
)
def test_values_that_are_near_to_each_other(examined, scene, trigger_times, name, values):
    volumes = times(3)
    for trigger, volume in zip(trigger_times, volumes, strict=True):
        for dataset in volume:
            dataset.TriggerTime = str(trigger)
    plugin, (loadable,) = examined([dataset for volume in volumes for dataset in volume])
    sequence = plugin.load(loadable)
    found = volumes_of(sequence)
    assert (sequence.GetIndexName(), [value for value, _ in found]) == (name, values)
    assert [voxels[0, 0, 0] for _, voxels in found] == [0, 1000, 2000]


def test_acquisition_times_that_differ_from_slice_to_slice(examined, scene):
    volumes = times(3)
    for number, volume in enumerate(volumes):
        for k, dataset in enumerate(volume):
            dataset.AcquisitionTime = f"1015{10 + 2 * number:02d}.{k}"
    plugin, (loadable,) = examined([dataset for volume in volumes for dataset in volume])
    sequence = plugin.load(loadable)
    assert (sequence.GetIndexName(), sequence.GetIndexUnit()) == ("time", "s")
    assert [value for value, _ in volumes_of(sequence)] == ["0", "2", "4"]


@pytest.mark.parametrize("offset", ["", "+0100"])
def test_frames_before_and_after_midnight(examined, scene, offset):
    """The volumes of one file, in whatever order, by the moments of their frames."""
    moments = ("20240101235958.5", "20240102000001.5", "20240102000000.0")
    dataset = enhanced([z for z in (0, 3) for _ in moments])
    for group, moment in zip(dataset.PerFrameFunctionalGroupsSequence, moments * 2, strict=True):
        group.FrameContentSequence = [item(FrameAcquisitionDateTime=moment + offset)]
    plugin, (loadable,) = examined([dataset])
    sequence = plugin.load(loadable)
    assert (sequence.GetIndexName(), sequence.GetIndexUnit()) == ("time", "s")
    found = [(value, voxels[:, 0, 0].tolist()) for value, voxels in volumes_of(sequence)]
    assert found == [("0", [0, 300]), ("1.5", [200, 500]), ("3", [100, 400])]


@pytest.mark.parametrize("told_by", ["dimension", "frame type"])
def test_frames_in_all_orders(examined, scene, told_by):
    """Magnitude and phase of two slices, which neither a time nor an echo tells apart."""
    frames = [(0, "M", 1), (3, "M", 1), (0, "P", 2), (3, "P", 2)]
    datasets = []
    for order in itertools.permutations(frames):
        dataset = enhanced([z for z, _, _ in order], Modality="MR")
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
        pixels = [1000 * number + z for z, _, number in order]
        dataset.PixelData = np.repeat(np.array(pixels, np.uint16), 20).tobytes()
        groups = dataset.PerFrameFunctionalGroupsSequence
        for group, (z, kind, number) in zip(groups, order, strict=True):
            if told_by == "dimension":
                group.FrameContentSequence = [item(DimensionIndexValues=[1 + (z > 0), number])]
            else:
                frame_type = item(FrameType=["ORIGINAL", "PRIMARY", kind, "NONE"])
                group.MRImageFrameTypeSequence = [frame_type]
        # by Image Position (Patient) and by Complex Image Component
        pointers = (0x00200032, 0x00089208)
        dataset.DimensionIndexSequence = [item(DimensionIndexPointer=pointer) for pointer in pointers]
        datasets.append(dataset)
        dataset.SeriesInstanceUID += f".{len(datasets)}"
    plugin, _ = examined(datasets)
    for path in files_of(datasets):
        (loadable,) = plugin.examineForImport([[path]])
        found = [voxels[:, 0, 0].tolist() for _, voxels in volumes_of(plugin.load(loadable))]
        assert sorted(found) == [[1000, 1003], [2000, 2003]]


@pytest.mark.parametrize("moment", ["", "2024", "20241301120000", "noon"])
def test_frames_without_a_moment(examined, scene, moment):
    dataset = enhanced([0, 0, 3, 3])
    for group in dataset.PerFrameFunctionalGroupsSequence:
        group.FrameContentSequence = [item()]
        group.FrameContentSequence[0].add_new("FrameAcquisitionDateTime", "LO", moment)
    _plugin, (loadable,) = examined([dataset])
    assert loadable.tooltip == "2 volumes of 2 slices, by frame"


def test_nothing_tells_them_apart_but_the_instance_number(examined, scene):
    plugin, (loadable,) = examined([dataset for volume in times(2) for dataset in volume][::-1])
    sequence = plugin.load(loadable)
    assert [(value, voxels[0, 0, 0]) for value, voxels in volumes_of(sequence)] == [("0", 0), ("1", 1000)]


def test_a_last_volume_that_is_not_complete_is_left_out(examined):
    datasets = [dataset for volume in times(3) for dataset in volume][:-1]
    _plugin, (loadable,) = examined(datasets)
    assert len(loadable.groups.volumes) == 2
    assert loadable.warning == "2 slices of a volume that is not complete are left out."


def test_volumes_of_uneven_slices_are_warned_of(examined):
    datasets = [dataset for volume in times(2, slices=4) for dataset in volume]
    for dataset in datasets:
        if dataset.ImagePositionPatient[2] > 5:
            dataset.ImagePositionPatient = [0, 0, dataset.ImagePositionPatient[2] + 3]
    _plugin, (loadable,) = examined(datasets)
    assert loadable.warning == (
        "A transform puts the slices of the volumes to where they were acquired. "
        "1 slice is missing, after slice 2."
    )


@pytest.mark.parametrize(
    "datasets",
    [
        stack(heights(0, 3, 6)),
        times(2, slices=1)[0] + times(2, slices=1)[1],
        [*stack(heights(0, 3, 6)), *stack(heights(3))],
        [image(ImagePositionPatient=None) for _ in range(4)],
        [*stack(heights(0, 3)), *stack(heights(0, 3), ImageOrientationPatient=[0, 1, 0, 0, 0, -1])],
    ],
)
def test_what_is_no_sequence(examined, datasets):
    _plugin, loadables = examined(datasets)
    assert loadables == []


# -- real series, against the files that dcm2niix made of them


REAL = [
    ("dcm_qa_nih/In/20180918GE/mr_0004", "dcm_qa_nih/_ref/Ref/DCM2NIIX_regression_test_4.nii.gz", 10),
    ("dcm_qa_philips/In/Magdeburg_2014/fmri", "dcm_qa_philips/_ref/Ref/EPI_asc_CLEAR_201.nii.gz", 3),
    ("dcm_qa_enh/In/Siemens/XA10", "dcm_qa_enh/_ref/Ref/Siemens_REST1_w_SMS_PF7-8_6.nii.gz", 4),
    # mosaics: all slices side by side in one image
    ("dcm_qa_nih/In/20180918Si/mr_0003", "dcm_qa_nih/_ref/Ref/EPI_PE=AP_3.nii.gz", 2),
    ("dcm_qa_nih/In/20180918Si/mr_0004", "dcm_qa_nih/_ref/Ref/EPI_PE=PA_4.nii.gz", 2),
]


def scale_of_philips(path: Path) -> float:
    """dcm2niix divides by what the scanner multiplied with; 1 for other manufacturers."""
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    scale = dataset.get((0x2005, 0x100E))
    return float(dataset.RescaleSlope) * float(scale.value) if scale is not None else 1.0


@pytest.mark.parametrize(("folder", "reference", "count"), REAL)
def test_equals_dcm2niix(database, scene, shared_data, folder, reference, count):
    import slicer

    from DICOMLib import DICOMUtils
    from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

    assert DICOMUtils.importDicom(shared_data / folder)
    (series,) = {database.seriesForFile(path) for path in map(str, (shared_data / folder).glob("*"))}
    DICOMUtils.loadSeriesByUID([series])
    (sequence,) = slicer.util.getNodesByClass("vtkMRMLSequenceNode")
    voxels, matrix = nifti(shared_data / reference)
    voxels = voxels * scale_of_philips(min((shared_data / folder).glob("*")))
    assert (sequence.GetNumberOfDataNodes(), len(voxels)) == (count, count)
    for number in range(count):
        node = sequence.GetNthDataNode(number)
        ours, place = slicer.util.arrayFromVolume(node), ijk_to_ras_of(node)
        turned = by_place(voxels[number], matrix, place)
        assert np.allclose(ours, turned, rtol=1e-5, atol=1e-3)
        corner = np.array([*ours.shape[::-1], 0]) - 1  # its opposite corner lies at the same place, too
        ends = [(m @ [*c, 1])[:3] for m in (matrix, place) for c in ((0, 0, 0), tuple(corner[:3]))]
        assert np.allclose(np.sort(ends[:2], axis=0), np.sort(ends[2:], axis=0), atol=1e-2)


def test_it_says_why_it_cannot_read_and_leaves_nothing(examined, scene, caplog):
    import slicer

    datasets = [dataset for volume in times(2) for dataset in volume]
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
