"""Which slice, time and detector the frames of nuclear medicine images are of (PS3.3 C.8.4.8)."""

from __future__ import annotations

from typing import Any

import numpy as np

# What may tell frames of one slice apart, in the order of the Standard.
OTHER_VECTORS = (
    "EnergyWindowVector",
    "DetectorVector",
    "PhaseVector",
    "RotationVector",
    "RRIntervalVector",
    "TimeSlotVector",
    "AngularViewVector",
    "TimeSliceVector",
)


def slices_from_first(dataset: Any, index: int) -> int:
    """How many slices a frame lies behind the first one; without Slice Vector, frames are slices in order.

    Parameters
    ----------
    dataset
        A multi-frame image.
    index
        Number of the frame, from 0.
    """
    numbers = _vector(dataset, "SliceVector")
    return index if index >= len(numbers) else numbers[index] - numbers[0]


def other_indices(dataset: Any, index: int) -> tuple[int, ...]:
    """Numbers of energy window, detector, time slot and so on of a frame, as far as it has any."""
    vectors = (_vector(dataset, name) for name in OTHER_VECTORS)
    return tuple(vector[index] for vector in vectors if index < len(vector))


def detector_of_frame(dataset: Any, index: int) -> Any:
    """The item of Detector Information Sequence that a frame is of; empty if there is none."""
    detectors = dataset.get("DetectorInformationSequence") or ()
    numbers = _vector(dataset, "DetectorVector")
    number = numbers[index] if index < len(numbers) else 1
    return detectors[number - 1 if 0 < number <= len(detectors) else 0] if detectors else {}


def _vector(dataset: Any, name: str) -> list[int]:
    value = dataset.get(name)
    return [] if value is None or value == "" else [int(number) for number in np.atleast_1d(value)]
