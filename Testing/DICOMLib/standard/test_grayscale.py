"""Look-up tables and windows against pydicom, and against values that are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut, apply_windowing

from DICOMLib.standard.grayscale import lookup_table, windowed

VALUES = np.arange(-40, 200, dtype=np.int16)


def table_item(descriptor, data):
    item = Dataset()
    item.LUTDescriptor, item.LUTData = descriptor, data
    item["LUTData"].VR = "OW" if isinstance(data, bytes) else "US"
    return item


def test_values_before_and_after_the_table():
    """Three entries from 10 on: smaller inputs take the first, larger ones the last (PS3.3 C.11.1.1.1)."""
    table = lookup_table(table_item([3, 10, 8], [5, 60, 255]))
    assert table.apply(np.array([-5, 10, 11, 11.4, 12, 900])).tolist() == [5, 5, 60, 60, 255, 255]
    assert (table.first, table.last) == (10, 12)
    assert table.grey(np.array([12])).tolist() == [1]


@pytest.mark.parametrize("first", [-20, 0, 30])
def test_modality_and_voi_tables_as_pydicom_applies_them(first):
    data = np.random.default_rng(1).integers(0, 65536, 100)
    item = table_item([100, first, 16], [int(value) for value in data])
    dataset = Dataset()
    dataset.ModalityLUTSequence = dataset.VOILUTSequence = [item]
    ours = lookup_table(item).apply(VALUES)
    assert np.array_equal(ours, apply_modality_lut(VALUES, dataset))
    assert np.array_equal(ours, apply_voi_lut(VALUES, dataset))


@pytest.mark.parametrize(
    ("bits", "data"),
    [
        (8, bytes(range(6))),  # one byte for each value
        (16, np.arange(6, dtype="<u2").tobytes()),
        (8, [0x0100, 0x0302, 0x0504]),  # two values in each word (PS3.3 C.11.1.1.1)
        (16, list(range(6))),
    ],
)
def test_ways_to_write_a_table(bits, data):
    assert lookup_table(table_item([6, 0, bits], data)).values.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_table_of_65536_values():
    """Their number does not fit into the descriptor, which tells 0."""
    table = lookup_table(table_item([0, 0, 16], np.arange(65536, dtype="<u2").tobytes()))
    assert (len(table.values), table.last) == (65536, 65535)


def test_a_table_that_is_too_short():
    with pytest.raises(ValueError, match="fewer values"):
        lookup_table(table_item([6, 0, 16], [1, 2]))


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_as_pydicom_applies_them(function):
    dataset = Dataset()
    dataset.PhotometricInterpretation, dataset.PixelRepresentation, dataset.BitsStored = "MONOCHROME2", 0, 8
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 77, 50, function
    expected = apply_windowing(VALUES.astype(np.uint8), dataset) / 255
    assert windowed(VALUES.astype(np.uint8), 77, 50, function) == pytest.approx(expected, abs=1e-6)


def test_the_narrowest_window_is_a_threshold():
    assert windowed(np.array([4, 5]), 5, 1).tolist() == [0, 1]
