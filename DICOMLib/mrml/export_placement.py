"""Patient and study for items that have none: those of a series of the database, or new anonymous ones."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime
from typing import Any

import slicer
from pydicom.uid import generate_uid

from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.export_item import data_node, hierarchy, item_tags, study_and_patient
from DICOMLib.mrml.subject_hierarchy import (
    ATTRIBUTE_PREFIX,
    NO_STUDY_DESCRIPTION,
    PATIENT_ATTRIBUTES,
    SERIES_ATTRIBUTES,
    STUDY_ATTRIBUTES,
    UID_NAME,
)
from DICOMLib.mrml.volumes.volume_export import DEFAULT_TAGS, VOLUME
from DICOMLib.writing.header import dicom_date, dicom_time
from DICOMLib.writing.image_classes import CLASS_OF_MODALITY

log = logging.getLogger(__name__)

ANONYMOUS = "Anonymous"
ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXY"  # as Slicer, which never takes the last one
ID_LENGTH = 6


def has_study(item: int) -> bool:
    """Whether an item is below a study below a patient."""
    try:
        study_and_patient(item)
    except ExportError:
        return False
    return True


def place_with_series(item: int, series_uid: str) -> int:
    """Move an item below patient and study of a series of the database; they are made where missing.

    Returns
    -------
    int
        Item of the study.

    Raises
    ------
    ExportError
        If the series is not in the database.
    """
    database = slicer.dicomDatabase
    files = database.filesForSeries(series_uid) if database.isOpen else ()
    if not files:
        raise ExportError(f"Series {series_uid} is not in the database.")

    def values(attributes: dict[str, str]) -> dict[str, str]:
        return {name: str(database.fileValue(files[0], tag)) for name, tag in attributes.items()}

    patient, study = values(PATIENT_ATTRIBUTES), values(STUDY_ATTRIBUTES)
    study_uid = study["StudyInstanceUID"]
    return _place(item, (patient["PatientID"] or f"Patient-{study_uid}", study_uid), patient, study)


def take_modality(item: int, series_uid: str) -> None:
    """Let a volume that does not say its modality have that of the images of a series of the database."""
    files = slicer.dicomDatabase.filesForSeries(series_uid, 1)
    if not files or data_node(item, VOLUME) is None or item_tags(item, ["Modality"]):
        return
    modality = str(slicer.dicomDatabase.fileValue(files[0], SERIES_ATTRIBUTES["Modality"]))
    if modality in (*CLASS_OF_MODALITY, DEFAULT_TAGS["Modality"]):
        hierarchy().SetItemAttribute(item, f"{ATTRIBUTE_PREFIX}Modality", modality)


def place_in_new_study(item: int, tags: dict[str, str] | None = None) -> int:
    """Move an item below a new patient and study: an anonymous one, as far as `tags` do not tell more.

    Returns
    -------
    int
        Item of the study.
    """
    now, given = datetime.now(), dict(tags or {})
    patient_id = "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))
    patient = {"PatientName": ANONYMOUS, "PatientID": patient_id}
    study = {"StudyInstanceUID": generate_uid(), "StudyDate": dicom_date(now), "StudyTime": dicom_time(now)}
    patient.update({name: given[name] for name in PATIENT_ATTRIBUTES if given.get(name)})
    study.update({name: given[name] for name in STUDY_ATTRIBUTES if given.get(name)})
    return _place(item, (patient["PatientID"], study["StudyInstanceUID"]), patient, study)


def place_with_references(item: int) -> int:
    """Move an item and the data it refers to below one study.

    It is the study of the data it refers to, where they have one, or else a new one of an anonymous patient.

    Returns
    -------
    int
        Item of the study.
    """
    tree, referenced = hierarchy(), referenced_items(item)
    studies = list(dict.fromkeys(study_and_patient(one)[0] for one in referenced if has_study(one)))
    if len(studies) > 1:
        log.warning("The data refers to data of %d studies; it is put into the first of them.", len(studies))
    if studies:
        study = studies[0]
        tree.SetItemParent(item, study)
    else:
        study = place_in_new_study(item)
    for one in referenced:
        if not has_study(one):
            tree.SetItemParent(one, study)
    return study


def referenced_items(item: int) -> list[int]:
    """Items of the data that an item refers to, by DICOM identifiers or by references between nodes."""
    tree = hierarchy()
    found = list(tree.GetItemsReferencedFromItemByDICOM(item))
    node = tree.GetItemDataNode(item)
    for role in _roles(node):
        for number in range(node.GetNumberOfNodeReferences(role)):
            other = node.GetNthNodeReference(role, number)
            found.append(tree.GetItemByDataNode(other) if other is not None else 0)
    return [one for one in dict.fromkeys(found) if one and one != item]


def _roles(node: Any) -> list[str]:
    count = node.GetNumberOfNodeReferenceRoles() if node is not None else 0
    return [node.GetNthNodeReferenceRole(number) for number in range(count)]


def _place(item: int, uids: tuple[str, str], patient: dict[str, str], study: dict[str, str]) -> int:
    tree = hierarchy()
    patient_item = tree.GetItemByUID(UID_NAME, uids[0])
    if not patient_item:
        name = f"{patient.get('PatientName') or ANONYMOUS} ({uids[0]})"
        patient_item = tree.CreateSubjectItem(tree.GetSceneItemID(), name)
        _describe(tree, patient_item, uids[0], patient)
    study_item = tree.GetItemByUID(UID_NAME, uids[1])
    if not study_item:
        name = f"{study.get('StudyDescription') or NO_STUDY_DESCRIPTION} ({study.get('StudyDate', '')})"
        study_item = tree.CreateStudyItem(patient_item, name)
        _describe(tree, study_item, uids[1], study)
    tree.SetItemParent(item, study_item)
    return int(study_item)


def _describe(tree: Any, item: int, uid: str, attributes: dict[str, str]) -> None:
    tree.SetItemUID(item, UID_NAME, uid)
    for name, value in attributes.items():
        tree.SetItemAttribute(item, ATTRIBUTE_PREFIX + name, value)
