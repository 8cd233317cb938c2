"""Export of loops: one multi-frame image that comes back as the loop that it was."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer
from pydicom.pixels import pixel_array
from pydicom.uid import (
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    UltrasoundMultiFrameImageStorage,
    XRayAngiographicImageStorage,
    XRayRadiofluoroscopicImageStorage,
)

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.mrml.volumes import sequence
from DICOMLib.mrml.volumes.volume import Volume
from DICOMLib.plugins.export import export
from DICOMLib.plugins.export_preview import preview, preview_notes
from Testing.DICOMPlugins.exporting import (
    below_study,
    datasets,
    exported,
    hierarchy,
    ijk_to_ras,
    offered,
    volume_node,
)
from Testing.DICOMPlugins.loading import import_files, load_series, of_class
from Testing.image_series import image, write
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

PLUGIN, VOLUMES = "DICOMImageSequencePlugin", "DICOMVolumeSequencePlugin"
SCREEN = np.diag([-1.0, -1.0, 1.0, 1.0])
GREY = np.arange(100, dtype=np.uint8).reshape(5, 1, 4, 5)
TIMES = ("0", "0.04", "0.08", "0.12", "0.16")


def loop_item(frames, matrix=SCREEN, values=TIMES, index=("time", "s"), modality=""):
    """Item that shows a sequence without DICOM, below patient and study."""
    items = []
    for value, frame in zip(values, frames, strict=True):
        node = volume_node(frame, matrix, "temporary")
        items.append(sequence.Item(value, Volume(node.GetImageData(), matrix)))
        slicer.mrmlScene.RemoveNode(node)
    node = sequence.add_sequence(slicer.mrmlScene, "Loop", sequence.Index(*index), items)
    item = below_study(sequence.add_browser([node], "Loop", 20.0).GetProxyNode(node))
    hierarchy().SetItemAttribute(item, "DICOM.Modality", modality)
    return item


def shown(node):
    """Item of the image that shows a loaded sequence."""
    browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForSequenceNode(node)
    return int(hierarchy().GetItemByDataNode(browser.GetProxyNode(node)))


def back(folder, written):
    """The sequence that the file is loaded as."""
    assert DICOMUtils.importDicom(str(folder))
    (node,) = of_class(load_series(written.SeriesInstanceUID), "vtkMRMLSequenceNode")
    return node


def arrays(node):
    return np.array(
        [slicer.util.arrayFromVolume(node.GetNthDataNode(n)) for n in range(node.GetNumberOfDataNodes())]
    )


def index_of(node):
    values = [float(node.GetNthIndexValue(n)) for n in range(node.GetNumberOfDataNodes())]
    return node.GetIndexName(), node.GetIndexUnit(), values


@pytest.mark.parametrize(("folder", "number"), [("xa", 0), ("us-echo", 0), ("us-echo", 3)])
def test_loops_of_machines_come_back_as_they_were(database, tmp_path, shared_data, folder, number):
    file = sorted((shared_data / folder).rglob("*.dcm"))[number]
    (node,) = of_class(load_series(*import_files(tmp_path / "in", file)), "vtkMRMLSequenceNode")
    assert offered(shown(node), VOLUMES) == []
    report = exported(shown(node), PLUGIN, tmp_path / "out")
    (written,) = datasets(report)
    before = pydicom.dcmread(file)
    same = ("SOPClassUID", "Modality", "PatientID", "StudyInstanceUID", "Manufacturer", "PixelSpacing")
    assert [written.get(name) for name in same] == [before.get(name) for name in same]
    assert faults(*report.files) <= faults(file)
    again = back(tmp_path / "out", written)
    assert np.array_equal(arrays(again), arrays(node))
    assert index_of(again) == index_of(node)
    assert np.allclose(ijk_to_ras(again.GetNthDataNode(0)), ijk_to_ras(node.GetNthDataNode(0)))


@pytest.mark.parametrize(
    ("sop_class", "modality", "changed", "expected"),
    [
        (XRayAngiographicImageStorage, "XA", "XA", XRayAngiographicImageStorage),
        (XRayRadiofluoroscopicImageStorage, "RF", "RF", XRayRadiofluoroscopicImageStorage),
        (XRayAngiographicImageStorage, "XA", "OT", MultiFrameGrayscaleByteSecondaryCaptureImageStorage),
    ],
)
def test_x_ray_stays_what_it_was(database, tmp_path, sop_class, modality, changed, expected):
    attributes = {"ImagePositionPatient": None, "ImageOrientationPatient": None, "PixelSpacing": None}
    attributes |= {"NumberOfFrames": 5, "FrameTime": "66.7", "ImagerPixelSpacing": [0.2, 0.3]}
    loop = image(SOPClassUID=sop_class, Modality=modality, pixels=GREY[:, 0], KVP="80", **attributes)
    write([loop], tmp_path / "loop")
    (node,) = of_class(load_series(*import_files(tmp_path / "in", tmp_path / "loop")), "vtkMRMLSequenceNode")
    (written,) = datasets(exported(shown(node), PLUGIN, tmp_path / "out", Modality=changed))
    assert (written.SOPClassUID, written.KVP) == (expected, 80)
    assert (list(written.ImagerPixelSpacing), written.FrameTime) == ([0.2, 0.3], 66.7)
    assert written.ImageType[:2] == ["DERIVED", "SECONDARY"]
    assert np.array_equal(arrays(back(tmp_path / "out", written)), GREY)


def faults(*paths):
    return {fault.partition(": ")[2] for fault in dciodvfy_errors(paths)}


@pytest.mark.parametrize(
    ("frames", "modality", "sop_class"),
    [
        (GREY, "US", UltrasoundMultiFrameImageStorage),
        (np.stack([GREY, GREY + 1, GREY + 2], -1), "US", UltrasoundMultiFrameImageStorage),
        (GREY, "XA", MultiFrameGrayscaleByteSecondaryCaptureImageStorage),
        (GREY.astype(np.int16) * 9, "OT", MultiFrameGrayscaleWordSecondaryCaptureImageStorage),
        (GREY.astype(np.int16) - 50, "OT", MultiFrameGrayscaleWordSecondaryCaptureImageStorage),
        (np.stack([GREY, GREY + 1, GREY + 2], -1), "OT", MultiFrameTrueColorSecondaryCaptureImageStorage),
    ],
)
def test_loops_of_the_scene(database, tmp_path, frames, modality, sop_class):
    report = exported(loop_item(frames, modality=modality), PLUGIN, tmp_path)
    (written,) = datasets(report)
    assert (written.SOPClassUID, written.Modality, written.FrameTime) == (sop_class, modality, 40)
    assert dciodvfy_errors(report.files) == []
    rescaled = pixel_array(written) + float(written.get("RescaleIntercept", 0))
    assert np.array_equal(rescaled, frames[:, 0])
    again = back(tmp_path, written)
    assert np.array_equal(arrays(again), frames)
    assert index_of(again) == ("time", "s", [0, 0.04, 0.08, 0.12, 0.16])


def test_uneven_times(database, tmp_path):
    item = loop_item(GREY, values=("0", "30", "50", "90", "200"), index=("time", "ms"))
    (written,) = datasets(exported(item, PLUGIN, tmp_path))
    assert list(written.FrameTimeVector) == [0, 30, 20, 40, 110]
    assert index_of(back(tmp_path, written)) == ("time", "s", [0, 0.03, 0.05, 0.09, 0.2])


def test_frames_without_times_have_those_of_the_browser(database, tmp_path):
    item = loop_item(GREY, values=("0", "1", "2", "3", "4"), index=("frame", ""))
    notes = preview_notes(offered(item, PLUGIN))
    assert ["20 per second" in note for note in notes] == [True, False]
    (written,) = datasets(exported(item, PLUGIN, tmp_path))
    assert written.FrameTime == 50


def test_ultrasound_keeps_the_size_of_its_pixels(database, tmp_path):
    matrix = np.diag([-0.25, -0.5, 1.0, 1.0])
    (written,) = datasets(exported(loop_item(GREY, matrix, modality="US"), PLUGIN, tmp_path))
    again = back(tmp_path, written)
    assert np.allclose(ijk_to_ras(again.GetNthDataNode(0)), matrix)


@pytest.mark.parametrize(("rows", "columns"), [(4, 5), (4, 3), (2, 5)])
def test_cropped_ultrasound_keeps_the_size_of_its_pixels(database, tmp_path, rows, columns):
    matrix = np.diag([-0.25, -0.5, 1.0, 1.0])
    (written,) = datasets(exported(loop_item(GREY, matrix, modality="US"), PLUGIN, tmp_path / "in"))
    node = back(tmp_path / "in", written)
    frames = [slicer.util.arrayFromVolume(node.GetNthDataNode(n))[:, :rows, :columns] for n in range(5)]
    for number, frame in enumerate(frames):
        slicer.util.updateVolumeFromArray(node.GetNthDataNode(number), frame.copy())
    report = exported(shown(node), PLUGIN, tmp_path / "out")
    (cropped,) = datasets(report)
    (region,) = cropped.SequenceOfUltrasoundRegions
    assert (region.PhysicalDeltaX, region.PhysicalDeltaY) == (0.025, 0.05)
    assert (region.RegionLocationMaxX1, region.RegionLocationMaxY1) == (columns - 1, rows - 1)
    assert dciodvfy_errors(report.files) == []
    again = back(tmp_path / "out", cropped)
    assert np.array_equal(arrays(again), frames)
    assert np.allclose(ijk_to_ras(again.GetNthDataNode(0)), matrix)


def test_what_a_capture_does_not_keep_is_told_before(database):
    matrix = np.diag([-0.25, -0.5, 1.0, 1.0])
    spacing, names = preview_notes(offered(loop_item(GREY, matrix), PLUGIN))
    assert "0.5 x 0.25 mm" in spacing
    assert "Burned In Annotation YES" in names
    bits, names = preview_notes(offered(loop_item(GREY.astype(np.int16) * 9, modality="US"), PLUGIN))
    assert "8 bits" in bits
    assert "Burned In Annotation YES" in names


def test_what_has_a_place_is_left_to_the_volumes(database, tmp_path):
    placed = SCREEN.copy()
    placed[2, 3] = 7
    assert offered(loop_item(GREY, placed), PLUGIN) == []
    thick = loop_item(np.concatenate([GREY, GREY], axis=1))
    assert offered(thick, PLUGIN) == []
    assert len(offered(thick, VOLUMES)) == 1


def test_cine_at_the_origin_is_left_to_the_volumes(database, tmp_path):
    mr = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"}
    images = [image(InstanceNumber=n + 1, TriggerTime=str(40 * n), **mr) for n in range(5)]
    write(images, tmp_path / "mr")
    (node,) = of_class(load_series(*import_files(tmp_path / "in", tmp_path / "mr")), "vtkMRMLSequenceNode")
    assert offered(shown(node), PLUGIN) == []
    assert len(offered(shown(node), VOLUMES)) == 1


def test_preview_tells_what_changes(database, tmp_path, shared_data):
    (series,) = import_files(tmp_path / "in", next((shared_data / "xa").rglob("*.dcm")))
    (node,) = of_class(load_series(series), "vtkMRMLSequenceNode")
    (exportable,) = offered(shown(node), PLUGIN)
    exportable.setTag("SeriesDescription", "Filtered")
    ((_name, changes),) = preview([exportable])
    assert "Filtered" in [change.after for change in changes]


def test_frames_of_several_sizes_are_refused(database, tmp_path):
    item = loop_item([*GREY[:4], GREY[4][:, :3]])
    ((_name, reason),) = run(export(offered(item, PLUGIN), tmp_path)).failed
    assert "differ in size" in reason
    assert not list(tmp_path.rglob("*.dcm"))
