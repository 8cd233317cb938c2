"""Importing files into the application's database and loading their series, for tests of plugins."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np


def import_files(folder: Path, *paths: Path | str) -> list[str]:
    """Copy files and folders into `folder`, import it, and give the series that came with them."""
    import slicer

    from DICOMLib import DICOMUtils

    known = set(all_series())
    for number, path in enumerate(map(Path, paths)):
        target = folder / str(number)
        target.mkdir(parents=True)
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        else:
            shutil.copy(path, target)
    assert DICOMUtils.importDicom(folder)
    assert slicer.dicomDatabase.isOpen
    return [uid for uid in all_series() if uid not in known]


def all_series() -> list[str]:
    """Series Instance UIDs of the application's database."""
    import slicer

    database = slicer.dicomDatabase
    studies = [study for patient in database.patients() for study in database.studiesForPatient(patient)]
    return [series for study in studies for series in database.seriesForStudy(study)]


def series_with(modality: str) -> list[str]:
    """Series of one modality."""
    import slicer

    database = slicer.dicomDatabase
    return [
        uid
        for uid in all_series()
        if database.fileValue(database.filesForSeries(uid)[0], "0008,0060") == modality
    ]


def offers(plugin_name: str, series_uid: str) -> list[Any]:
    """What one plugin offers for a series."""
    import slicer

    plugin = slicer.modules.dicomPlugins[plugin_name]()
    return plugin.examineForImport([slicer.dicomDatabase.filesForSeries(series_uid)])


def load_series(*series_uids: str) -> list[Any]:
    """Load series as a double-click does, and give the nodes that came."""
    import slicer

    from DICOMLib import DICOMUtils

    ids = [node_id for uid in series_uids for node_id in DICOMUtils.loadSeriesByUID([uid])]
    return [slicer.mrmlScene.GetNodeByID(node_id) for node_id in ids]


def of_class(nodes: Iterable[Any], class_name: str) -> list[Any]:
    """Nodes of one class."""
    return [node for node in nodes if node.IsA(class_name)]


def study_uid_of(node: Any) -> str:
    """UID of the study item that a node lies below, directly or in a folder."""
    import slicer

    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    study = tree.GetItemAncestorAtLevel(tree.GetItemByDataNode(node), "Study")
    return tree.GetItemUID(study, "DICOM")


def masks_in_world(node: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Voxels of each segment by name, and IJK to RAS of their label map from its first voxel."""
    import vtk
    from vtkmodules.util import numpy_support

    segmentation = node.GetSegmentation()
    result = {}
    for number in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(number)
        image = segment.GetRepresentation("Binary labelmap")
        matrix = vtk.vtkMatrix4x4()
        image.GetImageToWorldMatrix(matrix)
        scalars = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
        voxels = scalars.reshape(tuple(reversed(image.GetDimensions()))) == segment.GetLabelValue()
        rows = [[matrix.GetElement(row, column) for column in range(4)] for row in range(4)]
        ijk_to_ras = np.array(rows)
        ijk_to_ras[:3, 3] += ijk_to_ras[:3, :3] @ image.GetExtent()[::2]
        result[segment.GetName()] = (voxels, ijk_to_ras)
    return result


def points_of(voxels: np.ndarray, ijk_to_ras: np.ndarray) -> set[tuple[float, ...]]:
    """RAS coordinates of the centres of all voxels that are set, to a hundredth of a mm."""
    kji = np.argwhere(voxels)
    ijk1 = np.column_stack([kji[:, ::-1], np.ones(len(kji))])
    return set(map(tuple, (ijk1 @ ijk_to_ras.T)[:, :3].round(2) + 0.0))
