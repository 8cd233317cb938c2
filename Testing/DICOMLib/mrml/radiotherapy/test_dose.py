"""Histograms that come with a dose."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

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


def table_of(*histograms):
    """The table of histograms of one structure: DVHType, DVHDoseScaling and DVHData of each."""
    dataset = Dataset()
    dataset.DVHSequence = []
    for kind, scaling, data in histograms:
        item = Dataset()
        item.DVHType, item.DoseUnits, item.DVHVolumeUnits = kind, "GY", "CM3"
        item.DVHDoseScaling, item.DVHData = scaling, data
        dataset.DVHSequence.append(item)
    return dose_volume_histograms(dataset, {0: "Lung"})


def columns(table):
    return [
        [table.GetValue(row, column).ToDouble() for row in range(table.GetNumberOfRows())]
        for column in range(table.GetNumberOfColumns())
    ]


def test_dose_of_each_bin():
    """Bins from 0 to 1, 1 to 3 and 3 to 4 Gy of ten voxels of 1 cm3: five of 0.5, three of 2, two of 3.5 Gy.

    All ten have at least 0 Gy, five at least 1 Gy, two at least 3 Gy.
    """
    cumulative, differential = [0.5, 10, 1, 5, 0.5, 2], [0.5, 5, 1, 3, 0.5, 2]
    table = table_of(("CUMULATIVE", 2, cumulative), ("DIFFERENTIAL", 2, differential))
    assert columns(table) == [[0, 1, 3], [10, 5, 2], [0.5, 2, 3.5], [5, 3, 2]]


def test_several_histograms_of_one_structure():
    """None takes the columns of another."""
    one, other = ("CUMULATIVE", 1, [1, 4, 1, 2]), ("CUMULATIVE", 1, [2, 5, 2, 3])
    table = table_of(one, other, ("NATURAL", 1, [2, 6, 2, 1]))
    names = [table.GetColumnName(column) for column in range(table.GetNumberOfColumns())]
    assert names == [
        *("Lung dose [GY]", "Lung volume [CM3]", "Lung dose [GY] (2)", "Lung volume [CM3] (2)"),
        *("Lung natural dose [GY]", "Lung natural volume [CM3]"),
    ]
    assert columns(table) == [[0, 1], [4, 2], [0, 2], [5, 3], [1, 3], [6, 1]]


def test_doses_equal_those_of_dicompyler(shared_data):
    """Statistics of ROI 9 by dicompyler-core 0.5.6: D95, D50, D2 and V14.3Gy."""
    dataset = pydicom.dcmread(shared_data / "dicompyler-core/rtdose.dcm", force=True)
    dataset.DVHSequence = [
        one for one in dataset.DVHSequence if one.DVHReferencedROISequence[0].ReferencedROINumber == 9
    ]
    doses, volumes = map(np.array, columns(dose_volume_histograms(dataset, {})))
    for percent, dose in ((95, 14.14), (50, 14.28), (2, 14.47)):
        nearest = np.abs(volumes - volumes[0] * percent / 100).argmin()
        assert doses[nearest] == pytest.approx(dose, abs=1e-6)
    assert volumes[np.abs(doses - 14.3).argmin()] == pytest.approx(5.46282294573891)
