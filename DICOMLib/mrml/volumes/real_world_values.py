"""Real World Value Mapping objects (PS3.3 A.46): images of another series in real-world values."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonDataModel import vtkImageData

from DICOMLib.core.errors import UnusableData
from DICOMLib.mrml.codes import coded_entry
from DICOMLib.mrml.images.pixels import Frame, read_image
from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.mrml.reference_volume import RWV_ATTRIBUTE
from DICOMLib.mrml.volumes.value_mapping import ValueMapping, map_values, value_mapping
from DICOMLib.mrml.volumes.volume import Volume, stack_of_files
from DICOMLib.standard.geometry import ijk_to_ras

log = logging.getLogger(__name__)

REAL_WORLD_VALUE_MAPPING_STORAGE = "1.2.840.10008.5.1.4.1.1.67"


@dataclass(slots=True)
class MappedImages:
    """Images that are mapped to one kind of values.

    Parameters
    ----------
    first
        One of the mappings: it tells label, quantity and unit of all.
    mappings
        For each image, by SOP Instance UID: the frames that a mapping is for (counted from 1; none are all),
        and the mapping. Several of the same frames are for different stored values.
    """

    first: ValueMapping
    mappings: dict[str, list[tuple[frozenset[int], ValueMapping]]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the values are, for the user."""
        return self.first.explanation or self.first.quantity.meaning or self.first.label or "Real World Value"

    def of_frame(self, image_uid: str, index: int) -> list[ValueMapping]:
        """The mappings of one frame, `index` counted from 0."""
        return [one for frames, one in self.mappings.get(image_uid, ()) if not frames or index + 1 in frames]


def read_mapped_images(dataset: Any) -> list[MappedImages]:
    """The kinds of values that a Real World Value Mapping object maps images to, in its order.

    Mappings are of one kind if they have the same label, quantity and unit.
    """
    kinds: dict[tuple[Any, ...], MappedImages] = {}
    for item in dataset.get("ReferencedImageRealWorldValueMappingSequence") or ():
        for one in item.get("RealWorldValueMappingSequence") or ():
            mapping = value_mapping(one)
            key = (mapping.label, mapping.quantity.key, mapping.units.key)
            images = kinds.setdefault(key, MappedImages(mapping))
            for image in item.get("ReferencedImageSequence") or ():
                frames = np.atleast_1d(np.array(image.get("ReferencedFrameNumber") or (), int))
                entry = (frozenset(frames.tolist()), mapping)
                images.mappings.setdefault(str(image.ReferencedSOPInstanceUID), []).append(entry)
    return list(kinds.values())


def read_mapped_volume(paths: Sequence[str], image_uids: Sequence[str], images: MappedImages) -> Volume:
    """Read image files as one volume of real-world values, in double precision.

    They are worked out from the stored values: the rescaling of the images has no part in them.

    Parameters
    ----------
    paths
        As for `volume.read_volume`.
    image_uids
        SOP Instance UID of each file.
    images
        Mappings of these images.

    Raises
    ------
    UnusableData
        If a frame has no mapping, or the images are coloured.
    """
    uid_of_path = dict(zip(paths, image_uids, strict=True))
    stack = stack_of_files(paths)
    stored_image = read_image([Frame(frame.header, frame.index) for frame in stack.frames])
    if stored_image.GetNumberOfScalarComponents() != 1:
        raise UnusableData("Colours have no real-world values.")
    image = vtkImageData()
    image.SetDimensions(*stored_image.GetDimensions())
    image.AllocateScalars(numpy_support.get_vtk_array_type(np.float64), 1)  # type: ignore[no-untyped-call]
    count = len(stack.frames)
    stored, values = (voxels_of(one).reshape(count, -1) for one in (stored_image, image))
    outside = 0
    for index, frame in enumerate(stack.frames):
        mappings = images.of_frame(uid_of_path[frame.header.path], frame.index)
        if not mappings:
            raise UnusableData(f"Frame {frame.index + 1} of an image has no real-world values.")
        outside += map_values(stored[index], values[index], mappings)
    if outside:
        log.warning("%d voxels have stored values that the real-world value mapping is not for.", outside)
    place = stack.placement
    matrix = ijk_to_ras(place.position_lps, place.orientation, place.pixel_spacing, stack.step_lps)
    return Volume(image, matrix, stack.frames[0].header.photometric == "MONOCHROME1")


def describe_mapped_volume(node: Any, mapping: ValueMapping, object_uid: str) -> None:
    """Say what the voxels of a volume measure, in which unit, and by which mapping object."""
    node.SetAttribute(RWV_ATTRIBUTE, object_uid)
    if mapping.quantity.value:
        node.SetVoxelValueQuantity(coded_entry(mapping.quantity))
    if mapping.units.value:
        node.SetVoxelValueUnits(coded_entry(mapping.units))
