"""A presentation state on a volume: its window, and markups for what is written and drawn."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer

from DICOMLib.mrml.documents.presentation_state import PresentationState
from DICOMLib.mrml.documents.presented_grey import (
    add_grey_table,
    grey_scale,
    needs_a_table,
    stored_values_of,
)
from DICOMLib.mrml.documents.region_shapes import Region, add_shape, outline_points, points_ras
from DICOMLib.mrml.images.frames import placed_frames
from DICOMLib.mrml.images.image_header import read_image_header
from DICOMLib.mrml.volumes.volume import INVERTED_GREY, ijk_to_ras_of

log = logging.getLogger(__name__)

GREY = "vtkMRMLColorTableNodeGrey"


def apply_window(volume: Any, state: PresentationState) -> None:
    """Show a volume with the first window for its images, and offer the others as presets.

    Display nodes know straight windows only. What look-up tables and sigmoids make of the values becomes a
    colour table of grey values, in a window around those that differ.
    """
    node = volume.GetDisplayNode()
    first = node.GetNumberOfWindowLevelPresets()
    uids = set(instance_uids(volume))
    windows = [window for window in state.windows if not window.image_uids or window.image_uids & uids]
    chosen = windows[0] if windows else None
    stored = stored_values_of(volume)
    if needs_a_table(state, chosen, stored):
        voxel_range = volume.GetImageData().GetScalarRange()
        scale = grey_scale(state, chosen, stored, voxel_range)
        table = add_grey_table(volume.GetScene(), f"{volume.GetName()} {state.label}".strip(), scale.greys)
        node.SetAndObserveColorNodeID(table.GetID())
        presets = [(scale.high - scale.low, (scale.high + scale.low) / 2)]
    else:
        node.SetAndObserveColorNodeID(INVERTED_GREY if state.is_inverse else GREY)
        presets = [(one.width, one.center) for one in windows if one.table is None]
    for width, center in presets:
        node.AddWindowLevelPreset(width, center)
    if presets:
        node.AutoWindowLevelOff()
        node.SetWindowLevelFromPreset(first)
    if chosen is not None and chosen.image_uids and not chosen.image_uids >= uids:
        log.warning("The window of a presentation state is for some of the slices, and shows all of them.")


def add_annotations(scene: Any, volumes: Sequence[Any], state: PresentationState) -> list[Any]:
    """Add markups for the annotations on those images that the volumes were loaded from."""
    nodes = []
    for annotation in state.annotations:
        points = places_on_volumes(volumes, annotation.region)
        if points is None:
            log.warning("An annotation is on an image that is no slice of the volume.")
            continue
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


def instance_uids(volume: Any) -> list[str]:
    """SOP Instance UIDs of the images that a volume was loaded from."""
    return (volume.GetAttribute("DICOM.instanceUIDs") or "").split()


def places_on_volumes(volumes: Sequence[Any], region: Region) -> np.ndarray | None:
    """Where the points of a region lie, RAS (points, 3); None if its image is no slice of the volumes."""
    volume = next((one for one in volumes if region.image_uid in instance_uids(one)), None)
    if volume is None:
        return None
    path = slicer.dicomDatabase.fileForInstance(region.image_uid)
    if not path:
        return _points_in_slice(volume, region)
    if not 1 <= region.frame <= read_image_header(path).frames:
        return None
    if _frames_have_places(path):
        return points_ras(region, path)  # also right where slices are uneven or frames not in order
    return _points_in_slice(volume, region)


def _frames_have_places(path: str) -> bool:
    header = read_image_header(path)
    if not (header.position or header.has_frame_descriptions):
        return False
    places = {tuple(place.position_lps) for _, place in placed_frames(header)}
    return header.frames == 1 or len(places) > 1


def _points_in_slice(volume: Any, region: Region) -> np.ndarray:
    uids = instance_uids(volume)
    slice_index = region.frame - 1 if len(uids) == 1 else uids.index(region.image_uid)
    pixels = outline_points(region) - 0.5  # the centre of the first pixel is (0.5, 0.5)
    count = len(pixels)
    indices = np.column_stack([pixels, np.full(count, slice_index), np.ones(count)])
    points: np.ndarray = (indices @ ijk_to_ras_of(volume).T)[:, :3]
    return points


def summary(state: PresentationState) -> str:
    """What the state is, in a few lines."""
    lines = [state.label, state.description, state.creator and f"By {state.creator}"]
    lines += [window.text for window in state.windows]
    if state.presentation is not None:
        lines.append(f"Presentation LUT: {state.presentation.explanation or 'look-up table'}")
    lines += [overlay.name for overlay in state.overlays]
    lines += [annotation.text for annotation in state.annotations if annotation.text]
    return "\n".join(line for line in lines if line)
