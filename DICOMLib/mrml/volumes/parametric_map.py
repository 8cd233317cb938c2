"""Parametric Map objects (PS3.3 A.75): real-world values, what they measure, and the volumes they make."""

from __future__ import annotations

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
from DICOMLib.mrml.volumes.value_mapping import ValueMapping, value_mapping
from DICOMLib.mrml.volumes.volume import Volume, add_volume_node


@dataclass(frozen=True, slots=True)
class ParametricVolume:
    """One map: real-world values (slices, rows, columns), their place, and what they measure."""

    values: np.ndarray
    grid: FrameGrid
    mapping: ValueMapping


def read_parametric_maps(dataset: Any, path: str = "") -> list[ParametricVolume]:
    """Read a Parametric Map; frames that lie at the same place belong to maps of their own.

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
    maps: list[ParametricVolume] = []
    used: dict[tuple[int, ...], int] = {}
    for index, slices in enumerate(grid.slices_of_frame):
        number = used.get(slices, 0)
        used[slices] = number + 1
        mapping = _mapping(dataset, index)
        if number == len(maps):
            maps.append(ParametricVolume(np.zeros(grid.shape, _value_type(dataset)), grid, mapping))
        for k in slices:
            maps[number].values[k] = mapping.apply(stored[index])
    return maps


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


def _mapping(dataset: Any, index: int) -> ValueMapping:
    """The first mapping of a frame, or of all frames."""
    groups = list(dataset.get("PerFrameFunctionalGroupsSequence") or ())[index : index + 1]
    groups += list(dataset.get("SharedFunctionalGroupsSequence") or ())[:1]
    for group in groups:
        items = group.get("RealWorldValueMappingSequence")
        if items:
            return value_mapping(items[0])
    return ValueMapping()


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
