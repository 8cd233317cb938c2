"""The volume in the scene that an object refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib.mrml.images.frame_grid import FrameGrid
from DICOMLib.mrml.images.frames import Placement
from DICOMLib.mrml.subject_hierarchy import UID_NAME
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of
from DICOMLib.standard.geometry import LPS_TO_RAS

# A volume that another one scales (Real World Value Mapping) is meant to be used instead of that.
RWV_ATTRIBUTE = "DICOM.RWV.instanceUID"
SAME_PLACE_MM = 0.1


def find_reference_volume(
    scene: Any,
    study_uid: str,
    series_uid: str = "",
    instance_uids: Iterable[str] = (),
    *,
    only_of_these: bool = False,
) -> Any:
    """The volume that an object of a study refers to.

    Parameters
    ----------
    scene
        The scene.
    study_uid
        Study Instance UID of the object; volumes of other studies are not looked at.
    series_uid
        Series Instance UID of the referenced series; may be unknown.
    instance_uids
        SOP Instance UIDs of referenced images. Of a series that makes several volumes, they tell which one
        is meant; if the series is not loaded, the volume is found by them.
    only_of_these
        Whether volumes that tell that they were made of other images of the series are left out.

    Returns
    -------
    vtkMRMLScalarVolumeNode
        One with real-world values before others, the one of most referenced images, the last one of several;
        None if none is loaded.
    """
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    study = hierarchy.GetItemByUID(UID_NAME, study_uid)
    volumes = list(_volumes_below(hierarchy, study)) if study else []
    found = [
        volume
        for item, volume in volumes
        if series_uid and hierarchy.GetItemUID(item, UID_NAME) == series_uid
    ]
    wanted = set(instance_uids)
    if not found:
        found = [volume for _, volume in volumes if wanted & instances_of(volume)]
    elif only_of_these:
        found = [volume for volume in found if _may_be_of(volume, wanted)]
    scaled = [volume for volume in found if volume.GetAttribute(RWV_ATTRIBUTE)]
    candidates = sorted(scaled or found, key=lambda volume: len(wanted & instances_of(volume)))
    return candidates[-1] if candidates else None


def _may_be_of(volume: Any, wanted: set[str]) -> bool:
    """Whether a volume was made of one of the images, as far as it tells its own."""
    own = instances_of(volume)
    return not own or bool(wanted & own) or bool(volume.GetAttribute(RWV_ATTRIBUTE))


def instances_of(volume: Any) -> set[str]:
    """SOP Instance UIDs of the files that a volume was loaded from."""
    return set((volume.GetAttribute("DICOM.instanceUIDs") or "").split())


def _volumes_below(hierarchy: Any, item: int) -> Iterator[tuple[int, Any]]:
    children = vtk.vtkIdList()
    hierarchy.GetItemChildren(item, children, True)
    for index in range(children.GetNumberOfIds()):
        child = children.GetId(index)
        node = hierarchy.GetItemDataNode(child)
        if node is not None and node.IsA("vtkMRMLScalarVolumeNode"):
            yield child, node


def grid_in_volume(volume: Any, placements: Sequence[Placement], rows: int, columns: int) -> FrameGrid | None:
    """Frames as slices of a volume that an acquisition transform bends to where its slices really lie.

    Parameters
    ----------
    volume
        vtkMRMLScalarVolumeNode under a transform.
    placements
        Where each frame lies.
    rows, columns
        Size of the frames.

    Returns
    -------
    FrameGrid
        None if there is no transform, or a frame lies on no slice of the volume.
    """
    size = volume.GetImageData().GetDimensions() if volume is not None else ()
    if not size or volume.GetParentTransformNode() is None or size[:2] != (columns, rows):
        return None
    corners = slice_corners(volume)[1]
    slices = []
    for placement in placements:
        corner = (LPS_TO_RAS @ np.append(placement.position_lps, 1))[:3]
        away = np.linalg.norm(corners - corner, axis=1)
        if away.min() > SAME_PLACE_MM:
            return None
        slices.append((int(away.argmin()),))
    return FrameGrid(ijk_to_ras_of(volume), (size[2], rows, columns), tuple(slices))


def slice_corners(volume: Any) -> tuple[np.ndarray, np.ndarray]:
    """RAS of the first voxel of each slice of a volume under a transform: by its matrix, and in the world."""
    transform = vtk.vtkGeneralTransform()
    volume.GetParentTransformNode().GetTransformToWorld(transform)
    matrix = ijk_to_ras_of(volume)
    count = volume.GetImageData().GetDimensions()[2]
    local = matrix[:3, 3] + np.outer(np.arange(count), matrix[:3, 2])
    return local, np.array([transform.TransformPoint(point.tolist()) for point in local])


def volumes_of_frame(scene: Any, frame_of_reference_uid: str) -> list[Any]:
    """Volumes whose series has a Frame of Reference UID, in the order in which they were loaded."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    return [
        volume
        for item, volume in _volumes_below(hierarchy, hierarchy.GetSceneItemID())
        if hierarchy.GetItemAttribute(item, "DICOM.FrameOfReferenceUID") == frame_of_reference_uid
    ]
