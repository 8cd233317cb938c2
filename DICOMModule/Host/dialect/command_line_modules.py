"""Command line modules of Slicer that plugins call, as functions of this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import slicer


def _create_dicom_series(parameters: Mapping[str, Any]) -> None:
    from DICOMLib.mrml.volumes.create_dicom_series import create_dicom_series

    create_dicom_series(parameters)


def _resample_scalar_volume(parameters: Mapping[str, Any]) -> None:
    from DICOMLib.mrml.volumes.resample import resample_scalar_volume

    resample_scalar_volume(parameters)


def install() -> None:
    """Put them into `slicer.modules` where Slicer has not."""
    from slicer.cli import CommandLineModule

    if "createdicomseries" not in vars(slicer.modules):
        # some plugins look for the group of UIDs, which older versions of the module did not have
        groups = ("Input/Output", "Patient Parameters", "Study Parameters", "Series Parameters")
        slicer.modules.createdicomseries = CommandLineModule(
            "CreateDICOMSeries", _create_dicom_series, (*groups, "Unique Identifiers (UIDs)")
        )
    if "resamplescalarvolume" not in vars(slicer.modules):
        slicer.modules.resamplescalarvolume = CommandLineModule(
            "ResampleScalarVolume", _resample_scalar_volume, ("Resampling Parameters", "IO")
        )
