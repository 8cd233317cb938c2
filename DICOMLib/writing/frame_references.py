"""References from the frames of an object to the images, frames or tiles that lie where they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from DICOMLib.core.errors import ExportError
from DICOMLib.standard.functional_groups import macro
from DICOMLib.writing.derive import SourceImages, same_place_mm
from DICOMLib.writing.geometry import SliceGeometry
from DICOMLib.writing.header import code, instance_reference
from DICOMLib.writing.source_planes import ImagePlane

SEGMENTATION = ("113076", "DCM", "Segmentation")
CALCULATION = ("112187", "DCM", "Unspecified method of calculation")
PURPOSE = ("121322", "DCM", "Source image for image processing operation")
SEVERAL_AT_A_PLACE = (
    "The reference has several images at a place, of several times or echoes, say, and it is not known which "
    "of them was used: all of them are referred to."
)
SLICES_AT_ONE_PLACE = (
    "{name!r} has several slices at one place, as those of several times or echoes, which {what} cannot tell "
    "apart. Load the series as a volume sequence, and export one of its volumes."
)


def require_different_places(
    source: SourceImages | None, geometry: SliceGeometry, name: str, what: str
) -> None:
    """Refuse a volume that holds all images of a series of several times.

    Raises
    ------
    ExportError
        If two of its slices lie at one place.
    """
    slices = len(geometry.positions_lps)
    are_its_slices = source is not None and len(source.datasets) == slices
    for places in (geometry.positions_lps, source.places if source and are_its_slices else np.eye(0)):
        told = places[np.isfinite(places).all(axis=1)]
        if len(np.unique(np.round(told, 3), axis=0)) < len(told):
            raise ExportError(SLICES_AT_ONE_PLACE.format(name=name, what=what))


def notes_on_references(source: SourceImages, geometry: SliceGeometry) -> list[str]:
    """What is to be known of the references of an object whose frames are slices of this geometry."""
    return [SEVERAL_AT_A_PLACE] if source.has_several_at_a_place(geometry) else []


def refer_to_planes(
    dataset: Dataset, source: SourceImages, geometry: SliceGeometry, derivation: Sequence[str]
) -> None:
    """Let each frame refer to what lies where it does (PS3.3 C.7.6.16.2.6), all of it if it is several.

    Parameters
    ----------
    dataset
        An object with functional groups, which is changed. Frames at which nothing lies stay as they are.
    source
        What it was made of.
    geometry
        Where the slices lie that the frames are of.
    derivation
        Value, scheme and meaning of the code of what was done.
    """
    referred: dict[str, Dataset] = {}
    for index, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        position = macro(dataset, index, "PlanePositionSequence").ImagePositionPatient
        orientation = macro(dataset, index, "PlaneOrientationSequence").ImageOrientationPatient
        planes = source.planes.at(
            np.array(position, float), np.array(orientation, float), same_place_mm(geometry)
        )
        if planes:
            group.DerivationImageSequence = DicomSequence([_derivation(planes, dataset, derivation)])
            referred.update((str(plane.image.SOPInstanceUID), plane.image) for plane in planes)
    _complete_lists(dataset, referred)


def _derivation(planes: Sequence[ImagePlane], dataset: Dataset, derivation: Sequence[str]) -> Dataset:
    item, sources = Dataset(), []
    for plane in planes:
        reference = plane.reference()
        reference.PurposeOfReferenceCodeSequence = DicomSequence([code(*PURPOSE)])
        image = plane.image
        is_alike = (image.get("Rows"), image.get("Columns")) == (dataset.Rows, dataset.Columns)
        reference.SpatialLocationsPreserved = "YES" if is_alike else "NO"  # tiles lie elsewhere in theirs
        sources.append(reference)
    item.DerivationCodeSequence = DicomSequence([code(*derivation)])
    item.SourceImageSequence = DicomSequence(sources)
    return item


def _complete_lists(dataset: Dataset, images: dict[str, Dataset]) -> None:
    """Name all images that frames refer to where those of the whole object are named, too."""
    for series in dataset.get("ReferencedSeriesSequence") or ():
        own = {uid: one for uid, one in images.items() if one.SeriesInstanceUID == series.SeriesInstanceUID}
        _append(series.ReferencedInstanceSequence, own)
    if dataset.get("SourceImageSequence"):
        _append(dataset.SourceImageSequence, images)


def _append(references: DicomSequence, images: dict[str, Dataset]) -> None:
    known = {str(item.ReferencedSOPInstanceUID) for item in references}
    for uid, image in images.items():
        if uid not in known:
            references.append(instance_reference(image.SOPClassUID, uid))
