"""Radiographs are loaded by the scalar volume plugin, as images of one slice."""

from __future__ import annotations

import numpy as np
import pytest

from Testing import factories
from Testing.DICOMPlugins.loading import import_files, load_series, series_with

pytestmark = pytest.mark.mrml


@pytest.mark.parametrize(
    ("modality", "sop_class"),
    [("CR", "1.2.840.10008.5.1.4.1.1.1"), ("DX", "1.2.840.10008.5.1.4.1.1.1.1")],
)
def test_radiographs(database, tmp_path, modality, sop_class):
    import slicer

    absent = dict.fromkeys(["ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID"])
    (image,) = factories.ct_series(1, Modality=modality, RescaleIntercept=5, **absent)
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = sop_class
    image.PixelData = np.arange(64, dtype=np.int16).tobytes()
    factories.write([image], tmp_path / "image")
    import_files(tmp_path / "files", tmp_path / "image")
    (node,) = load_series(*series_with(modality))
    assert node.GetClassName() == "vtkMRMLScalarVolumeNode"
    assert slicer.util.arrayFromVolume(node).tolist() == [(np.arange(64).reshape(8, 8) + 5).tolist()]
