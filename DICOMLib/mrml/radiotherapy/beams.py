"""Beams of an RT Plan or RT Ion Plan (PS3.3 A.20, A.49): what they are and where they go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from DICOMLib.standard.beam_geometry import beam_to_lps, source_lps

DEFAULT_SOURCE_AXIS_DISTANCE_MM = 1000.0
DEFAULT_JAWS_MM = (-50.0, 50.0)
X_JAWS, Y_JAWS = ("X", "ASYMX"), ("Y", "ASYMY")


@dataclass(frozen=True, slots=True)
class Beam:
    """One beam at its first control point.

    Parameters
    ----------
    isocentre_lps
        Shape (3,), mm; None if the plan does not tell it.
    jaws_x, jaws_y
        Field edges in the isocentre plane, mm.
    meterset
        Monitor units of the beam in the first fraction group; None if unknown.
    """

    number: int
    name: str
    kind: str
    radiation: str
    machine: str
    energy: float | None
    gantry_degrees: float
    limiter_degrees: float
    support_degrees: float
    source_axis_distance: float
    isocentre_lps: np.ndarray | None
    jaws_x: tuple[float, float]
    jaws_y: tuple[float, float]
    control_points: int
    meterset: float | None
    patient_position: str
    rotation: np.ndarray = field(repr=False)

    @property
    def source_lps(self) -> np.ndarray | None:
        """Where the source is; None without an isocentre."""
        if self.isocentre_lps is None:
            return None
        return source_lps(self.isocentre_lps, self.rotation, self.source_axis_distance)

    def corners_lps(self, depth: float = 1.0) -> np.ndarray:
        """The four corners of the field, shape (4, 3), at `depth` times the distance of the isocentre."""
        (left, right), (low, high) = self.jaws_x, self.jaws_y
        corners = depth * np.array([[left, low], [right, low], [right, high], [left, high]])
        height = self.source_axis_distance * (1 - depth)
        device = np.column_stack([corners, np.full(4, height)])
        isocentre = self.isocentre_lps if self.isocentre_lps is not None else np.zeros(3)
        corners_lps: np.ndarray = isocentre + device @ self.rotation.T
        return corners_lps


def read_beams(dataset: Any) -> list[Beam]:
    """Beams of a plan that have control points, in its order."""
    positions = {
        int(item.PatientSetupNumber): str(item.get("PatientPosition", ""))
        for item in dataset.get("PatientSetupSequence") or ()
    }
    metersets = {
        int(item.ReferencedBeamNumber): _number(item.get("BeamMeterset"))
        for group in (dataset.get("FractionGroupSequence") or ())[:1]
        for item in group.get("ReferencedBeamSequence") or ()
    }
    items = dataset.get("BeamSequence") or dataset.get("IonBeamSequence") or ()
    return [_beam(item, positions, metersets) for item in items if _control_points(item)]


def _control_points(item: Any) -> Any:
    return item.get("ControlPointSequence") or item.get("IonControlPointSequence") or ()


def _beam(item: Any, positions: dict[int, str], metersets: dict[int, float | None]) -> Beam:
    points = _control_points(item)
    first = points[0]
    setup = int(item.get("ReferencedPatientSetupNumber") or 0)
    position = positions.get(setup) or next(iter(positions.values()), "") or "HFS"
    angles = [
        _number(first.get(name)) or 0.0
        for name in ("GantryAngle", "BeamLimitingDeviceAngle", "PatientSupportAngle")
    ]
    isocentre = _vector(first.get("IsocenterPosition"))
    number = int(item.get("BeamNumber") or 0)
    return Beam(
        number=number,
        name=str(item.get("BeamName", "")) or f"Beam {number}",
        kind=str(item.get("BeamType", "")),
        radiation=str(item.get("RadiationType", "")),
        machine=str(item.get("TreatmentMachineName") or ""),
        energy=_number(first.get("NominalBeamEnergy")),
        gantry_degrees=angles[0],
        limiter_degrees=angles[1],
        support_degrees=angles[2],
        source_axis_distance=_source_axis_distance(item),
        isocentre_lps=isocentre,
        jaws_x=_jaws(first, X_JAWS),
        jaws_y=_jaws(first, Y_JAWS),
        control_points=len(points),
        meterset=metersets.get(number),
        patient_position=position,
        rotation=beam_to_lps(angles[0], angles[1], angles[2], position),
    )


def _source_axis_distance(item: Any) -> float:
    distance = _number(item.get("SourceAxisDistance"))
    virtual = item.get("VirtualSourceAxisDistances")
    return distance or (float(virtual[0]) if virtual else 0) or DEFAULT_SOURCE_AXIS_DISTANCE_MM


def _jaws(control_point: Any, kinds: tuple[str, str]) -> tuple[float, float]:
    for device in control_point.get("BeamLimitingDevicePositionSequence") or ():
        positions = list(device.get("LeafJawPositions") or ())
        if device.get("RTBeamLimitingDeviceType") in kinds and len(positions) == 2:
            return float(positions[0]), float(positions[1])
    return DEFAULT_JAWS_MM


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _vector(value: Any) -> np.ndarray | None:
    return np.array(value, float) if value is not None and len(value) == 3 else None
