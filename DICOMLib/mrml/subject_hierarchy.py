"""Patient, study and series of loaded data in the subject hierarchy of the scene."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import slicer

from DICOMLib.mrml.database_lookups import values_of_files

UID_NAME = "DICOM"
INSTANCE_UID_NAME = "DICOMInstanceUID"
ATTRIBUTE_PREFIX = "DICOM."
BROWSER_CLASS = "vtkMRMLSequenceBrowserNode"

SERIES_ATTRIBUTES = {
    "Modality": "0008,0060",
    "SeriesNumber": "0020,0011",
    "FrameOfReferenceUID": "0020,0052",
    "SeriesDescription": "0008,103E",
    "SeriesDate": "0008,0021",
    "SeriesTime": "0008,0031",
    "ContentDate": "0008,0023",
    "ContentTime": "0008,0033",
    "Manufacturer": "0008,0070",
    "Model": "0008,1090",
}
PATIENT_ATTRIBUTES = {
    "PatientName": "0010,0010",
    "PatientID": "0010,0020",
    "PatientSex": "0010,0040",
    "PatientBirthDate": "0010,0030",
    "PatientComments": "0010,4000",
}
STUDY_ATTRIBUTES = {
    "StudyDescription": "0008,1030",
    "StudyInstanceUID": "0020,000D",
    "StudyID": "0020,0010",
    "StudyDate": "0008,0020",
    "StudyTime": "0008,0030",
}
NO_PATIENT_NAME = "No name"
NO_STUDY_DESCRIPTION = "No study description"
# What the attributes of items say where their images say nothing.
SHOWN_IF_EMPTY = {"PatientName": NO_PATIENT_NAME, "StudyDescription": NO_STUDY_DESCRIPTION}

Value = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ItemNames:
    """Which facts the names of patient and study items show, beside name and description."""

    patient_id: bool = True
    patient_birth_date: bool = False
    study_id: bool = False
    study_date: bool = True

    @classmethod
    def from_application(cls) -> ItemNames:
        """As the user has chosen it in the settings of the subject hierarchy."""
        handler_class = getattr(slicer, "qSlicerSubjectHierarchyPluginHandler", None)
        if handler_class is None:
            return cls()
        handler = handler_class.instance()
        return cls(
            handler.displayPatientIDInSubjectHierarchyItemName,
            handler.displayPatientBirthDateInSubjectHierarchyItemName,
            handler.displayStudyIDInSubjectHierarchyItemName,
            handler.displayStudyDateInSubjectHierarchyItemName,
        )


def add_series(database: Any, files: Sequence[str], node: Any, referenced_uids: Sequence[str] = ()) -> int:
    """Put `node` into the hierarchy as a series below its study and patient.

    Parameters
    ----------
    database
        Anything with Slicer's `fileValue(path, tag)`.
    files
        The files that the node was loaded from; patient, study and series are those of the first one.
    node
        The data node; it is in the scene.
    referenced_uids
        SOP Instance UIDs that the data refers to.

    Returns
    -------
    int
        The item of the series.
    """

    def value(tag: str) -> str:
        return str(database.fileValue(files[0], tag))

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(node.GetScene())
    series_uid, study_uid = value("0020,000E"), value("0020,000D")
    patient_id = value("0010,0020") or f"Patient-{study_uid}"
    item: int = hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    hierarchy.SetItemUID(item, UID_NAME, series_uid)
    (uids,) = values_of_files(database, files, "0008,0018")
    instances = " ".join(uid or "Unknown" for uid in uids)
    hierarchy.SetItemUID(item, INSTANCE_UID_NAME, instances)
    _set_attributes(hierarchy, item, SERIES_ATTRIBUTES, value)
    hierarchy.SetItemAttribute(item, ATTRIBUTE_PREFIX + "ReferencedInstanceUIDs", " ".join(referenced_uids))

    known_patient = hierarchy.GetItemByUID(UID_NAME, patient_id)
    known_study = hierarchy.GetItemByUID(UID_NAME, study_uid)
    slicer.vtkSlicerSubjectHierarchyModuleLogic.InsertDicomSeriesInHierarchy(
        hierarchy, patient_id, study_uid, series_uid
    )
    names = ItemNames.from_application()
    if not known_patient:
        _describe_patient(hierarchy, hierarchy.GetItemByUID(UID_NAME, patient_id), value, names)
    if not known_study:
        _describe_study(hierarchy, hierarchy.GetItemByUID(UID_NAME, study_uid), value, names)
    add_beside(node, [sequence for sequence in _sequences_of(node) if hierarchy.GetItemByDataNode(sequence)])
    return item


def _sequences_of(proxy: Any) -> Iterator[Any]:
    """The sequences whose current item a node shows."""
    scene = proxy.GetScene()
    for index in range(scene.GetNumberOfNodesByClass(BROWSER_CLASS)):
        sequence = scene.GetNthNodeByClass(index, BROWSER_CLASS).GetSequenceNode(proxy)
        if sequence is not None:
            yield sequence


def _describe_patient(hierarchy: Any, item: int, value: Value, names: ItemNames) -> None:
    """Give a new patient item its attributes and name."""
    _set_attributes(hierarchy, item, PATIENT_ATTRIBUTES, value)
    name = value(PATIENT_ATTRIBUTES["PatientName"]) or NO_PATIENT_NAME
    hierarchy.SetItemAttribute(item, ATTRIBUTE_PREFIX + "PatientName", name)
    if names.patient_id:
        name += f" ({hierarchy.GetItemUID(item, UID_NAME)})"
    birth_date = value(PATIENT_ATTRIBUTES["PatientBirthDate"])
    if names.patient_birth_date and birth_date:
        name += f" ({birth_date})"
    hierarchy.SetItemName(item, name)


def _describe_study(hierarchy: Any, item: int, value: Value, names: ItemNames) -> None:
    """Give a new study item its attributes and name."""
    _set_attributes(hierarchy, item, STUDY_ATTRIBUTES, value)
    name = value(STUDY_ATTRIBUTES["StudyDescription"]) or NO_STUDY_DESCRIPTION
    hierarchy.SetItemAttribute(item, ATTRIBUTE_PREFIX + "StudyDescription", name)
    for shown, attribute in ((names.study_id, "StudyID"), (names.study_date, "StudyDate")):
        text = value(STUDY_ATTRIBUTES[attribute])
        if shown and text:
            name += f" ({text})"
    hierarchy.SetItemName(item, name)


def _set_attributes(hierarchy: Any, item: int, attributes: dict[str, str], value: Value) -> None:
    for name, tag in attributes.items():
        hierarchy.SetItemAttribute(item, ATTRIBUTE_PREFIX + name, value(tag))


def add_beside(main: Any, others: Sequence[Any], folder_name: str = "") -> None:
    """Put further nodes of one object beside its main node, in a folder of their own if that has a name.

    Parameters
    ----------
    main
        The node that has the item of the series.
    others
        Nodes that came with it.
    folder_name
        Name of a new folder below the study, into which `main` moves too.
    """
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(main.GetScene())
    parent = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(main))
    nodes = list(others)
    if folder_name:
        parent = hierarchy.CreateFolderItem(parent, folder_name)
        nodes.insert(0, main)
    for node in nodes:
        item = hierarchy.GetItemByDataNode(node) or hierarchy.CreateItem(parent, node)
        hierarchy.SetItemParent(item, parent)
