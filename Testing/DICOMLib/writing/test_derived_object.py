"""Faults of source images that highdicom finds are told in words."""

from __future__ import annotations

import pytest
from pydicom import Dataset

from DICOMLib.core.errors import ExportError
from DICOMLib.writing.derived_object import foreign_faults


def test_a_missing_attribute_is_named() -> None:
    with pytest.raises(ExportError) as told, foreign_faults("segmentation"):
        Dataset().FrameOfReferenceUID  # noqa: B018  what highdicom does with the images
    assert str(told.value).endswith("are not as they must be (FrameOfReferenceUID is missing).")


def test_another_fault_says_what_it_is() -> None:
    with pytest.raises(ExportError) as told, foreign_faults("parametric map"):
        raise ValueError("Source images have different sizes.")
    assert str(told.value).endswith("are not as they must be (Source images have different sizes).")
