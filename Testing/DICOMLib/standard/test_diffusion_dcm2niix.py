"""Gradient directions of each manufacturer against dcm2niix, in images of every plane."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset

from DICOMLib.standard.diffusion import TAGS, weighting
from Testing.image_series import image, write

MR = "1.2.840.10008.5.1.4.1.1.4"
ORIENTATIONS = {
    "axial": [1, 0, 0, 0, 1, 0],
    "sagittal": [0, 1, 0, 0, 0, -1],
    "coronal": [1, 0, 0, 0, 0, -1],
    # turned by 15 degrees about the patient's left and by 10 about the normal
    "oblique": [0.984807753, 0.167731259, 0.044943456, -0.173648178, 0.951251242, 0.254887002],
}
DIRECTIONS = [(0.0, 0.0, 0.0), (0.6, 0.8, 0.0), (0.0, 0.6, 0.8), (0.8, 0.0, 0.6), (0.36, 0.48, 0.8)]


def tell_ge(dataset: Dataset, b_value: float, direction: tuple[float, float, float]) -> None:
    block = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
    for element, value in zip((0xBB, 0xBC, 0xBD), direction, strict=True):
        block.add_new(element, "DS", str(value))
    block = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
    block.add_new(0x39, "IS", [int(b_value), 8, 0, 0])


def tell_uih(dataset: Dataset, b_value: float, direction: tuple[float, float, float]) -> None:
    block = dataset.private_block(0x0065, "Image Private Header", create=True)
    block.add_new(0x09, "FD", b_value)
    block.add_new(0x37, "FD", list(direction))


def tell_philips(dataset: Dataset, b_value: float, direction: tuple[float, float, float]) -> None:
    dataset.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", b_value)
    block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    for element, value in zip((0xB0, 0xB1, 0xB2), direction, strict=True):
        block.add_new(element, "FL", value)


def tell_siemens(dataset: Dataset, b_value: float, direction: tuple[float, float, float]) -> None:
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", str(int(b_value)))
    if b_value:
        block.add_new(0x0E, "FD", list(direction))


MANUFACTURERS = {
    "GE MEDICAL SYSTEMS": tell_ge,
    "UIH": tell_uih,
    "Philips Medical Systems": tell_philips,
    "SIEMENS": tell_siemens,
}


def series(manufacturer: str, plane: str, phase: str) -> list[list[Dataset]]:
    """A volume of three images for each direction."""
    cosines = ORIENTATIONS[plane]
    normal = np.cross(cosines[:3], cosines[3:])
    volumes = []
    for number, direction in enumerate(DIRECTIONS):
        volumes.append([
            image(
                (3.0 * k * normal).round(6).tolist(),
                SOPClassUID=MR, Modality="MR", Manufacturer=manufacturer, PatientPosition="HFS",
                ImageOrientationPatient=cosines, PixelSpacing=[2.0, 2.0], SpacingBetweenSlices=3.0,
                InPlanePhaseEncodingDirection=phase, ScanningSequence="EP", ScanOptions="EPI_GEMS",
                InstanceNumber=3 * number + k + 1, AcquisitionNumber=number + 1, EchoTime="80",
                RepetitionTime="5000", pixels=np.full((32, 32), 100 * number + k + 1, np.int16),
            )
            for k in range(3)
        ])  # fmt: skip
        for dataset in volumes[-1]:
            MANUFACTURERS[manufacturer](dataset, 1000.0 if any(direction) else 0.0, direction)
    return volumes


def by_dcm2niix(volumes: list[list[Dataset]], folder: Path) -> np.ndarray:
    """The directions that dcm2niix finds, one row for each volume, RAS."""
    if shutil.which("dcm2niix") is None:
        pytest.skip("dcm2niix is not installed")
    write([dataset for volume in volumes for dataset in volume], folder / "in")
    command = ["dcm2niix", "-z", "n", "-f", "x", "-o", folder, folder / "in"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    affine = nibabel.load(folder / "x.nii").affine[:3, :3]
    axes = affine / np.linalg.norm(affine, axis=0)
    vectors = np.loadtxt(folder / "x.bvec").T
    if np.linalg.det(axes) > 0:  # FSL's vectors are then mirrored along the first axis of the image
        vectors = vectors * (-1, 1, 1)
    return vectors @ axes.T


def text_of(dataset: Dataset, name: str) -> str:
    """Text of an element as a database gives it."""
    element = dataset.get(tuple(int(part, 16) for part in TAGS[name].split(",")))
    if element is None:
        return ""
    parts = element.value if element.VM > 1 else [element.value]
    return "\\".join(str(part) for part in parts)


@pytest.mark.parametrize("plane", ORIENTATIONS)
@pytest.mark.parametrize(
    ("manufacturer", "phase"),
    [*((name, "COL") for name in MANUFACTURERS), ("GE MEDICAL SYSTEMS", "ROW")],
)
def test_directions(tmp_path, manufacturer, phase, plane):
    """Those of GE and United Imaging are told along the image, those of the others along the patient."""
    volumes = series(manufacturer, plane, phase)
    theirs = by_dcm2niix(volumes, tmp_path)
    orientation = "\\".join(map(str, ORIENTATIONS[plane]))
    for number, (first, *_others) in enumerate(volumes):
        found = weighting(lambda name, first=first: text_of(first, name), manufacturer, orientation)
        assert found.b_value == (1000 if number else 0)
        ours = np.multiply(found.gradient_lps or (0, 0, 0), (-1, -1, 1))
        assert np.allclose(ours, theirs[number], atol=2e-3), DIRECTIONS[number]
