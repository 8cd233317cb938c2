"""Overlays of presentation states as segments: against DCMTK, pydicom and hand calculation."""

from __future__ import annotations

import subprocess

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage

from Testing.DICOMPlugins.loading import (
    import_files,
    masks_in_world,
    of_class,
    offers,
    points_of,
    series_with,
)
from Testing.DICOMPlugins.test_DICOMPresentationStatePlugin import (  # noqa: F401
    PLUGIN,
    WEASIS,
    item,
    loaded,
    state,
)

pytestmark = pytest.mark.mrml


def segments():
    """Loads the state; gives its volume, and the points (RAS) of each segment by name."""
    nodes = loaded()
    (volume,) = of_class(nodes, "vtkMRMLScalarVolumeNode")
    found = of_class(nodes, "vtkMRMLSegmentationNode")
    masks = masks_in_world(found[0]) if found else {}
    return volume, {name: points_of(*mask) for name, mask in masks.items()}


def pixels_of(volume, points):
    """Image (rows, columns) of bool of the points in the first slice of a volume."""
    from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

    image = np.zeros(volume.GetImageData().GetDimensions()[1::-1], bool)
    for point in points:
        column, row, slice_ = np.rint(np.linalg.inv(ijk_to_ras_of(volume)) @ [*point, 1])[:3].astype(int)
        assert slice_ == 0
        image[row, column] = True
    return image


def test_overlays_of_another_maker(database, shared_data, tmp_path):
    """Two in the bits of the pixels, two in the image, two in the state; DCMTK writes each as a picture."""
    paths = [shared_data / WEASIS / name for name in ("prOverlay.dcm", "overlay.dcm")]
    made, image = (pydicom.dcmread(path) for path in paths)
    assert made.SOPClassUID == GrayscaleSoftcopyPresentationStateStorage
    import_files(tmp_path / "files", *paths)
    volume, points = segments()
    stored = np.frombuffer(image.PixelData, "<u2").reshape(image.Rows, image.Columns)
    expected = {
        "Overlay 1 (LAYER1)": stored >> 15 & 1,
        "Overlay 2 (LAYER2)": stored >> 14 & 1,
        "Overlay 3 (LAYER3)": image.overlay_array(0x6004),
        "Overlay 4 (LAYER4)": image.overlay_array(0x6006),
        "Overlay 5 (LAYER5)": made.overlay_array(0x6008),
        "Overlay 6 (LAYER6)": made.overlay_array(0x600A),
    }
    drawn = {name: pixels_of(volume, places) for name, places in points.items()}
    assert list(drawn) == list(expected)
    for name, plane in expected.items():
        assert plane.any()
        assert np.array_equal(drawn[name], plane.astype(bool)), name

    command = ["dcmp2pgm", "-v", "-p", *paths, "picture.pgm"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    for number, plane in enumerate(drawn.values(), start=1):
        by_dcmtk = np.array(Image.open(tmp_path / f"ovl_{number:02d}01.pgm"))
        assert np.array_equal(by_dcmtk > 0, plane)


def overlay_elements(plane, origin):
    """Elements of an overlay by their number: (VR, value)."""
    bits = np.packbits(np.asarray(plane, np.uint8).ravel(), bitorder="little").tobytes()
    return {
        0x0010: ("US", len(plane)), 0x0011: ("US", len(plane[0])), 0x0040: ("CS", "G"),
        0x0050: ("SS", list(origin)), 0x0100: ("US", 1), 0x0102: ("US", 0),
        0x3000: ("OW", bits + b"\0" * (len(bits) % 2)),
    }  # fmt: skip


@pytest.fixture
def with_overlay(state):  # noqa: F811
    """A state for three slices with an overlay of 2 rows and 3 columns of its own; of a layer, or of none."""

    def make(origin, layer):
        import slicer

        grey = item(GraphicLayer="L", GraphicLayerRecommendedDisplayGrayscaleValue=32768)
        state(GraphicLayerSequence=[grey])
        (uid,) = series_with("PR")
        (path,) = slicer.dicomDatabase.filesForSeries(uid)
        dataset = pydicom.dcmread(path)
        elements = overlay_elements([[1, 0, 1], [0, 1, 0]], origin)
        if layer:
            elements[0x1001] = ("CS", layer)
        for element, (vr, value) in elements.items():
            dataset.add_new((0x6002, element), vr, value)
        dataset.save_as(path)

    return make


# Rows and columns count from 1: the pixel of the first row and column lies at (-100, -100, 0) LPS, 0.5 mm.
@pytest.mark.parametrize(
    ("origin", "pixels"),
    [
        ((1, 1), [(0, 0), (0, 2), (1, 1)]),
        ((3, 2), [(2, 1), (2, 3), (3, 2)]),
        ((8, 7), [(7, 6)]),  # what lies outside of the image is not there
        ((0, 0), [(0, 0)]),
    ],
)
def test_places_by_hand(with_overlay, origin, pixels):
    with_overlay(origin, "L")
    _volume, points = segments()
    expected = {(100 - 0.5 * column, 100 - 0.5 * row, z) for row, column in pixels for z in (0.0, 2.5, 5.0)}
    assert points == {"Overlay 2 (L)": expected}


def test_colour_of_the_layer(with_overlay):
    with_overlay((1, 1), "L")
    (node,) = of_class(loaded(), "vtkMRMLSegmentationNode")
    assert node.GetSegmentation().GetNthSegment(0).GetColor() == pytest.approx([32768 / 65535] * 3, abs=1e-3)


def test_an_overlay_of_no_layer_is_not_displayed(with_overlay):
    with_overlay((1, 1), "")
    assert of_class(loaded(), "vtkMRMLSegmentationNode") == []


@pytest.mark.parametrize(
    ("attributes", "warning"),
    [
        ({}, ""),
        ({"ImageRotation": 0, "ImageHorizontalFlip": "N"}, ""),
        ({"ImageRotation": 90, "ImageHorizontalFlip": "N"}, "turned by 90 degrees"),
        ({"ImageRotation": 0, "ImageHorizontalFlip": "Y"}, "mirrored"),
        ({"ImageRotation": 270, "ImageHorizontalFlip": "Y"}, "turned by 270 degrees and mirrored"),
    ],
)
def test_turned_images_have_a_warning(state, attributes, warning):  # noqa: F811
    state(**attributes)
    (loadable,) = offers(PLUGIN, series_with("PR")[0])
    if warning:
        assert f"The state shows its images {warning}." in loadable.warning
    else:
        assert loadable.warning == ""
