"""What multi-frame images say of their frames, and what is told of it before."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.core.errors import ExportError
from DICOMLib.writing.derive import SourceImages
from DICOMLib.writing.image_loop import INVERTED, PERHAPS_ANNOTATED, SIZE_NOT_KEPT, Loop, image_loop
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


XA = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1", "Modality": "XA", "PixelSpacing": None}
WINDOW = {"WindowCenter": [40, 100], "WindowWidth": [20, 50], "BurnedInAnnotation": "NO"}


@pytest.mark.parametrize(
    ("attributes", "modality", "bits", "top", "center"),
    [
        (XA, "XA", 8, 255, [216, 156]),
        (XA, "OT", 8, 255, [216, 156]),
        ({}, "US", 8, 255, [216, 156]),
        (XA, "XA", 10, 1023, [984, 924]),
        (XA, "OT", 10, 1023, [984, 924]),
    ],
)
def test_frames_whose_low_values_are_bright_look_the_same(attributes, modality, bits, top, center):
    frames = GREY if bits == 8 else GREY.astype(np.uint16) * 9
    given = {**attributes, **WINDOW, "PhotometricInterpretation": "MONOCHROME1", "BitsStored": bits}
    origin = source(pixels=frames, **given)
    written, notes = image_loop(Loop(frames, TIMES), {"Modality": modality}, origin)
    stored = np.frombuffer(written.PixelData, frames.dtype).reshape(frames.shape)
    assert written.PhotometricInterpretation == "MONOCHROME2"
    assert np.array_equal(stored, top - frames)
    # a window of 40 and 20 goes from 30 to 49 (PS3.3 C.11.2.1.2), and from 206 to 225 where 255 becomes 0
    assert (list(written.WindowCenter), list(written.WindowWidth)) == (center, [20, 50])
    assert notes == [INVERTED.format(top=top)]


def test_frames_of_bits_that_the_source_has_not():
    frames = GREY.astype(np.uint16) * 100
    origin = source(**XA, **WINDOW, PhotometricInterpretation="MONOCHROME1", BitsStored=8)
    written, _notes = image_loop(Loop(frames, TIMES), {"Modality": "XA"}, origin)
    assert np.array_equal(np.frombuffer(written.PixelData, np.uint16), 65535 - frames.reshape(-1))


def test_colours_are_not_inverted():
    frames = np.stack([GREY, GREY, GREY], -1)
    origin = source(**WINDOW, PhotometricInterpretation="MONOCHROME1")
    written, notes = image_loop(Loop(frames, TIMES), {"Modality": "US"}, origin)
    assert (written.PixelData, notes) == (frames.tobytes(), [])


def uneven(frames, step):
    """Frames of one pixel, each `step` ms after the one before, but the second."""
    times = np.arange(frames) * step
    times[1] += 5 / 7
    return Loop(np.ones((frames, 1, 1), np.uint8), [float(time) for time in times])


def test_uneven_times_are_written_to_microseconds():
    third = 100 / 3
    written, _notes = image_loop(uneven(4, third), {"Modality": "US"})
    assert list(written.FrameTimeVector) == [0, 34.048, 32.619, 33.333]
    many, _notes = image_loop(uneven(6000, third), {"Modality": "US"})
    assert abs(sum(many.FrameTimeVector) - 5999 * third) < 0.001


def test_uneven_times_that_no_image_can_hold_are_refused():
    # "0.0" and 9361 texts of 6 characters with a backslash before each; one more is more than 65,534 bytes
    held, _notes = image_loop(uneven(9362, 33.125), {"Modality": "US"})
    assert len("\\".join(map(str, held.FrameTimeVector))) == 65530
    with pytest.raises(ExportError, match="times of 9363 uneven frames"):
        image_loop(uneven(9363, 33.125), {"Modality": "US"})
