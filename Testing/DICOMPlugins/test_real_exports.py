"""Real series through export and back: voxels, geometry and tags, and no errors by dciodvfy."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.load import load_series
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, ijk_to_ras
from Testing.DICOMPlugins.loading import import_files
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMScalarVolumePlugin"


def loaded(uid):
    report = run(load_series([uid], [PLUGIN]))
    assert report.failed == []
    return slicer.mrmlScene.GetNodeByID(report.loaded[0].node_ids[0]), report.loaded[0].loadable.files


@pytest.mark.parametrize(
    ("folder", "keyword"),
    [
        pytest.param("dcm_qa_ct_tilt/In/GE", "GantryDetectorTilt", id="CT with tilted gantry"),
        pytest.param("dicom-numpy", "KVP", id="CT with faults"),
        pytest.param("dcm_qa_nih/In/20180918GE/mr_0004", "EchoTime", id="MR"),
        pytest.param(
            "tcia-sts-001-pet", "DecayFactor", id="PET, scaled slice by slice", marks=pytest.mark.slow
        ),
    ],
)
def test_round_trip(database, shared_data, tmp_path, folder, keyword):
    assert DICOMUtils.importDicom(str(shared_data / folder))
    series = [uid for patient in database.patients() for study in database.studiesForPatient(patient)
              for uid in database.seriesForStudy(study)]  # fmt: skip
    node, files = loaded(max(series, key=lambda uid: len(database.filesForSeries(uid))))
    voxels, matrix = slicer.util.arrayFromVolume(node).copy(), ijk_to_ras(node)
    sources = {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID: path for path in files}

    report = exported(hierarchy().GetItemByDataNode(node), PLUGIN, tmp_path / "out")
    assert dciodvfy_errors([report.files[0], report.files[-1]]) == []
    assert report.notes == []
    written = datasets(report)
    for one in written:
        (source,) = one.SourceImageSequence
        original = pydicom.dcmread(sources[source.ReferencedSOPInstanceUID], stop_before_pixels=True)
        assert one[keyword].value == original[keyword].value
        assert one.ImagePositionPatient == original.ImagePositionPatient

    assert DICOMUtils.importDicom(tmp_path / "out")
    back, _ = loaded(written[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(back), voxels)
    assert np.abs(ijk_to_ras(back) - matrix).max() < 1e-4


def test_one_slice_is_as_thick_as_it_was(database, shared_data, tmp_path):
    """Of a single image, only its own Spacing Between Slices tells it to readers."""
    path = shared_data / "ct-transfer-syntaxes" / "testImages" / "CT1_J2KR"
    (uid,) = import_files(tmp_path / "imported", path)
    node, _ = loaded(uid)
    matrix = ijk_to_ras(node)
    assert node.GetSpacing()[2] == 5
    report = exported(hierarchy().GetItemByDataNode(node), PLUGIN, tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    (written,) = datasets(report)
    assert DICOMUtils.importDicom(tmp_path / "out")
    back, _ = loaded(written.SeriesInstanceUID)
    assert np.abs(ijk_to_ras(back) - matrix).max() < 1e-4
