"""From files to the volumes of a series that has several at one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from DICOMLib.mrml.images.frames import PlacedFrame, placed_frames, stack_in_order
from DICOMLib.mrml.images.image_header import read_dataset, read_image_header
from DICOMLib.mrml.images.pixels import read_image
from DICOMLib.mrml.images.tiles import Tile, read_tiles, tiles_of_file
from DICOMLib.mrml.images.volume_groups import Slice
from DICOMLib.mrml.volumes.volume import Volume
from DICOMLib.standard.frame_vectors import other_indices
from DICOMLib.standard.functional_groups import macro, other_dimensions
from DICOMLib.standard.geometry import ijk_to_ras, parse_vector

# Attribute of a node with the numbers of the frames of the only file that it was loaded from, if not of all.
FRAME_NUMBERS = "DICOM.frameNumbers"
# Functional group macro and attribute of what tells the volumes of an enhanced image apart.
_FRAME_VALUES = {
    "TemporalPositionIndex": ("FrameContentSequence", "TemporalPositionIndex"),
    "EchoTime": ("MREchoSequence", "EffectiveEchoTime"),
    "TriggerTime": ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    "DiffusionBValue": ("MRDiffusionSequence", "DiffusionBValue"),
    "FlipAngle": ("MRTimingAndRelatedParametersSequence", "FlipAngle"),
    "AcquisitionTime": ("FrameContentSequence", "FrameAcquisitionDateTime"),
}


_FRAME_TYPES = ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence")


def slices_of_file(path: str, number: int) -> list[Slice]:
    """The frames of a file with what its functional groups say of them; `number` is that of the file."""
    dataset = read_dataset(path, stop_before_pixels=True)
    slices: list[Slice] = []
    kinds: dict[tuple[str, ...], int] = {}
    for index, (frame, placement) in enumerate(placed_frames(read_image_header(path))):
        values = {}
        for name, (sequence, keyword) in _FRAME_VALUES.items():
            value = macro(dataset, index, sequence).get(keyword)
            if name == "AcquisitionTime":
                value = seconds_of_moment(str(value or ""))
            if value is not None and value != "":
                values[name] = float(value)
        kind = kinds.setdefault(_frame_type(dataset, index), len(kinds))
        told = (*other_dimensions(dataset, index), *other_indices(dataset, index), kind, index)
        order = (float(number), *map(float, told))
        slices.append(Slice((frame, placement), placement.position_lps, placement.orientation, order, values))
    return slices


def _frame_type(dataset: Any, index: int) -> tuple[str, ...]:
    """What kind of image a frame is: ORIGINAL, PRIMARY, ... and whether magnitude or phase, say."""
    for name in _FRAME_TYPES:
        item = macro(dataset, index, name)
        if item:
            return (*map(str, item.get("FrameType") or ()), str(item.get("ComplexImageComponent", "")))
    return ()


def description_of(path: str) -> Any:
    """The attributes of a file, without its pixels."""
    return read_dataset(path, stop_before_pixels=True)


def seconds_of(time: str) -> float:
    """Seconds since midnight of a TM value, "101530.25" (PS3.5 section 6.2)."""
    hours, minutes, seconds = time[:2], time[2:4], time[4:]
    return int(hours) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)


def seconds_of_moment(moment: str) -> float | None:
    """Seconds since a fixed day of a DT value that tells at least the hour; None of others (PS3.5 6.2).

    An offset from UTC is passed over: the moments of one image have the same one.
    """
    found = re.fullmatch(r"(\d{10,14})(\.\d{1,6})?([+-]\d{4})?", moment.strip())
    if found is None or len(found[1]) % 2:
        return None
    try:
        day = datetime.strptime(found[1][:8], "%Y%m%d").toordinal()
    except ValueError:
        return None
    return day * 86400 + seconds_of(found[1][8:] + (found[2] or ""))


def slices_of_tiled_file(path: str, number: float, values: Mapping[str, float] | None = None) -> list[Slice]:
    """The slices that lie side by side in a file, all with the same `values`; `number` is that of the file.

    Raises
    ------
    InvalidDICOM
        If the file does not tell where they lie.
    """
    return [
        Slice(tile, tile.position_lps, _orientation(tile), (number, float(tile.number)), values or {})
        for tile in tiles_of_file(path)
    ]


def _orientation(tile: Tile) -> np.ndarray:
    return parse_vector(tile.header.orientation, 6)


def read_slices(slices: Sequence[Slice]) -> Volume:
    """Read the slices of one volume, which are in order."""
    if isinstance(slices[0].source, Tile):
        return read_tiles([one.source for one in slices])
    stack = stack_in_order([frame for one in slices for frame in _frames(one)])
    place = stack.placement
    matrix = ijk_to_ras(place.position_lps, place.orientation, place.pixel_spacing, stack.step_lps)
    return Volume(read_image(stack.frames), matrix, stack.frames[0].header.photometric == "MONOCHROME1")


def _frames(one: Slice) -> Iterator[PlacedFrame]:
    if isinstance(one.source, str):
        yield from placed_frames(read_image_header(one.source))
    else:
        yield one.source


def origin_of(slices: Sequence[Slice], instance_of: Callable[[str], str]) -> dict[str, str]:
    """Attributes that tell from which images and frames the slices of a volume are.

    Parameters
    ----------
    slices
        Of one volume.
    instance_of
        SOP Instance UID of a file.
    """
    paths = list(dict.fromkeys(path_of(one) for one in slices))
    attributes = {"DICOM.instanceUIDs": " ".join(instance_of(path) for path in paths)}
    if len(paths) == 1 and all(isinstance(one.source, tuple) for one in slices):
        attributes[FRAME_NUMBERS] = " ".join(str(one.source[0].index + 1) for one in slices)
    return attributes


def path_of(one: Slice) -> str:
    """The file of a slice."""
    if isinstance(one.source, str):
        return one.source
    return str(one.source.header.path if isinstance(one.source, Tile) else one.source[0].header.path)
