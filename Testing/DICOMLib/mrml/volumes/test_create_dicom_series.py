"""CreateDICOMSeries as scripts call it: by `slicer.cli`, and through DICOMExportScalarVolume."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer

from Testing.application_database import database as database
from Testing.DICOMPlugins.exporting import volume_node
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

AXIAL_RAS = np.array([[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 2.5, -30], [0, 0, 0, 1.0]])
VOXELS = np.arange(60, dtype=np.int16).reshape(3, 4, 5) - 30
TAGS = {
    "Patient Name": "Doe^Jane",
    "Patient ID": "P1",
    "Modality": "MR",
    "Series Description": "Script",
    "Series Number": "7",
    "Study Date": "20240115",
}


@pytest.fixture
def folder(tmp_path):
    """Where the series is written."""
    return tmp_path / "out"


@pytest.fixture
def node(database):
    return volume_node(VOXELS, AXIAL_RAS)


def run_module(node, folder, **parameters):
    parameters = {"inputVolume": node.GetID(), "dicomDirectory": str(folder), "modality": "CT", **parameters}
    result = slicer.cli.runSync(slicer.modules.createdicomseries, None, parameters)
    return result, [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]


def test_by_slicer_cli(node, folder):
    result, files = run_module(node, folder, patientName="Doe^Jane", dicomPrefix="A", studyDate="[now]")

    assert result.GetStatusString() == "Completed"
    assert sorted(path.name for path in folder.iterdir()) == ["A0001.dcm", "A0002.dcm", "A0003.dcm"]
    assert dciodvfy_errors(folder.iterdir()) == []
    values = [one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in files]
    assert np.array_equal(values, VOXELS)
    assert len(files[0].StudyDate) == 8
    # each slice has the range of its own voxels: -30 ... -11
    assert (float(files[0].WindowCenter), float(files[0].WindowWidth)) == (-20.5, 19)


def test_type_and_order(node, folder):
    _, files = run_module(node, folder, Type="Char", reverseImages=True, windowCenter="40", windowWidth="400")

    assert [float(one.ImagePositionPatient[2]) for one in files] == [-25, -27.5, -30]
    assert files[0].BitsAllocated == 8
    assert np.array_equal(files[0].pixel_array, VOXELS[2])
    assert (float(files[0].WindowCenter), float(files[0].WindowWidth)) == (40, 400)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"studyInstanceUID": "1.2.3"}, "all UIDs"),
        ({"dicomDirectory": ""}, "dicomDirectory"),
        ({"inputVolume": "vtkMRMLScalarVolumeNode99"}, "inputVolume"),
        ({"Type": "Double"}, "Double"),
    ],
)
def test_what_goes_wrong_is_told(node, folder, parameters, text):
    result, files = run_module(node, folder, **parameters)

    assert result.GetStatusString() == "Completed with errors"
    assert text in result.GetErrorText()
    assert files == []


def test_groups_of_parameters_that_plugins_look_for(database):
    node = slicer.modules.createdicomseries.cliModuleLogic().CreateNode()
    labels = [node.GetParameterGroupLabel(group) for group in range(node.GetNumberOfParameterGroups())]
    assert "Unique Identifiers (UIDs)" in labels
    assert node.IsA("vtkMRMLCommandLineModuleNode")


def test_export_scalar_volume(node, folder):
    from DICOMLib import DICOMExportScalarVolume

    exporter = DICOMExportScalarVolume("1.2.3", node, TAGS, str(folder))
    assert exporter.export()
    files = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    assert min(path.name for path in folder.iterdir()) == "IMG0001.dcm"
    assert files[0].SOPClassUID.name == "MR Image Storage"
    assert (files[0].PatientName, files[0].SeriesNumber, files[0].StudyDate) == ("Doe^Jane", 7, "20240115")
    assert np.array_equal([one.pixel_array for one in files], VOXELS)


def test_export_scalar_volume_with_uids_of_either_spelling(node, folder):
    from DICOMLib import DICOMExportScalarVolume

    uids = {"Study Instance UID": "1.2.3", "Series Instance UID": "1.2.4"}
    for number, name in enumerate(("Frame of Reference UID", "Frame of Reference Instance UID")):
        target = folder / str(number)
        assert DICOMExportScalarVolume("1.2.3", node, {**TAGS, **uids, name: "1.2.5"}, str(target)).export()
        first = pydicom.dcmread(target / "IMG0001.dcm")
        assert (first.StudyInstanceUID, first.SeriesInstanceUID) == ("1.2.3", "1.2.4")
        assert first.FrameOfReferenceUID == "1.2.5"


def test_export_scalar_volume_that_fails(node, folder):
    from DICOMLib import DICOMExportScalarVolume

    assert not DICOMExportScalarVolume("", node, {**TAGS, "Study Date": "yesterday"}, str(folder)).export()
    assert not list(folder.glob("*"))


def test_placeholders(node, folder):
    uids = dict.fromkeys(("studyInstanceUID", "seriesInstanceUID", "frameOfReferenceUID"), "[random]")
    result, files = run_module(node, folder, patientSex="[unknown]", studyTime="[now]", **uids)

    assert result.GetStatusString() == "Completed"
    assert files[0].PatientSex == ""
    assert len(files[0].StudyTime) >= 6
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        (uid,) = {one[keyword].value for one in files}
        assert uid.is_valid
    assert len({files[0].StudyInstanceUID, files[0].SeriesInstanceUID, files[0].FrameOfReferenceUID}) == 3
