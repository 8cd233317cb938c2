"""Items of the scene to export, and what is read back of what was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import slicer

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import examine_for_export, export
from DICOMLib.plugins.export_report import ExportReport
from DICOMLib.plugins.load import load_series

PATIENT = {"PatientName": "Doe^Jane", "PatientID": "P1", "PatientBirthDate": "19700203", "PatientSex": "F"}


def hierarchy():
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)


def volume_node(voxels: np.ndarray, ijk_to_ras: np.ndarray, name: str = "Made"):
    """A volume node without DICOM."""
    node_class = "vtkMRMLVectorVolumeNode" if voxels.ndim == 4 else "vtkMRMLScalarVolumeNode"
    return slicer.util.addVolumeFromArray(voxels, ijk_to_ras, name, node_class)


def below_study(node, study_uid: str = "1.2.3.4") -> int:
    """Put a node below a new patient and study; returns its item."""
    tree = hierarchy()
    patient = tree.CreateSubjectItem(tree.GetSceneItemID(), "Doe^Jane (P1)")
    for name, value in PATIENT.items():
        tree.SetItemAttribute(patient, "DICOM." + name, value)
    study = tree.CreateStudyItem(patient, "Trial")
    tree.SetItemUID(study, "DICOM", study_uid)
    tree.SetItemAttribute(study, "DICOM.StudyInstanceUID", study_uid)
    tree.SetItemAttribute(study, "DICOM.StudyDescription", "Trial")
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, study)
    return int(item)


def offered(item: int, plugin: str):
    """What a plugin offers for an item."""
    types = run(examine_for_export([item], [plugin]))
    assert types.failed == []
    return [exportable for one in types.types for exportable in one.exportables]


def exported(item: int, plugin: str, folder: Path, **tags: str) -> ExportReport:
    """Export an item by a plugin with its default tags and others."""
    exportables = offered(item, plugin)
    for exportable in exportables:
        for name, value in tags.items():
            exportable.setTag(name, value)
    report = run(export(exportables, folder))
    assert report.failed == [], report.failed
    return report


def datasets(report: ExportReport) -> list[pydicom.Dataset]:
    """What was written, by file name."""
    return [pydicom.dcmread(path) for path in report.files]


def loaded_back(folder: Path, series_uid: str):
    """Import a folder into the application's database and load a series; returns the node."""
    assert DICOMUtils.importDicom(str(folder))
    report = run(load_series([series_uid]))
    assert report.failed == [], report.failed
    assert report.failed_plugins == []
    return slicer.mrmlScene.GetNodeByID(report.loaded[0].node_ids[0])


def ijk_to_ras(node) -> np.ndarray:
    """IJK to RAS of a volume node."""
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)
