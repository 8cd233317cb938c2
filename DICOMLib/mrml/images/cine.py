"""Frames over time that make no volume: cine loops of ultrasound, angiography and fluoroscopy, cine MR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import vtk

from DICOMLib.mrml.images.frames import placed_frames
from DICOMLib.mrml.images.image_header import read_dataset, read_image_header
from DICOMLib.mrml.images.pixels import Frame, read_image
from DICOMLib.mrml.images.voxels import allocate_like, voxels_of
from DICOMLib.mrml.volumes.volume import Volume
from DICOMLib.standard.geometry import ijk_to_ras, plane_normal

CENTIMETRES = 3
SPATIAL_2D = 1
TISSUE_OR_COLOUR_FLOW = (1, 2)


def ultrasound_spacing(dataset: Any) -> tuple[float, float] | None:
    """Pixel spacing of an ultrasound image in mm: along rows (x), along columns (y).

    Returns
    -------
    tuple or None
        None unless there is exactly one region that is calibrated in centimetres.

    References
    ----------
    PS3.3 C.8.5.5, US Region Calibration Module.
    """
    regions = [
        region
        for region in dataset.get("SequenceOfUltrasoundRegions") or ()
        if region.get("RegionSpatialFormat") == SPATIAL_2D
        and region.get("RegionDataType") in TISSUE_OR_COLOUR_FLOW
        and region.get("PhysicalUnitsXDirection") == CENTIMETRES
        and region.get("PhysicalUnitsYDirection") == CENTIMETRES
    ]
    if len(regions) != 1:
        return None
    return float(regions[0].PhysicalDeltaX) * 10, float(regions[0].PhysicalDeltaY) * 10


def frame_times_ms(dataset: Any, frames: int) -> list[float] | None:
    """Time of each frame since the first one; None if the image does not tell.

    References
    ----------
    PS3.3 C.7.6.5, Cine Module: Frame Time, Frame Time Vector, Cine Rate.
    """
    vector = dataset.get("FrameTimeVector")
    if vector is not None and np.size(vector) == frames > 1:
        steps = np.asarray(vector, float)
        return [float(time) for time in np.cumsum(steps) - steps[0]]
    step = float(dataset.get("FrameTime") or 0)
    rate = float(dataset.get("CineRate") or dataset.get("RecommendedDisplayFrameRate") or 0)
    if step <= 0 and rate > 0:
        step = 1000 / rate
    return [index * step for index in range(frames)] if step > 0 else None


def read_frames(path: str, spacing: tuple[float, float] | None) -> Iterator[Volume]:
    """Each frame of a file as an image of its own; rows run to the left and columns to the feet of a view.

    Parameters
    ----------
    path
        The file.
    spacing
        Of pixels along rows and along columns, mm; 1 if unknown.

    Raises
    ------
    InvalidDICOM, UnreadablePixels
        If the pixels cannot be read.
    """
    header = read_image_header(path)
    along_rows, along_columns = spacing or (1.0, 1.0)
    matrix = np.diag([-along_rows, -along_columns, 1.0, 1.0])
    image = read_image(
        [Frame(header, index, header.slope, header.intercept) for index in range(header.frames)]
    )
    for single in _slices(image):
        yield Volume(single, matrix, header.photometric == "MONOCHROME1")


def read_placed_image(path: str) -> Volume:
    """The first frame of a file where the patient was."""
    frame, place = placed_frames(read_image_header(path))[0]
    step = plane_normal(place.orientation) * (place.slice_spacing or 1.0)
    matrix = ijk_to_ras(place.position_lps, place.orientation, place.pixel_spacing, step)
    return Volume(read_image([frame]), matrix, frame.header.photometric == "MONOCHROME1")


def read_description(path: str) -> Any:
    """The attributes of a file, without its pixels."""
    return read_dataset(path, stop_before_pixels=True)


def _slices(image: vtk.vtkImageData) -> Iterator[vtk.vtkImageData]:
    """Copies of the slices of an image."""
    columns, rows, count = image.GetDimensions()
    voxels = voxels_of(image).reshape(count, -1)
    for slice_voxels in voxels:
        single = allocate_like(image, (columns, rows, 1))
        voxels_of(single).reshape(-1)[:] = slice_voxels
        yield single


def angles(dataset: Any) -> str:
    """Positioner angles of a plane of a biplane acquisition, "30/-10"; empty if they are not told."""
    values: Sequence[Any] = [
        dataset.get(keyword) for keyword in ("PositionerPrimaryAngle", "PositionerSecondaryAngle")
    ]
    return "" if any(value in (None, "") for value in values) else "/".join(f"{float(v):g}" for v in values)
