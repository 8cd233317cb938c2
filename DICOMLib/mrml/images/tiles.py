"""Images that hold the slices of a volume side by side: Siemens' mosaic, United Imaging's grid (VFRAME)."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib import writing
from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.images.image_header import ImageHeader, read_dataset, read_image_header
from DICOMLib.mrml.images.pixels import Frame, read_image
from DICOMLib.mrml.images.voxels import allocate_like, voxels_of
from DICOMLib.mrml.volumes.volume import Volume
from DICOMLib.standard.geometry import ijk_to_ras, plane_normal, slice_step

SIEMENS_HEADER, SIEMENS_CSA = "SIEMENS MR HEADER", "SIEMENS CSA HEADER"
UIH_HEADER = "Image Private Header"


@dataclass(frozen=True, slots=True)
class Tile:
    """One slice in a tiled image.

    Parameters
    ----------
    header
        The file.
    number, count
        Which slice, of how many; they lie row by row.
    across, down
        How many lie beside and above each other.
    position_lps
        Centre of its first pixel, mm.
    """

    header: ImageHeader
    number: int
    count: int
    across: int
    down: int
    position_lps: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a slice."""
        return self.header.rows // self.down, self.header.columns // self.across


def is_tiled(image_type: str) -> bool:
    r"""Whether Image Type says so: "…\MOSAIC" or "…\VFRAME"."""
    return not {"MOSAIC", "VFRAME"}.isdisjoint(image_type.upper().split("\\"))


def tiles_of_file(path: str) -> list[Tile]:
    """The slices of a tiled image.

    Raises
    ------
    InvalidDICOM
        If their number or places are not told.
    """
    header, dataset = read_image_header(path), read_dataset(path, stop_before_pixels=True)
    try:
        if (0x0065, 0x0010) in dataset:
            return _grid_of_uih(header, dataset)
        return _mosaic_of_siemens(header, dataset)
    except (KeyError, ValueError, AttributeError, struct.error):
        raise InvalidDICOM(path, "the image holds many slices, but does not tell where they lie") from None


def tile_planes(paths: Sequence[str]) -> writing.geometry.TilePlanes:
    """Where the slices of tiled images of one series lie.

    Raises
    ------
    InvalidDICOM
        As `tiles_of_file`.
    """
    tiles = [(number, tile) for number, path in enumerate(paths) for tile in tiles_of_file(path)]
    planes = [[*tile.position_lps, *np.concatenate(_plane(tile.header))] for _number, tile in tiles]
    return writing.geometry.TilePlanes(
        np.array(planes, float), tiles[0][1].size, [number for number, _tile in tiles]
    )


def read_tiles(tiles: Sequence[Tile]) -> Volume:
    """Read slices, in their order, as one volume."""
    first = tiles[0]
    rows, columns = first.size
    image, voxels = None, None
    whole: dict[str, np.ndarray] = {}
    for index, tile in enumerate(tiles):
        header = tile.header
        if header.path not in whole:
            source = read_image([Frame(header, 0, header.slope, header.intercept)])
            whole[header.path] = voxels_of(source).reshape(header.rows, header.columns)
            if voxels is None:
                image = allocate_like(source, (columns, rows, len(tiles)))
                voxels = voxels_of(image).reshape(len(tiles), rows, columns)
        top, left = tile.number // tile.across * rows, tile.number % tile.across * columns
        if voxels is not None:
            voxels[index] = whole[header.path][top : top + rows, left : left + columns]
    orientation, spacing = _plane(first.header)
    step = slice_step(np.array([tile.position_lps for tile in tiles]), orientation)
    return Volume(image, ijk_to_ras(first.position_lps, orientation, spacing, step))


def _plane(header: ImageHeader) -> tuple[np.ndarray, tuple[float, float]]:
    rows, columns = (float(value) for value in header.pixel_spacing.split("\\"))
    return np.array([float(value) for value in header.orientation.split("\\")]), (rows, columns)


def _grid_of_uih(header: ImageHeader, dataset: Any) -> list[Tile]:
    """United Imaging: a sequence tells the position of each slice."""
    items = dataset.private_block(0x0065, UIH_HEADER)[0x51].value
    across = math.ceil(math.sqrt(len(items)))
    down = math.ceil(len(items) / across)
    return [
        Tile(header, number, len(items), across, down, np.array(item.ImagePositionPatient, float))
        for number, item in enumerate(items)
    ]


def _mosaic_of_siemens(header: ImageHeader, dataset: Any) -> list[Tile]:
    """Siemens: the position is that of a slice as large as the whole image, with the same centre."""
    count = int(dataset.private_block(0x0019, SIEMENS_HEADER)[0x0A].value)
    csa = csa_values(dataset.private_block(0x0029, SIEMENS_CSA)[0x10].value, "SliceNormalVector")
    side = math.ceil(math.sqrt(count))
    orientation, (between_rows, between_columns) = _plane(header)
    row, column = orientation.reshape(2, 3)
    normal = np.array([float(text) for text in csa]) if len(csa) == 3 else plane_normal(orientation)
    corner = np.array([float(value) for value in header.position.split("\\")])
    corner = corner + row * between_columns * (header.columns - header.columns // side) / 2
    corner = corner + column * between_rows * (header.rows - header.rows // side) / 2
    spacing = header.slice_spacing or float(dataset.SliceThickness)
    return [
        Tile(header, number, count, side, side, corner + normal * spacing * number) for number in range(count)
    ]


def csa_values(data: bytes, name: str) -> list[str]:
    """Values of an entry of Siemens' CSA header, of its second version ("SV10"); none if it is not there.

    Raises
    ------
    ValueError
        If it is no such header.
    """
    if data[:4] != b"SV10":
        raise ValueError("no CSA header")
    (entries,) = struct.unpack_from("<I", data, 8)
    at = 16
    for _ in range(entries):
        entry, _multiplicity, _vr, _syngo, items, _check = struct.unpack_from("<64si4siii", data, at)
        at += 84
        values = []
        for _ in range(items):
            _x, length, _y, _z = struct.unpack_from("<4i", data, at)
            text = data[at + 16 : at + 16 + length].split(b"\0")[0].decode("latin-1").strip()
            at += 16 + (length + 3) // 4 * 4
            if text:
                values.append(text)
        if entry.split(b"\0")[0] == name.encode():
            return values
    return []
