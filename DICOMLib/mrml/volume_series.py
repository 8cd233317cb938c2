"""From files to the volumes of a series that has several at one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from DICOMLib.mrml.frames import PlacedFrame, placed_frames, stack_in_order
from DICOMLib.mrml.image_header import read_dataset, read_image_header
from DICOMLib.mrml.pixels import read_image
from DICOMLib.mrml.volume import Volume
from DICOMLib.mrml.volume_groups import Slice
from DICOMLib.standard.functional_groups import macro
from DICOMLib.standard.geometry import ijk_to_ras

# Functional group macro and attribute of what tells the volumes of an enhanced image apart.
_FRAME_VALUES = {
    "TemporalPositionIndex": ("FrameContentSequence", "TemporalPositionIndex"),
    "EchoTime": ("MREchoSequence", "EffectiveEchoTime"),
    "TriggerTime": ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    "DiffusionBValue": ("MRDiffusionSequence", "DiffusionBValue"),
    "FlipAngle": ("MRTimingAndRelatedParametersSequence", "FlipAngle"),
    "AcquisitionTime": ("FrameContentSequence", "FrameAcquisitionDateTime"),
}


def slices_of_file(path: str, number: int) -> list[Slice]:
    """The frames of a file with what its functional groups say of them; `number` is that of the file."""
    dataset = read_dataset(path, stop_before_pixels=True)
    slices = []
    for index, (frame, placement) in enumerate(placed_frames(read_image_header(path))):
        values = {}
        for name, (sequence, keyword) in _FRAME_VALUES.items():
            value = macro(dataset, index, sequence).get(keyword)
            if value is not None and value != "":
                values[name] = seconds_of(str(value)[8:]) if name == "AcquisitionTime" else float(value)
        order = (float(number), float(index))
        slices.append(Slice((frame, placement), placement.position_lps, placement.orientation, order, values))
    return slices


def seconds_of(time: str) -> float:
    """Seconds since midnight of a TM value, "101530.25" (PS3.5 section 6.2)."""
    hours, minutes, seconds = time[:2], time[2:4], time[4:]
    return int(hours) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)


def read_stack(frames: Sequence[PlacedFrame]) -> Volume:
    """Read the frames of one volume, which are in order."""
    stack = stack_in_order(frames)
    place = stack.placement
    matrix = ijk_to_ras(place.position_lps, place.orientation, place.pixel_spacing, stack.step_lps)
    return Volume(read_image(stack.frames), matrix, stack.frames[0].header.photometric == "MONOCHROME1")


def frames_of(slices: Sequence[Slice]) -> list[PlacedFrame]:
    """The frames of slices whose source is a frame, or the path of a single-frame file."""
    return [frame for one in slices for frame in _frames(one)]


def _frames(one: Slice) -> Iterator[PlacedFrame]:
    if isinstance(one.source, str):
        yield from placed_frames(read_image_header(one.source))
    else:
        yield one.source


def path_of(one: Slice) -> str:
    """The file of a slice."""
    return one.source if isinstance(one.source, str) else str(one.source[0].header.path)
