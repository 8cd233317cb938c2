"""Standardized uptake value of PET images: the factor from voxel values to SUV by body weight."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from DICOMLib.core.errors import DICOMError
from DICOMLib.standard.functional_groups import macro

ENHANCED_PET = "1.2.840.10008.5.1.4.1.1.130"
LEGACY_CONVERTED_PET = "1.2.840.10008.5.1.4.1.1.128.1"
CONVERTED_ATTRIBUTES = (
    "UnassignedPerFrameConvertedAttributesSequence",
    "UnassignedSharedConvertedAttributesSequence",
)
UPTAKE_UNITS, ACTIVITY_UNITS = "g/ml{SUVbw}", "Bq/ml"  # UCUM, PS3.16 CID 84 and 85
SAME_SCALE = 1e-6

PHILIPS_CREATOR, PHILIPS_GROUP, PHILIPS_SUV_FACTOR = "Philips PET Private Group", 0x7053, 0x00
PHILIPS_ACTIVITY_FACTOR = 0x09
MOST_HALF_LIVES = 100
GE_CREATOR, GE_GROUP, GE_SCAN_DATE_TIME = "GEMS_PETD_01", 0x0009, 0x0D


class NoUptakeValue(DICOMError):
    """What SUV needs is missing; the text says what."""


def suv_body_weight_factor(dataset: Any, acquisition_times: Sequence[str] = ()) -> float:
    """SUVbw of a voxel is its value (after rescale) times this.

    Parameters
    ----------
    dataset
        One image of the series, or an enhanced one.
    acquisition_times
        Acquisition Time (0008,0032) of all images of the series; the scan began with the earliest.

    Returns
    -------
    float
        In g/ml per unit of the voxels.

    Raises
    ------
    NoUptakeValue
        If an attribute is missing, or the units or the decay correction allow no SUV.

    References
    ----------
    PS3.3 C.8.9.1 (PET Series), C.8.9.2 (PET Isotope); the steps are those of the QIBA profile for FDG-PET.
    PS3.3 C.8.22.3 (Enhanced PET Corrections), C.8.22.4 (Enhanced PET Isotope).
    """
    if dataset.get("SOPClassUID") == ENHANCED_PET:
        return _factor_of_enhanced(dataset)
    dataset = before_conversion(dataset)
    units = str(dataset.get("Units", ""))
    if units == "GML":
        if str(dataset.get("SUVType") or "BW") != "BW":
            raise NoUptakeValue("The voxels are uptake values, but not by body weight.")
        return 1.0
    if units == "CNTS":
        return _factor_of_philips(dataset, acquisition_times)
    if units == "BQML":
        return _factor_of_activity(dataset, acquisition_times)
    raise NoUptakeValue(f"The units of the voxels are {units or 'not known'}.")


def before_conversion(dataset: Any) -> Any:
    """A legacy-converted image with the attributes of its first frame where a plain image has them.

    Other images are returned as they are. The acquisition is that of the frame which was acquired first.

    References
    ----------
    PS3.3 C.7.6.16.2.26 and C.7.6.16.2.27 (Unassigned Shared and Per-Frame Converted Attributes).
    """
    if dataset.get("SOPClassUID") != LEGACY_CONVERTED_PET:
        return dataset
    plain = copy.copy(dataset)
    for name in CONVERTED_ATTRIBUTES:
        plain.update(macro(dataset, 0, name))
    starts = [str(dataset.get("AcquisitionDateTime") or "")]
    for index in range(int(dataset.get("NumberOfFrames") or 1)):
        content = macro(dataset, index, "FrameContentSequence")
        starts.append(str(content.get("FrameAcquisitionDateTime") or ""))
    earliest = min(filter(None, starts), default="")
    if earliest:
        plain.AcquisitionDate, plain.AcquisitionTime = earliest[:8], earliest[8:14]
    return plain


def _factor_of_philips(dataset: Any, times: Sequence[str]) -> float:
    """Counts have a factor of their own, to SUV or to activity."""
    to_suv = _private(dataset, PHILIPS_GROUP, PHILIPS_CREATOR, PHILIPS_SUV_FACTOR)
    if to_suv:
        return float(to_suv)
    to_activity = _private(dataset, PHILIPS_GROUP, PHILIPS_CREATOR, PHILIPS_ACTIVITY_FACTOR)
    if to_activity:
        return float(to_activity) * _factor_of_activity(dataset, times)
    raise NoUptakeValue("The voxels are counts, without a factor to activity.")


def _factor_of_activity(dataset: Any, times: Sequence[str]) -> float:
    """Weight by the dose that is left at the time to which the voxels are corrected."""
    corrected = dataset.get("CorrectedImage") or ()
    if not {"ATTN", "DECY"} <= set(corrected) or dataset.get("DecayCorrection") == "NONE":
        raise NoUptakeValue("The image is not corrected for attenuation and decay.")
    isotope = (dataset.get("RadiopharmaceuticalInformationSequence") or [{}])[0]
    weight_kg = float(dataset.get("PatientWeight") or 0)
    dose_bq = float(isotope.get("RadionuclideTotalDose") or 0)
    half_life_s = float(isotope.get("RadionuclideHalfLife") or 0)
    needed = {"Patient's Weight": weight_kg, "Radionuclide Total Dose": dose_bq}
    if dataset.get("DecayCorrection") != "ADMIN":
        needed["Radionuclide Half Life"] = half_life_s
    for name, value in needed.items():
        if not value > 0:
            raise NoUptakeValue(f"{name} is missing.")
    if dataset.get("DecayCorrection") == "ADMIN":
        return weight_kg * 1000 / dose_bq
    elapsed = _scan_start(dataset, times) - _injection(dataset, isotope)
    if elapsed < timedelta(0):
        if isotope.get("RadiopharmaceuticalStartDateTime") and not _cross_midnight(times):
            raise NoUptakeValue("The injection is later than the scan.")
        elapsed += timedelta(days=1)  # the injection was before midnight
    half_lives = elapsed.total_seconds() / half_life_s
    if half_lives > MOST_HALF_LIVES:
        raise NoUptakeValue("Between injection and scan lies more time than the isotope lives.")
    return weight_kg * 1000 / (dose_bq * 2.0**-half_lives)


def _factor_of_enhanced(dataset: Any) -> float:
    """Weight by the dose that is left at the time to which all frames are corrected."""
    units = _units_of_frames(dataset)
    if units == UPTAKE_UNITS:
        return 1.0
    if units != ACTIVITY_UNITS:
        raise NoUptakeValue(f"The units of the voxels are {units or 'not known'}.")
    if not (dataset.get("AttenuationCorrected") == "YES" and dataset.get("DecayCorrected") == "YES"):
        raise NoUptakeValue("The image is not corrected for attenuation and decay.")
    isotope = _isotope_of_frames(dataset)
    weight_kg = float(dataset.get("PatientWeight") or 0)
    dose_bq = float(isotope.get("RadionuclideTotalDose") or 0)
    half_life_s = float(isotope.get("RadionuclideHalfLife") or 0)
    needed = {"Patient's Weight": weight_kg, "Radionuclide Total Dose": dose_bq}
    needed["Radionuclide Half Life"] = half_life_s
    for name, value in needed.items():
        if not value > 0:
            raise NoUptakeValue(f"{name} is missing.")
    injection = _moment(isotope, "RadiopharmaceuticalStartDateTime", "injection")
    corrected_to = _moment(dataset, "DecayCorrectionDateTime", "decay correction")
    if (injection.tzinfo is None) != (corrected_to.tzinfo is None):  # one of them is in the zone of the other
        injection, corrected_to = injection.replace(tzinfo=None), corrected_to.replace(tzinfo=None)
    half_lives = (corrected_to - injection).total_seconds() / half_life_s
    if not 0 <= half_lives <= MOST_HALF_LIVES:
        raise NoUptakeValue("The decay is corrected to a time that does not fit to the injection.")
    return weight_kg * 1000 / (dose_bq * 2.0**-half_lives)


def _units_of_frames(dataset: Any) -> str:
    """UCUM code of the rescaled values of all frames; empty if they do not tell it, or not the same one."""
    found = set()
    for index in range(int(dataset.get("NumberOfFrames") or 1)):
        mapping = macro(dataset, index, "RealWorldValueMappingSequence")
        rescale = macro(dataset, index, "PixelValueTransformationSequence")
        code = (mapping.get("MeasurementUnitsCodeSequence") or [{}])[0]
        is_same = all(
            abs(
                float(mapping.get(f"RealWorldValue{name}", unit)) - float(rescale.get(f"Rescale{name}", unit))
            )
            <= SAME_SCALE * abs(float(rescale.get(f"Rescale{name}", unit)))
            for name, unit in (("Slope", 1), ("Intercept", 0))
        )
        found.add(
            str(code.get("CodeValue", "")) if is_same and "RealWorldValueLUTData" not in mapping else ""
        )
    return found.pop() if len(found) == 1 else ""


def _isotope_of_frames(dataset: Any) -> Any:
    """The radiopharmaceutical that all frames show.

    Raises
    ------
    NoUptakeValue
        If there is not exactly one.
    """
    isotopes = list(dataset.get("RadiopharmaceuticalInformationSequence") or ())
    used = {
        macro(dataset, index, "RadiopharmaceuticalUsageSequence").get("RadiopharmaceuticalAgentNumber")
        for index in range(int(dataset.get("NumberOfFrames") or 1))
    } - {None}
    if used:
        isotopes = [one for one in isotopes if one.get("RadiopharmaceuticalAgentNumber") in used]
    if len(isotopes) != 1:
        raise NoUptakeValue("It is not known which radiopharmaceutical the image shows.")
    return isotopes[0]


def _moment(item: Any, keyword: str, what: str) -> datetime:
    """A DT value that is exact to the second."""
    found = re.fullmatch(r"(\d{14})(\.\d{1,6})?([+-]\d{4})?", str(item.get(keyword) or "").strip())
    if found is None:
        raise NoUptakeValue(f"The time of the {what} is missing.")
    digits, fraction, zone = found.groups()
    try:
        return datetime.strptime(
            f"{digits}{fraction or '.0'}{zone or ''}", "%Y%m%d%H%M%S.%f" + "%z" * bool(zone)
        )
    except ValueError:
        raise NoUptakeValue(f"The time of the {what} is not valid.") from None


def _scan_start(dataset: Any, times: Sequence[str]) -> datetime:
    """Begin of the series, unless that is the time of a later reconstruction."""
    series = _date_time(dataset.get("SeriesDate"), dataset.get("SeriesTime"))
    earliest = min((time for time in times if time), default=str(dataset.get("AcquisitionTime") or ""))
    acquired = _date_time(dataset.get("AcquisitionDate") or dataset.get("SeriesDate"), earliest)
    if series is not None and (acquired is None or series <= acquired):
        return series
    of_ge = str(_private(dataset, GE_GROUP, GE_CREATOR, GE_SCAN_DATE_TIME) or "")
    start = _date_time(of_ge[:8], of_ge[8:]) or acquired
    if start is None:
        raise NoUptakeValue("The time of the scan is missing.")
    return start


def _cross_midnight(times: Sequence[str]) -> bool:
    """Whether times of day are those of a scan that went on beyond midnight, so that the date is not sure."""
    known = sorted(time for time in times if time)
    return bool(known) and known[0] < "06" and known[-1] >= "18"


def _injection(dataset: Any, isotope: Any) -> datetime:
    whole = str(isotope.get("RadiopharmaceuticalStartDateTime") or "")
    time = _date_time(whole[:8], whole[8:]) or _date_time(
        dataset.get("SeriesDate"), isotope.get("RadiopharmaceuticalStartTime")
    )
    if time is None:
        raise NoUptakeValue("The time of the injection is missing.")
    return time


def _date_time(date: Any, time: Any) -> datetime | None:
    """A DA and a TM value; None if one is absent or malformed."""
    digits = str(time or "").split(".", maxsplit=1)[0]
    if not digits:
        return None
    try:
        return datetime.strptime(f"{date}{digits.ljust(6, '0')[:6]}", "%Y%m%d%H%M%S")
    except ValueError:
        return None


def _private(dataset: Any, group: int, creator: str, element: int) -> Any:
    try:
        return dataset.private_block(group, creator)[element].value
    except KeyError:
        return None
