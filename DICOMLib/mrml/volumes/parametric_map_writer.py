"""Voxels as a Parametric Map of floating point numbers (PS3.3 A.75), by highdicom."""

from __future__ import annotations

from collections.abc import Mapping

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset

from DICOMLib.mrml.codes import Code
from DICOMLib.writing import derived_object, frame_references
from DICOMLib.writing.derive import SourceImages
from DICOMLib.writing.geometry import SliceGeometry

SERIES_NUMBER = 600


def parametric_map_dataset(
    voxels: np.ndarray,
    geometry: SliceGeometry,
    source: SourceImages,
    meaning: tuple[Code, Code],
    tags: Mapping[str, str],
    *,
    refer: bool = True,
) -> Dataset:
    """A Parametric Map.

    Parameters
    ----------
    voxels
        Real-world values, (slices, rows, columns); 32 or 64 bit floating point numbers are written as such,
        others as 64 bit.
    geometry
        Where the slices lie.
    source
        The images that the map was made of; patient and study are theirs.
    meaning
        Quantity and unit.
    tags
        As of `header.new_instance`; they go over what the images say.
    refer
        Whether the images exist and are to be referred to.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    values = voxels if voxels.dtype in (np.float32, np.float64) else voxels.astype(np.float64)
    derived_object.require_parallel(geometry)
    images, placed = list(source.datasets), source.placed(geometry)
    low, high = float(values.min()), float(values.max())
    with derived_object.foreign_faults("parametric map"):
        dataset = hd.pm.ParametricMap(
            **derived_object.arguments_of(
                placed or images, tags, None if placed else geometry, SERIES_NUMBER
            ),
            pixel_array=values,
            contains_recognizable_visual_features=False,
            real_world_value_mappings=[_mapping(values, meaning)],
            window_center=(low + high) / 2,
            window_width=max(high - low, 1.0),
            content_label="PARAMETRIC_MAP",
        )
    derived_object.complete_measures(dataset, geometry)
    dataset.Laterality = dataset.get("Laterality", "")  # type 2C: it may be of a paired structure
    derived_object.complete(dataset, images[0], tags)
    if refer:
        frame_references.refer_to_planes(dataset, source, geometry, frame_references.CALCULATION)
    else:
        derived_object.forget_images(dataset)
    return dataset


def _mapping(values: np.ndarray, meaning: tuple[Code, Code]) -> hd.pm.RealWorldValueMapping:
    """Values are what they stand for."""
    quantity, units = (
        hd.sr.CodedConcept(code.value, code.scheme, code.meaning or code.value) for code in meaning
    )
    return hd.pm.RealWorldValueMapping(
        lut_label="VALUES",
        lut_explanation=meaning[0].meaning[:64] or "values",
        unit=units,
        value_range=(float(values.min()), float(values.max())),
        slope=1.0,
        intercept=0.0,
        quantity_definition=quantity,
    )
