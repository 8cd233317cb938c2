"""Colours as DICOM stores them: CIELab in 16 bits for each component (PS3.3 C.10.7.1.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# sRGB (IEC 61966-2-1) to CIE XYZ, relative to the white point D65.
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_LINEAR_BELOW = (6 / 29) ** 3
_SCALE = 65535


def cielab_to_rgb(stored: Sequence[int]) -> tuple[float, float, float]:
    """Colour of Recommended Display CIELab Value (0062,000D) and the like.

    Parameters
    ----------
    stored
        Three whole numbers of 16 bits: L* from 0 to 100, a* and b* from -128 to 127.

    Returns
    -------
    tuple
        Red, green and blue of sRGB, each 0 to 1; colours that no screen can show are cut off.
    """
    lightness = stored[0] * 100 / _SCALE
    a, b = (value * 255 / _SCALE - 128 for value in stored[1:3])
    middle = (lightness + 16) / 116
    curve = np.array([middle + a / 500, middle, middle - b / 200])
    linear = 3 * (6 / 29) ** 2 * (curve - 4 / 29)
    xyz = _WHITE * np.where(curve > 6 / 29, curve**3, linear)
    light = np.clip(np.linalg.solve(_RGB_TO_XYZ, xyz), 0, 1)
    red, green, blue = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return float(red), float(green), float(blue)


def rgb_to_cielab(rgb: Sequence[float]) -> tuple[int, int, int]:
    """The reverse of `cielab_to_rgb`, for red, green and blue from 0 to 1."""
    given = np.clip(np.asarray(rgb, float), 0, 1)
    light = np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)
    ratio = _RGB_TO_XYZ @ light / _WHITE
    curve = np.where(ratio > _LINEAR_BELOW, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    lab = (116 * curve[1] - 16, 500 * (curve[0] - curve[1]), 200 * (curve[1] - curve[2]))
    scaled = (lab[0] * _SCALE / 100, (lab[1] + 128) * _SCALE / 255, (lab[2] + 128) * _SCALE / 255)
    first, second, third = (round(min(max(value, 0), _SCALE)) for value in scaled)
    return int(first), int(second), int(third)
