"""Levels of a database by the numbers that scripts of Slicer know."""

from __future__ import annotations

import pytest

from DICOMLib.widgets.item_model import ctkDICOMModel


@pytest.mark.parametrize(
    ("name", "number"),
    [("RootType", 0), ("PatientType", 1), ("StudyType", 2), ("SeriesType", 3), ("ImageType", 4)],
)
def test_levels(name, number):
    assert getattr(ctkDICOMModel, name) == getattr(ctkDICOMModel.IndexType, name) == number
