"""Image sequences: loops of real machines against pydicom, planes, cine MR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from Testing.DICOMPlugins.loading import import_files, load_series, of_class
from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml

XA = "1.2.840.10008.5.1.4.1.1.12.1"
US_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"
MR = "1.2.840.10008.5.1.4.1.1.4"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
RF = "1.2.840.10008.5.1.4.1.1.12.2"
US_IMAGE = "1.2.840.10008.5.1.4.1.1.6.1"
GREY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.2"


@pytest.fixture
def examined(database, tmp_path):
    """Imports datasets or a real file, and gives the plugin and what it offers."""
    import slicer

    from DICOMLib import DICOMUtils

    def make(source):
        folder = tmp_path / "files"
        if isinstance(source, list):
            paths = write(source, folder)
        else:
            folder.mkdir()
            (folder / "loop.dcm").symlink_to(source)
            paths = [str(folder / "loop.dcm")]
        assert DICOMUtils.importDicom(folder)
        plugin = slicer.modules.dicomPlugins["DICOMImageSequencePlugin"]()
        return plugin, plugin.examineForImport([paths])

    return make


def loop(frames=3, **attributes):
    """An angiography loop; frame n holds the values from 20 n on."""
    pixels = np.arange(20 * frames, dtype=np.uint8).reshape(frames, 4, 5)
    given = {
        "SOPClassUID": XA, "Modality": "XA", "pixels": pixels, "NumberOfFrames": frames, "FrameTime": "40",
        "ImagePositionPatient": None, "ImageOrientationPatient": None, "PixelSpacing": None,
    }  # fmt: skip
    return image(**{**given, **attributes})


def frames_of(sequence):
    import slicer

    return [
        slicer.util.arrayFromVolume(sequence.GetNthDataNode(n))
        for n in range(sequence.GetNumberOfDataNodes())
    ]


def test_a_loop(examined, scene):
    import slicer

    plugin, (loadable,) = examined([loop()])
    assert (loadable.name, loadable.confidence, loadable.selected) == ("7: XA Axial [1]", 0.7, True)
    assert (loadable.tooltip, loadable.warning) == ("XA image sequence", "")
    node = plugin.load(loadable)
    assert (node.GetIndexName(), node.GetIndexUnit()) == ("time", "s")
    assert [node.GetNthIndexValue(n) for n in range(3)] == ["0.000", "0.040", "0.080"]
    assert [frame.tolist() for frame in frames_of(node)] == [
        (np.arange(20).reshape(1, 4, 5) + 20 * n).tolist() for n in range(3)
    ]
    first = node.GetNthDataNode(0)
    matrix = slicer.util.arrayFromVTKMatrix(directions(first))
    assert np.diag(matrix).tolist() == [-1, -1, 1, 1]
    assert first.GetAttribute("DICOM.instanceUIDs") == slicer.dicomDatabase.instanceForFile(loadable.files[0])
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    assert browser.GetName() == "7: XA Axial [1] browser"
    assert browser.GetPlaybackRateFps() == pytest.approx(25)
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    assert browser.GetSelectedItemNumber() == 0
    proxy, item = (hierarchy.GetItemByDataNode(one) for one in (browser.GetProxyNode(node), node))
    assert hierarchy.GetItemLevel(hierarchy.GetItemParent(proxy)) == "Study"
    assert hierarchy.GetItemParent(item) == hierarchy.GetItemParent(proxy)
    assert node.GetStorageNode().IsA("vtkMRMLVolumeSequenceStorageNode")


@pytest.mark.parametrize(
    ("sop_class", "modality", "frames"),
    [(RF, "RF", 3), (GREY_CAPTURE, "OT", 3), (US_IMAGE, "US", 1), (CAPTURE, "US", 3)],
)
def test_classes_of_loops(examined, scene, sop_class, modality, frames):
    plugin, (loadable,) = examined([loop(frames, SOPClassUID=sop_class, Modality=modality)])
    assert (loadable.name, loadable.tooltip) == (f"7: {modality} Axial [1]", f"{modality} image sequence")
    found = frames_of(plugin.load(loadable))
    assert np.array_equal(found, np.arange(20 * frames).reshape(frames, 1, 4, 5))


def directions(node):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix


@pytest.mark.parametrize(
    ("attributes", "index", "values"),
    [
        ({"FrameTime": None}, "frame", ["0", "1", "2"]),
        ({"FrameTime": None, "CineRate": "20"}, "time", ["0.000", "0.050", "0.100"]),
        ({"FrameTime": None, "FrameTimeVector": [0, 30, 50]}, "time", ["0.000", "0.030", "0.080"]),
        # too near to each other for seconds, for milliseconds, and at all
        ({"FrameTime": "1"}, "time", ["0.000", "1.000", "2.000"]),
        ({"FrameTime": "0.001"}, "frame", ["0", "1", "2"]),
        ({"FrameTime": None, "FrameTimeVector": [0, 0, 50]}, "frame", ["0", "1", "2"]),
    ],
)
def test_times_of_frames(examined, scene, attributes, index, values):
    plugin, (loadable,) = examined([loop(**attributes)])
    node = plugin.load(loadable)
    assert node.GetIndexName() == index
    assert [node.GetNthIndexValue(n) for n in range(node.GetNumberOfDataNodes())] == values
    assert [frame[0, 0, 0] for frame in frames_of(node)] == [0, 20, 40]


def test_two_planes(examined, scene):
    import slicer

    planes = [
        loop(PositionerPrimaryAngle=str(angle), PositionerSecondaryAngle="-10.5") for angle in (30, -60)
    ]
    plugin, (loadable,) = examined(planes)
    assert loadable.tooltip == "XA image sequence (2 planes)"
    returned = plugin.load(loadable)
    names = sorted(node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLSequenceNode"))
    assert names == ["7: XA Axial [1] (-60/-10.5)", "7: XA Axial [1] (30/-10.5)"]
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    assert browser.GetNumberOfSynchronizedSequenceNodes(True) == 2
    assert returned.GetName() == "7: XA Axial [1] (-60/-10.5)"  # the last one


def region(**attributes):
    item = Dataset()
    given = {
        "RegionSpatialFormat": 1, "RegionDataType": 1, "PhysicalUnitsXDirection": 3,
        "PhysicalUnitsYDirection": 3, "PhysicalDeltaX": 0.05, "PhysicalDeltaY": 0.06,
    }  # fmt: skip
    for keyword, value in {**given, **attributes}.items():
        setattr(item, keyword, value)
    return item


@pytest.mark.parametrize(
    ("regions", "spacing"),
    [
        ([region()], (0.5, 0.6)),
        ([region(), region(RegionDataType=18)], (0.5, 0.6)),
        ([region(), region()], None),
        ([region(RegionDataType=2)], (0.5, 0.6)),
        ([region(RegionSpatialFormat=2)], None),
        ([region(PhysicalUnitsXDirection=4)], None),
        ([region(PhysicalUnitsYDirection=4)], None),
        ([], None),
    ],
)
def test_calibration_of_ultrasound(examined, scene, regions, spacing):
    dataset = loop(SOPClassUID=US_MULTI_FRAME, Modality="US", SequenceOfUltrasoundRegions=regions)
    plugin, (loadable,) = examined([dataset])
    assert loadable.spacingMmPerPixel == (pytest.approx(spacing) if spacing else None)
    assert bool(loadable.warning) == (spacing is None)
    node = plugin.load(loadable)
    assert node.GetNthDataNode(0).GetSpacing()[:2] == pytest.approx(spacing or (1, 1))


def test_captures_of_other_modalities_are_no_loops(examined):
    _plugin, loadables = examined([loop(SOPClassUID=CAPTURE, Modality="OT")])
    assert loadables == []


@pytest.mark.parametrize(
    ("times", "planes", "confidence"), [(4, 2, 1.05), (4, 1, 0.85), (3, 1, 0.4), (1, 1, 0.4)]
)
def test_cine_mr(examined, scene, times, planes, confidence):
    import slicer

    datasets = stack(heights(*[7.0] * 8), SOPClassUID=MR, Modality="MR")[::-1]
    for number, dataset in enumerate(datasets):
        dataset.TriggerTime = str(10 * (number % times))
        if number % planes:
            dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    plugin, (loadable,) = examined(datasets)
    assert loadable.confidence == confidence
    assert loadable.instanceNumbers == list(range(1, 9))
    node = plugin.load(loadable)
    assert (node.GetIndexName(), node.GetIndexUnit()) == ("instance number", "")
    assert [frame[0, 0, 0] for frame in frames_of(node)] == [100 * n for n in range(8)]
    last = node.GetNthDataNode(7)
    assert last.GetAttribute("DICOM.triggerTime") == datasets[0].TriggerTime
    assert last.GetAttribute("DICOM.instanceUIDs") == datasets[0].SOPInstanceUID
    assert last.GetOrigin() == (0, 0, 7)
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    assert browser.GetPlaybackRateFps() == 10


def test_cine_mr_whose_instance_numbers_are_there_twice(examined, scene):
    """Each image is in the loop, in the order of the heartbeat, whatever the names of the files."""
    datasets = stack(heights(*[7.0] * 8), SOPClassUID=MR, Modality="MR")
    for number, dataset in enumerate(datasets):
        dataset.InstanceNumber, dataset.TriggerTime = 1 + number // 2, str(10 * number)
    plugin, (loadable,) = examined(datasets[::-1])
    node = plugin.load(loadable)
    assert [frame[0, 0, 0] for frame in frames_of(node)] == [100 * n for n in range(8)]
    assert node.GetIndexName() == "frame"


def test_mr_images_beside_a_loop_are_left_to_others(examined):
    mr = stack(heights(0, 3), SOPClassUID=MR, Modality="MR")
    _plugin, loadables = examined([mr[0], loop(InstanceNumber=9), mr[1]])
    assert [loadable.name for loadable in loadables] == ["7: XA Axial [9]"]


def test_a_second_plane_that_cannot_be_read_leaves_nothing(examined, scene):
    plugin, (loadable,) = examined([loop(InstanceNumber=3), loop(InstanceNumber=3)])
    second = Path(loadable.files[1])
    second.write_bytes(second.read_bytes()[:-20])
    before = {scene.GetNthNode(number).GetID() for number in range(scene.GetNumberOfNodes())}
    assert plugin.load(loadable) is None
    assert loadable.loadError.startswith("The pixels cannot be decoded: ")
    assert {scene.GetNthNode(number).GetID() for number in range(scene.GetNumberOfNodes())} <= before


def test_no_browser_if_not_wanted_and_no_node_if_not_readable(examined, scene):
    import slicer

    plugin, (loadable,) = examined([loop()])
    loadable.createBrowserNode = False
    assert plugin.load(loadable)
    assert not slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    loadable.files = [loadable.files[0] + ".gone"]
    assert plugin.load(loadable) is None


REAL = [
    ("us-echo/examples/I_000001.dcm", "0.030", (0.285714, 0.228571)),
    ("xa/packages/static-wado-creator/dicom/jpeg8bit.dcm", "0.033", (1, 1)),
    ("tensorflow-io/tests/test_dicom/XA-MONO2-8-12x-catheter.dcm", "0.033", (1, 1)),
]


@pytest.mark.parametrize(("name", "second", "spacing"), REAL)
def test_real_loops(examined, scene, shared_data, name, second, spacing):
    plugin, (loadable,) = examined(shared_data / name)
    node = plugin.load(loadable)
    expected = pixel_array(pydicom.dcmread(shared_data / name))
    frames = frames_of(node)
    assert len(frames) == len(expected)
    for number in (0, len(frames) // 2, len(frames) - 1):
        assert np.array_equal(frames[number][0], expected[number])
    assert node.GetNthIndexValue(1) == second
    assert node.GetNthDataNode(0).GetSpacing()[:2] == pytest.approx(spacing, abs=1e-5)


@pytest.mark.parametrize(
    ("suffix", "modality", "offered"),
    [
        ("12.2", "RF", True),
        ("6.1", "US", True),
        ("7.2", "OT", True),
        *((("7", modality, True)) for modality in ("US", "XA", "RF", "ES")),
        ("1", "CR", False),
    ],
)
def test_other_classes_of_loops(examined, suffix, modality, offered):
    _plugin, loadables = examined([loop(SOPClassUID=f"1.2.840.10008.5.1.4.1.1.{suffix}", Modality=modality)])
    assert [one.tooltip for one in loadables] == ([f"{modality} image sequence"] if offered else [])


@pytest.mark.parametrize(
    ("positions", "times", "offered"),
    [
        (heights(0, 0, 0, 0), ("", "", "", ""), 4),
        ([("0", "0", "0"), ("0.0", "0.0", "0.0")], ("", ""), 2),
        (heights(5), ("",), 1),
        (heights(5), ("1",), 1),
        (heights(0, 3, 6, 9), ("", "", "", ""), 0),
        (heights(0, 0, 0), ("1", "2", "3"), 0),
    ],
)
def test_captures_are_slices_where_their_places_differ(examined, positions, times, offered):
    datasets = []
    for number, (position, time) in enumerate(zip(positions, times, strict=True), start=1):
        plane = {"ImagePositionPatient": list(position), "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
        capture = image(SOPClassUID=CAPTURE, Modality="XA", InstanceNumber=number, **plane)
        capture.TemporalPositionIdentifier = time
        datasets.append(capture)
    assert len(examined(datasets)[1]) == offered


@pytest.mark.parametrize(
    ("interpretation", "colours"), [("MONOCHROME1", "InvertedGrey"), ("MONOCHROME2", "Grey")]
)
def test_low_values_are_bright_where_the_image_says_so(examined, scene, interpretation, colours):
    import slicer

    plugin, (loadable,) = examined([loop(PhotometricInterpretation=interpretation)])
    node = plugin.load(loadable)
    proxy = slicer.modules.sequences.logic().GetFirstBrowserNodeForSequenceNode(node).GetProxyNode(node)
    assert proxy.GetDisplayNode().GetColorNodeID() == f"vtkMRMLColorTableNode{colours}"


def test_captures_at_one_position_are_loaded_as_pictures(database, scene, tmp_path):
    captures = [image(SOPClassUID=CAPTURE, Modality="XA", InstanceNumber=n + 1) for n in range(4)]
    (series,) = import_files(tmp_path / "in", *map(Path, write(captures, tmp_path / "captures")))
    nodes = load_series(series)
    assert len(of_class(nodes, "vtkMRMLSequenceNode")) == 4
    assert of_class(nodes, "vtkMRMLTransformNode") == []


@pytest.mark.parametrize("numbers", [(1, None), (3, 3)])
def test_mr_without_numbers_that_differ_is_no_loop(examined, numbers):
    datasets = stack(heights(0, 3), SOPClassUID=MR, Modality="MR")
    for dataset, number in zip(datasets, numbers, strict=True):
        dataset.InstanceNumber = number
    assert examined(datasets)[1] == []


def test_loops_of_several_instances_and_the_bar_that_plays_them(examined, scene):
    import slicer

    plugin, loadables = examined([loop(InstanceNumber=2), loop(InstanceNumber=5)])
    assert [one.name for one in loadables] == ["7: XA Axial [2]", "7: XA Axial [5]"]
    assert not loadables[0].singleSequence
    assert plugin.load(loadables[0]).GetName() == "7: XA Axial [2]"
    (shown,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    assert slicer.modules.sequences.toolBarActiveBrowserNode() is shown
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    assert browser.GetMasterSequenceNode().GetName() == "7: XA Axial [2]"
