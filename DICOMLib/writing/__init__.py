"""What is written as DICOM: datasets from arrays, geometry and tags. Knows neither Qt nor VTK nor MRML."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from DICOMLib.writing import (
        deformable_registration,
        derive,
        derived_object,
        differences,
        encapsulated_stl,
        files,
        frame_references,
        geometry,
        header,
        identity,
        image_classes,
        image_loop,
        image_series,
        scene_bundle,
        series_files,
        spatial_registration,
        structure_set,
        value_mapping_object,
    )

__all__ = [
    "deformable_registration",
    "derive",
    "derived_object",
    "differences",
    "encapsulated_stl",
    "files",
    "frame_references",
    "geometry",
    "header",
    "identity",
    "image_classes",
    "image_loop",
    "image_series",
    "scene_bundle",
    "series_files",
    "spatial_registration",
    "structure_set",
    "value_mapping_object",
]


def __getattr__(name: str) -> Any:
    # Bound when first asked for: plugins are there from the start, but what they write is not written then.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
