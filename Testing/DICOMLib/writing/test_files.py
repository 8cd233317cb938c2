"""Files that are written: what does not fit into Explicit VR."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from DICOMLib.writing.files import write_dataset
from Testing import factories


@pytest.mark.parametrize(
    ("points", "syntax"), [(100, ExplicitVRLittleEndian), (5000, ImplicitVRLittleEndian)]
)
def test_long_contours_are_whole_and_keep_their_vr(tmp_path, points, syntax):
    values = np.round(np.random.default_rng(1).uniform(-300, 300, points * 3), 3)
    contour, roi = Dataset(), Dataset()
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", points
    contour.ContourData = values.tolist()
    roi.ReferencedROINumber, roi.ContourSequence = 1, [contour]
    dataset = factories.rt_structure_set(ROIContourSequence=[roi])
    del dataset.file_meta
    write_dataset(dataset, tmp_path / "structures.dcm")
    read = pydicom.dcmread(tmp_path / "structures.dcm")
    element = read.ROIContourSequence[0].ContourSequence[0]["ContourData"]
    assert read.file_meta.TransferSyntaxUID == syntax
    assert element.VR == "DS"
    assert np.array_equal([float(value) for value in element.value], values)
