"""What objects that highdicom makes of images have in common: their images and slices, and who wrote them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from DICOMLib import __version__
from DICOMLib.core.errors import ExportError
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.standard.functional_groups import macro, plane_groups
from DICOMLib.writing.derive import own_world
from DICOMLib.writing.geometry import SliceGeometry, decimal_strings
from DICOMLib.writing.header import CHARACTER_SET, CREATOR, PRESENT, person_name, set_tags
from DICOMLib.writing.identity import take_identity
from DICOMLib.writing.inherited import mend

log = logging.getLogger(__name__)
_NO_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")

_REFERENCES = (
    "ReferencedSeriesSequence",
    "StudiesContainingOtherReferencedInstancesSequence",
    "SourceImageSequence",
)
# Type 2 attributes that highdicom wants to be there, and those whose values it checks.
_MAY_BE_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID",
    "StudyDate", "StudyTime", "ReferringPhysicianName", "SliceThickness",
)  # fmt: skip
_CHECKED = ("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime")
SAME_ORIENTATION = 1e-4  # of each cosine


def arguments_of(
    images: Sequence[Dataset], tags: Mapping[str, str], slices: SliceGeometry | None, number: int
) -> dict[str, Any]:
    """Images, series, instance and equipment as the classes of highdicom take them.

    Parameters
    ----------
    images
        Datasets of the source images; they are completed where they lack what must be there. Patient and
        study of the object are to be written by `complete`.
    tags
        As of `header.new_instance`.
    slices
        Where the frames lie; None if they lie where the images do.
    number
        Series Number where `tags` tell none.
    """
    return {
        "source_images": _as_sources(images, slices),
        "series_instance_uid": tags.get("SeriesInstanceUID") or generate_uid(),
        "series_number": int(tags.get("SeriesNumber") or number),
        "sop_instance_uid": generate_uid(),
        "instance_number": 1,
        "manufacturer": "slicer-dicom",
        "manufacturer_model_name": "slicer-dicom",
        "software_versions": __version__,
        "device_serial_number": "1",
        "content_description": tags.get("SeriesDescription", "")[:64] or None,
        **({} if slices is None else _places(slices)),
    }


def complete(dataset: Dataset, image: Dataset, tags: Mapping[str, str]) -> None:
    """Write patient, study, series and author as the tags say, over what comes from the images.

    Parameters
    ----------
    dataset
        The object, which is changed.
    image
        One of the images that it is made of, see `identity.take_identity`.
    tags
        As of `header.new_instance`.

    Raises
    ------
    ExportError
        If a tag is not valid.
    """
    take_identity(dataset, image, tags)
    for keyword in (*PRESENT, "ContentDescription"):  # type 2: present, if empty
        if keyword not in dataset:
            setattr(dataset, keyword, "" if keyword != "SeriesNumber" else None)
    creator = person_name(tags.get("ContentCreatorName", "").strip() or CREATOR)
    set_tags(dataset, {**tags, "ContentCreatorName": creator})


def require_parallel(geometry: SliceGeometry) -> None:
    """Refuse slices that are turned against each other: objects have one orientation for all frames.

    Raises
    ------
    ExportError
        If they are.
    """
    if geometry.planes is not None and np.abs(geometry.planes - geometry.planes[0]).max() > SAME_ORIENTATION:
        raise ExportError(
            "The slices are turned against each other, which one object of frames cannot tell. Straighten "
            "the volume first (harden its acquisition transform)."
        )


def complete_measures(dataset: Dataset, geometry: SliceGeometry) -> None:
    """Tell how thick the frames of an object are where its images do not (PS3.3 C.7.6.16.2.1)."""
    for measures in dataset.SharedFunctionalGroupsSequence[0].get("PixelMeasuresSequence") or ():
        if not measures.get("SliceThickness"):
            (measures.SliceThickness,) = decimal_strings([geometry.slice_spacing])


def can_refer_to(images: Sequence[Dataset]) -> bool:
    """Whether an object of highdicom can be made of these images: of several, none may have frames."""
    return len(images) == 1 or all(int(image.get("NumberOfFrames") or 1) == 1 for image in images)


def lies_in_patient(image: Dataset) -> bool:
    """Whether the frames of an image lie in the patient, not on a slide or before a transducer; others do."""
    frames = image.get("PerFrameFunctionalGroupsSequence")
    return not frames or bool(macro(image, 0, "PlanePositionSequence"))


@contextmanager
def foreign_faults(what: str) -> Iterator[None]:
    """Turn what highdicom finds wrong with the images into an error for the user."""
    with no_warnings:  # remarks on attributes of the images, which are not ours
        try:
            yield
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            log.debug("highdicom refuses", exc_info=True)
            raise ExportError(
                f"The {what} cannot be written: the images that it refers to are not as they must be "
                f"({_in_words(error)})."
            ) from error


def _in_words(error: Exception) -> str:
    """What is wrong with the images, for those who do not know how pydicom tells of it."""
    missing = _NO_ATTRIBUTE.search(str(error))
    return f"{missing[1]} is missing" if missing else str(error).rstrip(".")


def _places(slices: SliceGeometry) -> dict[str, Any]:
    import highdicom as hd

    coordinates = hd.CoordinateSystemNames.PATIENT
    return {
        "plane_positions": [hd.PlanePositionSequence(coordinates, place) for place in slices.positions_lps],
        "plane_orientation": hd.PlaneOrientationSequence(coordinates, slices.orientation.tolist()),
        "pixel_measures": hd.PixelMeasuresSequence(
            slices.pixel_spacing, slices.slice_spacing, slices.slice_spacing
        ),
    }


def _as_sources(images: Sequence[Dataset], slices: SliceGeometry | None) -> list[Dataset]:
    """The headers of images as highdicom takes them."""
    like = _without_checked(images[0])
    if slices is not None and not like.get("PerFrameFunctionalGroupsSequence"):
        _complete_place(like, slices)
    world = images[0].get("FrameOfReferenceUID") or own_world(images[0])
    for image in (like, *images[1:]):
        _complete(image)
        image.FrameOfReferenceUID = image.get("FrameOfReferenceUID") or world
        orientation = image.get("ImageOrientationPatient")
        if orientation and like.get("ImageOrientationPatient") and _nearly(orientation, like):
            image.ImageOrientationPatient = like.ImageOrientationPatient
    return [like, *images[1:]]


def _complete_place(image: Dataset, slices: SliceGeometry) -> None:
    """Let an image lie where the first slice does, as far as it does not tell (mosaics, captures, loops).

    So do all of its frames: of a loop, it is not known which of them was used.
    """
    first = decimal_strings(slices.positions_lps[0])
    for keyword, values in (
        ("ImagePositionPatient", first),
        ("ImageOrientationPatient", decimal_strings(slices.orientation)),
        ("PixelSpacing", decimal_strings(slices.pixel_spacing)),
    ):
        if not image.get(keyword):
            setattr(image, keyword, values)
    frames = [image.ImagePositionPatient] * int(image.get("NumberOfFrames") or 1)
    thickness = image.get("SliceThickness") or slices.slice_spacing
    plane_groups(image, frames, image.ImageOrientationPatient, image.PixelSpacing, thickness)


def _without_checked(image: Dataset) -> Dataset:
    """The header that patient and study are taken from, without the values that highdicom may refuse."""
    header = Dataset()
    for element in image:
        header.add(element)
    for keyword in _CHECKED:
        setattr(header, keyword, "")
    header.SpecificCharacterSet = CHARACTER_SET  # of what is written
    return header


def _nearly(orientation: Sequence[float], like: Dataset) -> bool:
    """Whether the image lies as another one, but for the last digits of its text."""
    pairs = zip(orientation, like.ImageOrientationPatient, strict=True)
    return all(abs(float(one) - float(other)) < SAME_ORIENTATION for one, other in pairs)


def _complete(image: Dataset) -> None:
    """Add those attributes that may be empty but must be there, and mend others."""
    for keyword in _MAY_BE_EMPTY:
        if keyword not in image:
            setattr(image, keyword, "")
    _share_groups(image)
    mend(image)


def _share_groups(image: Dataset) -> None:
    """Tell for all frames together what each frame tells alike: highdicom looks for it there."""
    groups = image.get("PerFrameFunctionalGroupsSequence") or ()
    if not groups:
        return
    if not image.get("SharedFunctionalGroupsSequence"):
        image.SharedFunctionalGroupsSequence = [Dataset()]
    shared = image.SharedFunctionalGroupsSequence
    for keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        first = groups[0].get(keyword)
        if keyword not in shared[0] and first and all(group.get(keyword) == first for group in groups):
            shared[0][keyword] = groups[0][keyword]


def forget_images(dataset: Dataset) -> None:
    """Take away the references to images that only lent patient and study."""
    for keyword in _REFERENCES:
        dataset.pop(keyword, None)
    groups = [*dataset.SharedFunctionalGroupsSequence, *dataset.PerFrameFunctionalGroupsSequence]
    for group in groups:
        group.pop("DerivationImageSequence", None)
