"""Exports of images whose frames tell in odd ways where they lie, or not at all, and of parts of them."""

from __future__ import annotations

import shutil

import highdicom as hd
import numpy as np
import pydicom
import pytest
import slicer

from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import examine_for_export, export
from DICOMLib.plugins.export_preview import preview_notes
from Testing.DICOMPlugins.exporting import datasets, exported, ijk_to_ras, offered
from Testing.DICOMPlugins.loading import points_of
from Testing.DICOMPlugins.test_exports_of_scanners import item_of, loaded_volume, segmented
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

WITHOUT_GROUPS = "pydicom-data/emri_small.dcm"  # enhanced MR of 10 frames
NUCLEAR = "tensorflow-io/tests/test_dicom/NM-MONO2-16-13x-heart.dcm"
DOSE = "dicompyler-core/rtdose.dcm"
LOOP = "pydicom-data/OBXXXX1A_2frame.dcm"
CAPTURES = "pydicom-data/SC_rgb_2frame.dcm"
MOSAIC = "dcm_qa_nih/In/20180918Si"
TWO_VOLUMES = "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"  # 2 x 32 frames
FLOATS = "pydicom-data/parametric_map_float.dcm"


@pytest.fixture
def volume(database, shared_data, tmp_path):
    """Loads a file or folder, and gives the first volume."""

    def load(name):
        source = shared_data / name
        if source.is_dir():  # its first series
            source = shutil.copytree(source, tmp_path / "series")
            files = sorted(path for path in source.rglob("*") if path.is_file())
            series = [pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID for path in files]
            for path, uid in zip(files, series, strict=True):
                if uid != series[0]:
                    path.unlink()
        return loaded_volume(source, tmp_path / "imported")

    return load


def source_frames(dataset):
    """Frame of the source that each frame of an object was made of; None if it is not told."""
    frames = []
    for group in dataset.PerFrameFunctionalGroupsSequence:
        derivation = group.get("DerivationImageSequence")
        (item,) = derivation[0].SourceImageSequence if derivation else [{}]
        frames.append(item.get("ReferencedFrameNumber"))
    return frames


@pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")  # its remarks on values of the images
@pytest.mark.parametrize(
    ("name", "frame"),
    [
        pytest.param(WITHOUT_GROUPS, 1, id="enhanced image without functional groups"),
        pytest.param(NUCLEAR, 1, id="nuclear medicine"),
        pytest.param(DOSE, 1, id="dose"),
        pytest.param(LOOP, None, id="loop"),
        pytest.param(CAPTURES, None, id="captures"),
    ],
)
def test_segmentation(volume, tmp_path, name, frame):
    """It is valid, lies where the volume does, and refers to the frame as far as that is known."""
    node = volume(name)
    segmentation, mask = segmented(node)
    report = exported(item_of(segmentation), "DICOMSegmentationPlugin", tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    (dataset,) = datasets(report)
    assert source_frames(dataset) == [frame]
    (sources,) = (series.ReferencedInstanceSequence for series in dataset.ReferencedSeriesSequence)
    assert [one.ReferencedSOPInstanceUID for one in sources] == [node.GetAttribute("DICOM.instanceUIDs")]
    read = hd.seg.segread(report.files[0]).get_volume()
    to_ras = np.diag([-1, -1, 1, 1]) @ read.affine @ np.eye(4)[[2, 1, 0, 3]]
    found, expected = points_of(read.array[..., 0], to_ras), points_of(mask[:1], ijk_to_ras(node))
    assert np.allclose(sorted(found), sorted(expected), atol=0.02)


@pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")
def test_frames_of_a_dose(volume, shared_data, tmp_path):
    """Each slice of map and fractions refers to the frame at its offset; no geometry differs."""
    node = volume(DOSE)
    dose = pydicom.dcmread(shared_data / DOSE, stop_before_pixels=True)
    heights = float(dose.ImagePositionPatient[2]) + np.array(dose.GridFrameOffsetVector, float)
    item = item_of(node)
    for number, plugin in enumerate(("DICOMParametricMapPlugin", "DICOMSegmentationPlugin")):
        report = exported(item, plugin, tmp_path / str(number))
        assert dciodvfy_errors(report.files) == []
        (dataset,) = datasets(report)
        groups = dataset.PerFrameFunctionalGroupsSequence
        places = [float(group.PlanePositionSequence[0].ImagePositionPatient[2]) for group in groups]
        assert np.allclose(heights[np.array(source_frames(dataset), int) - 1], places, atol=1e-4)
        measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
        assert measures.SliceThickness == pytest.approx(3)
    (kind,) = run(examine_for_export([item], ["DICOMScalarVolumePlugin"])).types
    assert [note for note in preview_notes(kind.exportables) if "geometry" in note] == []


@pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")
@pytest.mark.parametrize("name", [MOSAIC, TWO_VOLUMES])
def test_a_part_of_the_frames_lies_where_they_do(volume, tmp_path, name):
    """So nothing is said of a geometry that differs; before and after are told alike."""
    item = item_of(volume(name))
    for plugin in ("DICOMScalarVolumePlugin", "DICOMVolumeSequencePlugin"):
        for kind in run(examine_for_export([item], [plugin])).types:
            before = preview_notes(kind.exportables)
            report = run(export(kind.exportables, tmp_path / plugin))
            assert (report.failed, report.notes) == ([], before)
            assert [note for note in before if "geometry" in note] == []


@pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")
@pytest.mark.parametrize(
    ("name", "writable"), [(WITHOUT_GROUPS, 1), (NUCLEAR, 1), (MOSAIC, 0), (TWO_VOLUMES, 0), (FLOATS, 0)]
)
def test_value_mapping_is_offered_where_it_can_be_written(volume, tmp_path, name, writable):
    """Not of tiles, of a part of the frames, or of images of floating point numbers."""
    item = item_of(volume(name))
    found = offered(item, "DICOMRWVMPlugin")
    assert len(found) == writable
    assert run(export(found, tmp_path / "out")).failed == []
    if found:
        assert dciodvfy_errors([str(path) for path in (tmp_path / "out").iterdir()]) == []


def test_a_moved_mosaic_is_told(volume):
    """Tiles are compared where they lie."""
    node = volume(MOSAIC)
    matrix = slicer.util.vtkMatrixFromArray(np.diag([1, 1, 1, 1]) + np.eye(4, k=3) * 7.0)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    (kind,) = run(examine_for_export([item_of(node)], ["DICOMScalarVolumePlugin"])).types
    (told,) = [note for note in preview_notes(kind.exportables) if "geometry" in note]
    assert "up to 7 mm from that of the nearest image" in told
