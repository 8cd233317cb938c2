"""Export of segmentations as RT Structure Sets, for the radiotherapy plugin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import data_node, required_node, series_description_of
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.radiotherapy.bent_contours import in_world
from DICOMLib.mrml.radiotherapy.mask_contours import contours_of_mask
from DICOMLib.mrml.segmentation import segment_voxels, segmentation_export
from DICOMLib.mrml.segmentation.segment_grid import SegmentGrid, segment_grid, world_to_images
from DICOMLib.mrml.segmentation.segmentation import PLANAR_CONTOUR
from DICOMLib.mrml.volumes.referred_images import images_to_refer_to
from DICOMLib.mrml.volumes.slice_planes import UNMOVED, Grid
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of
from DICOMLib.standard.geometry import LPS_TO_RAS
from DICOMLib.writing.geometry import SliceGeometry

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


CONFIDENCE = 0.6


class StructureSetExport(ExportsInSteps):
    """Segmentations become one RT Structure Set each."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer a segmentation as an RT Structure Set."""
        node = data_node(subjectHierarchyItemID, segmentation_export.SEGMENTATION)
        if node is None:
            return []
        tooltip = _("Writes the segments as contours in the slices of the segmented images.")
        exportable = self.exportableOfSegments(
            subjectHierarchyItemID, _("RT Structure Set"), tooltip, CONFIDENCE
        )
        exportable.setTag("Modality", "RTSTRUCT")
        exportable.setTag("SeriesDescription", series_description_of(node))
        exportable.setTag("SeriesNumber", 1000)
        return [exportable]

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one structure set, and the volume that was segmented if it is not in the database."""
        node = required_node(exportable.subjectHierarchyItemID, segmentation_export.SEGMENTATION)
        volume = segmentation_export.required_reference_volume(node)
        tags = segmentation_export.segmentation_tags(exportable, volume)
        ids = segment_voxels.segment_ids(node)
        files = segmentation_export.files_of_volume(volume)
        grid = segment_grid(node, volume, in_world=not files)
        slices = _contoured_slices(grid, files, volume)
        to_images = UNMOVED if not files else world_to_images(volume)
        rois = []
        for index, name in enumerate(ids):
            contours = yield from _contours(node, name, _Place(grid, slices, to_images), (index, len(ids)))
            rois.append(_roi(node, name, contours))
        cut = _notes_on_grid(node, grid, volume, ids)
        notes = _notes_on_empty(node, [roi.name for roi in rois if not roi.contours_lps], len(rois), cut)
        source = yield from self._source(volume, files, exportable, tags, notes)
        dataset = writing.structure_set.structure_set([roi for roi in rois if roi.contours_lps], source, tags)
        writing.files.write_dataset(
            dataset, writing.files.free_path(directory_of(exportable), f"RTSTRUCT{writing.files.timestamp()}")
        )
        return notes

    def originOf(self, exportable: Any) -> tuple[Dataset, dict[str, str]] | None:
        """The first image that was contoured, if it is in the database."""
        node = required_node(exportable.subjectHierarchyItemID, segmentation_export.SEGMENTATION)
        return segmentation_export.origin_of_segmentation(exportable, node)

    def previewNotes(self, exportable: Any) -> list[str]:
        """Which segments are left out, and whether the images are written too."""
        node = required_node(exportable.subjectHierarchyItemID, segmentation_export.SEGMENTATION)
        volume = segmentation_export.required_reference_volume(node)
        ids = segment_voxels.segment_ids(node)
        files = segmentation_export.files_of_volume(volume)
        grid = segment_grid(node, volume, in_world=not files)
        empty = [name for name in ids if _is_empty(node, name, grid)]
        names = [node.GetSegmentation().GetSegment(name).GetName() for name in empty]
        notes = _notes_on_empty(node, names, len(ids), _notes_on_grid(node, grid, volume, ids))
        if not files:
            return [*notes, _not_in_database(volume)]
        source = images_to_refer_to(exportable, volume, files)
        return [
            *notes,
            *writing.frame_references.notes_on_references(source, Grid.of_volume(volume).in_images()),
        ]

    def _source(
        self, volume: Any, files: list[str], exportable: Any, tags: dict[str, str], notes: list[str]
    ) -> Job[writing.derive.SourceImages]:
        """The contoured images; they are written if there are none."""
        if files:
            source = images_to_refer_to(exportable, volume, files)
            notes += writing.frame_references.notes_on_references(source, Grid.of_volume(volume).in_images())
            return source
        images = list(segmentation_export.series_of_volume(volume, tags))
        folder = writing.series_files.free_folder(
            directory_of(exportable), f"ScalarVolume_{exportable.subjectHierarchyItemID}"
        )
        yield from writing.series_files.write_series(images, folder)
        notes.append(_not_in_database(volume))
        return writing.derive.SourceImages(images)


def _is_empty(node: Any, segment_id: str, grid: SegmentGrid) -> bool:
    """Whether there is nothing of a segment to draw a contour of, or around."""
    drawn = _drawn(node, segment_id)
    if drawn is not None:
        return not drawn.GetNumberOfCells()
    return not grid.mask(node, segment_id).any()


def _notes_on_grid(node: Any, grid: SegmentGrid, volume: Any, ids: list[str]) -> list[str]:
    """What is to be known of the slices in which segments are contoured; nothing if contours are drawn."""
    if node.GetSegmentation().GetSourceRepresentationName() == PLANAR_CONTOUR:
        return []
    return segmentation_export.notes_on_grid(node, grid, volume, ids)


def _notes_on_empty(node: Any, names: list[str], segments: int, others: list[str]) -> list[str]:
    """What is told of empty segments, before other notes.

    Raises
    ------
    ExportError
        If all are empty.
    """
    if len(names) == segments:
        nothing = f"All segments of {node.GetName()!r} are empty; there is nothing to write."
        raise ExportError(" ".join([nothing, *others]))
    return [*(f"Segment {name!r} is empty and is left out." for name in names), *others]


def _not_in_database(volume: Any) -> str:
    name = repr(volume.GetName())
    return f"{name} is not in the database. It is written too, since contours refer to images."


def _contoured_slices(grid: SegmentGrid, files: list[str], volume: Any) -> SliceGeometry:
    """Where contours are drawn: in the slices, to the last digit in those of images that lie there.

    Raises
    ------
    ExportError
        If several of the images lie at one place.
    """
    images = writing.derive.SourceImages([read_dataset(path, stop_before_pixels=True) for path in files])
    if files:
        writing.frame_references.require_different_places(
            images, grid.slices, volume.GetName(), "an RT Structure Set"
        )
    placed = images.placed(grid.slices) if files else []
    if not placed:
        return grid.slices
    positions = np.array([image.ImagePositionPatient for image in placed], float)
    return replace(grid.slices, positions_lps=positions)


def _drawn(node: Any, segment_id: str) -> Any:
    """The contours that are the source of a segment; None if others are."""
    segmentation = node.GetSegmentation()
    if segmentation.GetSourceRepresentationName() != PLANAR_CONTOUR:
        return None
    return segmentation.GetSegment(segment_id).GetRepresentation(PLANAR_CONTOUR)


@dataclass(frozen=True, slots=True)
class _Place:
    """Voxels and slices in which contours are drawn, and the matrix (RAS) from the world to the images."""

    grid: SegmentGrid
    slices: SliceGeometry
    to_images: np.ndarray


def _contours(node: Any, segment_id: str, place: _Place, progress: tuple[int, int]) -> Job[list[np.ndarray]]:
    """The contours that a segment was loaded with, or those around its voxels (LPS); left between slices."""
    done, total = progress
    yield Progress(done, total, "Drawing contours")
    drawn = _drawn(node, segment_id)
    if drawn is not None:
        return list(_drawn_contours(drawn, node.GetParentTransformNode(), place.to_images))
    contours = []
    for of_slice in contours_of_mask(place.grid.mask(node, segment_id), place.slices):
        contours += of_slice
        yield Progress(done, total, "Drawing contours")
    return contours


def _roi(node: Any, segment_id: str, contours: list[np.ndarray]) -> writing.structure_set.Roi:
    """A segment with its contours."""
    (described,) = segment_voxels.describe_segments(node, [segment_id])
    return writing.structure_set.Roi(
        name=described.name,
        contours_lps=contours,
        colour=tuple(node.GetSegmentation().GetSegment(segment_id).GetColor()),
        description=described.description,
        kind=(described.kind.value, described.kind.scheme, described.kind.meaning),
        generation=described.algorithm_type,
    )


def _drawn_contours(poly_data: Any, transform_node: Any, to_images: np.ndarray) -> Iterator[np.ndarray]:
    """The closed lines of a planar contour representation (RAS), in LPS, where transforms put them."""
    if transform_node is not None:
        poly_data = in_world(poly_data, transform_node)
    to_lps = (LPS_TO_RAS @ to_images)[:3]
    for index in range(poly_data.GetNumberOfCells()):
        points = poly_data.GetCell(index).GetPoints()
        ras = np.array([points.GetPoint(number) for number in range(points.GetNumberOfPoints())])
        if len(ras) > 1 and np.array_equal(ras[0], ras[-1]):
            ras = ras[:-1]
        yield ras @ to_lps[:, :3].T + to_lps[:, 3]
