"""Sequences of images without a place in the patient, loops, as one multi-frame image."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.export_item import data_node
from DICOMLib.mrml.images.cine import frame_times_ms, ultrasound_spacing
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of
from DICOMLib.mrml.volumes.volume_export import VOLUME

# Seconds in a unit of the index.
UNITS = {"s": 1.0, "ms": 1e-3, "min": 60.0}
DEFAULT_RATE = 10.0
SAME_MM = 1e-6
POSITION = "0020,0032"
WITHOUT_TIMES = (
    "The frames of the sequence have no times: they are written {rate:g} per second, as they are played."
)


def browser_of(item: int) -> Any:
    """The browser that plays what an item shows; None if none does."""
    node = data_node(item, VOLUME)
    return node and slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(node)


def loop_of(item: int) -> Any:
    """The sequence whose current image an item is, if its images have no place in the patient; else None."""
    browser = browser_of(item)
    if browser is None:
        return None
    node = data_node(item, VOLUME)
    sequence = browser.GetSequenceNode(node)
    if sequence is None or node.GetParentTransformNode() is not None:
        return None
    return sequence if is_loop(sequence) else None


def is_loop(sequence: Any) -> bool:
    """Whether a sequence holds several images that lie as on a screen, see `cine.read_frames`."""
    images = _images(sequence)
    if len(images) < 2 or not all(_lies_as_on_a_screen(image) for image in images):
        return False
    return not _tells_its_place(images[0])


def _images(sequence: Any) -> list[Any]:
    return [sequence.GetNthDataNode(index) for index in range(sequence.GetNumberOfDataNodes())]


def _tells_its_place(node: Any) -> bool:
    """Whether an image was made of one of the database that lies in the patient, at the origin by chance."""
    uid = (node.GetAttribute("DICOM.instanceUIDs") or "").partition(" ")[0]
    database = slicer.dicomDatabase
    return bool(uid and database.isOpen and database.instanceValue(uid, POSITION))


def _lies_as_on_a_screen(node: Any) -> bool:
    """Whether an image starts at the origin and runs to the left and to the feet."""
    if not node.IsA(VOLUME) or node.GetImageData() is None or node.GetImageData().GetDimensions()[2] != 1:
        return False
    matrix = ijk_to_ras_of(node)
    expected = np.diag([-abs(matrix[0, 0]), -abs(matrix[1, 1]), abs(matrix[2, 2]), 1.0])
    return bool(np.abs(matrix - expected).max() <= SAME_MM)


def prepared_loop(
    item: int, source: writing.derive.SourceImages | None, notes: list[str]
) -> writing.image_loop.Loop:
    """What is written of an item; `notes` get what is to be known of it.

    Raises
    ------
    ExportError
        If it is no loop, or its frames differ in size.
    """
    sequence = loop_of(item)
    if sequence is None:
        raise ExportError(f"Subject hierarchy item {item} is no loop of images without a place.")
    images = _images(sequence)
    arrays = [slicer.util.arrayFromVolume(image)[0] for image in images]
    if len({(array.shape, array.dtype) for array in arrays}) > 1:
        raise ExportError(f"The frames of {sequence.GetName()!r} differ in size or kind.")
    frames = np.stack(arrays)
    if frames.ndim == 4 and (frames.shape[3] != 3 or frames.dtype != np.uint8):
        raise ExportError(
            f"The frames of {sequence.GetName()!r} have {frames.shape[3]} components of type {frames.dtype}; "
            "only gray values and 8 bit RGB colours can be written."
        )
    times = _times_ms(sequence, browser_of(item), notes)
    known = frame_times_ms(source.datasets[0], len(times)) if source is not None else None
    if known and np.abs(np.subtract(known, times)).max() <= writing.image_loop.EVEN_MS:
        times = known
    return writing.image_loop.Loop(frames, times, _spacing(images[0], source))


def _times_ms(sequence: Any, browser: Any, notes: list[str]) -> list[float]:
    """When each frame was taken, since the first one."""
    unit = UNITS.get(sequence.GetIndexUnit(), 0.0)
    count = sequence.GetNumberOfDataNodes()
    try:
        values = [float(sequence.GetNthIndexValue(index)) * unit * 1000 for index in range(count)]
    except ValueError:
        values = [0.0]
    if all(np.diff(values) > 0) and len(values) == count:
        return values
    rate = browser.GetPlaybackRateFps() or DEFAULT_RATE
    notes.append(WITHOUT_TIMES.format(rate=rate))
    return [1000 * index / rate for index in range(count)]


def _spacing(image: Any, source: writing.derive.SourceImages | None) -> tuple[float, float] | None:
    """Distance between rows and between columns; None if it is what the source of this size is loaded with.

    Of frames of another size, which the regions of ultrasound do not fit, it is told if it is known.
    """
    column, row, _slice = image.GetSpacing()
    known = ultrasound_spacing(source.datasets[0]) if source is not None else None
    if np.allclose((column, row), known or (1.0, 1.0), rtol=SAME_MM):
        columns, rows, _slices = image.GetImageData().GetDimensions()
        if source is None or known is None:
            return None
        if writing.image_loop.size_of(source.datasets[0]) == (rows, columns):
            return None
    return float(row), float(column)
