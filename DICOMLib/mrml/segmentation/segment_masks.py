"""Voxels of a Segmentation object as label maps: segments that do not overlap share one."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.images.frame_grid import FrameGrid, grid_of_frames
from DICOMLib.mrml.images.frames import Placement, frame_placement
from DICOMLib.mrml.segmentation.segment_frames import read_frames
from DICOMLib.standard.functional_groups import macro

log = logging.getLogger(__name__)

LABELMAP = "LABELMAP"
FRACTIONAL = "FRACTIONAL"
HALF = 0.5
PLACING_ATTRIBUTES = (
    "DimensionOrganizationType",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)


@dataclass(slots=True)
class SegmentMasks:
    """All segments of an object as voxels.

    Parameters
    ----------
    grid
        Where the voxels lie.
    layers
        Label maps, each (slices, rows, columns); the value is the Segment Number.
    layer_of_segment
        Number of the layer in which a segment is, by Segment Number.
    fractions
        For a fractional object the fraction, 0 to 1, by Segment Number; else empty.
    steps_of_fractions
        How many steps there are from 0 to 1.
    """

    grid: FrameGrid
    layers: list[np.ndarray] = field(default_factory=list)
    layer_of_segment: dict[int, int] = field(default_factory=dict)
    fractions: dict[int, np.ndarray] = field(default_factory=dict)
    steps_of_fractions: int = 1

    def mask(self, number: int) -> np.ndarray:
        """Which voxels are in a segment, boolean (slices, rows, columns)."""
        if number not in self.layer_of_segment:
            return np.zeros(self.grid.shape, bool)
        mask: np.ndarray = self.layers[self.layer_of_segment[number]] == number
        return mask


def why_no_volume(dataset: Any) -> str:
    """Why the frames of a Segmentation object lie nowhere in the patient; empty if they do."""
    groups = list(dataset.get("PerFrameFunctionalGroupsSequence") or ())
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or ())
    first = [*groups[:1], *shared[:1]]
    if str(dataset.get("DimensionOrganizationType", "")).startswith("TILED") or any(
        "PlanePositionSlideSequence" in group for group in first
    ):
        return "the segmentation is of a microscopy slide, which is no volume"
    if not any("PlanePositionSequence" in group for group in first):
        return "the segmentation is of an image without a place in the patient"
    return ""


def frame_placements(dataset: Any, path: str = "") -> list[Placement]:
    """Where each frame of a Segmentation object lies.

    Raises
    ------
    InvalidDICOM
        If frames have no place in the patient.
    MissingGeometry
        If a spacing is not usable.
    """
    reason = why_no_volume(dataset)
    if reason:
        raise InvalidDICOM(path, reason)
    count = int(dataset.get("NumberOfFrames") or 1)
    for index in range(count):
        if "ImagePositionPatient" not in macro(dataset, index, "PlanePositionSequence"):
            raise InvalidDICOM(path, f"frame {index + 1} has no place in the patient")
    return [frame_placement(dataset, index) for index in range(count)]


def read_masks(dataset: Any, path: str = "", grid: FrameGrid | None = None) -> SegmentMasks:
    """Read the voxels of a Segmentation object of any type.

    Parameters
    ----------
    dataset
        A Segmentation or Label Map Segmentation with its pixels.
    path
        For messages.
    grid
        Where the frames are put; by default where they lie.

    Raises
    ------
    InvalidDICOM
        If frames have no place in the patient, or belong to no segment.
    UnusableFrames
        If the frames make no volume.
    UnreadablePixels
        If no installed decoder can read the pixels.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    if grid is None:
        grid = grid_of_frames(frame_placements(dataset, path), int(dataset.Rows), int(dataset.Columns))
    if not grid.is_even:
        log.warning("The planes of the segmentation are unevenly spaced: slices show the nearest plane.")
    masks = SegmentMasks(grid)
    if dataset.get("SegmentationType") == LABELMAP or int(dataset.get("BitsAllocated", 1)) == 16:
        _read_label_map(dataset, masks, count)
    else:
        _read_separate(dataset, masks, count, path)
    return masks


def _read_label_map(dataset: Any, masks: SegmentMasks, count: int) -> None:
    layer = np.zeros(masks.grid.shape, np.uint8 if dataset.BitsAllocated <= 8 else np.uint16)
    for slices, frame in zip(masks.grid.slices_of_frame, read_frames(dataset, range(count)), strict=True):
        for k in slices:
            layer[k] = frame
    masks.layers.append(layer)
    masks.layer_of_segment = {int(number): 0 for number in np.unique(layer) if number}


def _read_separate(dataset: Any, masks: SegmentMasks, count: int, path: str) -> None:
    """Frames that each belong to one segment, binary or fractional."""
    frames_of_segment: dict[int, list[int]] = {}
    for index in range(count):
        frames_of_segment.setdefault(_segment_of_frame(dataset, index, path), []).append(index)
    largest = max(frames_of_segment, default=0)
    dtype = np.uint8 if largest < 256 else np.uint16
    is_fractional = dataset.get("SegmentationType") == FRACTIONAL
    full = int(dataset.get("MaximumFractionalValue") or 255) if is_fractional else 1
    masks.steps_of_fractions = full
    for number, indices in frames_of_segment.items():
        volume = np.zeros(masks.grid.shape, np.float32) if is_fractional else None
        parts: list[tuple[int, np.ndarray]] = []
        for index, frame in zip(indices, read_frames(dataset, indices), strict=True):
            for k in masks.grid.slices_of_frame[index]:
                if volume is not None:
                    volume[k] = frame / full
                parts.append((k, frame >= HALF * full if is_fractional else frame != 0))
        if volume is not None:
            masks.fractions[number] = volume
        _paint(masks, number, parts, np.dtype(dtype))


def _segment_of_frame(dataset: Any, index: int, path: str) -> int:
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    shared = dataset.get("SharedFunctionalGroupsSequence") or ()
    for group in [*list(groups[index : index + 1]), *list(shared[:1])]:
        identification = group.get("SegmentIdentificationSequence")
        if identification:
            return int(identification[0].ReferencedSegmentNumber)
    raise InvalidDICOM(path, f"frame {index + 1} belongs to no segment")


def _paint(masks: SegmentMasks, number: int, parts: list[tuple[int, np.ndarray]], dtype: np.dtype) -> None:
    """Put a segment into the first layer where its voxels are free."""
    at = next((at for at, layer in enumerate(masks.layers) if _is_free(layer, parts)), len(masks.layers))
    if at == len(masks.layers):
        masks.layers.append(np.zeros(masks.grid.shape, dtype))
    for k, part in parts:
        masks.layers[at][k][part] = number
    masks.layer_of_segment[number] = at


def _is_free(layer: np.ndarray, parts: list[tuple[int, np.ndarray]]) -> bool:
    return not any(layer[k][part].any() for k, part in parts)
