"""The parts of a series, by tables of values."""

from __future__ import annotations

import pytest

from DICOMLib.plugins.volumes.sub_series import TAGS, divide

pytestmark = pytest.mark.mrml

AXIAL, SAGITTAL = "1\\0\\0\\0\\1\\0", "0\\1\\0\\0\\0\\-1"
ALMOST_AXIAL, NOT_AXIAL = "1.0\\0\\0\\0\\1\\1e-6", "1\\0\\0\\0\\1\\2e-6"
NUMBER, TYPE, PLANE = "acquisitionNumber", "imageType", "imageOrientationPatient"


def parts(tag, values, tolerance=1e-6):
    """(value, files by number, may leave a localizer out) of each part."""
    files = [f"f{index}" for index in range(len(values))]
    by_file = dict(zip(files, values, strict=True))
    result = divide(files, lambda path, name: by_file[path] if name == tag else "", (tag,), tolerance)
    assert [part.number for part in result] == list(range(1, len(result) + 1))
    return [(part.value, "".join(path[1:] for path in part.files), part.leavesLocalizer) for part in result]


@pytest.mark.parametrize(
    ("tag", "values", "expected"),
    [
        (NUMBER, ["1", "1", "1"], []),
        (NUMBER, ["2", "1", "2", "1"], [("2", "02", False), ("1", "13", False)]),
        # an empty text counts as a value, an empty vector does not
        (NUMBER, ["1", "", "1"], [("1", "02", True), ("", "1", False)]),
        (PLANE, [AXIAL, "", AXIAL], []),
        (PLANE, [AXIAL, "", SAGITTAL], [(AXIAL, "0", False), (SAGITTAL, "2", False)]),
        # vectors are compared by their numbers, text by letters
        (PLANE, [AXIAL, ALMOST_AXIAL], []),
        (PLANE, [AXIAL, NOT_AXIAL], [(AXIAL, "0", False), (NOT_AXIAL, "1", False)]),
        ("diffusionGradientOrientation", ["0\\0\\1", "0\\0\\1.0"], []),
        (NUMBER, ["1", "1.0"], [("1", "0", False), ("1.0", "1", False)]),
        # one file apart: the others may be free of a localizer
        (PLANE, [SAGITTAL, AXIAL, AXIAL], [(SAGITTAL, "0", False), (AXIAL, "12", True)]),
        (NUMBER, ["1", "2"], [("1", "0", False), ("2", "1", False)]),
        (NUMBER, ["1", "2", "2", "3"], [("1", "0", False), ("2", "12", False), ("3", "3", False)]),
        # commas would separate names
        (TYPE, ["A,B", "C"], [("A_B", "0", False), ("C", "1", False)]),
        # a vector that is none is a value of its own
        (PLANE, [AXIAL, "broken"], [(AXIAL, "0", False), ("broken", "1", False)]),
    ],
)
def test_parts(tag, values, expected):
    assert parts(tag, values) == expected


def test_tolerance_is_given():
    assert parts(PLANE, [AXIAL, NOT_AXIAL], tolerance=1e-5) == []


def test_tags_come_in_their_order():
    value = lambda path, name: path if name in ("imageType", "seriesInstanceUID") else "same"  # noqa: E731
    assert [part.tagName for part in divide(["a", "b"], value, TAGS)] == [
        "seriesInstanceUID",
        "seriesInstanceUID",
        "imageType",
        "imageType",
    ]
