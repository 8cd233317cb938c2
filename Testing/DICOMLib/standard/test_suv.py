"""Factors to SUV by body weight, against numbers worked out by hand."""

from __future__ import annotations

import json

import numpy as np
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
        # the earliest time of the scan is that of the day after
        (pet({"RadiopharmaceuticalStartDateTime": "20240115221000"}, SeriesTime="235500",
             AcquisitionTime="235500"), ("235500", "000000"), 2 * AT_INJECTION),
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
        (pet(DecayCorrection="NONE"), "decay"),
        # not the day before: the date is told
        (pet({"RadiopharmaceuticalStartDateTime": "20240115120000"}), "injection is later"),
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


def test_the_same_scan_in_activity_and_in_uptake_values(shared_data):
    """IBSI publishes a part of a scan of TCIA in g/ml; the voxels of that in Bq/ml become these."""
    uptake = sorted((shared_data / "ibsi-sts-001/ibsi_validation/dicom/STS_001/PET/image").glob("*"))
    activity = [pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["ImagePositionPatient"])
                for path in sorted((shared_data / "tcia-sts-001-pet").rglob("image/*.dcm"))]  # fmt: skip
    ours = pydicom.dcmread(uptake[30])
    place = np.array(ours.ImagePositionPatient, float)
    nearest = min(activity, key=lambda one: abs(float(one.ImagePositionPatient[2]) - place[2]))
    whole = pydicom.dcmread(nearest.filename)
    spacing = float(whole.PixelSpacing[0])
    column, row, height = (place - np.array(whole.ImagePositionPatient, float)) / spacing
    assert (column % 1, row % 1, abs(height)) == pytest.approx((0, 0, 0), abs=1e-3)
    part = values_of(whole)[round(row) :, round(column) :][: ours.Rows, : ours.Columns]
    expected = values_of(ours)
    assert expected.max() > 2
    assert np.allclose(part * suv_body_weight_factor(whole), expected, rtol=1e-3, atol=1e-3)


def values_of(image):
    """Rescaled values."""
    return image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept)


def item(**attributes):
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def group(unit="Bq/ml", slope=2.5, rescale=2.5, agent=1):
    """Functional groups of a frame with values in a unit."""
    code = item(CodeValue=unit, CodingSchemeDesignator="UCUM", CodeMeaning=unit)
    mapping = item(
        RealWorldValueSlope=slope, RealWorldValueIntercept=0.0, MeasurementUnitsCodeSequence=[code]
    )
    return item(
        RealWorldValueMappingSequence=[mapping],
        PixelValueTransformationSequence=[item(RescaleSlope=rescale, RescaleIntercept=0)],
        RadiopharmaceuticalUsageSequence=[item(RadiopharmaceuticalAgentNumber=agent)],
    )


def enhanced(isotope=None, groups=None, **attributes):
    """370 MBq for 74 kg, one half life (6600 s = 1 h 50 min) before the time of the decay correction."""
    given = {
        "RadionuclideTotalDose": 370e6, "RadionuclideHalfLife": 6600.0, "RadiopharmaceuticalAgentNumber": 1,
        "RadiopharmaceuticalStartDateTime": "20240115100000",
    }  # fmt: skip
    agent = item(**{key: value for key, value in {**given, **(isotope or {})}.items() if value is not None})
    frames = groups or [group(), group()]
    defaults = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.130", "NumberOfFrames": len(frames), "PatientWeight": 74.0,
        "DecayCorrected": "YES", "AttenuationCorrected": "YES", "DecayCorrectionDateTime": "20240115115000.0",
        "RadiopharmaceuticalInformationSequence": [agent], "PerFrameFunctionalGroupsSequence": frames,
    }  # fmt: skip
    both = {**defaults, **attributes}
    return item(**{key: value for key, value in both.items() if value is not None})


OTHER_AGENT = item(RadiopharmaceuticalAgentNumber=2, RadionuclideTotalDose=1.0, RadionuclideHalfLife=1.0)


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        (enhanced(), 2 * AT_INJECTION),
        (enhanced(DecayCorrectionDateTime="20240115100000"), AT_INJECTION),
        (enhanced(DecayCorrectionDateTime="20240115134000"), 4 * AT_INJECTION),
        # the injection was the evening before: 23:10 to 01:00
        (enhanced({"RadiopharmaceuticalStartDateTime": "20240114231000"},
                  DecayCorrectionDateTime="20240115010000"), 2 * AT_INJECTION),
        # 10:00 in the zone of Greenwich is 11:00 one hour further east
        (enhanced({"RadiopharmaceuticalStartDateTime": "20240115100000+0000"},
                  DecayCorrectionDateTime="20240115125000+0100"), 2 * AT_INJECTION),
        (enhanced(groups=[group("g/ml{SUVbw}")]), 1),
        (enhanced(RadiopharmaceuticalInformationSequence=[
            OTHER_AGENT, *enhanced().RadiopharmaceuticalInformationSequence]), 2 * AT_INJECTION),
    ],
)  # fmt: skip
def test_factors_of_enhanced_images(dataset, expected):
    assert suv_body_weight_factor(dataset) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("dataset", "text"),
    [
        (enhanced(PatientWeight=None), "Patient's Weight"),
        (enhanced({"RadionuclideTotalDose": None}), "Total Dose"),
        (enhanced({"RadionuclideHalfLife": None}), "Half Life"),
        (enhanced({"RadiopharmaceuticalStartDateTime": None}), "injection"),
        (enhanced({"RadiopharmaceuticalStartDateTime": "20240231100000"}), "injection is not valid"),
        (enhanced(DecayCorrectionDateTime=None), "decay correction"),
        (enhanced(DecayCorrectionDateTime="20240115"), "decay correction"),
        (enhanced(DecayCorrectionDateTime="20240115095959"), "does not fit"),
        (enhanced(DecayCorrected="NO"), "not corrected"),
        (enhanced(AttenuationCorrected="NO"), "not corrected"),
        (enhanced(groups=[group(), group("{counts}")]), "units of the voxels are not known"),
        (enhanced(groups=[group("{counts}")]), "counts"),
        # the mapping is of other values than those of the volume
        (enhanced(groups=[group(slope=5.0)]), "not known"),
        (enhanced(RadiopharmaceuticalInformationSequence=None), "radiopharmaceutical"),
        (enhanced(groups=[group(agent=1), group(agent=2)], RadiopharmaceuticalInformationSequence=[
            OTHER_AGENT, *enhanced().RadiopharmaceuticalInformationSequence]), "radiopharmaceutical"),
    ],
)  # fmt: skip
def test_what_is_missing_in_enhanced_images(dataset, text):
    with pytest.raises(NoUptakeValue, match=text):
        suv_body_weight_factor(dataset)
