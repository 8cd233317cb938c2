"""Blanking of burned-in text outside the regions of ultrasound images; values are worked out by hand."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from DICOMLib.core.jobs import run
from DICOMLib.deidentification import Profile, deidentify
from Testing import factories

ROWS, COLUMNS = 6, 8
LEFT, TOP, RIGHT, BOTTOM = 2, 1, 5, 4  # corners of the region, inside it


def region(left=LEFT, top=TOP, right=RIGHT, bottom=BOTTOM):
    item = Dataset()
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
    return item


def ultrasound(interpretation="MONOCHROME2", frames=1, planar=0, regions=None):
    """An image with a number in each pixel, and Burned In Annotation YES."""
    samples = 1 if interpretation.startswith("MONO") else 3
    shape = (frames, ROWS, COLUMNS, samples)
    values = np.random.default_rng(4).integers(1, 255, shape).astype(np.uint8)
    dataset = factories.ct_series(1, "us", Modality="US", BurnedInAnnotation="YES")[0]
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = ROWS, COLUMNS, frames
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = samples, interpretation
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    if samples == 3:
        dataset.PlanarConfiguration = planar
    stored = np.moveaxis(values, -1, 1) if planar else values
    dataset.PixelData = stored.tobytes()
    dataset.SequenceOfUltrasoundRegions = [region()] if regions is None else regions
    return dataset, values


def cleaned(dataset, tmp_path, *options):
    """The report, and the copies."""
    paths = factories.write([dataset], tmp_path / "in")
    report = run(deidentify(paths, tmp_path / "out", Profile(frozenset(options))))
    assert report.failed == []
    return report, [pydicom.dcmread(path) for _, path in report.written]


@pytest.mark.parametrize(
    ("interpretation", "frames", "planar", "black"),
    [
        ("MONOCHROME2", 1, 0, 0),
        ("MONOCHROME1", 3, 0, 255),
        ("RGB", 2, 0, 0),
        ("RGB", 1, 1, 0),
        ("YBR_FULL", 2, 0, (0, 128, 128)),
    ],
)
def test_only_the_regions_are_left(tmp_path, interpretation, frames, planar, black):
    dataset, values = ultrasound(interpretation, frames, planar)
    expected = np.empty_like(values)
    expected[:] = black
    inside = np.s_[:, TOP : BOTTOM + 1, LEFT : RIGHT + 1]
    expected[inside] = values[inside]
    report, (copy,) = cleaned(dataset, tmp_path, "clean-pixels")
    stored = np.frombuffer(copy.PixelData, np.uint8)
    if planar:
        stored = np.moveaxis(stored.reshape(frames, 3, ROWS, COLUMNS), 1, -1)
    assert np.array_equal(stored.reshape(expected.shape), expected)
    assert copy.BurnedInAnnotation == "NO"
    assert "113101" in [item.CodeValue for item in copy.DeidentificationMethodCodeSequence]
    assert report.to_check == [path for _, path in report.written]  # a person looks at it all the same


def test_compressed_pixels(tmp_path):
    dataset, values = ultrasound("RGB", 2)
    dataset.compress(RLELossless, generate_instance_uid=False)
    _report, (copy,) = cleaned(dataset, tmp_path, "clean-pixels")
    assert not copy.file_meta.TransferSyntaxUID.is_compressed
    assert np.array_equal(copy.pixel_array[:, TOP, LEFT], values[:, TOP, LEFT])
    assert not copy.pixel_array[:, 0].any()


def test_without_the_option_or_without_regions_it_is_left_out(tmp_path):
    report, copies = cleaned(ultrasound()[0], tmp_path / "plain")
    assert (copies, "clean-pixels" in report.left_out[0][1]) == ([], True)
    report, copies = cleaned(ultrasound(regions=[])[0], tmp_path / "none", "clean-pixels")
    assert (copies, "burned into" in report.left_out[0][1]) == ([], True)
    report, copies = cleaned(ultrasound(regions=[Dataset()])[0], tmp_path / "empty", "clean-pixels")
    assert (copies, "no ultrasound regions" in report.left_out[0][1]) == ([], True)
