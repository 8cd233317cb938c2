"""Files of all kinds of encoding, written by pydicom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from Testing.factories import ct_series, mr_series, text_report, uid, write

STUDY, SERIES = str(uid("study")), str(uid("series"))
MULTI = str(uid("multi"))
ENCODINGS = {
    "implicit": ImplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "jls": JPEGLSLossless,
    "j2k": JPEG2000Lossless,
    "rle": RLELossless,
}
SYNTAX_STUDY = str(uid("encodings"))


def noise(frames: int = 1, size: int = 64) -> np.ndarray:
    """Pixels that are not all alike."""
    return np.random.default_rng(7).integers(0, 4000, (frames, size, size)).astype(np.int16)


def encoded_as(name: str) -> Dataset:
    """One slice in a transfer syntax, in a series of its own."""
    syntax = ENCODINGS[name]
    [dataset] = ct_series(1, name, size=64, StudyInstanceUID=SYNTAX_STUDY, StudyID="2", StudyDescription=name)
    pixels = noise()[0]
    dataset.PixelData = pixels.tobytes()
    if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        dataset.compress(syntax, generate_instance_uid=False)
        return dataset
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = pixels.astype(">i2").tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def multi_frame() -> Dataset:
    """Three frames, compressed as JPEG-LS."""
    [dataset] = ct_series(1, "multi", size=64, StudyInstanceUID=SYNTAX_STUDY, NumberOfFrames=3)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = MULTI
    dataset.PixelData = noise(3).tobytes()
    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    return dataset


def write_all(folder: Path) -> dict[str, Path]:
    """Write everything; paths by SOP Instance UID."""
    umlaut = {"StudyInstanceUID": uid("study 2"), "PatientID": "P2", "PatientName": "Müller^Jörg"}
    paths = write([*ct_series(3, Manufacturer="ACME"), text_report()], folder / "ct")
    paths += write(
        mr_series(2, StudyDate="20240220", SpecificCharacterSet="ISO_IR 100", **umlaut), folder / "mr"
    )
    for name in ENCODINGS:
        path = folder / f"{name}.dcm"
        little = ENCODINGS[name] != ExplicitVRBigEndian
        dataset = encoded_as(name)
        dataset.save_as(
            path,
            implicit_vr=name == "implicit",
            little_endian=little,
            enforce_file_format=True,
            overwrite=True,
        )
        paths.append(str(path))
    multi_frame().save_as(folder / "multi.dcm", enforce_file_format=True)
    paths.append(str(folder / "multi.dcm"))
    headers = ((pydicom.dcmread(path, stop_before_pixels=True), path) for path in paths)
    return {str(header.SOPInstanceUID): Path(path) for header, path in headers}
