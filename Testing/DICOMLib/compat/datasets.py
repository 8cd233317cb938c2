"""Small datasets for the tests of the database."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

CT = "1.2.840.10008.5.1.4.1.1.2"
ABSENT, NOT_STORED = "__TAG_NOT_IN_INSTANCE__", "__VALUE_IS_NOT_STORED__"


def dataset(sop: str = "9.1", **values: object) -> Dataset:
    made = Dataset()
    made.SOPClassUID = CT
    made.SOPInstanceUID = sop
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2", "1.2.3"
    made.PatientName, made.PatientID, made.PatientBirthDate = "Doe^Jane", "P1", "19700131"
    made.StudyDescription, made.SeriesDescription = "", "Head"
    made.Modality, made.Rows, made.Columns = "CT", 2, 3
    for name, value in values.items():
        setattr(made, name, value)
    return made


def write(path: Path, made: Dataset) -> str:
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save_as(path, enforce_file_format=True)
    return str(path)
