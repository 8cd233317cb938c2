"""Where images, their frames and their tiles lie, and references to those that lie where something does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from DICOMLib.standard.functional_groups import frame_planes, macro
from DICOMLib.standard.geometry import MissingGeometry
from DICOMLib.writing.geometry import TilePlanes
from DICOMLib.writing.header import instance_reference

SAME_PLACE_MM = 0.01
SAME_COSINE = 0.01


@dataclass(frozen=True, slots=True)
class ImagePlane:
    """A plane of an image.

    Parameters
    ----------
    image
        Header of the image.
    frame
        Number of the frame, from 1; 0 for the whole image, and for a tile of it.
    """

    image: Dataset
    frame: int = 0

    def reference(self) -> Dataset:
        """An item that refers to the image, and to the frame of it if it has several (PS3.3 10.3)."""
        item = instance_reference(self.image.SOPClassUID, self.image.SOPInstanceUID)
        if self.frame:
            item.ReferencedFrameNumber = self.frame
        return item


class ImagePlanes:
    """The planes of the images of a volume, found by their places.

    Parameters
    ----------
    images
        Headers of the images.
    tiles
        The slices that they hold side by side, if they do.
    frames
        Numbers of the frames of the only image that belong to the volume; all of them if empty.
    """

    def __init__(
        self, images: Sequence[Dataset], tiles: TilePlanes | None = None, frames: Sequence[int] = ()
    ) -> None:
        self._planes: list[ImagePlane] = []
        numbers: list[np.ndarray] = []
        if tiles is not None:
            self._planes = [ImagePlane(images[number]) for number in tiles.images]
            numbers = list(tiles.planes)
        for image in images if tiles is None else ():
            for frame, plane in _planes_of(image):
                if not (frame and frames) or frame in frames:
                    self._planes.append(ImagePlane(image, frame))
                    numbers.append(plane)
        places = np.array(numbers, float).reshape(-1, 11)
        self._positions, self._orientations, self._spacings = places[:, :3], places[:, 3:9], places[:, 9:]
        self._normals = np.cross(places[:, 3:6], places[:, 6:9])

    def __len__(self) -> int:
        return len(self._planes)

    def at(
        self,
        position_lps: np.ndarray,
        orientation: np.ndarray,
        allowed_mm: float = SAME_PLACE_MM,
        pixel_spacing: Sequence[float] = (),
    ) -> list[ImagePlane]:
        """All planes whose first pixel and directions are those of a slice; empty if there are none.

        Of those within `allowed_mm` they are the nearest ones. Their pixels are as large as those of the
        slice if that tells its `pixel_spacing`.
        """
        off = np.abs(self._positions - position_lps).max(axis=1, initial=0)
        off[np.abs(self._orientations - orientation).max(axis=1, initial=0) > SAME_COSINE] = np.inf
        if len(pixel_spacing):
            off[~(np.abs(self._spacings - pixel_spacing).max(axis=1, initial=0) <= SAME_PLACE_MM)] = np.inf
        if not len(off) or off.min() > allowed_mm:
            return []
        return [self._planes[index] for index in np.flatnonzero(off <= off.min() + SAME_PLACE_MM)]

    def holding(self, points_lps: np.ndarray) -> list[ImagePlane]:
        """All planes at the place of the nearest one, if that holds all points; else empty."""
        if not self._planes:
            return []
        off = np.abs(((points_lps[0] - self._positions) * self._normals).sum(axis=1))
        nearest = int(np.argmin(off))
        away = np.abs((points_lps - self._positions[nearest]) @ self._normals[nearest]).max()
        if away >= SAME_PLACE_MM:
            return []
        return self.at(self._positions[nearest], self._orientations[nearest])


def _planes_of(image: Dataset) -> Iterator[tuple[int, np.ndarray]]:
    """Position, orientation, pixel spacing (11 numbers) of an image (number 0) or its frames (from 1)."""
    if int(image.get("NumberOfFrames") or 1) < 2 and not image.get("PerFrameFunctionalGroupsSequence"):
        position, orientation = image.get("ImagePositionPatient"), image.get("ImageOrientationPatient")
        if position and orientation:
            yield 0, np.array([*position, *orientation, *_pixel_spacing(image)], float)
        return
    try:
        positions, orientations = frame_planes(image)
    except MissingGeometry:
        return
    for index, (position, orientation) in enumerate(zip(positions, orientations, strict=True)):
        measures = macro(image, index, "PixelMeasuresSequence") or image
        yield index + 1, np.array([*position, *orientation, *_pixel_spacing(measures)])


def _pixel_spacing(measures: Dataset) -> Sequence[float]:
    """Distance of rows and of columns; not a number if it is not told."""
    told = [float(number) for number in measures.get("PixelSpacing") or ()]
    return told if len(told) == 2 else [np.nan, np.nan]
