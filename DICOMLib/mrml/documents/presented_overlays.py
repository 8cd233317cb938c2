"""Overlays of a presentation state, as segments in the slices of a volume."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import slicer

from DICOMLib.mrml.documents.overlays import Overlay, overlay_pixels
from DICOMLib.mrml.documents.presentation_state import PresentationState
from DICOMLib.mrml.documents.presented_volume import instance_uids, places_on_volumes
from DICOMLib.mrml.documents.region_shapes import Region
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.segmentation.segmentation import (
    BINARY_LABELMAP,
    add_segmentation_node,
    cropped_image,
    new_segment,
)
from DICOMLib.mrml.segmentation.segments import SegmentDescription
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

# Centres of the first pixel, of its right and of its lower neighbour (PS3.3 C.18.6.1.1).
FIRST_PIXELS = np.array([[0.5, 0.5], [1.5, 0.5], [0.5, 1.5]])
WHITE = (1.0, 1.0, 1.0)


def add_overlays(scene: Any, volumes: Sequence[Any], state: PresentationState) -> list[Any]:
    """Add a segmentation to each volume on whose images the state displays overlays."""
    return [
        _segmentation(scene, volume, masks) for volume in volumes if (masks := list(_masks(volume, state)))
    ]


def _masks(volume: Any, state: PresentationState) -> Iterator[tuple[Overlay, np.ndarray]]:
    """The overlays that cover something, and the voxels (slices, rows, columns) that they cover."""
    uids = set(instance_uids(volume))
    images = [image for of_series in state.series.values() for image in of_series if image[0] in uids]
    datasets: dict[str, Any] = {}
    for overlay in state.overlays:
        mask = np.zeros(slicer.util.arrayFromVolume(volume).shape[:3], np.uint8)
        for uid, frame in images:
            if overlay.state is None and uid not in datasets:
                path = slicer.dicomDatabase.fileForInstance(uid)
                datasets[uid] = read_dataset(path) if path else None
            dataset = overlay.state if overlay.state is not None else datasets[uid]
            if dataset is not None:
                _cover(mask, volume, (uid, frame), overlay_pixels(dataset, overlay.group, frame))
        if mask.any():
            yield overlay, mask


def _cover(mask: np.ndarray, volume: Any, image: tuple[str, int], pixels: np.ndarray) -> None:
    """Set the voxels of pixels of an image, as far as they lie in the volume."""
    corners = places_on_volumes([volume], Region("POLYLINE", FIRST_PIXELS, *image)) if len(pixels) else None
    if corners is None:
        return
    homogeneous = np.column_stack([corners, np.ones(len(corners))])
    first, right, below = (homogeneous @ np.linalg.inv(ijk_to_ras_of(volume)).T)[:, :3]
    indices = np.rint(first + pixels[:, :1] * (right - first) + pixels[:, 1:] * (below - first)).astype(int)
    inside = indices[((indices >= 0) & (indices < mask.shape[::-1])).all(axis=1)]
    mask[inside[:, 2], inside[:, 1], inside[:, 0]] = 1


def _segmentation(scene: Any, volume: Any, masks: Sequence[tuple[Overlay, np.ndarray]]) -> Any:
    node = add_segmentation_node(scene, f"{volume.GetName()} overlays")
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    for number, (overlay, mask) in enumerate(masks, start=1):
        segment = new_segment(SegmentDescription(number, overlay.name, colour=overlay.colour or WHITE))
        segment.AddRepresentation(BINARY_LABELMAP, cropped_image(mask, ijk_to_ras_of(volume)))
        node.GetSegmentation().AddSegment(segment, f"Overlay_{number}")
    node.GetDisplayNode().SetAllSegmentsOpacity2DFill(1.0)
    return node
