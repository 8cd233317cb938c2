"""A field of displacements as a Deformable Spatial Registration object (PS3.3 A.39.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from DICOMLib.writing.geometry import decimal_strings
from DICOMLib.writing.header import code, instance_reference
from DICOMLib.writing.spatial_registration import (
    RegisteredFrame,
    add_references,
    matrix_item,
    registration_header,
)

DEFORMABLE_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.3"
IDENTITY_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class DisplacementGrid:
    """Displacements of the points of a grid.

    Parameters
    ----------
    displacements_lps
        Shape (slices, rows, columns, 3), mm.
    grid_to_lps
        Matrix (4, 4) from column, row, slice to mm; its axes are perpendicular and right-handed.
    before_lps
        Matrix (4, 4), mm, that is applied to a point before its displacement is added.
    """

    displacements_lps: np.ndarray
    grid_to_lps: np.ndarray
    before_lps: np.ndarray = field(default_factory=lambda: np.eye(4))


def deformable_registration(
    fixed: RegisteredFrame, moving: RegisteredFrame, grid: DisplacementGrid, tags: Mapping[str, str]
) -> Dataset:
    """A Deformable Spatial Registration of one frame of reference to another.

    Parameters
    ----------
    fixed, moving
        The frames.
    grid
        For points of the fixed frame, where they come from in the moving one (PS3.3 C.20.3.1.1).
    tags
        As of `header.new_instance`.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    dataset = registration_header(DEFORMABLE_REGISTRATION, fixed, tags)
    item = Dataset()
    item.SourceFrameOfReferenceUID = moving.uid
    if moving.images:
        item.ReferencedImageSequence = DicomSequence(
            [instance_reference(image.SOPClassUID, image.SOPInstanceUID) for image in moving.images]
        )
    item.RegistrationTypeCodeSequence = DicomSequence(
        [code("125024", "DCM", "Image Content-based Alignment")]
    )
    if not np.allclose(grid.before_lps, np.eye(4), atol=IDENTITY_TOLERANCE):
        item.PreDeformationMatrixRegistrationSequence = DicomSequence([matrix_item(grid.before_lps)])
    item.DeformableRegistrationGridSequence = DicomSequence([_grid(grid)])
    dataset.DeformableRegistrationSequence = DicomSequence([item])
    add_references(dataset, [*fixed.images, *moving.images])
    return dataset


def _grid(grid: DisplacementGrid) -> Dataset:
    resolution = np.linalg.norm(grid.grid_to_lps[:3, :3], axis=0)
    directions = grid.grid_to_lps[:3, :3] / resolution
    item = Dataset()
    item.ImageOrientationPatient = decimal_strings(directions[:, :2].T.reshape(6))
    item.ImagePositionPatient = decimal_strings(grid.grid_to_lps[:3, 3])
    item.GridDimensions = [int(size) for size in reversed(grid.displacements_lps.shape[:3])]
    item.GridResolution = [float(step) for step in resolution]
    item.VectorGridData = np.ascontiguousarray(grid.displacements_lps, "<f4").tobytes()
    return item
