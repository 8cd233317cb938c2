"""Contours as an RT Structure Set (PS3.3 A.19.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import RTStructureSetStorage

from DICOMLib.writing.derive import SourceImages, own_world
from DICOMLib.writing.header import code, dicom_date, dicom_time, instance_reference, new_instance
from DICOMLib.writing.identity import take_identity

# What stands for a study in the Structure Set (PS3.3 C.8.8.5.4), retired but required.
STUDY_COMPONENT = "1.2.840.10008.3.1.2.3.1"
DECIMALS = 5  # a hundredth of a micron


@dataclass(frozen=True, slots=True)
class Roi:
    """A region of interest.

    Parameters
    ----------
    name, description
        For the user.
    colour
        Red, green and blue from 0 to 1.
    contours_lps
        Closed planar contours, each (points, 3), mm.
    kind
        Value, scheme and meaning of the code of what it is; empty if it is not known.
    generation
        How it was made: AUTOMATIC, SEMIAUTOMATIC or MANUAL.
    """

    name: str
    contours_lps: Sequence[np.ndarray]
    colour: tuple[float, float, float] = (1.0, 0.0, 0.0)
    description: str = ""
    kind: tuple[str, str, str] = ("", "", "")
    generation: str = "MANUAL"


def structure_set(rois: Sequence[Roi], source: SourceImages, tags: Mapping[str, str]) -> Dataset:
    """An RT Structure Set.

    Parameters
    ----------
    rois
        Numbered from 1 in their order.
    source
        The images that were contoured; patient and study are theirs.
    tags
        As of `header.new_instance`; they go over what the images say. StructureSetLabel is the series
        description where it is not given.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    now = datetime.now()
    frame_of_reference = tags.get("FrameOfReferenceUID") or source.frame_of_reference
    frame_of_reference = frame_of_reference or own_world(source.datasets[0])
    dataset = new_instance(
        RTStructureSetStorage,
        {
            "Modality": "RTSTRUCT",
            "StudyInstanceUID": source.study_uid,
            "SeriesDate": dicom_date(now), "SeriesTime": dicom_time(now),
            "StructureSetLabel": tags.get("SeriesDescription", "")[:16].strip() or "STRUCTURES",
            **{name: value for name, value in tags.items() if value and name != "FrameOfReferenceUID"},
        },
    )  # fmt: skip
    take_identity(dataset, source.datasets[0], tags)
    dataset.InstanceNumber = 1
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = frame_of_reference, ""
    dataset.OperatorsName = dataset.get("OperatorsName", "")
    dataset.StructureSetName = tags.get("SeriesDescription", "")[:64]
    dataset.StructureSetDate, dataset.StructureSetTime = dicom_date(now), dicom_time(now)
    dataset.ApprovalStatus = "UNAPPROVED"
    dataset.ReferencedFrameOfReferenceSequence = DicomSequence(
        [_frame_of_reference(source, frame_of_reference)]
    )
    numbered = list(enumerate(rois, start=1))
    dataset.StructureSetROISequence = DicomSequence(
        [_description(number, roi, frame_of_reference) for number, roi in numbered]
    )
    dataset.ROIContourSequence = DicomSequence([_contours(number, roi, source) for number, roi in numbered])
    dataset.RTROIObservationsSequence = DicomSequence([_observation(number, roi) for number, roi in numbered])
    return dataset


def _frame_of_reference(source: SourceImages, frame_of_reference: str) -> Dataset:
    """The frame of reference with study, series and images."""
    series = Dataset()
    series.SeriesInstanceUID = source.series_uid
    series.ContourImageSequence = DicomSequence(
        [instance_reference(image.SOPClassUID, image.SOPInstanceUID) for image in source.datasets]
    )
    if source.frames:
        series.ContourImageSequence[0].ReferencedFrameNumber = list(source.frames)
    study = instance_reference(STUDY_COMPONENT, source.study_uid)
    study.RTReferencedSeriesSequence = DicomSequence([series])
    item = Dataset()
    item.FrameOfReferenceUID = frame_of_reference
    item.RTReferencedStudySequence = DicomSequence([study])
    return item


def _description(number: int, roi: Roi, frame_of_reference: str) -> Dataset:
    item = Dataset()
    item.ROINumber = number
    item.ReferencedFrameOfReferenceUID = frame_of_reference
    item.ROIName = roi.name[:64]
    if roi.description:
        item.ROIDescription = roi.description[:1024]
    item.ROIGenerationAlgorithm = roi.generation
    return item


def _contours(number: int, roi: Roi, source: SourceImages) -> Dataset:
    item = Dataset()
    item.ROIDisplayColor = [round(255 * part) for part in roi.colour]
    item.ReferencedROINumber = number
    if roi.contours_lps:
        item.ContourSequence = DicomSequence([_contour(points, source) for points in roi.contours_lps])
    return item


def _contour(points: np.ndarray, source: SourceImages) -> Dataset:
    item = Dataset()
    planes = source.planes.holding(points)
    if planes:
        item.ContourImageSequence = DicomSequence([plane.reference() for plane in planes])
    item.ContourGeometricType = "CLOSED_PLANAR"
    item.NumberOfContourPoints = len(points)
    item.ContourData = [f"{number + 0.0:.{DECIMALS}f}"[:16] for number in points.reshape(-1)]
    return item


def _observation(number: int, roi: Roi) -> Dataset:
    item = Dataset()
    item.ObservationNumber = number
    item.ReferencedROINumber = number
    if roi.kind[0]:
        item.RTROIIdentificationCodeSequence = DicomSequence([code(*roi.kind)])
    item.RTROIInterpretedType = ""
    item.ROIInterpreter = ""
    return item
