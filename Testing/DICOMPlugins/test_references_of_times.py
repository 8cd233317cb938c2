"""What exports refer to where a series has several images at each place: three times of four slices here."""

from __future__ import annotations

import random

import numpy as np
import pytest
import slicer

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from DICOMLib.plugins.export_preview import preview_notes
from DICOMLib.writing.frame_references import SEVERAL_AT_A_PLACE
from Testing.DICOMPlugins.exporting import datasets, hierarchy, offered
from Testing.DICOMPlugins.test_segmentation_export import segmentation_of
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

TIMES, PLACES, STEP_MM = 3, 4, 3.0
SERIES = "1.2.3.4"
MAP, SEGMENTATION, CONTOURS = (
    "DICOMParametricMapPlugin",
    "DICOMSegmentationPlugin",
    "DicomRtImportExportPlugin",
)


def uid(time, place):
    return f"1.2.9.{time}.{place}"


def images():
    """Slice k of time t holds 100 k + 1000 t and more."""
    first = np.arange(20, dtype=np.int16).reshape(4, 5)
    return [
        image(
            (0, 0, STEP_MM * place),
            pixels=first + np.int16(100 * place + 1000 * time),
            SOPInstanceUID=uid(time, place),
            SOPClassUID="1.2.840.10008.5.1.4.1.1.4",
            Modality="MR",
            InstanceNumber=1 + time * PLACES + place,
            TemporalPositionIdentifier=time + 1,
            AcquisitionTime=f"1000{10 * time:02d}",
        )
        for time in range(TIMES)
        for place in range(PLACES)
    ]


@pytest.fixture(params=[1, 2])
def imported(request, database, tmp_path):
    """The series is in the database, its files named in one of two accidental orders."""
    made = images()
    random.Random(request.param).shuffle(made)
    write(made, tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")


def volume_of_time(time):
    """The volume that a sequence shows at a time, after a double-click on the series."""
    DICOMUtils.loadSeriesByUID([SERIES])
    (sequence,) = slicer.util.getNodesByClass("vtkMRMLSequenceNode")
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    browser.SetSelectedItemNumber(time)
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)
    return browser.GetProxyNode(sequence)


def whole_series():
    """All twelve images as one volume, which the scalar volume plugin offers."""
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    return plugin.load(plugin.examineFiles(list(slicer.dicomDatabase.filesForSeries(SERIES)))[0])


def item_to_write(volume, plugin):
    """The item of a map of real numbers, or of a segment of all voxels but the outermost."""
    item = hierarchy().GetItemByDataNode(volume)
    voxels = slicer.util.arrayFromVolume(volume)
    if plugin == MAP:
        slicer.util.updateVolumeFromArray(volume, voxels / np.float32(3))
        return item
    mask = np.zeros(voxels.shape, np.uint8)
    mask[:, 1:-1, 1:-1] = 1
    segment = hierarchy().GetItemByDataNode(segmentation_of(volume, [mask], ["Inside"]))
    hierarchy().SetItemParent(segment, hierarchy().GetItemParent(item))
    return segment


def written(volume, plugin, folder, reference=""):
    """The object that is written and the notes, which are those told before."""
    exportables = offered(item_to_write(volume, plugin), plugin)
    exportables[0].referenceSeriesUID = reference
    told = preview_notes(exportables)
    report = run(export(exportables, folder))
    assert report.failed == []
    (dataset,) = datasets(report)
    assert [note for note in told if note in report.notes] == report.notes
    return dataset, report.notes


def references(dataset):
    """By height the UIDs of the images that a frame or contour refers to, and all that the object lists."""
    if dataset.Modality == "RTSTRUCT":
        contours = dataset.ROIContourSequence[0].ContourSequence
        found = [(one.ContourData[2], one.ContourImageSequence) for one in contours]
        (study,) = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence
        listed = study.RTReferencedSeriesSequence[0].ContourImageSequence
    else:
        groups = dataset.PerFrameFunctionalGroupsSequence
        found = [
            (
                group.PlanePositionSequence[0].ImagePositionPatient[2],
                group.DerivationImageSequence[0].SourceImageSequence,
            )
            for group in groups
        ]
        listed = dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    by_height = {float(height): {one.ReferencedSOPInstanceUID for one in items} for height, items in found}
    return by_height, [one.ReferencedSOPInstanceUID for one in listed]


