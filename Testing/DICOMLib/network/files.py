"""Files in many transfer syntaxes, and how they are compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from pydicom.pixels import pixel_array
from pynetdicom.dsutils import split_dataset

from Testing import factories

JPEG_LS, JPEG_2000, RLE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
BIG_ENDIAN, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
SYNTAXES = (EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED, JPEG_LS, JPEG_2000, RLE)


def picture(number: int, name: str = "many", size: int = 32) -> pydicom.Dataset:
    """A CT slice whose pixels are all different, so that no swap of bytes goes unseen."""
    (dataset,) = factories.ct_series(1, f"{name}", size=size)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = factories.uid(name, number)
    dataset.PixelRepresentation, dataset.InstanceNumber = 0, number + 1
    pixels = np.arange(size * size, dtype=np.uint16).reshape(size, size) * 7 + number
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def in_syntax(dataset: pydicom.Dataset, syntax: str) -> pydicom.Dataset:
    """The dataset as it is written in a transfer syntax."""
    if syntax in (JPEG_LS, JPEG_2000, RLE):
        dataset.compress(syntax, generate_instance_uid=False)
    else:
        dataset.file_meta.TransferSyntaxUID = syntax
        if syntax == BIG_ENDIAN:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    return dataset


def write_all(folder: Path, syntaxes: tuple[str, ...] = SYNTAXES) -> list[str]:
    """One file in each transfer syntax, of one series."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, syntax in enumerate(syntaxes):
        path = folder / f"{number}.dcm"
        dataset = in_syntax(picture(number), syntax)
        dataset.save_as(path, enforce_file_format=True)
        paths.append(str(path))
    return paths


def sop_of(path: str | Path) -> str:
    return str(pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)


def syntax_of(path: str | Path) -> str:
    return str(pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID)


def data_set(path: str | Path) -> bytes:
    """The encoded data set of a file, without its file meta information; padding is no part of it."""
    _meta, offset = split_dataset(Path(path))
    return Path(path).read_bytes()[offset:]


def same_data(first: str | Path, second: str | Path) -> bool:
    """Whether two files hold the same data set, byte for byte, in the same transfer syntax."""
    one, other = data_set(first), data_set(second)
    if syntax_of(first) == DEFLATED:  # padded to an even length
        one, other = one.rstrip(b"\0"), other.rstrip(b"\0")
    return one == other and syntax_of(first) == syntax_of(second)


def same_pixels(first: str | Path, second: str | Path) -> bool:
    """Whether two files show the same picture, however they encode it."""
    one, other = (pixel_array(pydicom.dcmread(path), raw=True) for path in (first, second))
    return bool(np.array_equal(one, other))


def by_sop(paths) -> dict[str, str]:
    return {sop_of(path): str(path) for path in paths}


BARE = (IMPLICIT, EXPLICIT, BIG_ENDIAN)


def write_bare(folder: Path) -> list[str]:
    """Data sets without preamble and file meta information, and one with the latter alone."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, syntax in enumerate((*BARE, EXPLICIT)):
        complete = folder / "complete"
        in_syntax(picture(number, "bare"), syntax).save_as(complete, enforce_file_format=True)
        path = folder / f"bare-{number}.dcm"
        path.write_bytes(complete.read_bytes()[132:] if number == len(BARE) else data_set(complete))
        complete.unlink()
        paths.append(str(path))
    return paths


def same_bare_data(complete: str | Path, bare: str | Path) -> bool:
    """Whether a complete file holds the data set of a bare one, byte for byte."""
    content = Path(bare).read_bytes()
    return content.endswith(data_set(complete)) and len(content) - len(data_set(complete)) < 400
