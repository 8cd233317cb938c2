"""An item of the subject hierarchy that is exported: its node, the tags to write, its source images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import slicer
from vtkmodules.vtkCommonCore import vtkIdList

from DICOMLib import writing
from DICOMLib.core.errors import DICOMError, ExportError
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.images.source_header import read_source_header
from DICOMLib.mrml.images.tiles import is_tiled, tile_planes
from DICOMLib.mrml.subject_hierarchy import (
    ATTRIBUTE_PREFIX,
    PATIENT_ATTRIBUTES,
    SHOWN_IF_EMPTY,
    STUDY_ATTRIBUTES,
    UID_NAME,
)
from DICOMLib.mrml.volumes.volume_series import FRAME_NUMBERS

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


LONGEST_UID_SHOWN = 25
IMAGE_TYPE = "0008,0008"
STUDY_UID_NOT_VALID = (
    "The Study Instance UID of {images} is not valid: a UID consists of at most 64 digits and dots. Nothing "
    "can be written into that study. Of the patcher's rules only 'Partially anonymize' replaces such a UID, "
    "and the patient's identity with it. Give the tag StudyInstanceUID another value, the same for all that "
    "is exported of this study, or {otherwise}."
)
NEVER_EMPTY_OF_STUDY = ("StudyInstanceUID", "StudyDate", "StudyTime")
# Of a study: not shown to users, but all objects of one say it alike.
STUDY_IDENTIFIERS = {"AccessionNumber": "0008,0050", "ReferringPhysicianName": "0008,0090"}


def hierarchy() -> Any:
    """The subject hierarchy of the scene.

    Raises
    ------
    ExportError
        If there is none.
    """
    node = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    if node is None:
        raise ExportError("There is no subject hierarchy in the scene.")
    return node


def data_node(item: int, *classes: str) -> Any:
    """The node of an item if it is of one of the MRML classes, otherwise None."""
    node = hierarchy().GetItemDataNode(item)
    return node if node is not None and any(node.IsA(name) for name in classes) else None


def series_description_of(node: Any) -> str:
    """The name of a node as the Series Description of what is made of it: the beginning of a long one."""
    return writing.header.valid_part("SeriesDescription", node.GetName().replace("\\", "/"))


def data_items() -> list[int]:
    """All items of the subject hierarchy that have a node."""
    tree, children = hierarchy(), vtkIdList()
    tree.GetItemChildren(tree.GetSceneItemID(), children, True)
    items = [children.GetId(index) for index in range(children.GetNumberOfIds())]
    return [item for item in items if tree.GetItemDataNode(item) is not None]


def required_node(item: int, *classes: str) -> Any:
    """The node of an item.

    Raises
    ------
    ExportError
        If the item has no node of these classes.
    """
    node = data_node(item, *classes)
    if node is None:
        kind = classes[0].removeprefix("vtkMRML").removesuffix("Node")
        raise ExportError(f"Subject hierarchy item {item} is no {kind}.")
    return node


def study_and_patient(item: int) -> tuple[int, int]:
    """The items of study and patient above an item.

    Raises
    ------
    ExportError
        If it is not below a study below a patient.
    """
    tree = hierarchy()
    study = tree.GetItemAncestorAtLevel(item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelStudy())
    patient = tree.GetItemAncestorAtLevel(
        item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMLevelPatient()
    )
    if not study or not patient:
        raise ExportError(
            f"{tree.GetItemName(item)!r} has no study or no patient. "
            "Put it below a study of a patient in the subject hierarchy."
        )
    return study, patient


def item_tags(item: int, names: Sequence[str]) -> dict[str, str]:
    """Those of the "DICOM." attributes of an item that have a value."""
    tree = hierarchy()
    tags = {name: tree.GetItemAttribute(item, ATTRIBUTE_PREFIX + name) for name in names}
    return {name: value for name, value in tags.items() if value}


def tags_to_write(exportable: Any) -> dict[str, str]:
    """The tags of an exportable; what it does not tell of patient and study is taken from their items.

    A tag of patient or study that is empty in the exportable stays so: what the item says is not wanted. What
    the items say against the Standard, since their images do, is shortened or left empty; what they say
    since their images say nothing stays empty.

    Raises
    ------
    ExportError
        If the item has no study or patient, the UID of its study is not valid, or its Series Instance UID is
        that of a series in the database.
    """
    study, patient = study_and_patient(exportable.subjectHierarchyItemID)
    tags = {**item_tags(patient, [*PATIENT_ATTRIBUTES]), **item_tags(study, [*STUDY_ATTRIBUTES])}
    if not tags.get("StudyInstanceUID"):
        tags["StudyInstanceUID"] = hierarchy().GetItemUID(study, UID_NAME)
    inherited = dict(tags)
    tags.update({name: value for name, value in exportable.tags.items() if str(value).strip()})
    tags.update(dict.fromkeys(_emptied(exportable.tags), ""))
    tags.update({name: "" for name, text in SHOWN_IF_EMPTY.items() if tags.get(name) == text})
    if tags["StudyInstanceUID"] and tags["StudyInstanceUID"] == inherited["StudyInstanceUID"]:
        _require_valid_study(tags["StudyInstanceUID"], getattr(exportable, "referenceSeriesUID", ""))
    for name in inherited.keys() - {"PatientID", "StudyInstanceUID"}:
        if tags[name] == inherited[name]:
            tags[name] = writing.header.valid_part(name, tags[name])
    require_new_series(tags.get("SeriesInstanceUID", ""))
    return {**_identifiers_of_study(tags), **tags}


def _require_valid_study(uid: str, reference: str) -> None:
    """Refuse a study that nothing can be written into; the UID is not told, it may be a name."""
    if writing.header.can_be_written("StudyInstanceUID", uid):
        return
    if reference:
        images, otherwise = (
            f"the reference, series {reference},",
            "leave out the reference: a new study is made",
        )
    else:
        images, otherwise = "the study of the data", "move the data below another study"
    raise ExportError(STUDY_UID_NOT_VALID.format(images=images, otherwise=otherwise))


def _emptied(tags: dict[str, str]) -> list[str]:
    """Tags of patient and study that are empty on purpose; the dates of a study are, unless they are told."""
    able = {*PATIENT_ATTRIBUTES, *STUDY_ATTRIBUTES} - {"PatientName", "PatientID", *NEVER_EMPTY_OF_STUDY}
    return [name for name, value in tags.items() if name in able and not str(value).strip()]


def _identifiers_of_study(tags: dict[str, str]) -> dict[str, str]:
    """What the database knows of the study that is written to, if it is one of this patient."""
    database, uid = slicer.dicomDatabase, tags["StudyInstanceUID"]
    series = database.seriesForStudy(uid) if database.isOpen and uid else ()
    files = database.filesForSeries(series[0], 1) if series else ()
    if not files or database.fileValue(files[0], PATIENT_ATTRIBUTES["PatientID"]) != tags.get("PatientID"):
        return {}
    return {name: str(database.fileValue(files[0], tag)) for name, tag in STUDY_IDENTIFIERS.items()}


def require_new_series(uid: str) -> None:
    """Refuse a Series Instance UID that is in the database."""
    if not uid or not slicer.dicomDatabase.isOpen:
        return
    if slicer.dicomDatabase.studyForSeries(uid):  # also one that only a peer has
        shown = uid if len(uid) <= LONGEST_UID_SHOWN else uid[:20] + "..."
        raise ExportError(f"Series {shown} is in the database already. Leave the Series Instance UID empty.")


def source_images(exportable: Any, node: Any) -> writing.derive.SourceImages | None:
    """The images that a node was made of, as far as they are in the database; None if none are.

    They are the instances that the node was loaded from, in the order of its slices; those of
    `exportable.referenceSeriesUID`, if that is set and the node was not loaded from some of it.
    """
    database = slicer.dicomDatabase
    if not database.isOpen:
        return None
    uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
    there = list(dict.fromkeys(filter(None, (database.fileForInstance(uid) for uid in uids))))
    series = getattr(exportable, "referenceSeriesUID", "")
    of_series = list(database.filesForSeries(series)) if series else []
    if series and not (there and set(there) <= set(of_series)):
        return images_of_files(of_series, in_acquisition_order=True) if of_series else None
    return images_of_files(there, frames_of(node)) if there else None


def images_of_files(
    paths: Sequence[str], frames: Sequence[int] = (), *, in_acquisition_order: bool = False
) -> writing.derive.SourceImages:
    """Files of the database as source images: in their order, or in that in which they were acquired.

    Parameters
    ----------
    paths
        At least one.
    frames
        See `frames_of`.
    in_acquisition_order
        Of files that are not in the order of the slices of a volume. Their names tell nothing.
    """
    found = [(read_source_header(path), path) for path in paths]
    if in_acquisition_order:
        found.sort(key=lambda one: writing.derive.acquisition_order(one[0]))
    tiles = _tiles_of([path for _header, path in found])
    return writing.derive.SourceImages([header for header, _path in found], tiles, frames)


def frames_of(node: Any) -> list[int]:
    """Numbers of the frames that a volume was loaded from, from 1; empty if it was from whole files."""
    return [int(text) for text in (node.GetAttribute(FRAME_NUMBERS) or "").split()]


def _tiles_of(paths: Sequence[str]) -> writing.geometry.TilePlanes | None:
    """Where the tiles of images lie; None if they have none, or do not tell."""
    image_type = slicer.dicomDatabase.fileValue(paths[0], IMAGE_TYPE)
    try:
        return tile_planes(paths) if is_tiled(image_type) else None
    except DICOMError:
        return None


def source_of_same_patient(
    source: writing.derive.SourceImages | None, tags: dict[str, str], notes: list[str]
) -> writing.derive.SourceImages | None:
    """The source, unless what is written belongs to another patient; `notes` get a line then."""
    if source is None or source.datasets[0].get("PatientID", "") in ("", tags.get("PatientID", "")):
        return source
    notes.append(
        "The item belongs to another patient than its source images: nothing of their headers is kept."
    )
    return None


def file_of_study(exportable: Any) -> str | None:
    """A file of the series of an item, or of its study, if the database has one; of no other study.

    It is one of `exportable.referenceSeriesUID` if that is set.
    """
    tree, database = hierarchy(), slicer.dicomDatabase
    if not database.isOpen:
        return None
    item = exportable.subjectHierarchyItemID
    own_series = getattr(exportable, "referenceSeriesUID", "") or tree.GetItemUID(item, UID_NAME)
    files = database.filesForSeries(own_series) or ()
    try:
        study, _patient = study_and_patient(item)
    except ExportError:
        return files[0] if files else None
    uid = item_tags(study, ["StudyInstanceUID"]).get("StudyInstanceUID") or tree.GetItemUID(study, UID_NAME)
    if database.studyForSeries(own_series) != uid:  # the item was moved to another study
        files = ()
    for series in database.seriesForStudy(uid) if not files else ():
        files = files or database.filesForSeries(series)
    return files[0] if files else None


def header_of_study(exportable: Any) -> Dataset | None:
    """Header of a file of the study of an item, see `file_of_study`."""
    path = file_of_study(exportable)
    return read_dataset(path, stop_before_pixels=True) if path else None
