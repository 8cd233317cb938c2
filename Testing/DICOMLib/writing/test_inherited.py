"""Faults of source images that are mended in what is derived from them."""

import pytest
from pydicom.dataset import Dataset

from DICOMLib.writing.header import code
from DICOMLib.writing.inherited import mend


def with_values(**values):
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    "keyword", ["DeidentificationMethod", "PatientAge", "BurnedInAnnotation", "AnatomicRegionSequence"]
)
def test_empty_values_that_may_not_be_empty(keyword):
    dataset = with_values(**{keyword: [] if keyword.endswith("Sequence") else ""}, AccessionNumber="")
    mend(dataset)
    assert keyword not in dataset
    assert "AccessionNumber" in dataset


def test_method_of_deidentification():
    silent, told = (
        with_values(PatientIdentityRemoved="YES"),
        with_values(PatientIdentityRemoved="YES", DeidentificationMethod="By hand"),
    )
    mend(silent)
    mend(told)
    assert silent.DeidentificationMethod == "Not told by the source images"
    assert told.DeidentificationMethod == "By hand"


def test_codes_without_scheme():
    broken = with_values(CodeValue="1", CodeMeaning="what")
    item = with_values(ScheduledProtocolCodeSequence=[broken, code("1", "DCM", "one")])
    dataset = with_values(ProcedureCodeSequence=[broken], RequestAttributesSequence=[item])
    mend(dataset)
    assert "ProcedureCodeSequence" not in dataset
    (kept,) = dataset.RequestAttributesSequence[0].ScheduledProtocolCodeSequence
    assert kept.CodeMeaning == "one"


def test_gaps_of_clinical_trials():
    trial, none = with_values(ClinicalTrialProtocolID="T1"), with_values(PatientID="P1")
    mend(trial)
    mend(none)
    assert trial.ClinicalTrialTimePointID == trial.ClinicalTrialCoordinatingCenterName == ""
    assert "ClinicalTrialTimePointID" not in none


@pytest.mark.parametrize(("kind", "kept"), [("STATIC", False), ("DYNAMIC", True)])
def test_time_slices_of_static_images(kind, kept):
    dataset = with_values(SeriesType=[kind, "IMAGE"], NumberOfTimeSlices=1)
    mend(dataset)
    assert ("NumberOfTimeSlices" in dataset) is kept
