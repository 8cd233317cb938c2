"""The order of files and the warnings about their spacing."""

from __future__ import annotations

import pytest

from DICOMLib.DICOMUtils import getSortedImageFiles
from DICOMLib.plugins.volumes.slices import sort_files

pytestmark = pytest.mark.mrml

AXIAL = "1\\0\\0\\0\\1\\0"


class Headers:
    """Positions and orientations by path, as `fileValue` gives them."""

    def __init__(self, positions, orientation=AXIAL, frames=""):
        self.values = {}
        for index, position in enumerate(positions):
            self.values[f"f{index}", "0020,0032"] = position
            self.values[f"f{index}", "0020,0037"] = orientation if position else ""
            self.values[f"f{index}", "0028,0008"] = frames

    def fileValue(self, path, tag):
        return self.values.get((path, tag), "")


def at(*heights):
    return Headers([f"0\\0\\{height}" for height in heights])


def paths(count):
    return [f"f{index}" for index in range(count)]


def test_nothing():
    assert getSortedImageFiles([]) == ([], {}, "")


def test_order_and_distances():
    result = sort_files(at(5, 0, 10), paths(3))
    assert result.files == ["f1", "f0", "f2"]
    assert result.distances == {"f0": 0.0, "f1": -5.0, "f2": 5.0}
    assert result.warning == ""


def test_equal_positions_keep_their_order():
    assert sort_files(at(1, 0, 1, 0), paths(4)).files == ["f1", "f3", "f0", "f2"]


@pytest.mark.parametrize(("heights", "epsilon", "warns"), [
    ((0, 1, 2.009), 0.01, False),
    ((0, 1, 2.011), 0.01, True),
    ((0, 1, 2.011), 0.02, False),
    ((0, 1, 1.989), 0.01, True),
])  # fmt: skip
def test_tolerance(heights, epsilon, warns):
    assert bool(sort_files(at(*heights), paths(3), epsilon).warning) == warns


def test_warning_names_the_first_uneven_gap():
    warning = sort_files(at(0, 2.5, 7.5, 20), paths(4)).warning
    assert "5 mm instead of 2.5 mm" in warning
    assert "files 2 and 1" in warning
    assert "12.5" not in warning
    assert warning.count("\n") == 1
    assert warning.endswith("\n")


def test_first_file_without_geometry():
    result = sort_files(Headers(["", "0\\0\\1"]), paths(2))
    assert (result.files, result.distances) == (["f0", "f1"], {})
    assert "reference" in result.warning


@pytest.mark.parametrize("position", ["", "0\\0", "0\\0\\nan", "0\\0\\x"])
def test_later_file_without_geometry(position):
    result = sort_files(Headers(["0\\0\\5", position, "0\\0\\1"]), paths(3))
    assert (result.files, result.distances) == (["f0", "f1", "f2"], {})
    assert "One or more images" in result.warning


def test_multi_frame_is_said_beside_the_rest():
    assert sort_files(Headers(["0\\0\\5"], frames="1"), paths(1)).warning == ""
    assert sort_files(Headers(["0\\0\\5"], frames="7"), paths(1)).warning.startswith(
        "The image has several frames"
    )
    both = sort_files(Headers(["0\\0\\5", ""], frames="7"), paths(2)).warning
    assert both.count("\n") == 2


def test_orientation_of_the_first_file_counts_for_all():
    headers = at(0, 1, 2)
    headers.values["f1", "0020,0037"] = "0\\1\\0\\0\\0\\-1"
    assert sort_files(headers, paths(3)).distances == {"f0": 0, "f1": 1, "f2": 2}
