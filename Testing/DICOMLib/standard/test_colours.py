"""Colours against RGB values that dcmqi stored, and against hand-made ones."""

from __future__ import annotations

import pytest

from DICOMLib.standard.colours import cielab_to_rgb, rgb_to_cielab

# What dcmqi wrote for the colours of its example of overlapping segments.
STORED = [
    ((43803, 26565, 37722), (128, 174, 128)),
    ((37064, 44082, 41620), (216, 101, 79)),
    ((45062, 38660, 25486), (183, 156, 220)),
    ((55193, 26619, 30325), (140, 224, 228)),
    ((38399, 29410, 23264), (0, 151, 206)),
]


@pytest.mark.parametrize(("stored", "rgb"), STORED)
def test_from_lab(stored, rgb):
    assert tuple(round(255 * part) for part in cielab_to_rgb(stored)) == rgb


@pytest.mark.parametrize(("stored", "rgb"), STORED)
def test_to_lab(stored, rgb):
    assert rgb_to_cielab([part / 255 for part in rgb]) == pytest.approx(stored, abs=4)


def test_black_and_white():
    assert cielab_to_rgb((0, 32896, 32896)) == pytest.approx((0, 0, 0), abs=1e-4)
    assert cielab_to_rgb((65535, 32896, 32896)) == pytest.approx((1, 1, 1), abs=1e-3)


@pytest.mark.parametrize("rgb", [(0, 0, 0), (1, 1, 1), (1, 0, 0), (0, 0, 1), (0.2, 0.4, 0.01)])
def test_there_and_back(rgb):
    assert cielab_to_rgb(rgb_to_cielab(rgb)) == pytest.approx(rgb, abs=2e-3)
