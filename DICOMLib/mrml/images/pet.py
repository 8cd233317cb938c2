"""PET volumes: the unit of the voxels, and the factor to standardized uptake values."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import slicer

from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.standard.suv import NoUptakeValue, before_conversion, suv_body_weight_factor

log = logging.getLogger(__name__)

SUV_FACTOR_ATTRIBUTE = "DICOM.SUVbwFactor"
# Units (0054,1001), PS3.3 C.8.9.1.1.3: code of UCUM and its meaning.
_UNITS = {
    "BQML": ("Bq/ml", "Becquerels/milliliter"),
    "GML": ("g/ml", "grams/milliliter"),
    "CNTS": ("{counts}", "Counts"),
}


def describe(node: Any, path: str, acquisition_times: Sequence[str]) -> None:
    """Set the unit of a PET volume and its attribute `DICOM.SUVbwFactor`, as far as they are known.

    SUV by body weight is the voxel times the attribute.
    """
    dataset = before_conversion(read_dataset(path, stop_before_pixels=True))
    unit = _UNITS.get(str(dataset.get("Units", "")))
    if unit is not None:
        entry = slicer.vtkCodedEntry()
        entry.SetValueSchemeMeaning(unit[0], "UCUM", unit[1])
        node.SetVoxelValueUnits(entry)
    try:
        factor = suv_body_weight_factor(dataset, acquisition_times)
    except NoUptakeValue as error:
        log.info("PET without standardized uptake values: %s", error)
        return
    node.SetAttribute(SUV_FACTOR_ATTRIBUTE, f"{factor:.9g}")
