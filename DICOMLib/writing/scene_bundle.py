"""A scene hidden in a Secondary Capture image, as Slicer reads it: a zip archive in private elements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydicom.dataset import Dataset

from DICOMLib.writing.header import new_instance
from DICOMLib.writing.identity import take_identity
from DICOMLib.writing.image_classes import SECONDARY_CAPTURE, fill_in

GROUP = 0xCADB
SIZE, ARCHIVE = 0x1008, 0x1010


def scene_bundle(
    archive: bytes, picture: np.ndarray, tags: Mapping[str, str], image: Dataset | None = None
) -> Dataset:
    """A Secondary Capture image with a scene.

    Parameters
    ----------
    archive
        MRML bundle (zip). It is the last element of the file, since readers take the end of the file.
    picture
        Of the scene, (rows, columns, 3) of 8 bit RGB.
    tags
        As of `header.new_instance`.
    image
        Header of an image of the study; patient and study are its own, as `tags` change them.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    given = {name: value for name, value in tags.items() if value}
    dataset = new_instance(SECONDARY_CAPTURE.uid, {"Modality": "OT", **given})
    take_identity(dataset, image, given)
    dataset.InstanceNumber = 1
    fill_in(dataset, SECONDARY_CAPTURE)
    dataset.BurnedInAnnotation = "NO"
    dataset.Rows, dataset.Columns = picture.shape[:2]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
    dataset.PlanarConfiguration, dataset.PixelRepresentation = 0, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    pixels = np.ascontiguousarray(picture, np.uint8).tobytes()
    dataset.add_new(0x7FE00010, "OB", pixels + b"\0" * (len(pixels) % 2))
    # Slicer finds the size in the name of the creator
    dataset.add_new(GROUP << 16 | 0x0010, "LO", f"3D Slicer {len(archive)}")
    dataset.add_new(GROUP << 16 | SIZE, "UL", len(archive))
    dataset.add_new(GROUP << 16 | ARCHIVE, "OB", archive + b"\0" * (len(archive) % 2))
    return dataset
