"""NIfTI files, as far as tests compare with them."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np


def nifti(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Voxels (t, k, j, i) and the matrix from ijk to RAS of a NIfTI file."""
    data = gzip.decompress(path.read_bytes())
    order = "<" if struct.unpack("<i", data[:4])[0] == 348 else ">"
    size = struct.unpack(order + "8h", data[40:56])
    kind = {2: "u1", 4: "i2", 512: "u2", 16: "f4", 8: "i4"}[struct.unpack(order + "h", data[70:72])[0]]
    (offset,) = struct.unpack(order + "f", data[108:112])
    slope, intercept = struct.unpack(order + "2f", data[112:120])
    matrix = np.eye(4)
    if struct.unpack(order + "h", data[254:256])[0]:
        matrix[:3] = np.frombuffer(data[280:328], order + "f4").reshape(3, 4)
    else:
        matrix[:3] = _quaternion_form(data, order)
    voxels = np.frombuffer(data, order + kind, np.prod(size[1 : size[0] + 1]), int(offset))
    voxels = voxels.reshape([*size[1 : size[0] + 1][::-1]])
    if voxels.ndim == 3:
        voxels = voxels[None]
    if slope not in (0, 1) or intercept:
        voxels = voxels * slope + intercept
    return voxels, matrix


def _quaternion_form(data: bytes, order: str) -> np.ndarray:
    """The qform, for files without an sform."""
    b, c, d, *offset = struct.unpack(order + "6f", data[256:280])
    handedness, *spacing = struct.unpack(order + "4f", data[76:92])
    a = np.sqrt(max(0.0, 1 - b * b - c * c - d * d))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    spacing[2] *= -1 if handedness < 0 else 1
    return np.column_stack((rotation * spacing, offset))


def by_place(voxels: np.ndarray, matrix: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Voxels (k, j, i) of one grid, turned to the axes of `reference`, which has the same grid points."""
    steps = np.linalg.inv(reference) @ matrix
    signs = np.rint(np.diag(steps)[:3])
    assert np.allclose(np.abs(steps[:3, :3]), np.eye(3), atol=1e-3)
    for axis, sign in enumerate(signs):
        if sign < 0:
            voxels = np.flip(voxels, 2 - axis)
    return voxels
