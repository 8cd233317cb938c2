"""The profile of PS3.15: what each option retains and cleans."""

from __future__ import annotations

from datetime import datetime

import pydicom
import pytest
from pydicom.dataset import Dataset

from DICOMLib.deidentification import OPTIONS, Profile
from DICOMLib.writing.header import code
from Testing import factories
from Testing.deidentified_copies import copies, deidentified, texts


def test_descriptors_are_cleaned_of_names(tmp_path):
    image = factories.instance(SeriesDescription="Axial for Doe, Jane (P1)", StudyDescription="Trial")
    (path,) = factories.write([image], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out", "clean-descriptors"), "CT")
    assert copy.SeriesDescription.startswith("Axial for")
    assert not any(word in copy.SeriesDescription for word in ("Doe", "Jane"))
    assert copy.StudyDescription == "Trial"


@pytest.mark.parametrize("option", ["retain-dates", "shift-dates"])
def test_no_option_retains_when_the_patient_was_born(tmp_path, option):
    image = factories.instance(PatientBirthDate="19700203", PatientBirthTime="0815")
    (path,) = factories.write([image], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out", option), "CT")
    assert copy.PatientBirthDate == ""
    assert "PatientBirthTime" not in copy


def test_codes_that_name_people_and_places_are_replaced(tmp_path):
    operator = Dataset()
    operator.PersonIdentificationCodeSequence = [code("4711", "99HOSPITAL", "Smith, John")]
    image = factories.instance(
        OperatorIdentificationSequence=[operator],
        InstitutionCodeSequence=[code("0815", "99HOSPITAL", "St. Elsewhere")],
        AnatomicRegionSequence=[code("10200004", "SCT", "Liver")],
    )
    (path,) = factories.write([image], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out"), "CT")
    (kept,) = copies(deidentified([path], tmp_path / "kept", "retain-institution"), "CT")

    left = " ".join(texts(copy))
    assert not any(secret in left for secret in ("4711", "Smith", "0815", "Elsewhere", "99HOSPITAL"))
    assert copy.AnatomicRegionSequence[0].CodeMeaning == "Liver"
    assert kept.InstitutionCodeSequence[0].CodeMeaning == "St. Elsewhere"
    assert "Smith" not in " ".join(texts(kept))


def test_groups_of_annotations_get_other_uids(tmp_path):
    group = Dataset()
    group.AnnotationGroupUID, group.AnnotationGroupLabel = "1.2.3.4", "Cells"
    image = factories.instance(AnnotationGroupSequence=[group])
    (path,) = factories.write([image], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out"), "CT")
    (kept,) = copies(deidentified([path], tmp_path / "kept", "retain-uids"), "CT")
    assert copy.AnnotationGroupSequence[0].AnnotationGroupUID.startswith("2.25.")
    assert kept.AnnotationGroupSequence[0].AnnotationGroupUID == "1.2.3.4"


def test_texts_that_the_table_does_not_list_are_cleaned(tmp_path):
    image = factories.instance(ContentDescription="Liver of Doe", DoseComment="Doe", ContentLabel="DOE")
    (path,) = factories.write([image], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out"), "CT")
    assert (copy.ContentDescription, copy.DoseComment, copy.ContentLabel) == (
        "Liver of",
        "REMOVED",
        "REMOVED",
    )


def test_shifted_dates_keep_their_distance(tmp_path):
    images = [
        factories.instance(SOPInstanceUID="1.2.1", StudyInstanceUID="1.2.10", StudyDate="20240110"),
        factories.instance(SOPInstanceUID="1.2.2", StudyInstanceUID="1.2.11", StudyDate="20240220"),
        factories.instance(SOPInstanceUID="1.2.3", PatientID="P2", StudyDate="20240110"),
    ]
    paths = factories.write(images, tmp_path / "in")
    report = deidentified(paths, tmp_path / "out", "shift-dates")
    dates = [datetime.strptime(pydicom.dcmread(path).StudyDate, "%Y%m%d") for _, path in report.written]

    assert (dates[1] - dates[0]).days == 41
    assert 365 <= (datetime(2024, 1, 10) - dates[0]).days < 3650
    assert dates[2] != dates[0]


def test_safe_private_attributes(tmp_path):
    image = factories.instance()
    block = image.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "1000")
    block.add_new(0x50, "LO", "Doe")
    image.private_block(0x0029, "SECRET", create=True).add_new(1, "LO", "Doe")
    (path,) = factories.write([image], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out", "retain-safe-private"), "CT")

    assert copy.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 1000
    assert len([element for element in copy if element.tag.is_private]) == 2  # it and its creator


def test_profiles():
    with pytest.raises(ValueError, match="not an option"):
        Profile(frozenset({"keep-everything"}))
    with pytest.raises(ValueError, match="either retained or shifted"):
        Profile(frozenset({"retain-dates", "shift-dates"}))
    assert Profile(frozenset(OPTIONS) - {"retain-dates"}).codes[0][0] == "113100"
