"""Rules that change which patient, study, series and instance a file says it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from DICOMLib.patching.images import ULTRASOUND_CLASSES
from DICOMLib.patching.rule import DICOMPatcherRule

UNKNOWN_PATIENT = "Unspecified Patient"


class SplitUltrasoundSeriesByInstanceNumber(DICOMPatcherRule):
    """One series for each Instance Number, for scanners that put unrelated clips into one series."""

    label = "Split ultrasound series by instance number"
    enabled_by_default = False

    def processStart(self, inputRootDir: str, outputRootDir: str) -> None:
        """Forget the series of an earlier run."""
        self._series: dict[tuple[str, int], str] = {}

    def processDataSet(self, ds: Dataset) -> None:
        """Give the dataset a Series Instance UID and a Series Number of its own group."""
        if ds.get("SOPClassUID") not in ULTRASOUND_CLASSES:
            return
        needed = (ds.get("SeriesInstanceUID"), ds.get("SeriesNumber"), ds.get("InstanceNumber"))
        if any(value in (None, "") for value in needed):
            return
        series, number, instance = str(needed[0]), int(needed[1]), int(needed[2])
        ds.SeriesInstanceUID = self._series.setdefault((series, instance), generate_uid(None))
        ds.SeriesNumber = number * 1000 + instance
        self.addLog(f"moved to series number {ds.SeriesNumber}")


class ForceSamePatientNameIdInEachDirectory(DICOMPatcherRule):
    """All files of a directory get the name and ID of its first file."""

    label = "Force same patient name and ID in each directory"
    enabled_by_default = False

    def processStart(self, inputRootDir: str, outputRootDir: str) -> None:
        """Begin to count directories."""
        self._directories = 0
        self._patient: tuple[str, str] | None = None

    def processDirectory(self, currentSubDir: str) -> None:
        """The next file says who the patient is."""
        self._directories += 1
        self._patient = None

    def processDataSet(self, ds: Dataset) -> None:
        """Set Patient's Name and Patient ID, made up where the first file has none."""
        if self._patient is None:
            name = str(ds.get("PatientName") or f"{UNKNOWN_PATIENT} {self._directories}")
            self._patient = name, str(ds.get("PatientID") or generate_uid(None))
        ds.PatientName, ds.PatientID = self._patient


class ForceSameSeriesInstanceUidInEachDirectory(DICOMPatcherRule):
    """All files of a directory become one series."""

    label = "Force same series instance UID in each directory"
    enabled_by_default = False

    def processDirectory(self, currentSubDir: str) -> None:
        """Make up the UID of this directory."""
        self._series = generate_uid(None)

    def processDataSet(self, ds: Dataset) -> None:
        """Set the Series Instance UID."""
        ds.SeriesInstanceUID = self._series


class GenerateMissingIDs(DICOMPatcherRule):
    """Patient, study and series identifiers that are missing or empty are made up.

    The SOP Instance UID is always new, since anonymised sets often carry one UID in many files.
    """

    label = "Generate missing patient/study/series IDs"

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(parameters)
        self.eachFileIsSeparateSeries = False

    def processStart(self, inputRootDir: str, outputRootDir: str) -> None:
        """One made-up patient for the run; series are numbered within each study."""
        self._patient_id = generate_uid(None)
        self._numbers: dict[str, dict[str, int]] = {}
        self._study = self._series = generate_uid(None)

    def processDirectory(self, currentSubDir: str) -> None:
        """One made-up study and series for each directory."""
        self._study, self._series = generate_uid(None), generate_uid(None)

    def processDataSet(self, ds: Dataset) -> None:
        """Fill what is missing."""
        series = generate_uid(None) if self.eachFileIsSeparateSeries else self._series
        ds.PatientName = ds.get("PatientName") or UNKNOWN_PATIENT
        ds.PatientID = ds.get("PatientID") or self._patient_id
        ds.StudyInstanceUID = ds.get("StudyInstanceUID") or self._study
        ds.SeriesInstanceUID = ds.get("SeriesInstanceUID") or series
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid(None)
        if ds.get("SeriesNumber") in (None, ""):
            numbers = self._numbers.setdefault(str(ds.StudyInstanceUID), {})
            ds.SeriesNumber = numbers.setdefault(str(ds.SeriesInstanceUID), len(numbers) + 1)


class Anonymize(DICOMPatcherRule):
    """Remove the most common patient data: a quick first step, not a de-identification by PS3.15.

    Private attributes, free text and SOP Instance UIDs stay. The replaced identifiers are the same for
    all files of a run, so studies and series hold together.
    """

    label = "Partially anonymize"
    enabled_by_default = False

    BLANKED = (
        "StudyDate",
        "StudyTime",
        "ContentDate",
        "ContentTime",
        "AccessionNumber",
        "StudyID",
        "ReferringPhysicianName",
        "PatientBirthDate",
        "PatientSex",
    )
    REPLACED = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")

    def processStart(self, inputRootDir: str, outputRootDir: str) -> None:
        """Forget the identifiers of an earlier run."""
        self._replacements: dict[tuple[str, str], str] = {}

    def processDataSet(self, ds: Dataset) -> None:
        """Blank dates, names and numbers; replace the identifiers."""
        for keyword in self.BLANKED:
            setattr(ds, keyword, "")
        ds.PatientName = UNKNOWN_PATIENT
        for keyword in self.REPLACED:
            old = str(ds.get(keyword, ""))
            setattr(ds, keyword, self._replacements.setdefault((keyword, old), generate_uid(None)))
