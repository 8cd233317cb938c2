"""Series whose images differ in size: each size is a volume of its own."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from DICOMLib import DICOMUtils
from Testing.DICOMPlugins.loading import import_files, load_series
from Testing.image_series import heights, image, stack

pytestmark = pytest.mark.mrml

SIZE_WARNING = "The series has images of other sizes, which are volumes of their own.\n"
MR = "1.2.840.10008.5.1.4.1.1.4"


def of_other_size(positions, **attributes):
    return stack(positions, pixels=np.arange(42, dtype=np.int16).reshape(6, 7), **attributes)


def test_each_size_is_offered_and_chosen(series):
    plugin, files = series(
        [*stack(heights(0, 3, 6)), *of_other_size(heights(9, 12)), image((0, 0, 99), PixelData=None, Rows=9)]
    )
    whole, *parts = plugin.examineFiles(files)
    assert (whole.name, whole.confidence, whole.selected, len(whole.files)) == ("7: Axial", 0.45, False, 5)
    assert whole.warning == "The images differ in size, so that they make no single volume.\n"
    assert [(one.name, one.confidence, one.selected, one.files) for one in parts] == [
        ("7: Axial - imageSize 5 x 4", 0.5, True, files[:3]),
        ("7: Axial - imageSize 7 x 6", 0.5, True, files[3:5]),
    ]
    assert [one.warning for one in parts] == [SIZE_WARNING] * 2
    assert parts[0].tooltip.startswith("3 files, grouped by imageSize = 5 x 4. First file: ")


def test_a_single_image_of_another_size_is_not_lost(series):
    import slicer

    plugin, files = series([*of_other_size(heights(0)), *stack(heights(0, 3, 6))])
    chosen = [one for one in plugin.examineFiles(files) if one.selected]
    shapes = [slicer.util.arrayFromVolume(plugin.load(one)).shape for one in chosen]
    assert shapes == [(1, 6, 7), (3, 4, 5)]


def test_a_localizer_of_another_size_is_left_out_as_any_other(series):
    localizer = of_other_size(heights(40), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    plugin, files = series([*localizer, *stack(heights(0, 3, 6))])
    offered = plugin.examineFiles(files)
    assert [one.name for one in offered if one.selected] == ["7: Axial - imageType ORIGINAL-PRIMARY-AXIAL"]
    assert [one.name for one in offered if "imageSize" in one.name] == [
        "7: Axial - imageSize 7 x 6",
        "7: Axial - imageSize 5 x 4",
    ]


def test_colours_are_a_size_of_their_own(series):
    attributes = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    colour = image(PixelData=bytes(60), pixels=np.zeros((4, 5), np.uint8), **attributes)
    plugin, files = series([*stack(heights(0, 3)), colour])
    chosen = [one for one in plugin.examineFiles(files) if one.selected]
    assert [one.name for one in chosen] == [
        "7: Axial - imageSize 5 x 4",
        "7: Axial - imageSize 5 x 4 in colour",
    ]
    classes = [plugin.load(one).GetClassName() for one in chosen]
    assert classes == ["vtkMRMLScalarVolumeNode", "vtkMRMLVectorVolumeNode"]


def test_a_part_that_holds_several_sizes_says_so(series):
    datasets = [*stack(heights(0, 3)), *of_other_size(heights(6)), *stack(heights(9, 12))]
    for number, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + number // 3
    plugin, files = series(datasets)
    offered = {one.name: one for one in plugin.examineFiles(files)}
    assert "differ in size" in offered["7: Axial - acquisitionNumber 1"].warning
    assert offered["7: Axial - acquisitionNumber 2"].warning == ""
    assert [name for name, one in offered.items() if one.selected] == [
        "7: Axial - imageSize 5 x 4",
        "7: Axial - imageSize 7 x 6",
    ]


def test_volumes_of_several_sizes_are_several_sequences(series):
    import slicer

    times = [
        *stack(heights(0, 3, 0, 3), SOPClassUID=MR, Modality="MR"),
        *of_other_size(heights(0, 3, 0, 3), SOPClassUID=MR, Modality="MR"),
    ]
    for number, dataset in enumerate(times, start=1):
        dataset.InstanceNumber = number
        dataset.TriggerTime = 100 * (number % 4 > 1)
        dataset.DiffusionBValue = 500.0 * (number % 4 > 1)
    _plugin, files = series(times)
    plugin = slicer.modules.dicomPlugins["DICOMVolumeSequencePlugin"]()
    loadables = plugin.examineForImport([files])
    assert [one.name for one in loadables] == ["7: Axial - 5 x 4", "7: Axial - 7 x 6"]
    node = plugin.load(loadables[1])
    assert slicer.util.arrayFromVolume(node.GetNthDataNode(0)).shape == (2, 6, 7)
    assert slicer.modules.dicomPlugins["DICOMDiffusionSequencePlugin"]().examineForImport([files]) == []


def test_a_real_series(database, scene, shared_data, tmp_path):
    """Two MR images of 484 x 484 and 484 x 300 pixels have the same Series Instance UID."""
    import slicer

    paths = [
        shared_data / "pydicom/src/pydicom/data/test_files/examples_overlay.dcm",
        shared_data / "pydicom-data/MR-SIEMENS-DICOM-WithOverlays.dcm",
    ]
    (uid,) = import_files(tmp_path / "files", *paths)
    found = {slicer.util.arrayFromVolume(node).shape: node for node in load_series(uid)}
    for path in paths:
        expected = pydicom.dcmread(path).pixel_array
        assert np.array_equal(slicer.util.arrayFromVolume(found[(1, *expected.shape)])[0], expected)
    assert len(found) == 2
    assert DICOMUtils.loadSeriesByUID([uid])
