"""A linear transform as a Spatial Registration object (PS3.3 A.39.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from DICOMLib.writing.geometry import decimal_strings
from DICOMLib.writing.header import (
    CREATOR,
    code,
    dates_of,
    instance_reference,
    new_instance,
    person_name,
)
from DICOMLib.writing.identity import take_identity

SPATIAL_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.1"
RIGID_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class RegisteredFrame:
    """A frame of reference and the images in it.

    Parameters
    ----------
    uid
        Frame of Reference UID.
    images
        Headers of images of one series; may be empty.
    """

    uid: str
    images: Sequence[Dataset] = ()


def spatial_registration(
    fixed: RegisteredFrame, moving: RegisteredFrame, moving_to_fixed_lps: np.ndarray, tags: Mapping[str, str]
) -> Dataset:
    """A Spatial Registration of one frame of reference to another.

    Parameters
    ----------
    fixed, moving
        The frames; patient and study are those of the fixed images, if there are any.
    moving_to_fixed_lps
        Matrix (4, 4), mm.
    tags
        As of `header.new_instance`.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    dataset = registration_header(SPATIAL_REGISTRATION, fixed, tags)
    dataset.RegistrationSequence = DicomSequence(
        [_registration(fixed, np.eye(4)), _registration(moving, moving_to_fixed_lps)]
    )
    add_references(dataset, [*fixed.images, *moving.images])
    return dataset


def registration_header(sop_class: str, fixed: RegisteredFrame, tags: Mapping[str, str]) -> Dataset:
    """What registrations of any kind have in common; parameters as of `spatial_registration`."""
    given = {name: value for name, value in tags.items() if value and name != "FrameOfReferenceUID"}
    defaults = {
        "Modality": "REG", **dates_of(datetime.now()),
        "ContentLabel": "REGISTRATION", "ContentCreatorName": CREATOR,
        "ContentDescription": tags.get("SeriesDescription", "")[:64],
    }  # fmt: skip
    dataset = new_instance(sop_class, {**defaults, **given})
    take_identity(dataset, next(iter(fixed.images), None), tags)
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = fixed.uid, ""
    dataset.InstanceNumber = 1
    dataset.Laterality = ""  # type 2C: it may be of a paired structure
    dataset.ContentDescription = dataset.get("ContentDescription", "")
    dataset.ContentCreatorName = person_name(str(dataset.ContentCreatorName))
    dataset.ManufacturerModelName = dataset.get("ManufacturerModelName") or "slicer-dicom"
    dataset.Manufacturer = dataset.Manufacturer or "slicer-dicom"
    dataset.DeviceSerialNumber = "1"
    return dataset


def matrix_kind(matrix: np.ndarray) -> str:
    """RIGID, RIGID_SCALE or AFFINE (PS3.3 C.20.2.1.2)."""
    linear = np.asarray(matrix, float)[:3, :3]
    gram = linear.T @ linear
    if np.abs(gram - np.eye(3)).max() <= RIGID_TOLERANCE and np.linalg.det(linear) > 0:
        return "RIGID"
    off_diagonal = gram - np.diag(np.diag(gram))
    return "RIGID_SCALE" if np.abs(off_diagonal).max() <= RIGID_TOLERANCE else "AFFINE"


def matrix_item(matrix: np.ndarray) -> Dataset:
    """A matrix with its kind."""
    item = Dataset()
    item.FrameOfReferenceTransformationMatrixType = matrix_kind(matrix)
    item.FrameOfReferenceTransformationMatrix = decimal_strings(np.asarray(matrix, float).reshape(16))
    return item


def _registration(frame: RegisteredFrame, matrix: np.ndarray) -> Dataset:
    steps = Dataset()
    steps.MatrixSequence = DicomSequence([matrix_item(matrix)])
    steps.RegistrationTypeCodeSequence = DicomSequence(
        [code("125024", "DCM", "Image Content-based Alignment")]
    )
    item = Dataset()
    item.FrameOfReferenceUID = frame.uid
    if frame.images:
        item.ReferencedImageSequence = DicomSequence(
            [instance_reference(image.SOPClassUID, image.SOPInstanceUID) for image in frame.images]
        )
    item.MatrixRegistrationSequence = DicomSequence([steps])
    return item


def add_references(dataset: Dataset, images: Sequence[Dataset]) -> None:
    """Common Instance Reference (PS3.3 C.12.2): series of this study, and those of others."""
    studies: dict[str, dict[str, list[Dataset]]] = {}
    for image in images:
        series = studies.setdefault(str(image.StudyInstanceUID), {})
        reference = instance_reference(image.SOPClassUID, image.SOPInstanceUID)
        series.setdefault(str(image.SeriesInstanceUID), []).append(reference)
    items = {study: _series_items(series) for study, series in studies.items()}
    own = items.pop(str(dataset.StudyInstanceUID), None)
    if own is not None:
        dataset.ReferencedSeriesSequence = own
    if items:
        others = []
        for study, referenced in items.items():
            item = Dataset()
            item.StudyInstanceUID, item.ReferencedSeriesSequence = study, referenced
            others.append(item)
        dataset.StudiesContainingOtherReferencedInstancesSequence = DicomSequence(others)


def _series_items(series: Mapping[str, Sequence[Dataset]]) -> DicomSequence:
    items = []
    for uid, references in series.items():
        item = Dataset()
        item.SeriesInstanceUID, item.ReferencedInstanceSequence = uid, DicomSequence(list(references))
        items.append(item)
    return DicomSequence(items)
