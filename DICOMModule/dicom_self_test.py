"""The self-test of the DICOM module: a temporary database, an import, a load, and the voxels compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib import DICOMUtils
from DICOMLib.compat.script_import import importDicom
from DICOMLib.plugins.scripting.temporary_database import TemporaryDICOMDatabase
from DICOMLib.standard.phantom import write_head_phantom


def check_database_and_load() -> None:
    """Import a phantom, load it by its series, compare each voxel with the files.

    Raises
    ------
    AssertionError
        If something differs.
    """
    with TemporaryDirectory(prefix="dicom-self-test-", ignore_cleanup_errors=True) as folder:
        paths = write_head_phantom(folder)
        database_folder = str(Path(folder) / "database")
        with TemporaryDICOMDatabase(database_folder) as database, _data_tree_as_before():
            assert database.isOpen, "the temporary database is not open"
            assert importDicom(str(paths[0].parent), database), "the import failed"
            assert database.imagesCount() == len(paths), "not all files were imported"
            _compare(_load_first_series(database), paths)


@contextmanager
def _data_tree_as_before() -> Iterator[None]:
    """Remove what is loaded within, with the patient and the study that were made for it."""
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    before = set(_all_items(hierarchy))
    try:
        yield
    finally:
        for item in _all_items(hierarchy):
            if item not in before and item in _all_items(hierarchy):
                hierarchy.RemoveItem(item, True, True)


def _all_items(hierarchy: Any) -> list[int]:
    """From the top of the tree down."""
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    return [items.GetId(index) for index in range(items.GetNumberOfIds())]


def _load_first_series(database: object) -> object:
    (patient,) = database.patients()  # type: ignore[attr-defined]
    node_ids = DICOMUtils.loadPatientByUID(patient)
    nodes = [slicer.mrmlScene.GetNodeByID(node_id) for node_id in node_ids]
    volumes = [node for node in nodes if node.IsA("vtkMRMLScalarVolumeNode")]
    assert len(volumes) == 1, f"{len(volumes)} volumes were loaded instead of one"
    return volumes[0]


def _compare(node: object, paths: list[Path]) -> None:
    """Compare with what pydicom reads, slices sorted from the feet up."""
    import pydicom

    slices = sorted((pydicom.dcmread(path) for path in paths), key=lambda one: one.ImagePositionPatient[2])
    expected = np.stack([one.pixel_array * one.RescaleSlope + one.RescaleIntercept for one in slices])
    found = slicer.util.arrayFromVolume(node)
    assert found.shape == expected.shape, f"the volume has the shape {found.shape}"
    assert np.array_equal(found, expected), "the voxels differ from the files"
    origin = np.array(slices[0].ImagePositionPatient, float) * (-1, -1, 1)  # LPS to RAS
    assert np.allclose(node.GetOrigin(), origin), f"the origin is {node.GetOrigin()}"  # type: ignore[attr-defined]
