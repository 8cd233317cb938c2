"""What a preview of an export tells, for every exporter: exactly what then differs in what is written."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer
from pydicom.datadict import dictionary_description as description

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from DICOMLib.plugins.export_preview import preview, preview_notes
from DICOMLib.writing.header import code
from Testing.DICOMPlugins.exporting import below_study, datasets, hierarchy, ijk_to_ras, offered, volume_node
from Testing.DICOMPlugins.test_export_rules import EXPORTERS as OF_RULES
from Testing.DICOMPlugins.test_model_export import triangle
from Testing.DICOMPlugins.test_registration_export import deformation_between
from Testing.DICOMPlugins.test_value_mapping_export import in_suv
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

SERIES = "1.2.3.4"
OF_THE_PATIENT = {
    "PatientAge": "053Y",
    "PatientWeight": "71.5",
    "OtherPatientIDs": "H7",
    "ResponsiblePerson": "Doe^John",
    "ResponsiblePersonRole": "PARENT",
    "Occupation": "Turner",
    "MedicalAlerts": "Pacemaker",
    "PatientIdentityRemoved": "YES",
    "DeidentificationMethod": "By hand",
    "ClinicalTrialSponsorName": "Sponsor",
    "ClinicalTrialProtocolID": "T1",
    "ClinicalTrialProtocolName": "Trial",
    "ClinicalTrialSiteID": "C1",
    "ClinicalTrialSiteName": "Center",
    "ClinicalTrialSubjectID": "S1",
}
OF_THE_STUDY = {
    "AccessionNumber": "A1",
    "ReferringPhysicianName": "Roe^Richard",
    "NameOfPhysiciansReadingStudy": "Poe^Paul",
    "AdmittingDiagnosesDescription": "Cough",
    "ReasonForVisit": "Cough",
    "ClinicalTrialTimePointID": "TP1",
}
SOURCE = {
    **OF_THE_PATIENT,
    **OF_THE_STUDY,
    "PatientName": "Müller^Änne",
    "PatientID": "P1",
    "PatientBirthDate": "19500101",
    "PatientSex": "F",
    "StudyInstanceUID": "1.2.99",
    "StudyDate": "20180101",
    "StudyTime": "010203",
    "StudyID": "S7",
    "StudyDescription": "Trial",
}
EXPORTERS = {
    **OF_RULES,
    "fractional segmentation": (
        "DICOMSegmentationPlugin",
        lambda volume: volume_node(
            (slicer.util.arrayFromVolume(volume) / 1e4).astype(np.float32), ijk_to_ras(volume), "Probability"
        ),
    ),
    "value mapping": ("DICOMRWVMPlugin", lambda volume: hierarchy().GetItemDataNode(in_suv(volume))),
    "deformable registration": (
        "DicomSroImportExportPlugin",
        lambda volume: hierarchy().GetItemDataNode(deformation_between(volume, volume)[0]),
    ),
}
# These are written as images of the volume, whose tags are all kept; the others keep patient and study.
IMAGES = ("scalar volume", "volume sequence")


@pytest.fixture
def volume(database, tmp_path):
    """A volume of the database whose images tell much of patient and study."""
    images = stack(
        heights(0, 3, 6),
        **SOURCE,
        SpecificCharacterSet="ISO_IR 100",
        ProcedureCodeSequence=[code("P1", "99X", "Chest")],
    )
    write(images, tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    return slicer.util.getNode(DICOMUtils.loadSeriesByUID([SERIES])[0])


@pytest.fixture(params=EXPORTERS)
def kind(request):
    return request.param


@pytest.fixture
def exportables(kind, volume):
    """What the plugin offers of something that was made of the volume."""
    plugin, make = EXPORTERS[kind]
    node = make(volume)
    node.SetAttribute("DICOM.instanceUIDs", volume.GetAttribute("DICOM.instanceUIDs"))
    if kind == "volume sequence":
        browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(node)
        sequence = browser.GetMasterSequenceNode()
        for index in range(sequence.GetNumberOfDataNodes()):
            uids = volume.GetAttribute("DICOM.instanceUIDs")
            sequence.GetNthDataNode(index).SetAttribute("DICOM.instanceUIDs", uids)
    tree = hierarchy()
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    return offered(int(item), plugin)


def written(exportables, folder) -> pydicom.Dataset:
    """The first instance that was written of an exportable."""
    report = run(export(exportables, folder))
    assert report.failed == []
    assert dciodvfy_errors(report.files[:1]) == []
    return datasets(report)[0]


def told(exportables) -> dict[str, tuple[str, str]]:
    """Before and after by name, as the preview tells them, of attributes of patient and study."""
    ((_name, changes),) = preview(exportables)
    names = {description(keyword) for keyword in (*SOURCE, "ProcedureCodeSequence")}
    return {change.name: (change.before, change.after) for change in changes if change.name in names}


def test_edited_tags(exportables, tmp_path):
    """Two tags are changed; all else that the images say of patient and study is written as it was."""
    for exportable in exportables:
        exportable.setTag("PatientName", "Roe^Änne")
        exportable.setTag("StudyDescription", "Second look")
    changes = told(exportables)
    made = written(exportables, tmp_path / "out")

    assert changes == {
        "Patient's Name": ("Müller^Änne", "Roe^Änne"),
        "Study Description": ("Trial", "Second look"),
    }
    expected = {**SOURCE, "PatientName": "Roe^Änne", "StudyDescription": "Second look"}
    assert {keyword: str(made[keyword].value) for keyword in expected} == expected
    assert made.ProcedureCodeSequence[0].CodeMeaning == "Chest"


def test_another_patient(kind, exportables, tmp_path):
    """Nothing that is true of the patient of the images only is written, and the preview tells all of it."""
    for exportable in exportables:
        exportable.setTag("PatientID", "P2")
    if kind in IMAGES or kind == "fractional segmentation":
        assert preview(exportables) == []
        assert "another patient" in " ".join(preview_notes(exportables))
    else:
        changes = told(exportables)
        assert changes.pop("Patient ID") == ("P1", "P2")
        assert set(changes) == {description(keyword) for keyword in OF_THE_PATIENT}
        assert {after for _before, after in changes.values()} == {""}
    made = written(exportables, tmp_path / "out")
    assert made.PatientID == "P2"
    assert [keyword for keyword in OF_THE_PATIENT if made.get(keyword)] == []


def test_another_study(exportables, tmp_path):
    for exportable in exportables:
        exportable.setTag("StudyInstanceUID", "1.2.98")
    changes = told(exportables)
    made = written(exportables, tmp_path / "out")

    assert changes["Study Instance UID"] == ("1.2.99", "1.2.98")
    assert changes["Accession Number"] == ("A1", "")
    assert made.StudyInstanceUID == "1.2.98"
    assert [keyword for keyword in OF_THE_STUDY if made.get(keyword)] == []
    assert (made.PatientAge, made.Occupation) == ("053Y", "Turner")


@pytest.mark.parametrize("bad", ["StudyDate", "PatientBirthDate"])
def test_what_cannot_be_written_is_told_before(exportables, bad):
    from DICOMLib.core.errors import ExportError

    for exportable in exportables:
        exportable.setTag(bad, "yesterday")
    with pytest.raises(ExportError, match=bad):
        preview(exportables)


def test_a_model_without_images_is_compared_with_nothing(database):
    assert preview(offered(below_study(triangle()), "DICOMM3DPlugin")) == []


def test_a_surface_lies_in_the_frame_of_its_reference(volume, tmp_path):
    """The series that is given as reference tells the frame of reference; without one it is a new one."""
    tree = hierarchy()
    item = int(tree.GetItemByDataNode(triangle()))
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    frames = []
    for reference in ("", SERIES):
        exportables = offered(item, "DICOMM3DPlugin")
        exportables[0].referenceSeriesUID = reference
        frames.append(written(exportables, tmp_path / f"out{reference}").FrameOfReferenceUID)
    assert frames[0] != "1.2.3.5"
    assert frames[1] == "1.2.3.5"