def at_each_place(times):
    return {STEP_MM * place: {uid(time, place) for time in times} for place in range(PLACES)}


@pytest.mark.parametrize(
    ("plugin", "reference"), [(MAP, ""), (MAP, SERIES), (SEGMENTATION, ""), (CONTOURS, "")]
)
def test_the_volume_of_a_time_refers_to_its_images(imported, tmp_path, plugin, reference):
    """Also if its series is named as the reference, for what is loaded tells more."""
    dataset, notes = written(volume_of_time(1), plugin, tmp_path / "out", reference)
    by_height, listed = references(dataset)
    assert by_height == at_each_place([1])
    assert sorted(listed) == [uid(1, place) for place in range(PLACES)]
    assert SEVERAL_AT_A_PLACE not in notes


def test_a_map_of_unknown_time_refers_to_all_images_of_each_place(imported, tmp_path):
    volume = volume_of_time(0)
    volume.RemoveAttribute("DICOM.instanceUIDs")  # as a volume of a file
    dataset, notes = written(volume, MAP, tmp_path / "out", SERIES)
    by_height, listed = references(dataset)
    assert by_height == at_each_place(range(TIMES))
    assert len(listed) == len(set(listed)) == TIMES * PLACES
    assert notes == [SEVERAL_AT_A_PLACE]


@pytest.mark.parametrize("plugin", [SEGMENTATION, CONTOURS])
def test_segments_with_a_reference_refer_to_all_images_of_each_place(imported, tmp_path, plugin):
    dataset, notes = written(volume_of_time(0), plugin, tmp_path / "out", SERIES)
    by_height, listed = references(dataset)
    assert by_height == at_each_place(range(TIMES))
    assert len(listed) == len(set(listed)) == TIMES * PLACES
    assert notes == [SEVERAL_AT_A_PLACE]


def test_all_images_as_one_volume_are_in_the_order_of_their_times(imported, tmp_path):
    volume = whole_series()
    order = [uid(time, place) for place in range(PLACES) for time in range(TIMES)]
    assert volume.GetAttribute("DICOM.instanceUIDs").split() == order
    expected = [100 * place + 1000 * time for place in range(PLACES) for time in range(TIMES)]
    assert slicer.util.arrayFromVolume(volume)[:, 0, 0].tolist() == expected


@pytest.mark.parametrize("known", [True, False])
def test_all_images_as_one_volume_are_written_each_to_its_own(imported, tmp_path, known):
    """Whether the volume says what it was loaded from, or only its reference is known."""
    volume = whole_series()
    if not known:
        volume.RemoveAttribute("DICOM.instanceUIDs")
    exportables = offered(hierarchy().GetItemByDataNode(volume), "DICOMScalarVolumePlugin")
    exportables[0].referenceSeriesUID = SERIES
    report = run(export(exportables, tmp_path / "out"))
    found = {}
    for one in datasets(report):
        (source,) = one.SourceImageSequence
        time, place = map(int, source.ReferencedSOPInstanceUID.split(".")[-2:])
        found[time, place] = (one.pixel_array[0, 0], one.ImagePositionPatient[2], one.AcquisitionTime)
    assert found == {
        (time, place): (100 * place + 1000 * time, STEP_MM * place, f"1000{10 * time:02d}")
        for time in range(TIMES)
        for place in range(PLACES)
    }


@pytest.mark.parametrize("plugin", [MAP, SEGMENTATION, CONTOURS])
def test_what_has_one_frame_at_a_place_is_not_made_of_all_images(imported, settings, tmp_path, plugin):
    settings.setValue("DICOM/ScalarVolume/AcquisitionGeometryRegularization", "none")
    (exportable,) = offered(item_to_write(whole_series(), plugin), plugin)
    ((_name, reason),) = run(export([exportable], tmp_path / "out")).failed
    assert "has several slices at one place" in reason
    assert "Load the series as a volume sequence, and export one of its volumes." in reason
    assert not list((tmp_path / "out").rglob("*.dcm"))
