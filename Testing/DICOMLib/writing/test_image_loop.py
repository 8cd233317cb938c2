"""What multi-frame images say of their frames, and what is told of it before."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.writing.derive import SourceImages
from DICOMLib.writing.image_loop import PERHAPS_ANNOTATED, SIZE_NOT_KEPT, Loop, image_loop
from Testing.image_series import image

US, US_MULTI_FRAME = "US", "1.2.840.10008.5.1.4.1.1.3.1"
GREY = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
TIMES = (0.0, 40.0, 80.0)


def source(**attributes):
    """An ultrasound loop that frames were made of."""
    given = {"SOPClassUID": US_MULTI_FRAME, "Modality": US, "NumberOfFrames": 3, "pixels": GREY}
    return SourceImages([image(**{**given, **attributes})])


@pytest.mark.parametrize(
    ("told", "tags", "expected", "notes"),
    [
        ({}, {}, "YES", [PERHAPS_ANNOTATED]),
        ({"BurnedInAnnotation": ""}, {}, "YES", [PERHAPS_ANNOTATED]),
        ({"BurnedInAnnotation": "NO"}, {}, "NO", []),
        ({"BurnedInAnnotation": "YES"}, {}, "YES", []),
        ({}, {"BurnedInAnnotation": "NO"}, "NO", []),
    ],
)
def test_captures_claim_no_picture_free_of_names(told, tags, expected, notes):
    written, given = image_loop(Loop(GREY, TIMES), {"Modality": "OT", **tags}, source(**told))
    assert (written.BurnedInAnnotation, given) == (expected, notes)


def test_ultrasound_says_of_names_what_the_source_does():
    written, notes = image_loop(Loop(GREY, TIMES), {"Modality": US}, source())
    assert ("BurnedInAnnotation" in written, notes) == (False, [])


def test_frames_of_the_scene_may_show_names():
    written, notes = image_loop(Loop(GREY, TIMES), {"Modality": "OT"})
    assert (written.BurnedInAnnotation, notes) == ("YES", [PERHAPS_ANNOTATED])


@pytest.mark.parametrize(
    ("columns", "told", "notes", "kept"),
    [
        (5, {"ImagerPixelSpacing": [0.2, 0.3]}, [], [0.2, 0.3]),
        (4, {"ImagerPixelSpacing": [0.2, 0.3]}, [SIZE_NOT_KEPT], None),
        (4, {}, [], None),
    ],
)
def test_pixels_of_frames_of_another_size(columns, told, notes, kept):
    angiography = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1", "Modality": "XA", "PixelSpacing": None}
    origin = source(**angiography, **told)
    written, given = image_loop(Loop(GREY[:, :, :columns], TIMES), {"Modality": "XA"}, origin)
    assert (written.get("ImagerPixelSpacing"), given) == (kept, notes)
