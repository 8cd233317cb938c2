"""Real World Value Mapping objects (PS3.3 A.46): what stored values of images stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from DICOMLib import __version__
from DICOMLib.writing.header import (
    CREATOR,
    dates_of,
    instance_reference,
    new_instance,
    person_name,
)
from DICOMLib.writing.identity import take_identity
from DICOMLib.writing.spatial_registration import add_references

REAL_WORLD_VALUE_MAPPING = "1.2.840.10008.5.1.4.1.1.67"

_MAPPED_RANGE = ("RealWorldValueFirstValueMapped", "RealWorldValueLastValueMapped")
# VR of that range, and the numbers that it can hold (PS3.5 6.2).
_SIGNED = ("SS", (-(2**15), 2**15 - 1))
_UNSIGNED = ("US", (0, 2**16 - 1))


@dataclass(frozen=True, slots=True)
class MappedFrames:
    """Frames whose values are slope x stored value + intercept.

    Parameters
    ----------
    frames
        Header of the image of each frame, and number of the frame, from 1; 0 for the whole image.
    stored_range
        Smallest and largest stored value that is mapped.
    """

    slope: float
    intercept: float
    stored_range: tuple[int, int]
    frames: Sequence[tuple[Dataset, int]]


def value_mapping_object(
    parts: Sequence[MappedFrames], meaning: tuple[Sequence[str], Sequence[str]], tags: Mapping[str, str]
) -> Dataset:
    """A Real World Value Mapping.

    Parameters
    ----------
    parts
        One for each line that maps stored values; patient and study are those of the first image.
    meaning
        Quantity and unit: value, scheme and meaning of their codes.
    tags
        As of `header.new_instance`.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    defaults = {
        "Modality": "RWV", **dates_of(datetime.now()), "ContentLabel": "VALUES",
        "ContentDescription": tags.get("SeriesDescription", "")[:64], "ContentCreatorName": CREATOR,
    }  # fmt: skip
    dataset = new_instance(
        REAL_WORLD_VALUE_MAPPING, {**defaults, **{name: value for name, value in tags.items() if value}}
    )
    take_identity(dataset, parts[0].frames[0][0], tags)
    dataset.ContentCreatorName = person_name(str(dataset.ContentCreatorName))
    dataset.InstanceNumber = 1
    dataset.Laterality = ""  # type 2C: it may be of a paired structure
    dataset.Manufacturer = dataset.Manufacturer or "slicer-dicom"
    dataset.ManufacturerModelName = dataset.get("ManufacturerModelName") or "slicer-dicom"
    dataset.DeviceSerialNumber = "1"
    dataset.SoftwareVersions = __version__
    dataset.ReferencedImageRealWorldValueMappingSequence = DicomSequence(
        [_mapped_images(part, meaning) for part in parts]
    )
    images = {str(image.SOPInstanceUID): image for part in parts for image, _frame in part.frames}
    add_references(dataset, list(images.values()))
    return dataset


def _mapped_images(part: MappedFrames, meaning: tuple[Sequence[str], Sequence[str]]) -> Dataset:
    item = Dataset()
    frames: dict[str, list[int]] = {}
    images: dict[str, Any] = {}
    for image, frame in part.frames:
        uid = str(image.SOPInstanceUID)
        images[uid] = image
        frames.setdefault(uid, []).append(frame)
    references = []
    for uid, image in images.items():
        reference = instance_reference(image.SOPClassUID, uid)
        numbers = sorted(number for number in frames[uid] if number)
        if numbers:
            reference.ReferencedFrameNumber = numbers if len(numbers) > 1 else numbers[0]
        references.append(reference)
    item.ReferencedImageSequence = DicomSequence(references)
    item.RealWorldValueMappingSequence = DicomSequence([_mapping(part, meaning)])
    return item


def _mapping(part: MappedFrames, meaning: tuple[Sequence[str], Sequence[str]]) -> Dataset:
    import highdicom as hd

    quantity, units = (hd.sr.CodedConcept(value, scheme, name or value) for value, scheme, name in meaning)
    vr, limits = _SIGNED if part.frames[0][0].get("PixelRepresentation") else _UNSIGNED
    low, high = part.stored_range
    fits = low >= limits[0] and high <= limits[1]
    mapping = hd.pm.RealWorldValueMapping(
        lut_label="VALUES",
        lut_explanation=quantity.meaning[:64],
        unit=units,
        value_range=(low, high) if fits else (float(low), float(high)),
        slope=part.slope,
        intercept=part.intercept,
        quantity_definition=quantity,
    )
    for keyword in _MAPPED_RANGE if fits else ():
        mapping[keyword].VR = vr  # as the images are; the object has no Pixel Representation to tell it
    return mapping
