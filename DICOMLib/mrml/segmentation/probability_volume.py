"""Volumes of probabilities or occupancies as the fractions of one segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.segmentation.segment_fractions import MOST_STEPS, Fractions
from DICOMLib.mrml.segmentation.segment_voxels import ALGORITHM_TYPES, TISSUE
from DICOMLib.mrml.segmentation.segments import SegmentDescription
from DICOMLib.mrml.volumes.volume_export import image_volume

# Largest numbers of scales whose voxels are stored as they are: percent, and bytes.
USUAL_LARGEST = (100, 255)
SEGMENT_TAGS = ("SegmentLabel", "SegmentAlgorithmType", "SegmentAlgorithmName")


def default_segment_tags(node: Any) -> dict[str, str] | None:
    """Tags of the segment and of its fractions, for the user to edit; None if the voxels are no fractions."""
    if node.GetImageData() is None or node.GetImageData().GetNumberOfScalarComponents() != 1:
        return None
    low, high = node.GetImageData().GetScalarRange()
    if low < 0 or high <= 0:
        return None
    return {
        "SegmentationFractionalType": "PROBABILITY",
        "MaximumFractionalValue": str(_usual_steps(node, high)),
        "SegmentLabel": node.GetName()[:64],
        "SegmentAlgorithmType": "AUTOMATIC",
        "SegmentAlgorithmName": "Unspecified",
    }


def _usual_steps(node: Any, high: float) -> int:
    if high <= 1 or _is_of_floats(node):
        return MOST_STEPS
    return next((largest for largest in USUAL_LARGEST if high <= largest), MOST_STEPS)


def _is_of_floats(node: Any) -> bool:
    return node.GetImageData().GetScalarTypeAsString() in ("float", "double")


def fractions_of_volume(node: Any, tags: Mapping[str, str]) -> tuple[Fractions, float]:
    """The voxels of a volume as fractions, and the voxel value that stands for all of a voxel.

    That is 1 where no voxel is above 1; Maximum Fractional Value (0062,000E) of `tags` where the voxels are
    whole numbers up to that; else the largest voxel.

    Raises
    ------
    ExportError
        If the volume has no voxels or negative ones, or the maximum is not a whole number from 1 to 255.
    """
    voxels = image_volume(node).voxels
    if voxels.ndim != 3 or not np.isfinite(voxels).all() or voxels.min() < 0 or voxels.max() <= 0:
        raise ExportError(
            f"The voxels of {node.GetName()!r} are no fractions: they must be numbers from 0 to a maximum."
        )
    steps = _steps(tags)
    high = float(voxels.max())
    is_stored = high <= steps and not _is_of_floats(node)
    full = 1.0 if high <= 1 else float(steps if is_stored else high)
    return Fractions(voxels / full, steps), full


def _steps(tags: Mapping[str, str]) -> int:
    text = str(tags.get("MaximumFractionalValue") or MOST_STEPS).strip()
    if not text.isdigit() or not 1 <= int(text) <= MOST_STEPS:
        raise ExportError("MaximumFractionalValue must be a whole number from 1 to 255.")
    return int(text)


def segment_of_tags(node: Any, tags: Mapping[str, str]) -> SegmentDescription:
    """What is said of the segment that a volume is written as.

    Raises
    ------
    ExportError
        If the algorithm type is none of the Standard.
    """
    kind = tags.get("SegmentAlgorithmType") or "AUTOMATIC"
    if kind not in ALGORITHM_TYPES:
        raise ExportError(f"SegmentAlgorithmType must be {', '.join(ALGORITHM_TYPES[:-1])} or AUTOMATIC.")
    return SegmentDescription(
        number=1,
        label=tags.get("SegmentLabel") or node.GetName(),
        algorithm_type=kind,
        algorithm_name=tags.get("SegmentAlgorithmName") or "Unspecified",
        category=TISSUE,
        kind=TISSUE,
    )
