"""Regions of interest of an RT Structure Set (PS3.3 A.19): names, colours, contours."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib.mrml.codes import NO_CODE, Code, first_code

log = logging.getLogger(__name__)

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
POINT = "POINT"


@dataclass(frozen=True, slots=True)
class Contour:
    """One item of the Contour Sequence (PS3.3 C.8.8.6).

    Parameters
    ----------
    points_lps
        Shape (points, 3), mm.
    is_closed
        Whether it encloses an area.
    """

    points_lps: np.ndarray
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class Structure:
    """One region of interest.

    Parameters
    ----------
    number
        ROI Number.
    name
        ROI Name.
    colour
        Red, green and blue from 0 to 1; None if there is none.
    interpreted_type
        RT ROI Interpreted Type, such as "PTV" or "ORGAN"; empty if unknown.
    code
        What it is, if that is coded.
    contours
        Closed and open contours, in the order of the file.
    points_lps
        Single points, shape (points, 3).
    """

    number: int
    name: str
    colour: tuple[float, float, float] | None
    interpreted_type: str
    code: Code
    contours: tuple[Contour, ...]
    points_lps: np.ndarray

    @property
    def is_points_only(self) -> bool:
        """Whether it marks places and encloses nothing."""
        return not self.contours and len(self.points_lps) > 0


def read_structures(dataset: Any) -> list[Structure]:
    """All regions of interest, in the order of the Structure Set ROI Sequence."""
    drawn = {int(item.ReferencedROINumber): item for item in dataset.get("ROIContourSequence") or ()}
    observed = {
        int(item.ReferencedROINumber): item for item in dataset.get("RTROIObservationsSequence") or ()
    }
    return [
        _structure(item, drawn.get(int(item.ROINumber), {}), observed.get(int(item.ROINumber), {}))
        for item in dataset.get("StructureSetROISequence") or ()
    ]


def _structure(item: Any, drawn: Any, observed: Any) -> Structure:
    contours, points = [], [np.zeros((0, 3))]
    for kind, coordinates in _contours(drawn):
        if kind == POINT:
            points.append(coordinates)
        else:
            contours.append(Contour(coordinates, kind in CLOSED))
    colour = drawn.get("ROIDisplayColor")
    return Structure(
        number=int(item.ROINumber),
        name=str(item.get("ROIName", "")) or f"ROI {item.ROINumber}",
        colour=_colour(colour) if colour and len(colour) == 3 else None,
        interpreted_type=str(observed.get("RTROIInterpretedType") or ""),
        code=first_code(observed, "RTROIIdentificationCodeSequence") if observed else NO_CODE,
        contours=tuple(contours),
        points_lps=np.concatenate(points),
    )


def _colour(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) / 255 for value in values)
    return red, green, blue


def _contours(drawn: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Kind and points of each contour that has usable points."""
    for contour in drawn.get("ContourSequence") or ():
        try:
            points = _coordinates(contour)
        except (TypeError, ValueError):
            points = np.array([np.nan])
        if points.size % 3 or not np.isfinite(points).all():
            log.warning("A contour without usable coordinates is left out.")
        elif points.size:
            yield str(contour.get("ContourGeometricType", CLOSED[0])), points.reshape(-1, 3)


def _coordinates(contour: Any) -> np.ndarray:
    """All numbers of Contour Data, from the text as it lies in the file: there can be very many."""
    element = contour.get_item("ContourData")
    value = None if element is None else element.value
    if isinstance(value, bytes):
        return np.array(value.decode("ascii").rstrip(" \0").split("\\"), float)
    return np.array([] if value is None or value == "" else value, float)


def referenced_series(dataset: Any) -> tuple[str, list[str]]:
    """Series Instance UID of the images that were contoured, and their SOP Instance UIDs."""
    series_uid, instances = "", []
    for frame in dataset.get("ReferencedFrameOfReferenceSequence") or ():
        for study in frame.get("RTReferencedStudySequence") or ():
            for series in study.get("RTReferencedSeriesSequence") or ():
                series_uid = series_uid or str(series.get("SeriesInstanceUID", ""))
                for image in series.get("ContourImageSequence") or ():
                    instances.append(str(image.get("ReferencedSOPInstanceUID", "")))
    return series_uid, [uid for uid in dict.fromkeys(instances) if uid]
