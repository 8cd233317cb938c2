"""A head phantom: a CT of 128 slices with bone, soft tissue and air, for first steps, tests and pictures.

It is drawn from ellipsoids in the patient's coordinates (LPS, mm). Nose, one large ear (left) and a lesion
(left) make every mirrored or turned axis visible. All UIDs and voxels are the same each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SLICES, ROWS, COLUMNS = 128, 256, 256
PIXEL_MM = 1.0
SLICE_MM = 1.5
# Centre of the first voxel of the lowest slice.
ORIGIN_LPS = (-127.5, -127.5, -92.0)

AIR, FAT, WATER, TISSUE, BRAIN, BONE, LESION = -1000, -90, 5, 45, 35, 1100, 75

STUDY_UID = generate_uid(entropy_srcs=["slicer-dicom head phantom", "study"])
SERIES_UID = generate_uid(entropy_srcs=["slicer-dicom head phantom", "series"])
FRAME_OF_REFERENCE_UID = generate_uid(entropy_srcs=["slicer-dicom head phantom", "frame of reference"])


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """One part of the head.

    Parameters
    ----------
    centre, radii
        In mm, LPS: left, posterior, superior.
    value
        In Hounsfield units.
    lowest
        Nothing of it lies below this height, mm.
    """

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    value: int
    lowest: float = -1000.0


# Drawn in this order, later ones over earlier ones.
PARTS = (
    Ellipsoid((0, 18, -90), (52, 58, 95), TISSUE),  # neck
    Ellipsoid((0, 0, 10), (76, 94, 84), TISSUE),  # head
    Ellipsoid((0, -52, -52), (46, 44, 40), TISSUE),  # face
    Ellipsoid((0, -101, -24), (11, 19, 20), TISSUE),  # nose
    Ellipsoid((80, 6, -16), (10, 16, 28), TISSUE),  # left ear, the larger one
    Ellipsoid((-78, 6, -16), (6, 9, 15), TISSUE),  # right ear
    Ellipsoid((0, 0, 12), (71, 88, 79), BONE),  # skull
    Ellipsoid((0, 2, 14), (64, 81, 72), WATER),  # fluid around the brain
    Ellipsoid((0, 3, 14), (61, 78, 69), BRAIN),
    Ellipsoid((0, 40, -34), (46, 32, 24), BRAIN),  # cerebellum
    Ellipsoid((13, -14, 24), (6, 26, 11), WATER),  # ventricles
    Ellipsoid((-13, -14, 24), (6, 26, 11), WATER),
    Ellipsoid((34, 22, 30), (12, 12, 12), LESION),  # in the left hemisphere
    Ellipsoid((0, -72, -62), (30, 22, 15), BONE),  # jaws
    Ellipsoid((0, -66, -60), (24, 20, 12), TISSUE),  # tongue
    Ellipsoid((31, -72, -22), (17, 17, 15), FAT),  # orbits
    Ellipsoid((-31, -72, -22), (17, 17, 15), FAT),
    Ellipsoid((31, -76, -22), (12, 12, 12), WATER),  # eyes
    Ellipsoid((-31, -76, -22), (12, 12, 12), WATER),
    Ellipsoid((0, -78, -26), (9, 26, 17), AIR),  # nasal cavity
    Ellipsoid((25, -66, -46), (13, 14, 12), AIR),  # maxillary sinuses
    Ellipsoid((-25, -66, -46), (13, 14, 12), AIR),
    Ellipsoid((0, -84, 8), (16, 5, 9), AIR),  # frontal sinus
    Ellipsoid((0, -22, -84), (10, 9, 40), AIR),  # airway
    Ellipsoid((0, 30, -110), (17, 15, 60), BONE),  # spine
    Ellipsoid((0, 36, -110), (8, 8, 62), BRAIN),  # spinal cord
)


def head_voxels() -> np.ndarray:
    """The phantom in Hounsfield units.

    Returns
    -------
    numpy.ndarray
        Shape (slices, rows, columns), int16; slices from inferior to superior, rows from anterior to
        posterior, columns from right to left of the patient.
    """
    z, y, x = (
        origin + step * np.arange(count, dtype=np.float32)
        for origin, step, count in zip(
            reversed(ORIGIN_LPS), (SLICE_MM, PIXEL_MM, PIXEL_MM), (SLICES, ROWS, COLUMNS), strict=True
        )
    )
    voxels = np.full((SLICES, ROWS, COLUMNS), AIR, np.int16)
    for part in PARTS:
        _draw(voxels, part, x, y, z)
    noise = np.random.default_rng(20260101).normal(0.0, 6.0, voxels.shape).astype(np.float32)
    return np.clip(np.rint(voxels + noise), -1024, 3071).astype(np.int16)


def _draw(voxels: np.ndarray, part: Ellipsoid, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> None:
    """Fill an ellipsoid, looking only at the box around it."""
    box = tuple(
        slice(*np.searchsorted(axis, (centre - radius, centre + radius + 1e-3)))
        for axis, centre, radius in zip((z, y, x), reversed(part.centre), reversed(part.radii), strict=True)
    )
    distances = [
        ((axis[cut] - centre) / radius) ** 2
        for axis, cut, centre, radius in zip(
            (z, y, x), box, reversed(part.centre), reversed(part.radii), strict=True
        )
    ]
    inside = distances[0][:, None, None] + distances[1][None, :, None] + distances[2][None, None, :] <= 1
    inside &= (z[box[0]] >= part.lowest)[:, None, None]
    voxels[box][inside] = part.value


def head_datasets() -> Iterator[Dataset]:
    """CT Image instances (PS3.3 A.3), from the lowest slice to the highest."""
    voxels = head_voxels()
    for index in range(SLICES):
        yield _slice_dataset(index, voxels[index])


def write_head_phantom(folder: str | os.PathLike[str]) -> list[Path]:
    """Write the phantom as one file for each slice; returns their paths, the lowest slice first."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    for dataset in head_datasets():
        path = target / f"CT{dataset.InstanceNumber:03d}.dcm"
        pydicom.dcmwrite(path, dataset, enforce_file_format=True)
        paths.append(path)
    return paths


