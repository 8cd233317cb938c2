"""Export of volume sequences: one series, times, round trip through the volume sequence plugin."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
import slicer
from pydicom.uid import CTImageStorage, MRImageStorage, PositronEmissionTomographyImageStorage

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.mrml.volumes import sequence
from DICOMLib.mrml.volumes.volume import Volume
from DICOMLib.plugins.export import export
from DICOMLib.plugins.export_preview import preview_notes
from Testing.DICOMPlugins.exporting import (
    below_study,
    datasets,
    exported,
    hierarchy,
    ijk_to_ras,
    offered,
    volume_node,
)
from Testing.validation import dciodvfy_errors

PLUGIN = "DICOMVolumeSequencePlugin"
MATRIX = np.array([[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 2.5, -30], [0, 0, 0, 1.0]])
TIMES = ("0", "1500", "4000")  # ms
FRAMES = [np.random.default_rng(seed).integers(0, 1000, (2, 4, 5)).astype(np.int16) for seed in range(3)]


def items():
    for time, voxels in zip(TIMES, FRAMES, strict=True):
        node = volume_node(voxels, MATRIX, "temporary")
        yield sequence.Item(time, Volume(node.GetImageData(), MATRIX))
        slicer.mrmlScene.RemoveNode(node)


@pytest.fixture
def item(database):
    """Item of the proxy of a sequence of three volumes, below patient and study."""
    node = sequence.add_sequence(slicer.mrmlScene, "Perfusion", sequence.Index("time", "ms"), items())
    browser = sequence.add_browser([node], "Perfusion", 1.0)
    browser.SetSelectedItemNumber(1)
    return below_study(browser.GetProxyNode(node))


def test_tags_that_are_offered(item):
    (exportable,) = offered(item, PLUGIN)
    assert exportable.confidence == 0.6
    assert exportable.tags == {
        "SeriesDescription": "Volume sequence of 3 frames",
        "Modality": "CT",
        "Manufacturer": "Unknown manufacturer",
        "Model": "Unknown model",
        "StudyID": "1",
        "SeriesNumber": "301",
        "SeriesDate": "",
        "SeriesTime": "",
    }


def test_volumes_alone_are_not_offered(database):
    assert offered(below_study(volume_node(FRAMES[0], MATRIX)), PLUGIN) == []


def test_that_one_volume_is_not_the_sequence_is_told(item, database):
    told = "Only the volume that is shown is written, one of the 3 of its sequence."
    assert any(note.startswith(told) for note in preview_notes(offered(item, "DICOMScalarVolumePlugin")))
    alone = below_study(volume_node(FRAMES[0], MATRIX))
    assert not any("sequence" in note for note in preview_notes(offered(alone, "DICOMScalarVolumePlugin")))


@pytest.mark.parametrize(
    ("modality", "sop_class"),
    [("CT", CTImageStorage), ("MR", MRImageStorage), ("PT", PositronEmissionTomographyImageStorage)],
)
def test_one_valid_series(item, tmp_path, modality, sop_class):
    report = exported(item, PLUGIN, tmp_path, Modality=modality)
    written = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert {one.SOPClassUID for one in written} == {sop_class}
    names = [path.rsplit("/", 2)[1:] for path in report.files]
    assert names[0] == [f"VolumeSequence_{item}", "IMG_0000_0001.dcm"]
    assert names[-1] == [f"VolumeSequence_{item}", "IMG_0002_0002.dcm"]
    assert len({one.SeriesInstanceUID for one in written}) == 1
    assert len({one.FrameOfReferenceUID for one in written}) == 1
    assert {one.StudyInstanceUID for one in written} == {"1.2.3.4"}
    assert [one.InstanceNumber for one in written] == [1, 2, 3, 4, 5, 6]
    assert [one.AcquisitionNumber for one in written] == [1, 1, 2, 2, 3, 3]


def test_times(item, tmp_path):
    written = datasets(exported(item, PLUGIN, tmp_path, SeriesDate="20240131", SeriesTime="235959.5"))
    moments = [
        datetime.strptime(one.ContentDate + one.ContentTime, "%Y%m%d%H%M%S.%f") for one in written[::2]
    ]
    assert moments == [
        datetime(2024, 1, 31, 23, 59, 59, 500000),
        datetime(2024, 2, 1, 0, 0, 1),
        datetime(2024, 2, 1, 0, 0, 3, 500000),
    ]
    assert {one.SeriesTime for one in written} == {"235959.5"}


def test_the_shown_volume_stays(item, tmp_path):
    exported(item, PLUGIN, tmp_path)
    node = hierarchy().GetItemDataNode(item)
    browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(node)
    assert browser.GetSelectedItemNumber() == 1
    assert np.array_equal(slicer.util.arrayFromVolume(node), FRAMES[1])


def test_round_trip(item, tmp_path):
    written = datasets(exported(item, PLUGIN, tmp_path / "out"))
    assert DICOMUtils.importDicom(tmp_path / "out")
    DICOMUtils.loadSeriesByUID([written[0].SeriesInstanceUID])
    back = slicer.mrmlScene.GetNthNodeByClass(1, "vtkMRMLSequenceNode")
    assert back.GetNumberOfDataNodes() == 3
    for index, expected in enumerate(FRAMES):
        volume = back.GetNthDataNode(index)
        assert np.array_equal(slicer.util.arrayFromVolume(volume), expected)
        assert np.abs(ijk_to_ras(volume) - MATRIX).max() < 1e-4


def test_one_slice_over_time_comes_back_as_a_sequence(database, tmp_path):
    """Its images lie at one place, and were taken for a stack."""
    slices = [frame[:1] for frame in FRAMES]
    nodes = [volume_node(voxels, MATRIX, "temporary") for voxels in slices]
    made = [
        sequence.Item(time, Volume(node.GetImageData(), MATRIX))
        for time, node in zip(TIMES, nodes, strict=True)
    ]
    node = sequence.add_sequence(slicer.mrmlScene, "Slice", sequence.Index("time", "ms"), made)
    browser = sequence.add_browser([node], "Slice", 1.0)
    written = datasets(exported(below_study(browser.GetProxyNode(node)), PLUGIN, tmp_path / "out"))
    assert DICOMUtils.importDicom(tmp_path / "out")
    DICOMUtils.loadSeriesByUID([written[0].SeriesInstanceUID])
    back = slicer.mrmlScene.GetNthNodeByClass(1, "vtkMRMLSequenceNode")
    assert [back.GetNthIndexValue(index) for index in range(3)] == ["0", "1.5", "4"]
    assert back.GetIndexUnit() == "s"
    for index, expected in enumerate(slices):
        volume = back.GetNthDataNode(index)
        assert np.array_equal(slicer.util.arrayFromVolume(volume), expected)
        assert np.abs(ijk_to_ras(volume) - MATRIX).max() < 1e-4


@pytest.mark.parametrize(
    ("index", "notes"),
    [(("EchoTime", "ms"), ["EchoTime"]), (("time", "s"), []), (("frame", ""), [])],
)
def test_an_index_that_is_not_kept_is_told(database, index, notes):
    node = sequence.add_sequence(slicer.mrmlScene, "Echoes", sequence.Index(*index), items())
    browser = sequence.add_browser([node], "Echoes", 1.0)
    told = preview_notes(offered(below_study(browser.GetProxyNode(node)), PLUGIN))
    assert [name for name in notes if name not in told[0]] == []
    assert len(told) == len(notes)


def test_cancelled_export_leaves_nothing(item, tmp_path):
    job = export(offered(item, PLUGIN), tmp_path)
    for _ in range(4):
        next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled
    assert not list(tmp_path.rglob("*.dcm"))


def test_bad_begin_of_the_series(item, tmp_path):
    exportables = offered(item, PLUGIN)
    exportables[0].setTag("SeriesDate", "yesterday")
    assert "YYYYMMDD" in run(export(exportables, tmp_path)).failed[0][1]


def test_moments_of_dicom(host):
    moment = slicer.modules.dicomPlugins[PLUGIN]().datetimeFromDicom
    assert moment("20240131", "10") == datetime(2024, 1, 31, 10)
    assert moment("20240131", "101112.25") == datetime(2024, 1, 31, 10, 11, 12, 250000)
    with pytest.raises(OSError, match="HHMMSS"):
        moment("20240131", "noon")


def test_only_the_volume_of_the_first_of_several_sequences_is_offered(database):
    first, second = (
        sequence.add_sequence(slicer.mrmlScene, name, sequence.Index("time", "ms"), items())
        for name in ("Perfusion", "Other")
    )
    browser = sequence.add_browser([first, second], "Perfusion", 1.0)
    assert browser.GetMasterSequenceNode() is first
    assert len(offered(below_study(browser.GetProxyNode(first)), PLUGIN)) == 1
    assert offered(below_study(browser.GetProxyNode(second)), PLUGIN) == []


def test_a_sequence_of_one_volume_is_not_offered(database):
    node = sequence.add_sequence(slicer.mrmlScene, "One", sequence.Index("time", "ms"), list(items())[:1])
    browser = sequence.add_browser([node], "One", 1.0)
    assert offered(below_study(browser.GetProxyNode(node)), PLUGIN) == []


def test_begin_of_a_series_that_tells_none(item, tmp_path):
    before = datetime.now()
    written = datasets(exported(item, PLUGIN, tmp_path))
    first = datetime.strptime(written[0].ContentDate + written[0].ContentTime, "%Y%m%d%H%M%S.%f")
    assert abs((first - before).total_seconds()) < 600
    assert len({one.SOPInstanceUID for one in written}) == 6
