"""A volume as a series of single-frame images, new ones or derived from the images it was made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from DICOMLib.core.errors import ExportError
from DICOMLib.writing.derive import SourceImages, is_unmoved, scaling_of
from DICOMLib.writing.differences import TagChange, differences
from DICOMLib.writing.geometry import SliceGeometry, decimal_strings, slice_geometry
from DICOMLib.writing.geometry_differences import geometry_difference
from DICOMLib.writing.header import dates_of, new_instance
from DICOMLib.writing.image_classes import (
    NOT_OF_IMAGES,
    OTHER,
    SECONDARY_CAPTURE,
    ULTRASOUND,
    ImageClass,
    fill_in,
    image_class,
)
from DICOMLib.writing.inherited import forget_tiles
from DICOMLib.writing.stored_values import StoredValues, store

WINDOW = ("WindowCenter", "WindowWidth")
SEVERAL_AT_A_PLACE = (
    "The reference has several images at a place, of several times or echoes, say, and it is not known which "
    "of them the volume holds: what they do not say alike is not kept."
)

PLACED_ULTRASOUND = (
    "Ultrasound images do not tell where they lie (PS3.3 A.6): the slices are written as Secondary Capture "
    "of modality US, which do. Some programs, also Slicer, read each of these as a picture of its own; with "
    "the tag Modality=OT they are a volume there, too."
)
NO_IMAGES = "Objects of modality {modality} are no images: the images are of modality OT, Secondary Capture."
SHOWN_INVERTED = (
    "The reference says that its low values are bright (MONOCHROME1), which images of modality "
    "{modality} may not: other programs show what is written inverted."
)
UNEVEN_IMAGES = (
    "The images of the reference are uneven: the slices are written where the volume has them, up to "
    "{away:.3g} mm from the images. That is right if it was resampled, as load --straighten does. If each of "
    "its slices is one of the images, it lacks its acquisition transform, which load writes beside it: put "
    "it under that, or export it with --transform."
)


@dataclass(frozen=True, slots=True)
class ImageVolume:
    """What is written.

    Parameters
    ----------
    voxels
        Shape (slices, rows, columns), or (slices, rows, columns, 3) for 8 bit RGB.
    geometry
        Where the slices lie, or a matrix (4, 4) from column, row, slice to RAS, mm.
    window
        Center and width; those of each slice if None.
    low_is_bright
        Whether low values are shown bright; they are written so if the source says so, too.
    """

    voxels: np.ndarray
    geometry: SliceGeometry | np.ndarray
    window: tuple[float, float] | None = None
    low_is_bright: bool = False

    @property
    def slices(self) -> SliceGeometry:
        """Where the slices lie."""
        if isinstance(self.geometry, SliceGeometry):
            return self.geometry
        return slice_geometry(self.geometry, len(self.voxels))


@dataclass(slots=True)
class ImageSeries:
    """A series that is ready to be written, slice by slice.

    Parameters
    ----------
    series_uid
        Its new Series Instance UID.
    stored
        Its stored values.
    source
        The images that it is derived from, if it is.
    images
        Those at the place of each slice; empty if the volume was resampled.
    notes
        What the user should know of what is written.
    first_number
        Instance Number of the first slice.
    """

    series_uid: str
    stored: StoredValues
    volume: ImageVolume
    kind: ImageClass
    geometry: SliceGeometry
    tags: dict[str, str]
    source: SourceImages | None = None
    images: list[Dataset] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    first_number: int = 1

    def __len__(self) -> int:
        return len(self.stored.values)

    def __iter__(self) -> Iterator[Dataset]:
        return (self.instance(index) for index in range(len(self)))

    def instance(self, index: int) -> Dataset:
        """The dataset of slice `index`, with a SOP Instance UID of its own."""
        dataset = new_instance(self.kind.uid, self.tags)
        dataset.InstanceNumber = self.first_number + index
        _set_plane(dataset, self.geometry, index)
        if self.source is not None:
            dataset = self.source.derived(dataset, self.source_images(index), self.tags)
            if self.images and is_unmoved(self.images[index], self.geometry, index):
                # what a scanner wrote is kept to the last digit
                dataset.ImagePositionPatient = self.images[index].ImagePositionPatient
                dataset.ImageOrientationPatient = self.images[index].ImageOrientationPatient
                _set_location(dataset)
        _set_pixels(dataset, self.stored, index, self.kind)
        if self.low_is_bright and self.kind.monochrome1:
            dataset.PhotometricInterpretation = "MONOCHROME1"
        if self.source is not None and dataset.Rows != self.source.datasets[0].get("Rows"):
            forget_tiles(dataset)
        if self.volume.voxels.ndim == 3:
            _set_window(dataset, self.volume, index)
        fill_in(dataset, self.kind)
        _drop_what_the_class_has_not(dataset, self.kind, self)
        return dataset

    @property
    def low_is_bright(self) -> bool:
        """Whether low values are bright in the scene and in the source; not of a view that is inverted."""
        if self.source is None or not self.volume.low_is_bright or self.volume.voxels.ndim == 4:
            return False
        return bool(self.source.common().get("PhotometricInterpretation") == "MONOCHROME1")

    def changes(self) -> list[TagChange] | None:
        """How the first image differs from the one that it is derived from; None if from none."""
        if self.source is None:
            return None
        return differences(self.source_image(0) or self.source.common(), self.instance(0))

    def source_image(self, index: int) -> Dataset | None:
        """The source image at the place of slice `index`; None if there is none."""
        return self.images[index] if self.images else None

    def source_images(self, index: int) -> list[Dataset]:
        """The images of which slice `index` may be: one if each is that of a slice, else all at its place."""
        if self.source is None or not self.images:
            return []
        image = self.images[index]
        one_to_one = len(self.images) == len(self.source.datasets)
        return [image] if one_to_one else self.source.at_the_place_of(image)


def image_series(
    volume: ImageVolume,
    tags: Mapping[str, str],
    source: SourceImages | None = None,
    dtype: str = "",
    *,
    of_several: bool = False,
) -> ImageSeries:
    """Prepare a series of single-frame images.

    Parameters
    ----------
    volume
        Voxels and their place.
    tags
        As of `header.new_instance`; Modality chooses the SOP class. Series Instance UID, Frame of
        Reference UID and Study Instance UID are made where they are empty.
    source
        The images that the volume was made of; what they say of patient, study, equipment and acquisition
        is kept, and `tags` go over it.
    dtype
        Type of the stored values, see `stored_values.store`.
    of_several
        Whether it is a part of a series of several volumes.

    Raises
    ------
    ExportError
        If the modality is empty, a tag is not valid, or voxels or geometry cannot be written.
    """
    given = {name: value for name, value in tags.items() if str(value).strip()}
    if not given.get("Modality"):
        raise ExportError("The modality is empty. It is needed to choose what kind of images is written.")
    notes = []
    if given["Modality"] in NOT_OF_IMAGES:
        notes.append(NO_IMAGES.format(modality=given["Modality"]))
        given["Modality"] = OTHER
    geometry = volume.slices
    images = source.placed(geometry) if source is not None else []
    kind = _fitting_class(given["Modality"], volume.voxels, of_several or len(volume.voxels) > 1)
    stored = store(
        volume.voxels,
        [scaling_of(image) for image in images],
        dtype or kind.stored_type,
        other_scalings=source.scalings if source is not None and not images else (),
        without_intercept=kind.without_intercept,
    )
    complete = {
        "SeriesInstanceUID": generate_uid(),
        "FrameOfReferenceUID": (source.frame_of_reference if source else "") or generate_uid(),
        "StudyInstanceUID": (source.study_uid if source else "") or generate_uid(),
        **dates_of(datetime.now()),
        **(_decay_reference(source) if source is not None and given["Modality"] == "PT" else {}),
        **given,
    }  # fmt: skip
    uid = complete["SeriesInstanceUID"]
    series = ImageSeries(uid, stored, volume, kind, geometry, complete, source, images, notes)
    series.notes += _notes_on(series)
    return series


def _notes_on(series: ImageSeries) -> Iterator[str]:
    """What the user should know of what is written."""
    source = series.source
    if source is not None:
        yield from _notes_on_source(series, source)
    if series.tags["Modality"] == "US" and series.kind is not ULTRASOUND:
        yield PLACED_ULTRASOUND
    if series.low_is_bright and not series.kind.monochrome1:
        yield SHOWN_INVERTED.format(modality=series.tags["Modality"])
    if series.stored.error:
        slope = series.stored.scalings[0][0]
        yield (
            f"Voxels are rounded to steps of {slope:.3g} (by {series.stored.error:.2g} at most), "
            "since images of this kind hold 65536 different values."
        )


def _notes_on_source(series: ImageSeries, source: SourceImages) -> list[str]:
    """What is to be known of where the source images lie."""
    size = (series.volume.voxels.shape[1], series.volume.voxels.shape[2])
    away = source.away_in_order_mm(series.geometry)
    known = bool(series.images or away)
    notes = [UNEVEN_IMAGES.format(away=away)] if away else []
    notes.append(geometry_difference(source, series.geometry, size, at_their_places=known))
    if any(len(series.source_images(index)) > 1 for index in range(len(series.images))):
        notes.append(SEVERAL_AT_A_PLACE)
    return [note for note in notes if note]


def _decay_reference(source: SourceImages) -> dict[str, str]:
    """Begin of the series of PET images: their decay is corrected to it (PS3.3 C.8.9.1.1.5)."""
    first = source.datasets[0]
    return {name: str(first.get(name)) for name in ("SeriesDate", "SeriesTime") if first.get(name)}


def _fitting_class(modality: str, voxels: np.ndarray, is_of_slices: bool) -> ImageClass:
    """The class of a modality, or Secondary Capture where it cannot hold the voxels or their place."""
    kind = image_class(modality, colour=voxels.ndim == 4)
    if kind is ULTRASOUND and is_of_slices:
        return SECONDARY_CAPTURE
    if kind.stored_type and voxels.ndim == 3:
        limits = np.iinfo(kind.stored_type)
        whole = voxels.dtype.kind != "f" or bool((voxels == np.rint(voxels)).all())
        if not whole or voxels.min(initial=0) < limits.min or voxels.max(initial=0) > limits.max:
            return SECONDARY_CAPTURE
    return kind


def _set_plane(dataset: Dataset, geometry: SliceGeometry, index: int) -> None:
    """Image Plane and Frame of Reference."""
    dataset.ImagePositionPatient = decimal_strings(geometry.positions_lps[index])
    plane = geometry.plane(index)
    dataset.ImageOrientationPatient = decimal_strings(plane[:6])
    dataset.PixelSpacing = decimal_strings(plane[6:])
    dataset.SliceThickness = decimal_strings([geometry.slice_spacing])[0]
    if len(geometry.positions_lps) == 1:  # there is no neighbour from which it could be known
        dataset.SpacingBetweenSlices = dataset.SliceThickness
    _set_location(dataset)
    dataset.PositionReferenceIndicator = ""
    dataset.PatientPosition = "HFS"


def _set_location(dataset: Dataset) -> None:
    """How far along the normal an image lies."""
    cosines = np.array(dataset.ImageOrientationPatient, float)
    position = np.array(dataset.ImagePositionPatient, float)
    along_normal = float(position @ np.cross(cosines[:3], cosines[3:]))
    dataset.SliceLocation = decimal_strings([along_normal])[0]


def _set_pixels(dataset: Dataset, stored: StoredValues, index: int, kind: ImageClass) -> None:
    """Image Pixel and Modality LUT."""
    pixels = np.ascontiguousarray(stored.values[index])
    bits = pixels.dtype.itemsize * 8
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    if pixels.ndim == 3:
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
        dataset.PlanarConfiguration = 0
    else:
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        _set_scaling(dataset, stored, index, kind)
    data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    dataset.add_new(0x7FE00010, "OW" if bits > 8 else "OB", data + b"\0" * (len(data) % 2))


def _set_scaling(dataset: Dataset, stored: StoredValues, index: int, kind: ImageClass) -> None:
    slope, intercept = stored.scalings[index]
    if kind.rescale or stored.is_scaled:
        dataset.RescaleSlope, dataset.RescaleIntercept = decimal_strings([slope, intercept])
        if not dataset.get("RescaleType") and "RescaleType" not in kind.attributes:
            dataset.RescaleType = "US"
    else:
        for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
            dataset.pop(keyword, None)


def _set_window(dataset: Dataset, volume: ImageVolume, index: int) -> None:
    """The window of the volume, or else the range of the slice, as Slicer writes it."""
    if volume.window is not None:
        center, width = volume.window
    else:
        low, high = float(volume.voxels[index].min()), float(volume.voxels[index].max())
        center, width = (low + high) / 2, max(high - low, 1.0)
    dataset.WindowCenter, dataset.WindowWidth = decimal_strings([center, max(width, 1.0)])


def _drop_what_the_class_has_not(dataset: Dataset, kind: ImageClass, series: ImageSeries) -> None:
    """What belongs to one class only, or is counted."""
    if kind.uid.endswith(".128"):
        dataset.NumberOfSlices, dataset.ImageIndex = len(series), dataset.InstanceNumber
        dataset.pop("RescaleType", None)
    if kind.uid.endswith(".1.20"):
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient"):
            dataset.pop(keyword, None)
