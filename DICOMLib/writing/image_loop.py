"""A loop of images that make no volume as one multi-frame image: ultrasound, X-ray, secondary capture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    UltrasoundMultiFrameImageStorage,
    XRayAngiographicImageStorage,
    XRayRadiofluoroscopicImageStorage,
)

from DICOMLib.core.errors import ExportError
from DICOMLib.writing.derive import SourceImages, scaling_of
from DICOMLib.writing.geometry import decimal_strings
from DICOMLib.writing.header import dates_of, new_instance
from DICOMLib.writing.stored_values import StoredValues, store

X_RAY = (XRayAngiographicImageStorage, XRayRadiofluoroscopicImageStorage)
FRAME_TIME, FRAME_TIME_VECTOR = 0x00181063, 0x00181065
EVEN_MS = 0.5  # sequences tell their times in steps of 1 ms
TIME_DIGITS = 3  # of milliseconds; more would add nothing but length
LONGEST_VALUE = 65534  # bytes of numbers in an explicit value representation (PS3.5 7.1.2)
CENTIMETRES, SPATIAL_2D, TISSUE = 3, 1, 1  # PS3.3 C.8.5.5
# Of a plane in the patient, which a loop has none of.
_OF_PLANES = (
    "ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "SliceThickness",
    "FrameOfReferenceUID", "PositionReferenceIndicator",
)  # fmt: skip
# How large pixels are.
_OF_PIXELS = ("PixelSpacing", "ImagerPixelSpacing", "SequenceOfUltrasoundRegions")


NO_ULTRASOUND = "Ultrasound images have 8 bits: the frames are written as Secondary Capture."
SPACING_NOT_READ = (
    "The image says that its pixels are {row:g} x {column:g} mm; but loops other than calibrated ultrasound "
    "are loaded with pixels of 1 mm."
)
ROUNDED = (
    "Pixels are rounded to steps of {step:.3g} (by {error:.2g} at most), since images of this kind hold "
    "65536 different values."
)
SIZE_NOT_KEPT = (
    "The frames have not the rows and columns of the image that they were made of: how large its pixels are "
    "is not kept."
)
INVERTED = (
    "The image says that its low values are bright (MONOCHROME1), which multi-frame images may not say: "
    "the values are written as {top} less the value, so that the frames look as they do now."
)
PERHAPS_ANNOTATED = (
    "It is not known whether names or other texts are part of the picture: the capture says so (Burned In "
    "Annotation YES). If there are none, export it with the tag BurnedInAnnotation=NO."
)


@dataclass(frozen=True, slots=True)
class Loop:
    """What is written.

    Parameters
    ----------
    frames
        Shape (frames, rows, columns), or (frames, rows, columns, 3) for 8 bit RGB.
    times_ms
        When each frame was taken; they ascend.
    pixel_spacing
        Distance between rows, then between columns, mm; None if it is not known, or as the source tells.
    """

    frames: np.ndarray
    times_ms: Sequence[float]
    pixel_spacing: tuple[float, float] | None = None


def image_loop(
    loop: Loop, tags: Mapping[str, str], source: SourceImages | None = None
) -> tuple[Dataset, list[str]]:
    """One multi-frame image of all frames, and what the user should know of it.

    Parameters
    ----------
    loop
        The frames.
    tags
        As of `header.new_instance`. Frames of Modality US become ultrasound if 8 bits hold them.
    source
        The image that the frames were made of; what it says is kept, and `tags` go over it. Frames of an
        X-ray image become one of its class.

    Raises
    ------
    ExportError
        If a tag is not valid, or images cannot hold the frames or their times.
    """
    if not str(tags.get("Modality", "")).strip():
        raise ExportError("The modality is empty. It is needed to choose what kind of image is written.")
    stored = _unsigned(store(loop.frames, [] if source is None else [scaling_of(source.datasets[0])]))
    top = _brightest(stored, source)
    if top:
        stored = StoredValues(
            (top - stored.values).astype(stored.values.dtype), stored.scalings, stored.error
        )
    uid = _class_of(loop, stored, str(tags["Modality"]), source)
    given = {name: value for name, value in tags.items() if str(value).strip()}
    dataset = new_instance(uid, {**dates_of(datetime.now()), **given})
    dataset.InstanceNumber = 1
    if source is not None:
        dataset = source.derived(dataset, source.datasets, tags)
    for keyword in (*_OF_PLANES, *_OF_PIXELS):
        dataset.pop(keyword, None)
    _set_pixels(dataset, stored)
    if top:
        _invert_window(dataset, top, stored.scalings[0])
    _set_times(dataset, loop.times_ms)
    if loop.pixel_spacing is not None:
        _set_spacing(dataset, loop.pixel_spacing)
    elif source is not None and loop.frames.shape[1:3] == size_of(source.datasets[0]):
        _keep_spacing(dataset, source.datasets[0])
    told = [INVERTED.format(top=top)] if top else []
    told += _complete(dataset)
    if source is not None and _has_lost_spacing(dataset, source.datasets[0]):
        told.append(SIZE_NOT_KEPT)
    return dataset, [*_notes_on(dataset, loop, stored), *told]


def _notes_on(dataset: Dataset, loop: Loop, stored: StoredValues) -> Iterator[str]:
    is_ultrasound = dataset.SOPClassUID == UltrasoundMultiFrameImageStorage
    if dataset.Modality == "US" and not is_ultrasound:
        yield NO_ULTRASOUND
    if loop.pixel_spacing is not None and not is_ultrasound:
        row, column = loop.pixel_spacing
        yield SPACING_NOT_READ.format(row=row, column=column)
    if stored.error:
        yield ROUNDED.format(step=stored.scalings[0][0], error=stored.error)


def _unsigned(stored: StoredValues) -> StoredValues:
    """The same without negative values, which these classes have not (PS3.3 C.8.6.3, C.8.7.1); few bits."""
    values, scalings = stored.values, stored.scalings
    low = int(values.min(initial=0))
    if low < 0:
        slope, intercept = scalings[0]
        values = (values.astype(np.int32) - low).astype(np.uint16)
        scalings = [(slope, intercept + slope * low)] * len(scalings)
    kind = np.uint8 if values.max(initial=0) <= np.iinfo(np.uint8).max else np.uint16
    return StoredValues(values.astype(kind), scalings, stored.error)


def _brightest(stored: StoredValues, source: SourceImages | None) -> int:
    """The stored value that becomes 0 where the source shows low values bright; else 0.

    None of these classes allows MONOCHROME1 (PS3.3 A.8, C.8.5.6, C.8.7.1).
    """
    image = Dataset() if source is None else source.datasets[0]
    if image.get("PhotometricInterpretation") != "MONOCHROME1" or stored.values.ndim == 4:
        return 0
    limit = int(np.iinfo(stored.values.dtype).max)
    top = min(2 ** int(image.get("BitsStored") or 16) - 1, limit)
    return top if stored.values.max(initial=0) <= top else limit


def _invert_window(dataset: Dataset, top: int, scaling: tuple[float, float]) -> None:
    """Let the window show of inverted values what it did; its bounds are half a value off (C.11.2.1.2)."""
    centers = dataset.get("WindowCenter")
    if centers in (None, ""):
        return
    slope, intercept = scaling
    turned = slope * top + 2 * intercept + 1 - np.atleast_1d(np.asarray(centers, float))
    dataset.WindowCenter = decimal_strings([float(center) for center in turned])


def _class_of(loop: Loop, stored: StoredValues, modality: str, source: SourceImages | None) -> str:
    """The SOP class that can hold the frames and fits the modality best."""
    is_colour, is_byte = loop.frames.ndim == 4, stored.values.dtype == np.uint8
    if modality == "US" and is_byte and not stored.is_scaled:
        return str(UltrasoundMultiFrameImageStorage)
    origin = Dataset() if source is None else source.datasets[0]
    is_of_class = origin.get("SOPClassUID") in X_RAY and origin.get("Modality") == modality
    if is_of_class and not (is_colour or stored.is_scaled):
        return str(origin.SOPClassUID)
    if is_colour:
        return str(MultiFrameTrueColorSecondaryCaptureImageStorage)
    if is_byte and not stored.is_scaled:
        return str(MultiFrameGrayscaleByteSecondaryCaptureImageStorage)
    return str(MultiFrameGrayscaleWordSecondaryCaptureImageStorage)


def _set_pixels(dataset: Dataset, stored: StoredValues) -> None:
    """Image Pixel, Multi-frame and Modality LUT."""
    values = stored.values
    if dataset.SOPClassUID == MultiFrameGrayscaleWordSecondaryCaptureImageStorage:
        values = values.astype(np.uint16)
    bits = values.dtype.itemsize * 8
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = values.shape[:3]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = 0
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        dataset.pop(keyword, None)
    if values.ndim == 4:
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
        dataset.PlanarConfiguration = 0
        for keyword in ("WindowCenter", "WindowWidth"):
            dataset.pop(keyword, None)
    elif _is_grey_capture(dataset):
        dataset.RescaleSlope, dataset.RescaleIntercept = decimal_strings(stored.scalings[0])
        dataset.RescaleType = "US"
        dataset.PresentationLUTShape = "IDENTITY"
    data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    dataset.add_new(0x7FE00010, "OW" if bits > 8 else "OB", data + b"\0" * (len(data) % 2))


def _is_grey_capture(dataset: Dataset) -> bool:
    return dataset.SOPClassUID in (
        MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    )


def _set_times(dataset: Dataset, times_ms: Sequence[float]) -> None:
    """Cine: one Frame Time, or the steps between uneven times."""
    steps = np.diff(times_ms)
    for keyword in ("FrameTime", "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate"):
        dataset.pop(keyword, None)
    even = times_ms[0] + steps.mean() * np.arange(len(times_ms))
    if np.abs(times_ms - even).max() <= EVEN_MS:
        dataset.FrameIncrementPointer = FRAME_TIME
        dataset.FrameTime = decimal_strings([float(steps.mean())])[0]
    else:
        dataset.FrameIncrementPointer = FRAME_TIME_VECTOR
        rounded = np.round(np.diff(np.round(times_ms, TIME_DIGITS), prepend=times_ms[0]), TIME_DIGITS)
        texts = decimal_strings(rounded)
        if len("\\".join(texts)) > LONGEST_VALUE:
            raise ExportError(
                f"The times of {len(texts)} uneven frames are more than an image can hold: export fewer "
                "frames, or frames at even times."
            )
        dataset.FrameTimeVector = texts


def size_of(image: Dataset) -> tuple[int, int]:
    """Rows and columns."""
    return int(image.get("Rows") or 0), int(image.get("Columns") or 0)


def _keep_spacing(dataset: Dataset, image: Dataset) -> None:
    """What an image of the same size says of the size of its pixels."""
    for keyword in _OF_PIXELS:
        if keyword in image:
            dataset[keyword] = image[keyword]


def _has_lost_spacing(dataset: Dataset, image: Dataset) -> bool:
    """Whether nothing is left of what an image says of the size of its pixels."""
    told, kept = ([one.get(keyword) for keyword in _OF_PIXELS] for one in (image, dataset))
    return any(told) and not any(kept)


def _set_spacing(dataset: Dataset, spacing: tuple[float, float]) -> None:
    """Pixel Spacing of X-ray and captures; of ultrasound a region that is calibrated."""
    if dataset.SOPClassUID != UltrasoundMultiFrameImageStorage:
        dataset.PixelSpacing = decimal_strings(spacing)
        return
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = SPATIAL_2D, TISSUE, 0
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = dataset.Columns - 1, dataset.Rows - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = CENTIMETRES
    region.PhysicalDeltaY, region.PhysicalDeltaX = (mm / 10 for mm in spacing)
    dataset.SequenceOfUltrasoundRegions = DicomSequence([region])


def _complete(dataset: Dataset) -> list[str]:
    """Add what the class requires and nobody tells; what is to be known of it."""
    is_capture = dataset.SOPClassUID not in (*X_RAY, UltrasoundMultiFrameImageStorage)
    absent = {"PatientOrientation": "", "ImageType": ["ORIGINAL", "PRIMARY"], "Laterality": ""}
    notes = []
    if is_capture:
        absent["ConversionType"] = "WSD"
        if not dataset.get("BurnedInAnnotation"):  # which may not be empty here (PS3.3 C.8.6.3)
            dataset.BurnedInAnnotation = "YES"
            notes.append(PERHAPS_ANNOTATED)
    for keyword, value in absent.items():
        if keyword not in dataset:
            setattr(dataset, keyword, value)
    return notes
