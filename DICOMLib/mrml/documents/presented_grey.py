"""Grey values of a presentation state as MRML has them: a window, and a colour table if that is not all."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import slicer

from DICOMLib.mrml.documents.presentation_state import PresentationState, Window
from DICOMLib.mrml.images.frames import placed_frames
from DICOMLib.mrml.images.image_header import read_image_header
from DICOMLib.standard.grayscale import SIGMOID, LookupTable

log = logging.getLogger(__name__)

COLOURS = 256
MOST_VALUES = 65536
SIGN = 0x8000
SAME_GREY = 1 / 512  # not to be told apart on a screen of 8 bits


@dataclass(frozen=True, slots=True)
class GreyScale:
    """Grey values from 0 to 1, of `COLOURS` voxel values from `low` to `high` at even distances."""

    low: float
    high: float
    greys: np.ndarray


@dataclass(frozen=True, slots=True)
class Stored:
    """How the voxels of a volume come from stored values of an image, and the range of these."""

    slope: float = 1.0
    intercept: float = 0.0
    lowest: int = 0
    highest: int = 255


def needs_a_table(state: PresentationState, window: Window | None, stored: Stored) -> bool:
    """Whether a straight window in the values of the voxels cannot show what the state asks for."""
    if window is not None and (window.table is not None or window.function == SIGMOID):
        return True
    if state.presentation is not None or isinstance(state.modality, LookupTable):
        return True
    return state.modality not in (None, (stored.slope, stored.intercept))


def grey_scale(
    state: PresentationState, window: Window | None, stored: Stored, voxel_range: tuple[float, float]
) -> GreyScale:
    """Work out modality LUT, VOI LUT and presentation LUT, in this order, for the values that voxels have.

    Parameters
    ----------
    state
        The state.
    window
        Its window for the images; all values of the modality LUT are shown if None.
    stored
        How voxels and stored values go together.
    voxel_range
        Smallest and largest voxel.
    """
    low, high = voxel_range
    window = _with_signed_table(window) if low < 0 else window
    step = abs(stored.slope) or 1.0
    count = int(min(max(round((high - low) / step) + 1, 2), MOST_VALUES))
    values = np.linspace(low, max(high, low + step), count)
    greys = _greys(state, window, stored, values)
    changing = np.flatnonzero(np.abs(np.diff(greys)) > SAME_GREY / count)
    first, last = (changing[0], changing[-1] + 1) if len(changing) else (0, count - 1)
    low, high = float(values[first]), float(values[last])
    if last - first < COLOURS:  # so few that each can have its own colour
        high = low + (COLOURS - 1) * float(values[1] - values[0])
    sampled = np.linspace(low, high, COLOURS)
    return GreyScale(low, high, _greys(state, window, stored, sampled))


def _with_signed_table(window: Window | None) -> Window | None:
    """A window whose table begins at a negative value, though its descriptor reads as unsigned."""
    if window is None or window.table is None or window.table.first < SIGN:
        return window
    return replace(window, table=replace(window.table, first=window.table.first - 2 * SIGN))


def _greys(state: PresentationState, window: Window | None, stored: Stored, voxels: np.ndarray) -> np.ndarray:
    """Greys of voxel values."""
    values, (lowest, highest) = _of_modality(state.modality, stored, voxels)
    greys = (values - lowest) / (highest - lowest) if window is None else window.grey(values)
    if state.presentation is not None:
        entries = len(state.presentation.values) - 1
        return state.presentation.grey(state.presentation.first + greys.clip(0, 1) * entries)
    return 1 - greys if state.is_inverse else greys


def _of_modality(
    modality: LookupTable | tuple[float, float] | None, stored: Stored, voxels: np.ndarray
) -> tuple[np.ndarray, tuple[float, float]]:
    """What the modality LUT of a state makes of voxels, and the range of all that it can make."""
    back = (voxels - stored.intercept) / stored.slope
    if isinstance(modality, LookupTable):
        return modality.apply(back), (0.0, 2.0**modality.bits - 1)
    slope, intercept = modality or (stored.slope, stored.intercept)
    ends = sorted((stored.lowest * slope + intercept, stored.highest * slope + intercept))
    return (back * slope + intercept if modality else voxels), (ends[0], ends[1])


def stored_values_of(volume: Any) -> Stored:
    """How the voxels of a volume come from the stored values of its first image."""
    uids = (volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    paths = [slicer.dicomDatabase.fileForInstance(uid) for uid in (uids[:1] + uids[-1:])]
    frames = [frame for path in paths if path for frame, _place in placed_frames(read_image_header(path))]
    if not frames:
        return Stored()
    header, first = frames[0].header, frames[0]
    if any((frame.slope, frame.intercept) != (first.slope, first.intercept) for frame in frames):
        log.warning("The slices of a volume are scaled differently; they are shown as the first of them.")
    lowest = -(1 << header.bits_stored - 1) if header.signed else 0
    return Stored(first.slope or 1.0, first.intercept, lowest, lowest + (1 << header.bits_stored) - 1)


def add_grey_table(scene: Any, name: str, greys: np.ndarray) -> Any:
    """Add a colour table node of grey values from 0 to 1."""
    node = scene.AddNewNodeByClass("vtkMRMLColorTableNode", scene.GenerateUniqueName(name))
    node.SetTypeToUser()
    node.SetNumberOfColors(len(greys))
    for index, grey in enumerate(np.clip(greys, 0, 1).tolist()):
        node.SetColor(index, str(index), grey, grey, grey, 1.0)
    return node
