"""Diffusion weighting of real Siemens images against the reader of nibabel, which goes by the CSA header."""

from __future__ import annotations

import gzip
import io
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

with warnings.catch_warnings():  # it says that it is experimental
    warnings.simplefilter("ignore")
    from nibabel.nicom import dicomwrappers

from DICOMLib.standard.diffusion import TAGS, weighting

DATA = Path(nibabel.__file__).parent / "nicom" / "tests" / "data"


def read(name: str) -> pydicom.Dataset:
    """One of the images that come with nibabel."""
    return pydicom.dcmread(io.BytesIO(gzip.decompress((DATA / name).read_bytes())))


def text_of(dataset: pydicom.Dataset, name: str) -> str:
    """Text of an element as a database gives it."""
    element = dataset.get(tuple(int(part, 16) for part in TAGS[name].split(",")))
    if element is None or element.value in (None, ""):
        return ""
    value = element.value
    if isinstance(value, bytes):
        return value.decode().strip("\0 ")
    parts = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    return "\\".join(str(part) for part in parts)


@pytest.mark.parametrize(
    ("name", "expected_b"), [("siemens_dwi_0.dcm.gz", 0), ("siemens_dwi_1000.dcm.gz", 1000)]
)
def test_siemens(name: str, expected_b: float) -> None:
    dataset = read(name)
    orientation = "\\".join(str(value) for value in dataset.ImageOrientationPatient)
    ours = weighting(lambda tag: text_of(dataset, tag), str(dataset.Manufacturer), orientation)
    theirs = dicomwrappers.wrapper_from_data(dataset)
    assert ours is not None
    assert ours.b_value == expected_b
    if expected_b == 0:
        assert ours.gradient_lps is None
        return
    # the b-matrix of the CSA header, which nibabel gives along the axes of the image
    values, vectors = np.linalg.eigh(theirs.b_matrix)
    assert values[-1] == pytest.approx(ours.b_value, rel=0.02)
    in_patient = theirs.rotation_matrix @ vectors[:, -1]
    assert abs(float(np.dot(in_patient, ours.gradient_lps))) == pytest.approx(1, abs=1e-3)
