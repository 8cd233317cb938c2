"""A reader of NRRD files for tests, independent of MRML and ITK."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

TYPES = {"short": "i2", "int16": "i2", "unsigned char": "u1", "ushort": "u2", "float": "f4", "double": "f8"}


def read_nrrd(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Voxels as (slice, row, column) and the matrix from (i, j, k) to RAS, mm."""
    head, _, data = Path(path).read_bytes().partition(b"\n\n")
    lines = [line for line in head.decode("ascii").splitlines()[1:] if not line.startswith("#")]
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    kind = np.dtype(TYPES[fields["type"]])
    if fields["encoding"] == "gzip":
        data = gzip.decompress(data)
    shape = [int(size) for size in fields["sizes"].split()][::-1]
    voxels = np.frombuffer(data, kind.newbyteorder("<")).reshape(shape)
    matrix = np.eye(4)
    for column, text in enumerate(fields["space directions"].split()):
        matrix[:3, column] = _vector(text)
    matrix[:3, 3] = _vector(fields["space origin"])
    if fields["space"] in ("left-posterior-superior", "LPS"):
        matrix[:2] *= -1
    return voxels, matrix


def _vector(text: str) -> list[float]:
    return [float(part) for part in text.strip("()").split(",")]
