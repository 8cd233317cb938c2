"""Synthetic datasets: series, radiotherapy objects, reports, headers as scanners write them.

Everything is deterministic: the same call gives the same UIDs. Attributes by keyword replace the defaults,
or remove them where they are None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
RT_PLAN_STORAGE = "1.2.840.10008.5.1.4.1.1.481.5"
RT_STRUCTURE_SET_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"
RT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.481.1"
BASIC_TEXT_SR_STORAGE = "1.2.840.10008.5.1.4.1.1.88.11"


def uid(*names: object) -> UID:
    """A UID that is always the same for the same names."""
    return generate_uid(entropy_srcs=["slicer-dicom", "/".join(map(str, names))])


def instance(sop_class: str = CTImageStorage, **attributes: Any) -> Dataset:
    """An instance without pixels, of patient "Doe^Jane", study "study" and series "series"."""
    dataset = Dataset()
    defaults = {
        "SOPClassUID": sop_class,
        "SOPInstanceUID": uid("instance"),
        "StudyInstanceUID": uid("study"),
        "SeriesInstanceUID": uid("series"),
        "PatientName": "Doe^Jane",
        "PatientID": "P1",
        "PatientBirthDate": "19700203",
        "PatientSex": "F",
        "StudyDate": "20240115",
        "StudyTime": "101500",
        "StudyID": "1",
        "StudyDescription": "Abdomen",
        "AccessionNumber": "A1",
        "Modality": "CT",
        "SeriesNumber": 1,
        "SeriesDate": "20240115",
        "SeriesDescription": "Axial",
        "InstanceNumber": 1,
    }
    for keyword, value in {**defaults, **attributes}.items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", uid("none"))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def ct_series(count: int, name: str = "series", *, size: int = 8, **attributes: Any) -> list[Dataset]:
    """An axial CT series: `count` square slices of 16 bit, 2.5 mm apart; slice k holds the value 100 k.

    `name` tells one series from another of the same study.
    """
    return [_ct_slice(number, name, size, attributes) for number in range(count)]


def _ct_slice(number: int, name: str, size: int, attributes: dict[str, Any]) -> Dataset:
    given = {
        "SOPInstanceUID": uid(name, number),
        "SeriesInstanceUID": uid(name),
        "FrameOfReferenceUID": uid("frame of reference"),
        "InstanceNumber": number + 1,
        "ImagePositionPatient": [-100.0, -100.0, 2.5 * number],
        "ImageOrientationPatient": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        "PixelSpacing": [0.5, 0.5],
        "SliceThickness": 2.5,
        "RescaleIntercept": -1024,
        "RescaleSlope": 1,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": size,
        "Columns": size,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "PixelData": np.full((size, size), 100 * number % 30_000, np.int16).tobytes(),
    }
    return instance(**{**given, **attributes})


def series_of_two_patients() -> list[Dataset]:
    """One series, whose second file names another study, of another patient."""
    return [
        instance(
            SOPInstanceUID=f"1.2.{number}",
            StudyInstanceUID=f"1.2.1{number}",
            SeriesInstanceUID="1.2.100",
            PatientID=name,
            PatientName=name,
        )
        for number, name in enumerate("AB")
    ]


def mr_series(count: int, name: str = "mr", **attributes: Any) -> list[Dataset]:
    """As `ct_series`, of an MR scanner."""
    given = {"Modality": "MR", "RescaleIntercept": None, "RescaleSlope": None, **attributes}
    return [_of_class(dataset, MR_IMAGE_STORAGE) for dataset in ct_series(count, name, **given)]


def _of_class(dataset: Dataset, sop_class: str) -> Dataset:
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
    return dataset


def rt_plan(**attributes: Any) -> Dataset:
    """An RT Plan in a series of its own, without pixels."""
    return instance(
        RT_PLAN_STORAGE, **{**_own_series("plan", "RTPLAN"), "RTPlanLabel": "Plan A", **attributes}
    )


def rt_structure_set(**attributes: Any) -> Dataset:
    """An RT Structure Set without structures."""
    given = {**_own_series("structures", "RTSTRUCT"), "StructureSetLabel": "Organs"}
    return instance(RT_STRUCTURE_SET_STORAGE, **{**given, **attributes})


def text_report(text: str = "No findings.", **attributes: Any) -> Dataset:
    """A Basic Text SR with one paragraph."""
    concept = Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = "121071", "DCM", "Finding"
    item = Dataset()
    item.RelationshipType, item.ValueType, item.TextValue = "CONTAINS", "TEXT", text
    item.ConceptNameCodeSequence = [concept]
    given = {**_own_series("report", "SR"), "ValueType": "CONTAINER", "CompletionFlag": "COMPLETE"}
    return instance(BASIC_TEXT_SR_STORAGE, **{**given, "ContentSequence": [item], **attributes})


def _own_series(name: str, modality: str) -> dict[str, Any]:
    return {
        "SOPInstanceUID": uid(name, 0),
        "SeriesInstanceUID": uid(name),
        "Modality": modality,
        "SeriesDescription": None,
    }


def scanner_header(dataset: Dataset) -> Dataset:
    """Add what scanners write beside the essentials: some 100 more elements, sequences, private groups."""
    for keyword, value in _SCANNER_ATTRIBUTES.items():
        if keyword not in dataset:
            setattr(dataset, keyword, value)
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CTImageStorage, uid("reference")
    dataset.ReferencedImageSequence = [reference] * 3
    dataset.ReferencedStudySequence = [reference]
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "P5-08000", "SRT", "CT of abdomen"
    dataset.ProcedureCodeSequence = [code]
    request = Dataset()
    request.RequestedProcedureID, request.RequestedProcedureCodeSequence = "R1", [code]
    dataset.RequestAttributesSequence = [request]
    for group, creator in ((0x0009, "GEMS_IDEN_01"), (0x0019, "GEMS_ACQU_01"), (0x0043, "GEMS_PARM_01")):
        block = dataset.private_block(group, creator, create=True)
        for element in range(12):
            block.add_new(element, "LO", f"private {element}")
            block.add_new(0x40 + element, "DS", str(element / 7)[:16])
    dataset.private_block(0x0043, "GEMS_PARM_01").add_new(0xA0, "OB", bytes(600))
    return dataset


_SCANNER_ATTRIBUTES: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 100",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "InstanceCreationDate": "20240115",
    "InstanceCreationTime": "102030.123456",
    "AcquisitionDate": "20240115",
    "ContentDate": "20240115",
    "SeriesTime": "101600",
    "AcquisitionTime": "101700.5",
    "ContentTime": "101701.25",
    "Manufacturer": "ACME Medical",
    "InstitutionName": "University Hospital Zürich",
    "InstitutionAddress": "Rämistrasse 100",
    "ReferringPhysicianName": "Müller^Jörg^^Dr",
    "StationName": "CT01",
    "PhysiciansOfRecord": "Weiß^Anna",
    "PerformingPhysicianName": "Smith^John",
    "OperatorsName": "Op^One",
    "ManufacturerModelName": "Scanner 9000",
    "PatientAge": "054Y",
    "PatientSize": 1.7,
    "PatientWeight": 70.5,
    "AdditionalPatientHistory": "none",
    "ContrastBolusAgent": "Iodine",
    "BodyPartExamined": "ABDOMEN",
    "ScanOptions": "HELICAL MODE",
    "KVP": "120",
    "DataCollectionDiameter": 500.0,
    "DeviceSerialNumber": "12345",
    "SoftwareVersions": ["1.0", "2.0"],
    "ProtocolName": "Abdomen routine",
    "ReconstructionDiameter": 350.0,
    "DistanceSourceToDetector": 949.075,
    "DistanceSourceToPatient": 541.0,
    "GantryDetectorTilt": 0.0,
    "TableHeight": 150.0,
    "RotationDirection": "CW",
    "ExposureTime": 500,
    "XRayTubeCurrent": 300,
    "Exposure": 150,
    "FilterType": "BODY",
    "GeneratorPower": 36000,
    "FocalSpots": [0.7, 0.7],
    "ConvolutionKernel": "STANDARD",
    "PatientPosition": "HFS",
    "SingleCollimationWidth": 0.625,
    "TotalCollimationWidth": 40.0,
    "TableSpeed": 55.0,
    "SpiralPitchFactor": 1.375,
    "AcquisitionNumber": 1,
    "PositionReferenceIndicator": "XY",
    "SliceLocation": 12.5,
    "ImageComments": "made up",
    "WindowCenter": ["40", "-600"],
    "WindowWidth": ["400", "1500"],
    "RescaleType": "HU",
    "SmallestImagePixelValue": 0,
    "LossyImageCompression": "00",
    "RequestedProcedureDescription": "CT abdomen",
    "PerformedProcedureStepStartDate": "20240115",
    "PerformedProcedureStepStartTime": "101500",
    "PerformedProcedureStepID": "S1",
}


def write(
    datasets: Iterable[Dataset], folder: Path, *, prefix: str = "", transfer_syntax: str | None = None
) -> list[str]:
    """Write the datasets as 0000.dcm, 0001.dcm, … and return their paths.

    `transfer_syntax` may be any that needs no encoder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, dataset in enumerate(datasets):
        if transfer_syntax is not None:
            dataset.file_meta.TransferSyntaxUID = transfer_syntax
        path = folder / f"{prefix}{number:04d}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(str(path))
    return paths


def write_implicit(datasets: Iterable[Dataset], folder: Path, *, prefix: str = "") -> list[str]:
    """As `write`, in implicit VR little endian."""
    return write(datasets, folder, prefix=prefix, transfer_syntax=ImplicitVRLittleEndian)


def write_file_set(datasets: Sequence[Dataset], folder: Path) -> Path:
    """Write a file-set with its DICOMDIR (PS3.10 section 8) and return the path of that."""
    file_set = FileSet()
    for dataset in datasets:
        file_set.add(dataset)
    file_set.write(folder)
    file_set._stage["t"].cleanup()  # else it warns when it is collected
    return folder / "DICOMDIR"
