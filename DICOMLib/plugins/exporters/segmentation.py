"""Export of the segmentation plugin: segmentation nodes become DICOM SEG objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import (
    data_node,
    hierarchy,
    required_node,
    series_description_of,
)
from DICOMLib.mrml.segmentation import segmentation_export
from DICOMLib.mrml.segmentation.segment_grid import SegmentGrid, segment_grid
from DICOMLib.mrml.segmentation.segment_voxels import segment_ids
from DICOMLib.mrml.segmentation.segmentation import FRACTIONAL_LABELMAP, FRACTIONAL_TYPE_ATTRIBUTE
from DICOMLib.mrml.segmentation.segmentation_writer import (
    FRACTIONAL_TYPES,
    SERIES_NUMBER,
    SegmentationSource,
    segmentation_dataset,
)
from DICOMLib.mrml.volumes.referred_images import are_several_with_frames
from DICOMLib.mrml.volumes.volume_export import VOLUME
from DICOMLib.plugins.exporters.probability import (
    prepared_probabilities,
    probability_exportables,
    write_probabilities,
)
from DICOMLib.plugins.exporters.steps import ExportsInSteps, directory_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


CONFIDENCE = 1.0


class SegmentationExport(ExportsInSteps):
    """Segmentations become one SEG file each; so do volumes of probabilities."""

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer a segmentation whose referenced instances are in the database, or a volume of fractions."""
        node = data_node(subjectHierarchyItemID, segmentation_export.SEGMENTATION)
        if node is None:
            return probability_exportables(self, subjectHierarchyItemID)
        if not self.referencedInstancesAreThere(subjectHierarchyItemID):
            return []
        tooltip = _(
            "Writes the segments as one DICOM Segmentation object that refers to the segmented images."
        )
        exportable = self.exportableOfSegments(subjectHierarchyItemID, _("Segmentation"), tooltip, CONFIDENCE)
        exportable.setTag("Modality", "SEG")
        exportable.setTag("SeriesDescription", series_description_of(node))
        exportable.setTag("SeriesNumber", SERIES_NUMBER)
        exportable.setTag("ContentCreatorName", writing.header.CREATOR)
        if node.GetSegmentation().ContainsRepresentation(FRACTIONAL_LABELMAP):
            kind = node.GetAttribute(FRACTIONAL_TYPE_ATTRIBUTE) or FRACTIONAL_TYPES[0]
            exportable.setTag("SegmentationFractionalType", kind)
        return [exportable]

    def export(self, exportables: Sequence[Any]) -> str:
        """Write segmentations and make them known to the database where they lie."""
        before = {path for one in exportables for path in directory_of(one).rglob("*.dcm")}
        answer = super().export(exportables)
        for path in sorted(
            {path for one in exportables for path in directory_of(one).rglob("*.dcm")} - before
        ):
            slicer.dicomDatabase.insert(str(path), False)
        return answer

    @staticmethod
    def referencedInstancesAreThere(item: int) -> bool:
        """Whether all instances that the item refers to are in the database."""
        uids = hierarchy().GetItemAttribute(item, "DICOM.ReferencedInstanceUIDs").split()
        return not uids or all(slicer.dicomDatabase.fileForInstance(uid) for uid in uids)

    def exportOne(self, exportable: Any) -> Job[list[str]]:
        """Write one segmentation, and the volume that was segmented if it is not in the database."""
        probabilities = data_node(exportable.subjectHierarchyItemID, VOLUME)
        if probabilities is not None:
            return (yield from write_probabilities(exportable, probabilities))
        node = required_node(exportable.subjectHierarchyItemID, segmentation_export.SEGMENTATION)
        volume = segmentation_export.required_reference_volume(node)
        tags = segmentation_export.segmentation_tags(exportable, volume)
        yield Progress(0, 3, "Reading segments")
        files = segmentation_export.files_of_volume(volume)
        grid = segment_grid(node, volume, in_world=_is_written_too(files))
        segments = segmentation_export.segments_to_write(node, grid)
        notes = _notes_on(node, segments, grid, volume)
        yield Progress(1, 3, "Reading the segmented images")
        if _is_written_too(files):
            images = yield from self.writtenImages(volume, exportable, tags, notes)
            source = segmentation_export.source_of(images, grid)
        else:
            source = segmentation_export.source_of_files(volume, files, grid, exportable)
            notes += _notes_on_references(source)
        yield Progress(2, 3, "Writing the segmentation")
        dataset = segmentation_dataset(segments.masks, segments.segments, source, tags, segments.fractions)
        path = writing.files.free_path(
            directory_of(exportable), f"subject_hierarchy_export.SEG{writing.files.timestamp()}"
        )
        writing.files.write_dataset(dataset, path)
        return notes

    def writtenImages(
        self, volume: Any, exportable: Any, tags: dict[str, str], notes: list[str]
    ) -> Job[list[Dataset]]:
        """The segmented volume, written as images since there are none to refer to."""
        series = segmentation_export.series_of_volume(volume, tags)
        images = list(series)
        folder = writing.series_files.free_folder(
            directory_of(exportable), f"ScalarVolume_{exportable.subjectHierarchyItemID}"
        )
        yield from writing.series_files.write_series(images, folder)
        notes += [_written_too(volume, segmentation_export.files_of_volume(volume)), *series.notes]
        return images

    def originOf(self, exportable: Any) -> tuple[Dataset, dict[str, str]] | None:
        """The first image that was segmented, if it is in the database."""
        node = hierarchy().GetItemDataNode(exportable.subjectHierarchyItemID)
        if not node.IsA(segmentation_export.SEGMENTATION):
            made = prepared_probabilities(exportable, node)
            return None if made.source is None else (made.source.datasets[0], made.tags)
        return segmentation_export.origin_of_segmentation(exportable, node)

    def previewNotes(self, exportable: Any) -> list[str]:
        """What will be written, and what will be left out."""
        node = hierarchy().GetItemDataNode(exportable.subjectHierarchyItemID)
        if not node.IsA(segmentation_export.SEGMENTATION):
            return prepared_probabilities(exportable, node).notes
        volume = segmentation_export.required_reference_volume(node)
        files = segmentation_export.files_of_volume(volume)
        grid = segment_grid(node, volume, in_world=_is_written_too(files))
        segments = segmentation_export.segments_to_write(node, grid)
        notes = _notes_on(node, segments, grid, volume)
        frames = sum(int(mask.any(axis=(1, 2)).sum()) for mask in segments.masks)
        names = ", ".join(segment.name for segment in segments.segments)
        kind = "Fractional" if segments.fractions else "Binary"
        what = f"{kind} segments ({names}) in {frames} {'frame' if frames == 1 else 'frames'}"
        images = f"the {len(files)} images of" if files else "images of"
        told = f"{what}, made of {images} {volume.GetName()!r}."
        if _is_written_too(files):
            return [told, *notes, _written_too(volume, files)]
        source = segmentation_export.source_of_files(volume, files, grid, exportable)
        return [told, *notes, *_notes_on_references(source)]


def _is_written_too(files: Sequence[str]) -> bool:
    """Whether a volume is written with its segmentation, which cannot refer to its files."""
    return not files or are_several_with_frames(files)


def _notes_on(
    node: Any, segments: segmentation_export.SegmentsToWrite, grid: SegmentGrid, volume: Any
) -> list[str]:
    """What is to be known of the segments.

    Raises
    ------
    ExportError
        If all are empty.
    """
    cut = segmentation_export.notes_on_grid(node, grid, volume, segment_ids(node))
    if not segments.segments:
        nothing = f"All segments of {node.GetName()!r} are empty; there is nothing to write."
        raise ExportError(" ".join([nothing, *cut]))
    return [*(f"Segment {name!r} is empty and is left out." for name in segments.empty), *cut]


def _notes_on_references(source: SegmentationSource) -> list[str]:
    images = source.referred
    return [] if images is None else writing.frame_references.notes_on_references(images, source.geometry)


def _written_too(volume: Any, files: Sequence[str]) -> str:
    """Why a volume is written with its segmentation."""
    place = f"was made of {len(files)} images with frames" if files else "is not in the database"
    return f"{volume.GetName()!r} {place}. It is written too, since a segmentation refers to images."
