"""The rules that every database has: those of CTK, with their names, tags and results, and one of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from DICOMLib.database import Database, displayed_fields
from DICOMLib.fields.rule import DisplayedFieldRule, Merge, Touched
from DICOMLib.fields.slice_geometry import SliceGeometryRule
from DICOMLib.standard.person_names import displayed_person_name

SAME, CONCATENATE = Merge.EXPECT_SAME_VALUE, Merge.CONCATENATE

# Field, tag, policy.
_DEFAULT_FIELDS = (
    ("Patients.PatientsName", "0010,0010", SAME),
    ("Patients.PatientID", "0010,0020", SAME),
    ("Studies.StudyInstanceUID", "0020,000D", SAME),
    ("Studies.StudyDate", "0008,0020", SAME),
    ("Studies.StudyDescription", "0008,1030", CONCATENATE),
    ("Studies.ModalitiesInStudy", "0008,0061", CONCATENATE),
    ("Studies.InstitutionName", "0008,0080", SAME),
    ("Studies.ReferringPhysician", "0008,0090", CONCATENATE),
    ("Series.SeriesInstanceUID", "0020,000E", SAME),
    ("Series.StudyInstanceUID", "0020,000D", SAME),
    ("Series.SeriesNumber", "0020,0011", SAME),
    ("Series.Modality", "0008,0060", SAME),
    ("Series.SeriesDescription", "0008,103E", CONCATENATE),
)
_ROWS, _COLUMNS = "0028,0010", "0028,0011"

# Not all read by the rule, but kept at hand for scripts and plugins, as in Slicer.
DEFAULT_CACHED_TAGS = (
    *("0008,0018", "0010,0020", "0010,0010", "0010,0030", "0010,0032", "0010,0040", "0010,1010", "0010,4000"),
    *("0020,000D", "0020,0010", "0008,0020", "0008,0030", "0008,0050", "0008,0061", "0008,0080", "0008,1050"),
    *("0008,0090", "0008,1030", "0020,000E", "0008,0021", "0008,0031", "0008,103E", "0008,0060", "0018,0015"),
    *("0020,0052", "0018,0010", "0018,0020", "0020,0011", "0020,0012", "0018,0086", "0020,0100"),
    *("0028,0010", "0028,0011"),
)


class DefaultRule(DisplayedFieldRule):
    """Names, descriptions and numbers as they are in the file, and the size of the image."""

    name = "Default"
    required_tags = (*(tag for _, tag, _ in _DEFAULT_FIELDS), _ROWS, _COLUMNS)
    also_cached = DEFAULT_CACHED_TAGS
    merge: ClassVar = {
        **{field: policy for field, _, policy in _DEFAULT_FIELDS},
        "Patients.DisplayedPatientsName": SAME,
        "Series.DisplayedSize": SAME,
    }

    def fields_for_instance(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        """One value for each field that the instance has."""
        fields = {field: tags[tag] for field, tag, _ in _DEFAULT_FIELDS}
        fields["Patients.DisplayedPatientsName"] = displayed_person_name(tags["0010,0010"])
        if tags[_ROWS] and tags[_COLUMNS]:
            fields["Series.DisplayedSize"] = f"{tags[_COLUMNS]}x{tags[_ROWS]}"
        return fields


class RadiotherapySeriesDescriptionRule(DisplayedFieldRule):
    """The name or label of a radiotherapy object joins the description of its series."""

    name = "RadiotherapySeriesDescription"
    required_tags = (
        *("0008,0060", "300A,0003", "300A,0002", "3006,0004", "3006,0002"),
        *("3002,0003", "3002,0002", "3002,0004"),
    )
    merge: ClassVar = {"Series.SeriesDescription": CONCATENATE}

    # Modality: tags of the name and the label, and what to say where both are empty.
    _NAMES: ClassVar = {
        "RTPLAN": ("300A,0003", "300A,0002", "Unnamed RT Plan"),
        "RTSTRUCT": ("3006,0004", "3006,0002", "Unnamed RT Structure Set"),
        "RTIMAGE": ("3002,0003", "3002,0002", "Unnamed RT Image"),
    }

    def fields_for_instance(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        """Nothing for other modalities."""
        names = self._NAMES.get(tags["0008,0060"])
        if names is None:
            return {}
        return {"Series.SeriesDescription": tags[names[0]] or tags[names[1]] or names[2]}


class LastStudyDateRule(DisplayedFieldRule):
    """Patients.DisplayedLastStudyDate, from all studies of the patient."""

    name = "LastStudyDate"
    required_tags = ("0010,0020", "0010,0010", "0010,0030", "0008,0020")
    finished = ("Patients.DisplayedLastStudyDate",)

    def finish(self, database: Database, touched: Touched) -> None:
        """Ask the database, which has them all."""
        with database.transaction() as connections:
            displayed_fields.set_last_study_dates(connections.main, touched.patients)


class SeriesImageCountRule(DisplayedFieldRule):
    """Series.DisplayedCount, the number of instances."""

    name = "SeriesImageCount"
    required_tags = ("0020,000E",)
    finished = ("Series.DisplayedCount",)

    def finish(self, database: Database, touched: Touched) -> None:
        """Count the rows."""
        with database.transaction() as connections:
            displayed_fields.count_images(connections.main, touched.series)


class StudyNumberOfSeriesRule(DisplayedFieldRule):
    """Studies.DisplayedNumberOfSeries."""

    name = "StudyNumberOfSeries"
    required_tags = ("0020,000D",)
    finished = ("Studies.DisplayedNumberOfSeries",)

    def finish(self, database: Database, touched: Touched) -> None:
        """Count the rows."""
        with database.transaction() as connections:
            displayed_fields.count_series(connections.main, touched.studies)


class PatientNumberOfStudiesRule(DisplayedFieldRule):
    """Patients.DisplayedNumberOfStudies."""

    name = "PatientNumberOfStudies"
    required_tags = ("0010,0020", "0010,0010", "0010,0030")
    finished = ("Patients.DisplayedNumberOfStudies",)

    def finish(self, database: Database, touched: Touched) -> None:
        """Count the rows."""
        with database.transaction() as connections:
            displayed_fields.count_studies(connections.main, touched.patients)


BUILTIN_RULES: tuple[type[DisplayedFieldRule], ...] = (
    DefaultRule,
    RadiotherapySeriesDescriptionRule,
    LastStudyDateRule,
    SeriesImageCountRule,
    StudyNumberOfSeriesRule,
    PatientNumberOfStudiesRule,
    SliceGeometryRule,
)
