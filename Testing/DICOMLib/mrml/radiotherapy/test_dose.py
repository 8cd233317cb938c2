"""Histograms that come with a dose."""

from __future__ import annotations

import pydicom
import pytest

from DICOMLib.mrml.radiotherapy.dose import dose_volume_histograms

pytestmark = pytest.mark.mrml


def test_kinds_of_histograms(shared_data):
    """Those that are not cumulative are named so; the numbers are those of the file."""
    dataset = pydicom.dcmread(shared_data / "dicompyler-core/rtdose.dcm", force=True)
    dataset.DVHSequence = dataset.DVHSequence[:2]
    dataset.DVHSequence[1].DVHType = "DIFFERENTIAL"
    table = dose_volume_histograms(dataset, {})
    numbers = [one.DVHReferencedROISequence[0].ReferencedROINumber for one in dataset.DVHSequence]
    names = [table.GetColumnName(column) for column in (1, 3)]
    assert names == [f"ROI {numbers[0]} volume [CM3]", f"ROI {numbers[1]} differential volume [CM3]"]
    for column, item in zip((1, 3), dataset.DVHSequence, strict=True):
        volumes = [table.GetValue(row, column).ToDouble() for row in range(3)]
        assert volumes == pytest.approx([float(value) for value in item.DVHData[1:6:2]])
