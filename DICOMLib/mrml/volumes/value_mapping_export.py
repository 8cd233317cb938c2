"""Volumes whose voxels are stored values of DICOM images times a slope plus an intercept, slice by slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer

from DICOMLib import writing
from DICOMLib.core.errors import DICOMError, ExportError
from DICOMLib.mrml.images.image_header import read_dataset, read_image_header
from DICOMLib.mrml.images.pixels import Frame, read_image
from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.mrml.volumes.volume import stack_of_files

EXACT = 1e-6  # of the range of the values: what single precision loses
Line = tuple[float, float]


def has_slices_of(node: Any, paths: Sequence[str]) -> bool:
    """Whether a volume has a slice of their size for each frame of its images, as far as headers tell.

    It has none of mosaics, and not for all frames where it is a part of an enhanced image.
    """
    columns, rows, slices = node.GetImageData().GetDimensions()
    try:
        headers = [read_image_header(path) for path in paths]
    except (DICOMError, OSError):
        return False
    alike = all((header.rows, header.columns) == (rows, columns) for header in headers)
    return alike and sum(header.frames for header in headers) == slices


def mapped_frames(node: Any, paths: Sequence[str]) -> list[writing.value_mapping_object.MappedFrames]:
    """The lines by which the voxels of a volume follow from the stored values of its images.

    Parameters
    ----------
    node
        Scalar volume node.
    paths
        Files of its images, in the order of the slices; the frames of one file are sorted by position.

    Raises
    ------
    ExportError
        If the images are no slices of the volume, or its values do not follow from them by lines.
    """
    voxels = slicer.util.arrayFromVolume(node)
    frames = stack_of_files(paths).frames
    if len(frames) != len(voxels):
        raise ExportError(f"{node.GetName()!r} has {len(voxels)} slices, its images {len(frames)}.")
    stored = voxels_of(read_image([Frame(frame.header, frame.index) for frame in frames]))
    if stored.size != voxels.size:
        raise ExportError(f"The slices of {node.GetName()!r} have another size than its images.")
    slices = stored.reshape(len(frames), -1)
    for order in (frames, frames[::-1]):  # a volume may run against its file
        values = slices if order is frames else slices[::-1]
        lines = _lines(values, voxels.reshape(len(voxels), -1))
        if lines is not None:
            return _grouped(order, lines, (int(stored.min()), int(stored.max())))
    raise ExportError(
        f"The values of {node.GetName()!r} do not follow from the stored values of its images by a slope and "
        "an intercept. Export it as a Parametric Map."
    )


def _lines(stored: np.ndarray, values: np.ndarray) -> list[Line] | None:
    """The line of each slice; None if a slice has none."""
    allowed = EXACT * max(float(np.abs(values).max()), 1e-30)
    lines: list[Line] = []
    for from_values, to_values in zip(stored.astype(np.float64), values.astype(np.float64), strict=True):
        candidates = [*dict.fromkeys(reversed(lines)), _line(from_values, to_values)]
        fitting = (
            (slope, intercept)
            for slope, intercept in candidates
            if np.abs(slope * from_values + intercept - to_values).max() <= allowed
        )
        line = next(fitting, None)
        if line is None:
            return None
        lines.append(line)
    return lines


def _line(stored: np.ndarray, values: np.ndarray) -> Line:
    """Through the smallest and the largest stored value."""
    low, high = int(stored.argmin()), int(stored.argmax())
    if stored[low] == stored[high]:
        return 1.0, float(values[low] - stored[low])
    slope = float((values[high] - values[low]) / (stored[high] - stored[low]))
    return slope, float(values[low] - slope * stored[low])


def _grouped(
    frames: Sequence[Frame], lines: Sequence[Line], span: tuple[int, int]
) -> list[writing.value_mapping_object.MappedFrames]:
    headers = {
        frame.header.path: read_dataset(frame.header.path, stop_before_pixels=True) for frame in frames
    }
    groups: dict[Line, list[tuple[Any, int]]] = {}
    for frame, line in zip(frames, lines, strict=True):
        number = frame.index + 1 if frame.header.frames > 1 else 0
        groups.setdefault(line, []).append((headers[frame.header.path], number))
    return [
        writing.value_mapping_object.MappedFrames(slope, intercept, span, of_line)
        for (slope, intercept), of_line in groups.items()
    ]
