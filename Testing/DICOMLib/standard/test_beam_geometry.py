"""Machine coordinates for angles whose directions are known without calculation."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.standard.beam_geometry import beam_to_lps, source_lps

LEFT, RIGHT = (1, 0, 0), (-1, 0, 0)
POSTERIOR, ANTERIOR = (0, 1, 0), (0, -1, 0)
SUPERIOR, INFERIOR = (0, 0, 1), (0, 0, -1)


@pytest.mark.parametrize(
    ("position", "gantry", "source"),
    [
        ("HFS", 0, ANTERIOR),
        ("HFS", 90, LEFT),
        ("HFS", 180, POSTERIOR),
        ("HFS", 270, RIGHT),
        ("HFP", 0, POSTERIOR),
        ("HFP", 90, RIGHT),
        ("FFS", 0, ANTERIOR),
        ("FFS", 90, RIGHT),
        ("FFP", 0, POSTERIOR),
        ("FFP", 90, LEFT),
        # on the left side, the right one is above
        ("HFDL", 0, RIGHT),
        ("HFDL", 90, ANTERIOR),
        ("HFDR", 0, LEFT),
        ("HFDR", 90, POSTERIOR),
        ("FFDL", 0, RIGHT),
        ("FFDL", 90, POSTERIOR),
        ("FFDR", 0, LEFT),
        ("FFDR", 90, ANTERIOR),
        ("unknown", 90, LEFT),
    ],
)
def test_where_the_source_is(position, gantry, source):
    rotation = beam_to_lps(gantry, 0, 0, position)
    assert np.allclose(
        source_lps(np.array([10.0, 20, 30]), rotation, 1000) - (10, 20, 30), np.multiply(source, 1000)
    )


@pytest.mark.parametrize(
    ("position", "towards_gantry"),
    [
        *((position, SUPERIOR) for position in ("HFS", "HFP", "HFDL", "HFDR")),
        *((position, INFERIOR) for position in ("FFS", "FFP", "FFDL", "FFDR")),
    ],
)
def test_y_points_to_the_gantry(position, towards_gantry):
    rotation = beam_to_lps(0, 0, 0, position)
    assert np.allclose(rotation[:, 1], towards_gantry)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_limiter_turns_about_the_beam():
    # By 90 degrees its x axis comes to where y was: towards the gantry.
    rotation = beam_to_lps(0, 90, 0)
    assert np.allclose(rotation[:, 0], SUPERIOR)
    assert np.allclose(rotation[:, 2], ANTERIOR)


def test_support_turns_the_patient_under_the_beam():
    # The top turns counter-clockwise as seen from above; with it at 90 degrees the head lies at negative x,
    # and a lateral beam from positive x meets the feet.
    assert np.allclose(beam_to_lps(90, 0, 90)[:, 2], INFERIOR)


@pytest.mark.parametrize("angles", [(10, 20, 30), (200, 300, 10)])
def test_is_a_rotation(angles):
    rotation = beam_to_lps(*angles)
    assert np.allclose(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1)