def _slice_dataset(index: int, pixels: np.ndarray) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["slicer-dicom head phantom", f"slice {index}"])
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    _add_patient_and_study(dataset)
    _add_series(dataset)
    _add_image(dataset, index, pixels)
    return dataset


def _add_patient_and_study(dataset: Dataset) -> None:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "Phantom^Head"
    dataset.PatientID = "HEAD-PHANTOM"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.StudyInstanceUID = STUDY_UID
    dataset.StudyID = "1"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20260101"
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = "120000"
    dataset.StudyDescription = "Head phantom"
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""


def _add_series(dataset: Dataset) -> None:
    dataset.Modality = "CT"
    dataset.SeriesInstanceUID = SERIES_UID
    dataset.SeriesNumber = 2
    dataset.SeriesDescription = "Head CT"
    dataset.FrameOfReferenceUID = FRAME_OF_REFERENCE_UID
    dataset.PositionReferenceIndicator = ""
    dataset.BodyPartExamined = "HEAD"
    dataset.PatientPosition = "HFS"
    dataset.Manufacturer = "slicer-dicom"
    dataset.ManufacturerModelName = "Head phantom"
    dataset.SoftwareVersions = "1"
    dataset.KVP = "120"
    dataset.AcquisitionNumber = 1


def _add_image(dataset: Dataset, index: int, pixels: np.ndarray) -> None:
    left, posterior, height = ORIGIN_LPS
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.InstanceNumber = index + 1
    dataset.ImagePositionPatient = [left, posterior, height + index * SLICE_MM]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [PIXEL_MM, PIXEL_MM]
    dataset.SliceThickness = SLICE_MM
    dataset.SliceLocation = height + index * SLICE_MM
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = 40, 350
    dataset.PixelData = pixels.astype("<i2").tobytes()
