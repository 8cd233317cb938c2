"""Stored values that give back the voxels: exactly where voxels lie at even steps, or else it is told."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.core.errors import ExportError
from DICOMLib.writing.stored_values import store

NUMBERS = np.random.default_rng(1).integers(-1000, 3000, (2, 6, 8))


def restored(stored):
    """Values times slope plus intercept (PS3.3 C.11.1.1.2)."""
    return np.array(
        [
            values.astype(float) * slope + shift
            for values, (slope, shift) in zip(stored.values, stored.scalings, strict=True)
        ]
    )


@pytest.mark.parametrize(
    "voxels",
    [
        pytest.param(NUMBERS * 0.5 - 3.25, id="halves"),
        pytest.param(NUMBERS * 100, id="hundreds beyond 16 bits"),
        pytest.param(np.array([[[0.0, 2e5, 5e5, 9e5]]]), id="few values with gaps"),
        pytest.param(np.array([[[-1e9, -1e9 + 1]]]), id="far from zero"),
        pytest.param((NUMBERS / 4).astype(np.float32), id="quarters in single precision"),
    ],
)
def test_voxels_at_even_steps_are_exact(voxels):
    stored = store(voxels)
    assert stored.error == 0
    assert stored.values.dtype in (np.int16, np.uint16)
    assert np.array_equal(restored(stored), voxels)


def test_steps_that_decimals_cannot_tell_are_as_near_as_single_precision():
    voxels = (NUMBERS * np.float32(0.1) - np.float32(3.25)).astype(np.float32)
    stored = store(voxels)
    away = np.abs(restored(stored) - voxels).max()
    assert 0 < away < 5e-5  # a step of 65536 from -103 to 297 is 0.006
    assert stored.error == pytest.approx(away)


def test_even_steps_of_pet_have_no_intercept():
    stored = store(np.abs(NUMBERS) * 0.25, without_intercept=True)
    assert set(stored.scalings) == {(0.25, 0.0)}
    assert np.array_equal(restored(stored), np.abs(NUMBERS) * 0.25)


def test_a_range_that_no_number_holds_is_refused():
    with pytest.raises(ExportError, match="too far from each other"):
        store(np.array([[[-1.7e308, 1.7e308, 0.3]]]))
