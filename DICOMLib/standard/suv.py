"""Standardized uptake value of PET images: the factor from voxel values to SUV by body weight."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from DICOMLib.core.errors import DICOMError

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
        One image of the series.
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
    """
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
    if not {"ATTN", "DECY"} <= set(corrected):
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
        elapsed += timedelta(days=1)  # the injection was before midnight
    half_lives = elapsed.total_seconds() / half_life_s
    if half_lives > MOST_HALF_LIVES:
        raise NoUptakeValue("Between injection and scan lies more time than the isotope lives.")
    return weight_kg * 1000 / (dose_bq * 2.0**-half_lives)


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
