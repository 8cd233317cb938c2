"""What the views show after loading: objects that belong to an image are shown on top of that image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import slicer

DOSE_OPACITY = 0.5
REFERENCES = "DICOM.ReferencedInstanceUIDs"
BESIDE_THE_DATA = (
    "vtkMRMLTransformNode",
    "vtkMRMLTableNode",
    "vtkMRMLColorNode",
    "vtkMRMLSequenceBrowserNode",
)
SOLID = ("vtkMRMLSegmentationNode", "vtkMRMLModelNode", "vtkMRMLMarkupsNode")


def show_loaded(node_ids: Sequence[str]) -> None:
    """Show the image that segmentations, structures and doses refer to, and a dose half-transparent over it.

    Nodes that are images themselves are shown by the plugins that load them; without objects that refer to an
    image, nothing is changed.

    Parameters
    ----------
    node_ids
        IDs of the nodes that were loaded together.
    """
    nodes = [node for node in map(slicer.mrmlScene.GetNodeByID, node_ids) if node is not None]
    _look_at_first(nodes)
    doses = [node for node in nodes if is_dose(node)]
    referring = [node for node in nodes if node.IsA("vtkMRMLSegmentationNode")] + doses
    images = (reference_image(node, nodes) for node in referring)
    background = next((image for image in images if image is not None), None)
    if background is None:
        return
    logic = slicer.app.applicationLogic()
    selection = logic.GetSelectionNode()
    selection.SetReferenceActiveVolumeID(background.GetID())
    if doses:
        selection.SetSecondaryVolumeID(doses[-1].GetID())
        for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
            composite.SetForegroundOpacity(DOSE_OPACITY)
    logic.PropagateVolumeSelection()


def main_nodes_last(nodes: Iterable[Any]) -> list[Any]:
    """Nodes in their order, but transforms, tables and the like before the data that they belong to."""
    present = [node for node in nodes if node is not None]
    return sorted(present, key=lambda node: not any(node.IsA(name) for name in BESIDE_THE_DATA))


def _look_at_first(nodes: Sequence[Any]) -> None:
    """Let the 3D views show the first objects there are in space; later ones leave the views as they are."""
    loaded = {node.GetID() for node in nodes}
    solid = [
        node
        for node in slicer.util.getNodesByClass("vtkMRMLDisplayableNode")
        if any(node.IsA(name) for name in SOLID) and not node.GetHideFromEditors()
    ]
    manager = slicer.app.layoutManager() if hasattr(slicer.app, "layoutManager") else None
    if manager is not None and solid and all(node.GetID() in loaded for node in solid):
        manager.resetThreeDViews()


def is_dose(node: Any) -> bool:
    """Whether a node is a volume of radiation dose (RTDOSE), as its plugin or the database says."""
    if not node.IsA("vtkMRMLScalarVolumeNode"):
        return False
    if node.GetAttribute("DicomRtImport.DoseVolume"):
        return True
    uids = (node.GetAttribute("DICOM.instanceUIDs") or "").split()
    return bool(uids) and slicer.dicomDatabase.instanceValue(uids[0], "0008,0060") == "RTDOSE"


def reference_image(node: Any, loaded: Sequence[Any]) -> Any:
    """The image in the scene that an object refers to: as its plugin says, or by the instances it names."""
    if node.IsA("vtkMRMLSegmentationNode"):
        role = node.GetReferenceImageGeometryReferenceRole()
        image = node.GetNodeReference(role)
        if image is not None:
            return image
    wanted = set(_referenced_instances(node))
    if not wanted:
        return None
    others = [*loaded, *slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]
    return next(
        (image for image in _images(others) if image is not node and _instances(image) & wanted), None
    )


def _images(nodes: Iterable[Any]) -> Iterator[Any]:
    return (node for node in nodes if node.IsA("vtkMRMLScalarVolumeNode"))


def _instances(image: Any) -> set[str]:
    return set((image.GetAttribute("DICOM.instanceUIDs") or "").split())


def _referenced_instances(node: Any) -> list[str]:
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(node)
    return (hierarchy.GetItemAttribute(item, REFERENCES) or "").split() if item else []
