"""b-values and gradients, against vectors that were turned by hand."""

from __future__ import annotations

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from DICOMLib.standard.diffusion import TAGS, Weighting, weighting, weighting_of_frame

AXIAL = "1\\0\\0\\0\\1\\0"
# rows run to the posterior, columns to the feet; the normal is y x -z = -x
SAGITTAL = "0\\1\\0\\0\\0\\-1"


def asked(manufacturer, orientation=AXIAL, **values):
    return weighting(lambda name: values.get(name, ""), manufacturer, orientation)


@pytest.mark.parametrize(
    ("manufacturer", "orientation", "values", "expected"),
    [
        ("ACME", AXIAL, {"diffusionBValue": "1000", "diffusionGradientOrientation": "0\\0\\2"},
         Weighting(1000, (0, 0, 1))),
        ("ACME", AXIAL, {"diffusionBValue": "0"}, Weighting(0)),
        ("ACME", AXIAL, {"diffusionBValue": "500"}, Weighting(500)),
        # patient coordinates
        ("SIEMENS", SAGITTAL, {"siemensBValue": "700", "siemensDirection": "0.6\\0\\-0.8"},
         Weighting(700, (0.6, 0, -0.8))),
        ("SIEMENS", AXIAL, {"siemensBValue": "0"}, Weighting(0)),
        ("Philips Medical Systems", AXIAL,
         {"philipsBValue": "800", "philipsRL": "0", "philipsAP": "1", "philipsFH": "0"},
         Weighting(800, (0, 1, 0))),
        # image coordinates: columns run to the feet, so (0, 1, 0) points there
        ("UIH", SAGITTAL, {"uihBValue": "900", "uihDirection": "0\\1\\0"}, Weighting(900, (0, 0, -1))),
        ("UIH", SAGITTAL, {"uihBValue": "900", "uihDirection": "0\\0\\1"}, Weighting(900, (-1, 0, 0))),
        # along frequency and phase, both against the axes of axial images; see test_diffusion_dcm2niix.py
        ("GE MEDICAL SYSTEMS", AXIAL,
         {"geBValue": "1000000800\\8\\0\\0", "geX": "0.6", "geY": "0.8", "geZ": "0",
          "phaseEncodingDirection": "COL"}, Weighting(800, (-0.6, -0.8, 0))),
        ("GE MEDICAL SYSTEMS", SAGITTAL,
         {"geBValue": "1000", "geX": "0", "geY": "1", "geZ": "0", "phaseEncodingDirection": "COL"},
         Weighting(1000, (0, 0, -1))),
        # a short vector: b is scaled by its square, 1000 * 0.25
        ("GE MEDICAL SYSTEMS", AXIAL, {"geBValue": "1000", "geX": "0", "geY": "0", "geZ": "0.5"},
         Weighting(250, (0, 0, 1))),
        ("GE MEDICAL SYSTEMS", AXIAL, {"geBValue": "0", "geX": "0", "geY": "0", "geZ": "0"}, Weighting(0)),
    ],
)  # fmt: skip
def test_manufacturers(manufacturer, orientation, values, expected):
    found = asked(manufacturer, orientation, **values)
    assert found.b_value == expected.b_value
    assert found.gradient_lps == (
        None if expected.gradient_lps is None else pytest.approx(expected.gradient_lps)
    )


@pytest.mark.parametrize(
    ("manufacturer", "values"),
    [
        ("ACME", {}),
        ("SIEMENS", {}),
        ("SIEMENS", {"siemensBValue": "many"}),
        ("GE", {"geBValue": "5"}),
        ("UIH", {}),
    ],
)
def test_images_without_weighting(manufacturer, values):
    assert asked(manufacturer, **values) is None


def test_frames():
    direction, item, group, dataset = Dataset(), Dataset(), Dataset(), Dataset()
    direction.DiffusionGradientOrientation = [0.0, 1.0, 0.0]
    item.DiffusionBValue, item.DiffusionGradientDirectionSequence = 1500.0, [direction]
    group.MRDiffusionSequence = [item]
    dataset.PerFrameFunctionalGroupsSequence = [group, Dataset()]
    assert weighting_of_frame(dataset, 0) == Weighting(1500, (0, 1, 0))
    assert weighting_of_frame(dataset, 1) is None


def test_private_values_of_a_real_philips_image(shared_data):
    """They are those that the image also tells in the attributes of the Standard."""
    path = shared_data / "slicer/Testing/Data/Input/philips_ingenia_4_1_3_dwi.dcm"
    image = dcmread(path, stop_before_pixels=True)
    assert (image.DiffusionBValue, list(image.DiffusionGradientOrientation)) == (1500, [-1, 0, 0])
    private = {
        name: str(image[tuple(int(part, 16) for part in tag.split(","))].value)
        for name, tag in TAGS.items()
        if name.startswith("philips")
    }
    assert asked(image.Manufacturer, **private) == Weighting(1500, (-1, 0, 0))
