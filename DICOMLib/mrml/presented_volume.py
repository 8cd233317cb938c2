"""A presentation state on a volume: its window, and markups for what is written and drawn."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from DICOMLib.mrml.presentation_state import Annotation, PresentationState
from DICOMLib.mrml.region_shapes import add_shape, outline_points
from DICOMLib.mrml.volume import ijk_to_ras_of

log = logging.getLogger(__name__)

GREY, INVERTED_GREY = "vtkMRMLColorTableNodeGrey", "vtkMRMLColorTableNodeInvertedGrey"


def apply_window(volume: Any, state: PresentationState) -> None:
    """Show a volume with the first window of a state, and offer the others as presets."""
    node = volume.GetDisplayNode()
    node.SetAndObserveColorNodeID(INVERTED_GREY if state.is_inverse else GREY)
    first = node.GetNumberOfWindowLevelPresets()
    if not state.windows:
        return
    for width, center in state.windows:
        node.AddWindowLevelPreset(width, center)
    node.AutoWindowLevelOff()
    node.SetWindowLevelFromPreset(first)


def add_annotations(scene: Any, volume: Any, state: PresentationState) -> list[Any]:
    """Add markups for the annotations on those images that the volume was loaded from."""
    nodes = []
    for annotation in state.annotations:
        slice_index = _slice_of(volume, annotation)
        if slice_index is None:
            log.warning("An annotation is on an image that is no slice of the volume.")
            continue
        points = _points_ras(volume, annotation, slice_index)
        name = (
            annotation.text.splitlines()[0]
            if annotation.text
            else annotation.region.graphic_type.capitalize()
        )
        node = add_shape(scene, annotation.region, points, name)
        if annotation.text:
            node.SetNthControlPointLabel(0, annotation.text)
        if annotation.colour:
            node.GetDisplayNode().SetSelectedColor(*annotation.colour)
        nodes.append(node)
    return nodes


def _slice_of(volume: Any, annotation: Annotation) -> int | None:
    """Number of the slice on which an annotation is."""
    uids = (volume.GetAttribute("DICOM.instanceUIDs") or "").split()
    if annotation.region.image_uid not in uids:
        return None
    if len(uids) == 1:
        return annotation.region.frame - 1
    return uids.index(annotation.region.image_uid)


def _points_ras(volume: Any, annotation: Annotation, slice_index: int) -> np.ndarray:
    pixels = outline_points(annotation.region) - 0.5  # the centre of the first pixel is (0.5, 0.5)
    count = len(pixels)
    indices = np.column_stack([pixels, np.full(count, slice_index), np.ones(count)])
    points: np.ndarray = (indices @ ijk_to_ras_of(volume).T)[:, :3]
    return points


def summary(state: PresentationState) -> str:
    """What the state is, in a few lines."""
    lines = [state.label, state.description, state.creator and f"By {state.creator}"]
    lines += [f"Window {width:g}, center {center:g}" for width, center in state.windows]
    lines += [annotation.text for annotation in state.annotations if annotation.text]
    return "\n".join(line for line in lines if line)
