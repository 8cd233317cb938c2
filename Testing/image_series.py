"""Synthetic image series with pixels whose values tell where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def image(position: Sequence[float] = (0, 0, 0), /, **attributes: Any) -> Dataset:
    """A CT image of 4 rows and 5 columns; attributes by keyword replace or, being None, remove defaults.

    `pixels` is an array of stored values; by default 0, 1, 2, ...
    """
    pixels = np.asarray(attributes.pop("pixels", np.arange(20, dtype=np.int16).reshape(4, 5)))
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = attributes.pop("TransferSyntaxUID", ExplicitVRLittleEndian)
    defaults = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.4",
        "FrameOfReferenceUID": "1.2.3.5",
        "PatientName": "Doe^Jane",
        "PatientID": "P1",
        "StudyDate": "20240115",
        "StudyDescription": "Trial",
        "Modality": "CT",
        "SeriesNumber": 7,
        "SeriesDescription": "Axial",
        "InstanceNumber": 1,
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "AcquisitionNumber": 1,
        "ImagePositionPatient": list(position),
        "ImageOrientationPatient": list(AXIAL),
        "PixelSpacing": [2.0, 0.5],
        "SliceThickness": 3.0,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[-2],
        "Columns": pixels.shape[-1],
        "BitsAllocated": pixels.dtype.itemsize * 8,
        "BitsStored": pixels.dtype.itemsize * 8,
        "HighBit": pixels.dtype.itemsize * 8 - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "PixelData": pixels.tobytes(),
    }
    for keyword, value in {**defaults, **attributes}.items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def stack(positions: Iterable[Sequence[float]], **attributes: Any) -> list[Dataset]:
    """One image for each position; the pixels of number k are 100 k and more."""
    first = np.arange(20, dtype=np.int16).reshape(4, 5)
    return [
        image(position, InstanceNumber=number, **{"pixels": first + 100 * (number - 1), **attributes})
        for number, position in enumerate(positions, start=1)
    ]


def heights(*values: float) -> list[tuple[float, float, float]]:
    """Positions above each other."""
    return [(0.0, 0.0, value) for value in values]


def write(datasets: Iterable[Dataset], folder: Path) -> list[str]:
    """Write the datasets as 0000.dcm, 0001.dcm, ... and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, dataset in enumerate(datasets):
        path = folder / f"{number:04d}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(str(path))
    return paths
