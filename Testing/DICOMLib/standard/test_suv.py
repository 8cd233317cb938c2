"""Factors to SUV by body weight, against numbers worked out by hand."""

from __future__ import annotations

import json

import pydicom
import pytest
from pydicom.dataset import Dataset

from DICOMLib.standard.suv import NoUptakeValue, suv_body_weight_factor


def pet(isotope=None, **attributes):
    """370 MBq for 74 kg, one half life (6600 s) before the scan."""
    dataset, item = Dataset(), Dataset()
    given = {
        "RadionuclideTotalDose": 370e6, "RadionuclideHalfLife": 6600.0,
        "RadiopharmaceuticalStartTime": "100000",
    }  # fmt: skip
    for keyword, value in {**given, **(isotope or {})}.items():
        if value is not None:
            setattr(item, keyword, value)
    defaults = {
        "Units": "BQML", "DecayCorrection": "START", "CorrectedImage": ["DECY", "ATTN"],
        "PatientWeight": 74.0, "SeriesDate": "20240115", "SeriesTime": "115000",
        "AcquisitionDate": "20240115", "AcquisitionTime": "115000",
        "RadiopharmaceuticalInformationSequence": [item],
    }  # fmt: skip
    for keyword, value in {**defaults, **attributes}.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


# 74 kg in g by 370 MBq; after one half life, twice as much
AT_INJECTION = 74_000 / 370e6


@pytest.mark.parametrize(
    ("dataset", "times", "expected"),
    [
        (pet(), (), 2 * AT_INJECTION),
        (pet(DecayCorrection="ADMIN"), (), AT_INJECTION),
        (pet(Units="GML"), (), 1),
        # reconstructed in the evening: the earliest image counts
        (pet(SeriesTime="200000"), ("115500", "115000.5", ""), 2 * AT_INJECTION),
        # injected before midnight
        (pet({"RadiopharmaceuticalStartTime": "230000"}, SeriesTime="005000", AcquisitionTime="005000"), (),
         2 * AT_INJECTION),
        (pet({"RadiopharmaceuticalStartDateTime": "20240115081000"}), (), 4 * AT_INJECTION),
    ],
)  # fmt: skip
def test_factors(dataset, times, expected):
    assert suv_body_weight_factor(dataset, times) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("dataset", "text"),
    [
        (pet(PatientWeight=None), "Patient's Weight"),
        (pet({"RadionuclideTotalDose": None}), "Total Dose"),
        (pet({"RadionuclideHalfLife": None}), "Half Life"),
        (pet({"RadiopharmaceuticalStartTime": None}), "injection"),
        (pet(SeriesTime=None, AcquisitionTime=None), "scan"),
        (pet(CorrectedImage=["ATTN"]), "decay"),
        (pet(Units="PROPCNTS"), "PROPCNTS"),
        (pet(Units="GML", SUVType="LBM"), "body weight"),
        (pet(Units="CNTS"), "counts"),
    ],
)
def test_what_is_missing(dataset, text):
    with pytest.raises(NoUptakeValue, match=text):
        suv_body_weight_factor(dataset)


@pytest.mark.parametrize(
    "name", ["siemens_bqml_start", "ge_bqml_admin", "ge_bqml_none_start", "philips_cnts", "gml"]
)
def test_styles_of_manufacturers(shared_data, name):
    expected = json.loads((shared_data / "synthetic" / "pet_expected_suv.json").read_text())[name]
    path = min((shared_data / "synthetic" / f"pet_{name}").glob("*.dcm"))
    factor = suv_body_weight_factor(pydicom.dcmread(path))
    assert factor == pytest.approx(expected["SUVbw_factor_per_stored_unit_after_rescale"], rel=1e-6)
