"""A reader of NIfTI-1 masks for tests, independent of MRML and ITK."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 512: "u2"}


def read_nifti(path: str | Path) -> np.ndarray:
    """Voxels of a compressed file as (slice, row, column), in the order of the file."""
    data = gzip.decompress(Path(path).read_bytes())
    columns, rows, slices = np.frombuffer(data[42:48], "<i2").tolist()
    kind = TYPES[int(np.frombuffer(data[70:72], "<i2")[0])]
    start = int(np.frombuffer(data[108:112], "<f4")[0])
    voxels = np.frombuffer(data[start:], np.dtype(kind).newbyteorder("<"))
    return voxels[: slices * rows * columns].reshape(slices, rows, columns)
