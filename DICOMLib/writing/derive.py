"""What derived images keep of the images they were made of (PS3.3 C.12.4 and C.7.6.1.1.2)."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import RTDoseStorage, generate_uid

from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.standard.functional_groups import macro
from DICOMLib.writing.geometry import SliceGeometry, TilePlanes
from DICOMLib.writing.header import add_contributing_equipment, code, set_tags
from DICOMLib.writing.identity import OF_THE_REQUEST, OF_THE_STUDY
from DICOMLib.writing.inherited import mend
from DICOMLib.writing.source_planes import SAME_PLACE_MM, ImagePlane, ImagePlanes

# Slices of a volume lie at even distances, those of a scanner almost: some write rounded positions.
SAME_PLACE_OF_SPACING = 0.05
SAME_PLANE = 1e-3  # of cosines, and mm of the pixel spacing
UNMOVED_MM = 1e-3
UNTURNED = 1e-5
_MOST_SCALINGS = 20  # that are tried where it is not known which is that of a slice
DERIVATION = "Written by slicer-dicom from a volume that lies where the source images do"
DERIVATION_ELSEWHERE = "Written by slicer-dicom from a volume whose reference are the source images"

# What is true of the source only: how its pixels are stored, and its frames.
_NOT_KEPT = (
    "PixelData", "FloatPixelData", "DoubleFloatPixelData", "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths", "NumberOfFrames", "FrameIncrementPointer", "PlanarConfiguration",
    "PixelPaddingValue", "PixelPaddingRangeLimit", "SmallestImagePixelValue", "LargestImagePixelValue",
    "SmallestPixelValueInSeries", "LargestPixelValueInSeries", "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
    "ModalityLUTSequence", "VOILUTSequence", "VOILUTFunction", "WindowCenterWidthExplanation",
    "PixelAspectRatio", "ICCProfile", "IconImageSequence", "PixelDataProviderURL",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "DimensionIndexSequence",
    "DimensionOrganizationSequence", "DimensionOrganizationType", "SpacingBetweenSlices",
    "ImagerPixelSpacing", "SourceImageSequence", "DerivationDescription", "DerivationCodeSequence",
    "ConcatenationUID", "MACParametersSequence", "DigitalSignaturesSequence", "InstanceCreatorUID",
    "PixelPresentation", "VolumetricProperties", "VolumeBasedCalculationTechnique", "PresentationLUTShape",
    "FrameTimeVector", "RotationVector", "PhaseVector", "RRIntervalVector", "TimeSlotVector", "SliceVector",
    "AngularViewVector", "TimeSliceVector", "NumberOfRotations", "NumberOfPhases", "NumberOfRRIntervals",
    "NumberOfTimeSlots", "NumberOfSlices", "RotationInformationSequence", "PhaseInformationSequence",
    "DoseGridScaling", "DoseUnits", "DoseType", "DoseSummationType", "GridFrameOffsetVector", "DVHSequence",
    "SegmentSequence", "SegmentationType", "SegmentationFractionalType", "MaximumFractionalValue",
    "SegmentsOverlap",
)  # fmt: skip
# Differ from slice to slice, but may not be absent (PS3.3 C.8.9.4).
_OF_THE_NEAREST = (
    "AcquisitionDate", "AcquisitionTime", "FrameReferenceTime", "ActualFrameDuration", "DecayFactor",
)  # fmt: skip
# Taken from the new image even if it says nothing.
_OF_THE_NEW = (
    "SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "InstanceCreationDate", "InstanceCreationTime",
    "InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness",
    "SliceLocation", "SeriesInstanceUID", "FrameOfReferenceUID", "SeriesDate", "SeriesTime", "ContentDate",
    "ContentTime", "Modality", "StudyInstanceUID",
)  # fmt: skip


@dataclass(slots=True)
class SourceImages:
    """The images that a volume was made of.

    Parameters
    ----------
    datasets
        Headers of the images of one series; their pixels are not needed.
    tiles
        The slices that they hold side by side; None if each image is a slice, or several frames.
    frames
        Which frames of the only image the volume was made of, from 1; empty if it is not known, or of all.
    """

    datasets: Sequence[Dataset]
    tiles: TilePlanes | None = None
    frames: Sequence[int] = ()
    _planes: ImagePlanes | None = field(default=None, init=False)
    _common: Dataset | None = field(default=None, init=False)
    _places: np.ndarray | None = field(default=None, init=False)

    @property
    def frame_of_reference(self) -> str:
        """Frame of Reference UID; empty if there is none."""
        return str(self.datasets[0].get("FrameOfReferenceUID") or "")

    @property
    def study_uid(self) -> str:
        """Study Instance UID."""
        return str(self.datasets[0].get("StudyInstanceUID") or "")

    @property
    def series_uid(self) -> str:
        """Series Instance UID."""
        return str(self.datasets[0].get("SeriesInstanceUID") or "")

    @property
    def planes(self) -> ImagePlanes:
        """Where the images, their frames or their tiles lie."""
        if self._planes is None:
            self._planes = ImagePlanes(self.datasets, self.tiles, self.frames)
        return self._planes

    @property
    def places(self) -> np.ndarray:
        """Position (LPS, mm), orientation and pixel spacing of each image, shape (images, 11)."""
        if self._places is None:
            self._places = np.array([_place(dataset) for dataset in self.datasets])
        return self._places

    @property
    def scalings(self) -> list[tuple[float, float]]:
        """Slope and intercept of images and frames, each once; the first ones if there are many."""
        found = dict.fromkeys(one for dataset in self.datasets for one in frame_scalings(dataset))
        return list(found)[:_MOST_SCALINGS]

    def placed(self, geometry: SliceGeometry) -> list[Dataset]:
        """The image of each slice; empty if a slice lies where none does: the volume was resampled.

        Of slices at one place, the second is the second image there, and so on.
        """
        allowed = same_place_mm(geometry)
        images, times = [], Counter[tuple[float, ...]]()
        for index, position in enumerate(geometry.positions_lps):
            off = np.abs(self.places[:, :3] - position).max(axis=1)
            off[~(np.abs(self.places[:, 3:] - geometry.plane(index)).max(axis=1) <= SAME_PLANE)] = np.inf
            if not off.min() <= allowed:
                return []
            place = tuple(np.round(position, 3))
            there = np.flatnonzero(off <= off.min() + SAME_PLACE_MM)
            images.append(self.datasets[there[min(times[place], len(there) - 1)]])
            times[place] += 1
        return images

    def away_in_order_mm(self, geometry: SliceGeometry) -> float:
        """How far slices lie from uneven images of which only the first and the last are at their places.

        Volumes have one distance of slices. This one was resampled, or it has the slices of the images, and
        what says so was lost; 0 if there are no such images.
        """
        positions = np.array(geometry.positions_lps)
        if len(self.places) != len(positions) or not np.isfinite(self.places).all():
            return 0.0
        order = np.argsort(self.places[:, :3] @ (positions[-1] - positions[0]), kind="stable")
        away = np.abs(self.places[order, :3] - positions).max(axis=1)
        is_known = away[[0, -1]].max() <= UNMOVED_MM
        return float(away.max()) if is_known and away.max() > same_place_mm(geometry) else 0.0

    def at_the_place_of(self, image: Dataset) -> list[Dataset]:
        """All images that lie where one of them does: those of several times or echoes do, say."""
        off = np.abs(self.places - _place(image)).max(axis=1)
        return [dataset for dataset, mm in zip(self.datasets, off, strict=True) if mm <= SAME_PLACE_MM]

    def has_several_at_a_place(self, geometry: SliceGeometry) -> bool:
        """Whether several images or frames lie where one of the slices does."""
        return any(len(planes) > 1 for planes in self._planes_at_slices(geometry))

    def _planes_at_slices(self, geometry: SliceGeometry) -> list[list[ImagePlane]]:
        """What lies at each slice."""
        allowed, at = same_place_mm(geometry), self.planes.at
        planes = [geometry.plane(index) for index in range(len(geometry.positions_lps))]
        return [
            at(position, plane[:6], allowed, [*plane[6:]])
            for position, plane in zip(geometry.positions_lps, planes, strict=True)
        ]

    def nearest(self, position_lps: np.ndarray) -> Dataset:
        """The image whose corner is nearest to that of a slice."""
        off = np.linalg.norm(np.nan_to_num(self.places[:, :3] - position_lps, posinf=1e9), axis=1)
        return self.datasets[int(off.argmin())]

    def derived(self, new: Dataset, images: Sequence[Dataset], tags: Mapping[str, str]) -> Dataset:
        """The header of the source with what is new in it.

        Parameters
        ----------
        new
            Header of one slice, with its place, without pixels.
        images
            Those at its place, of which it is one; what they have in common is kept. If there are none, what
            all images have in common is.
        tags
            What was asked for; it goes over what the source says.
        """
        with no_warnings:  # of values of the source, which are not ours
            return self._derived(new, images, tags)

    def _derived(self, new: Dataset, images: Sequence[Dataset], tags: Mapping[str, str]) -> Dataset:
        result = copy.deepcopy(_in_common(images) if images else self.common())
        if new.get("Modality") == "PT":
            place = np.array(new.get("ImagePositionPatient") or (0, 0, 0), float)
            _complete_from(result, min(images, key=_moment) if images else self.nearest(place))
        mend(result)
        if new.StudyInstanceUID != self.study_uid:
            for keyword in (*OF_THE_STUDY, *OF_THE_REQUEST):
                result.pop(keyword, None)
        for keyword in _OF_THE_NEW:
            if keyword in new:
                result[keyword] = new[keyword]
        for element in new:
            if element.tag not in result:
                result[element.tag] = element
        set_tags(result, tags)
        planes = [ImagePlane(image) for image in images] or self._planes_of(new)
        if planes:
            _set_provenance(result, planes, DERIVATION)
        else:
            _set_provenance(result, [ImagePlane(image) for image in self.datasets], DERIVATION_ELSEWHERE)
        return result

    def _planes_of(self, new: Dataset) -> list[ImagePlane]:
        """The frames or tiles that lie where a new image does."""
        place = np.array(_place(new))
        allowed = SAME_PLACE_OF_SPACING * float(new.get("SliceThickness") or 0)
        planes = self.planes.at(place[:3], place[3:9], max(SAME_PLACE_MM, allowed), [*place[9:]])
        return [plane for plane in planes if plane.frame or self.tiles is not None]

    def common(self) -> Dataset:
        """What all images say alike; it is what is true of a slice that lies where no image does."""
        if self._common is None:
            with no_warnings:  # values are converted, and warned of, when first seen
                self._common = _in_common(self.datasets)
        return self._common


def same_place_mm(geometry: SliceGeometry) -> float:
    """How far an image may lie from a slice that it is said to be the image of."""
    return max(SAME_PLACE_MM, SAME_PLACE_OF_SPACING * geometry.slice_spacing)


def _in_common(images: Sequence[Dataset]) -> Dataset:
    """What images say alike."""
    first = without_pixels(images[0])
    for dataset in images[1:]:
        for tag in list(first.keys()):
            if tag not in dataset or dataset[tag] != first[tag]:
                del first[tag]
    return first


def _complete_from(header: Dataset, image: Dataset) -> None:
    """Take over what may not be absent, though it is that of one of several images."""
    for keyword in _OF_THE_NEAREST:
        if keyword in image and keyword not in header:
            header[keyword] = copy.deepcopy(image[keyword])


def acquisition_order(image: Dataset) -> tuple[float, tuple[str, str]]:
    """By what images at one place are put in order: Instance Number, then the time of acquisition."""
    number = image.get("InstanceNumber")
    return (np.inf if number is None else float(number)), _moment(image)


def _moment(image: Dataset) -> tuple[str, str]:
    """When an image was acquired, as it sorts."""
    return str(image.get("AcquisitionDate") or ""), str(image.get("AcquisitionTime") or "")


def _place(dataset: Dataset) -> list[float]:
    """Position, orientation and spacing of an image; infinitely far away if it does not tell them."""
    parts = [
        dataset.get(name) for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    ]
    return [float(number) for part in parts for number in part] if all(parts) else [np.inf] * 11


def own_world(image: Dataset) -> str:
    """Frame of Reference UID for a series that tells none: the same whatever is made of it."""
    return generate_uid(entropy_srcs=[str(image.get("SeriesInstanceUID")), "frame of reference"])


def scaling_of(dataset: Dataset) -> tuple[float, float]:
    """Rescale Slope and Intercept."""
    return float(dataset.get("RescaleSlope") or 1), float(dataset.get("RescaleIntercept") or 0)


def frame_scalings(dataset: Dataset) -> list[tuple[float, float]]:
    """Slope and intercept of each frame; one if all have the same, the Dose Grid Scaling of a dose."""
    if dataset.get("DoseGridScaling") and dataset.SOPClassUID == RTDoseStorage:
        return [(float(dataset.DoseGridScaling), 0.0)]
    frames = len(dataset.get("PerFrameFunctionalGroupsSequence") or ())
    items = [macro(dataset, index, "PixelValueTransformationSequence") for index in range(frames)]
    return [scaling_of(item) for item in items if item] or [scaling_of(dataset)]


def without_pixels(dataset: Dataset) -> Dataset:
    """A shallow copy without what is not kept: pixels, how they are stored, overlays, curves."""
    result = Dataset()
    for element in dataset:
        if element.tag.group & 0xFF00 not in (0x5000, 0x6000) and element.keyword not in _NOT_KEPT:
            result[element.tag] = element
    return result


def is_unmoved(image: Dataset, geometry: SliceGeometry, index: int) -> bool:
    """Whether a slice lies exactly where an image does, but for the last digits of its text."""
    off = np.abs(np.array(image.ImagePositionPatient, float) - geometry.positions_lps[index]).max()
    turned = np.abs(np.array(image.ImageOrientationPatient, float) - geometry.plane(index)[:6]).max()
    return bool(off <= UNMOVED_MM and turned <= UNTURNED)


def _set_provenance(dataset: Dataset, sources: Sequence[ImagePlane], derivation: str) -> None:
    """Say that the image is derived, from which images, and by which program."""
    image_type = [str(part) for part in dataset.get("ImageType") or ()]
    dataset.ImageType = ["DERIVED", "SECONDARY", *image_type[2:]]
    dataset.DerivationDescription = derivation
    references = []
    for source in sources:
        reference = source.reference()
        purpose = code("121322", "DCM", "Source image for image processing operation")
        reference.PurposeOfReferenceCodeSequence = DicomSequence([purpose])
        references.append(reference)
    dataset.SourceImageSequence = DicomSequence(references)
    add_contributing_equipment(dataset)
