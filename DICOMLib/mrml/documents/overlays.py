"""Overlay planes (PS3.3 C.9.2), and which of them a presentation state displays (C.11.7)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

log = logging.getLogger(__name__)

GROUPS = range(0x6000, 0x6020, 2)
ROWS, COLUMNS, FRAMES, ORIGIN, FRAME_ORIGIN = 0x0010, 0x0011, 0x0015, 0x0050, 0x0051
BIT, ACTIVATION_LAYER, LABEL, DATA = 0x0102, 0x1001, 0x1500, 0x3000


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay that is displayed.

    Parameters
    ----------
    group
        Its group of elements, 0x6000 to 0x601E.
    name
        For the user.
    colour
        Red, green and blue from 0 to 1, of its graphic layer; None if none is recommended.
    state
        The dataset of the presentation state if it holds the overlay; None if the images do.
    """

    group: int
    name: str
    colour: tuple[float, float, float] | None = None
    state: Any = None


def displayed_overlays(
    dataset: Any, colours: Mapping[str, tuple[float, float, float]]
) -> tuple[Overlay, ...]:
    """The overlays that a presentation state puts into a graphic layer; the others are not displayed.

    Parameters
    ----------
    dataset
        The presentation state.
    colours
        Of the graphic layers.
    """
    overlays = []
    for group in GROUPS:
        layer = _value(dataset, group, ACTIVATION_LAYER)
        if layer:
            label = _value(dataset, group, LABEL) or f"{(group - GROUPS.start) // 2 + 1} ({layer})"
            holder = dataset if (group, DATA) in dataset else None
            overlays.append(Overlay(group, f"Overlay {label}", colours.get(str(layer)), holder))
    return tuple(overlays)


def overlay_pixels(dataset: Any, group: int, frame: int) -> np.ndarray:
    """The pixels of a frame that an overlay covers.

    Parameters
    ----------
    dataset
        An image, or a presentation state with overlays of its own; with pixels if the overlay is in unused
        bits of them, as in images of before 2004.
    group
        Group of the overlay.
    frame
        Number of the frame, from 1.

    Returns
    -------
    numpy.ndarray
        Column and row, from 0, of each pixel, (pixels, 2); empty if there is no such overlay.
    """
    planes = _planes(dataset, group)
    index = 0
    if len(planes) > 1 or (group, FRAMES) in dataset:
        index = frame - int(_value(dataset, group, FRAME_ORIGIN) or 1)
    if not 0 <= index < len(planes):
        return np.empty((0, 2), int)
    row, column = _value(dataset, group, ORIGIN) or (1, 1)
    pixels: np.ndarray = np.argwhere(planes[index])[:, ::-1] + (int(column) - 1, int(row) - 1)
    return pixels


def _planes(dataset: Any, group: int) -> np.ndarray:
    """The planes of an overlay, (planes, rows, columns) of bool."""
    if (group, DATA) in dataset:
        planes: np.ndarray = dataset.overlay_array(group).astype(bool)
        return planes.reshape(-1, *planes.shape[-2:])
    bit = _value(dataset, group, BIT)
    if not bit:
        return np.empty((0, 0, 0), bool)
    if dataset.file_meta.TransferSyntaxUID.is_compressed or dataset.get("BitsAllocated") not in (8, 16):
        log.warning("An overlay in the bits of compressed pixels cannot be read.")
        return np.empty((0, 0, 0), bool)
    stored = np.frombuffer(dataset.PixelData, np.dtype(f"<u{dataset.BitsAllocated // 8}"))
    size = dataset.Rows * dataset.Columns
    frames = stored[: len(stored) // size * size].reshape(-1, dataset.Rows, dataset.Columns)
    embedded: np.ndarray = (frames >> int(bit) & 1).astype(bool)
    return embedded


def _value(dataset: Any, group: int, element: int) -> Any:
    return dataset[group, element].value if (group, element) in dataset else None
