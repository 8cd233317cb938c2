"""Parametric Map objects (PS3.3 A.75): real-world values, what they measure, and the volumes they make."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonDataModel import vtkImageData

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.codes import coded_entry
from DICOMLib.mrml.images.decoding import UnreadablePixels
from DICOMLib.mrml.images.frame_grid import FrameGrid, grid_of_frames
from DICOMLib.mrml.images.frames import frame_placement
from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.mrml.segmentation.segment_frames import read_frames
from DICOMLib.mrml.volumes.value_mapping import ValueMapping, map_values, value_mapping
from DICOMLib.mrml.volumes.volume import Volume, add_volume_node
from DICOMLib.standard.functional_groups import other_dimensions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ParametricVolume:
    """One map: real-world values (slices, rows, columns), their place, and what they measure."""

    values: np.ndarray
    grid: FrameGrid
    mapping: ValueMapping


def read_parametric_maps(dataset: Any, path: str = "") -> list[ParametricVolume]:
    """Read a Parametric Map; frames of other values, or at the same place, belong to maps of their own.

    The order of the frames in the file says nothing: those at one place are told apart by what they measure,
    by the label of their mapping, and by their dimensions, in this order.

    Raises
    ------
    InvalidDICOM
        If it has no pixels.
    UnreadablePixels
        If they cannot be decoded.
    UnusableFrames
        If the frames make no volume.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    placements = [frame_placement(dataset, index) for index in range(count)]
    grid = grid_of_frames(placements, rows, columns)
    stored = _stored_values(dataset, count, path)
    mappings = [_mappings(dataset, index) for index in range(count)]
    maps = []
    outside = 0
    groups = _frames_of_maps(dataset, grid, [of_frame[0] for of_frame in mappings])
    for frames in groups:
        one = ParametricVolume(np.zeros(grid.shape, _value_type(dataset)), grid, mappings[frames[0]][0])
        for index in frames:
            for k in grid.slices_of_frame[index]:
                unmapped = map_values(stored[index], one.values[k], mappings[index])
                # a line is simply prolonged
                outside += unmapped if len(mappings[index]) > 1 or one.mapping.table is not None else 0
        maps.append(one)
    _tell_of_faults(grid, groups, outside)
    return maps


def _frames_of_maps(dataset: Any, grid: FrameGrid, mappings: Sequence[ValueMapping]) -> list[list[int]]:
    """The frames of each map, in the order of their first ones, or of their dimensions."""
    groups = list(_divided(range(len(mappings)), lambda index: mappings[index].meaning).values())
    keys = (lambda index: mappings[index].label, lambda index: other_dimensions(dataset, index))
    for key, is_ordered in zip(keys, (False, True), strict=True):
        divided = []
        for group in groups:
            parts = _divided(group, key) if _repeats(grid, group) else {None: group}
            divided += [parts[one] for one in (sorted(parts) if is_ordered else parts)]
        groups = divided
    return [part for group in groups for part in _by_turns(grid, group)]


def _divided(frames: Iterable[int], key: Callable[[int], Any]) -> dict[Any, list[int]]:
    """Frames by a key."""
    parts: dict[Any, list[int]] = {}
    for index in frames:
        parts.setdefault(key(index), []).append(index)
    return parts


def _repeats(grid: FrameGrid, frames: Iterable[int]) -> bool:
    """Whether several of the frames lie at one place."""
    places = [grid.slices_of_frame[index] for index in frames if grid.slices_of_frame[index]]
    return len(set(places)) < len(places)


def _by_turns(grid: FrameGrid, frames: Iterable[int]) -> list[list[int]]:
    """Frames that nothing tells apart: the first one at each place, then the second one, and so on."""
    parts: list[list[int]] = []
    used: dict[tuple[int, ...], int] = {}
    for index in frames:
        slices = grid.slices_of_frame[index]
        number = used.get(slices, 0)
        used[slices] = number + bool(slices)
        parts[number : number + 1] = [[*(parts[number] if number < len(parts) else ()), index]]
    return parts


def _tell_of_faults(grid: FrameGrid, groups: Sequence[Sequence[int]], outside: int) -> None:
    """Tell of voxels whose values are not, or not quite, those of the object."""
    if not grid.is_even:
        log.warning("The planes of the map are unevenly spaced: slices show the nearest plane.")
    filled = [{k for index in frames for k in grid.slices_of_frame[index]} for frames in groups]
    empty = sum(grid.shape[0] - len(slices) for slices in filled)
    if empty:
        log.warning("%d slices of the map have no plane in the object; their voxels are 0.", empty)
    if outside:
        log.warning("%d voxels have stored values that the real-world value mapping is not for.", outside)


def _value_type(dataset: Any) -> type:
    """Values of single precision stay so; all others become double."""
    return np.float32 if "FloatPixelData" in dataset else np.float64


def _stored_values(dataset: Any, count: int, path: str) -> np.ndarray:
    """Shape (frames, rows, columns)."""
    shape = (count, int(dataset.Rows), int(dataset.Columns))
    order = "<" if getattr(dataset, "original_encoding", (None, True))[1] in (True, None) else ">"
    for keyword, kind in (("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")):
        if keyword in dataset:
            values = np.frombuffer(dataset[keyword].value, np.dtype(order + kind))
            if len(values) < np.prod(shape):
                raise UnreadablePixels("The pixel data is truncated.")
            return values[: int(np.prod(shape))].reshape(shape)
    if "PixelData" not in dataset:
        raise InvalidDICOM(path, "the parametric map has no pixels")
    return np.stack(list(read_frames(dataset, range(count))))


def _mappings(dataset: Any, index: int) -> list[ValueMapping]:
    """The first mapping of a frame, or of all frames, and others to the same kind of values."""
    groups = list(dataset.get("PerFrameFunctionalGroupsSequence") or ())[index : index + 1]
    groups += list(dataset.get("SharedFunctionalGroupsSequence") or ())[:1]
    for group in groups:
        items = group.get("RealWorldValueMappingSequence")
        if items:
            first, *others = (value_mapping(item) for item in items)
            return [first, *(one for one in others if one.meaning == first.meaning)]
    return [ValueMapping()]


def add_parametric_map(scene: Any, parametric: ParametricVolume, name: str) -> Any:
    """Add a volume with the values of a map, its quantity and unit."""
    image = vtkImageData()
    image.SetDimensions(*reversed(parametric.values.shape))
    image.AllocateScalars(numpy_support.get_vtk_array_type(parametric.values.dtype), 1)  # type: ignore[no-untyped-call]
    voxels_of(image)[:] = parametric.values.reshape(-1)
    node = add_volume_node(scene, Volume(image, parametric.grid.ijk_to_ras), name)
    if parametric.mapping.quantity.value:
        node.SetVoxelValueQuantity(coded_entry(parametric.mapping.quantity))
    if parametric.mapping.units.value:
        node.SetVoxelValueUnits(coded_entry(parametric.mapping.units))
    return node
