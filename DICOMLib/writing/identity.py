"""Patient and study of what is made of images: what is kept of them, what is forgotten, what changes."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from pydicom.dataset import Dataset

from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.writing.differences import TagChange, differences
from DICOMLib.writing.header import PRESENT, set_tags
from DICOMLib.writing.inherited import mend

UIDS = ("PatientID", "StudyInstanceUID")
# What is true of one patient only: modules Patient (PS3.3 C.7.1.1), Clinical Trial Subject (C.7.1.3) and
# what Patient Study (C.7.2.2) says of the patient; also what older editions and other modules know of them.
OF_THE_PATIENT = (
    "PatientName", "PatientBirthDate", "PatientBirthTime", "PatientSex", "PatientComments", "OtherPatientIDs",
    "OtherPatientIDsSequence", "OtherPatientNames", "IssuerOfPatientID", "EthnicGroup", "PatientAge",
    "PatientSize", "PatientWeight", "TypeOfPatientID", "IssuerOfPatientIDQualifiersSequence",
    "ReferencedPatientSequence", "SourcePatientGroupIdentificationSequence",
    "GroupOfPatientsIdentificationSequence", "PatientBirthDateInAlternativeCalendar",
    "PatientDeathDateInAlternativeCalendar", "PatientAlternativeCalendar", "QualityControlSubject",
    "StrainDescription", "StrainNomenclature", "StrainStockSequence", "StrainAdditionalInformation",
    "StrainCodeSequence", "GeneticModificationsSequence", "ReferencedPatientPhotoSequence",
    "EthnicGroupCodeSequence", "PatientSpeciesDescription", "PatientSpeciesCodeSequence",
    "PatientBreedDescription", "PatientBreedCodeSequence", "BreedRegistrationSequence", "ResponsiblePerson",
    "ResponsiblePersonRole", "ResponsibleOrganization", "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence", "PatientSizeCodeSequence", "PatientBodyMassIndex",
    "MeasuredAPDimension", "MeasuredLateralDimension", "MedicalAlerts", "Allergies", "Occupation",
    "SmokingStatus", "AdditionalPatientHistory", "PregnancyStatus", "LastMenstrualDate", "PatientSexNeutered",
    "ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialProtocolName",
    "IssuerOfClinicalTrialProtocolID", "OtherClinicalTrialProtocolIDsSequence", "ClinicalTrialSiteID",
    "ClinicalTrialSiteName", "IssuerOfClinicalTrialSiteID", "ClinicalTrialSubjectID",
    "IssuerOfClinicalTrialSubjectID", "ClinicalTrialSubjectReadingID",
    "IssuerOfClinicalTrialSubjectReadingID", "ClinicalTrialProtocolEthicsCommitteeName",
    "ClinicalTrialProtocolEthicsCommitteeApprovalNumber", "PatientBirthName", "PatientMotherBirthName",
    "PatientAddress", "PatientTelephoneNumbers", "MilitaryRank", "BranchOfService", "CountryOfResidence",
    "RegionOfResidence", "PatientReligiousPreference", "MedicalRecordLocator",
    "PatientInsurancePlanCodeSequence", "PatientPrimaryLanguageCodeSequence",
)  # fmt: skip
# What is true of one study only: General Study (C.7.2.1), Clinical Trial Study (C.7.2.3) and what Patient
# Study says of the visit.
OF_THE_STUDY = (
    "AccessionNumber", "IssuerOfAccessionNumberSequence", "ReferringPhysicianName", "StudyDescription",
    "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy", "ProcedureCodeSequence",
    "ReferencedStudySequence", "RequestingService", "AdmissionID",
    "ReasonForPerformedProcedureCodeSequence", "StudyID", "StudyDate", "StudyTime",
    "ReferringPhysicianIdentificationSequence", "ConsultingPhysicianName",
    "ConsultingPhysicianIdentificationSequence", "PhysiciansOfRecordIdentificationSequence",
    "PhysiciansReadingStudyIdentificationSequence", "RequestingServiceCodeSequence",
    "AdmittingDiagnosesDescription", "AdmittingDiagnosesCodeSequence", "ReasonForVisit",
    "ReasonForVisitCodeSequence", "IssuerOfAdmissionIDSequence", "ServiceEpisodeID",
    "ServiceEpisodeDescription", "IssuerOfServiceEpisodeIDSequence", "PatientState",
    "ClinicalTrialTimePointID", "ClinicalTrialTimePointDescription",
    "LongitudinalTemporalOffsetFromEvent", "LongitudinalTemporalEventType",
    "ClinicalTrialTimePointTypeCodeSequence", "IssuerOfClinicalTrialTimePointID",
    "ConsentForClinicalTrialUseSequence",
)  # fmt: skip
# What a series says of its study; an object that is no image of the series does not keep it.
OF_THE_REQUEST = (
    "RequestAttributesSequence", "RequestingPhysician", "VisitComments",
    "ReferencedPerformedProcedureStepSequence", "PerformedProcedureStepID",
    "PerformedProcedureStepDescription",
)  # fmt: skip
IDENTITY = (*UIDS, *OF_THE_PATIENT, *OF_THE_STUDY)


def forget_others(dataset: Dataset, tags: Mapping[str, str]) -> None:
    """Take away what a dataset says of another patient or study than that of the tags."""
    of_study = (*OF_THE_STUDY, *OF_THE_REQUEST)
    for uid, keywords in (("PatientID", OF_THE_PATIENT), ("StudyInstanceUID", of_study)):
        if tags.get(uid, "").strip() not in ("", str(dataset.get(uid) or "")):
            for keyword in keywords:
                dataset.pop(keyword, None)


def take_identity(dataset: Dataset, image: Dataset | None, tags: Mapping[str, str]) -> None:
    """Let an object say of patient and study what the image says that it is made of, as the tags change it.

    Parameters
    ----------
    dataset
        The object, which is changed.
    image
        Header of the image; nothing is done if there is none.
    tags
        As of `header.new_instance`. Where they tell of another patient or study, nothing of it is kept.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    if image is None:
        return
    identity = _identity(image, tags)
    for keyword in IDENTITY:
        if keyword in identity:
            dataset[keyword] = identity[keyword]
        elif keyword in PRESENT:
            setattr(dataset, keyword, "")
        elif keyword not in UIDS:
            dataset.pop(keyword, None)


def identity_changes(image: Dataset, tags: Mapping[str, str]) -> list[TagChange]:
    """How patient and study of an object differ from those of the image, see `take_identity`."""
    found = differences(_identity_part(image), _identity(image, tags))
    return [change for change in found if change.before or change.after]


def _identity_part(image: Dataset) -> Dataset:
    part = Dataset()
    with no_warnings:  # values are converted, and warned of, when first seen
        for keyword in IDENTITY:
            if keyword in image:
                part[keyword] = image[keyword]
    return part


def _identity(image: Dataset, tags: Mapping[str, str]) -> Dataset:
    """Patient and study of what is made of an image."""
    identity = copy.deepcopy(_identity_part(image))
    forget_others(identity, tags)
    with no_warnings:
        mend(identity)
    set_tags(identity, {name: value for name, value in tags.items() if name in IDENTITY})
    return identity
