"""`DICOMSegmentationExporter`, by which scripts of Slicer write segmentations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import slicer

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.segmentation import segment_grid, segment_voxels, segmentation_export
from DICOMLib.mrml.segmentation.segmentation_writer import SERIES_NUMBER, segmentation_dataset


class EmptySegmentsFoundError(ValueError):
    """Some segments are empty, and it was not said that they shall be left out."""


class NoNonEmptySegmentsFoundError(ValueError):
    """All segments are empty."""


class MissingAttributeError(ValueError):
    """Something that must be written is not known."""


class DICOMSegmentationExporter:
    """Writes a segmentation node as a SEG file.

    Parameters
    ----------
    segmentationNode
        vtkMRMLSegmentationNode with a reference volume that was loaded from the database.
    contentCreatorName
        Name of a person, family name last.
    """

    EmptySegmentsFoundError = EmptySegmentsFoundError
    NoNonEmptySegmentsFoundError = NoNonEmptySegmentsFoundError
    MissingAttributeError = MissingAttributeError

    def __init__(self, segmentationNode: Any, contentCreatorName: str | None = None) -> None:
        self.segmentationNode = segmentationNode
        self.contentCreatorName = contentCreatorName or writing.header.CREATOR

    @staticmethod
    def getSegmentIDs(segmentationNode: Any, visibleOnly: bool = False) -> list[str]:
        """IDs of all or of the visible segments."""
        return segment_voxels.segment_ids(segmentationNode, visibleOnly)

    @staticmethod
    def getReferencedVolumeFromSegmentationNode(segmentationNode: Any) -> Any:
        """The volume that was segmented; None if it is not known."""
        return segment_voxels.reference_volume(segmentationNode) if segmentationNode is not None else None

    @staticmethod
    def createLabelNodeFromSegment(segmentationNode: Any, segmentID: str) -> Any:
        """A new label map volume with one segment, in the geometry of the reference volume."""
        volume = segmentation_export.required_reference_volume(segmentationNode)
        label = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", segmentID + "_label")
        mask = segment_grid.mask_in_volume(segmentationNode, segmentID, volume)
        label.CopyOrientation(volume)
        slicer.util.updateVolumeFromArray(label, mask.astype("uint8"))
        return label

    @classmethod
    def getDICOMFileList(cls, volumeNode: Any, absolutePaths: bool = False) -> list[str]:
        """Files of the instances that a volume was loaded from.

        Raises
        ------
        ValueError
            If there are none, or some are missing.
        """
        try:
            files = segmentation_export.files_of_volume(volumeNode)
        except ExportError as error:
            raise ValueError(str(error)) from None
        if not files:
            raise ValueError(f"{volumeNode.GetName()!r} was not loaded from the DICOM database.")
        return files if absolutePaths else [Path(path).name for path in files]

    def export(
        self,
        outputDirectory: str,
        segFileName: str,
        metadata: Mapping[str, Any],
        segmentIDs: Sequence[str] | None = None,
        skipEmpty: bool = False,
    ) -> str:
        """Write the file and return its path.

        Raises
        ------
        EmptySegmentsFoundError
            If segments are empty and `skipEmpty` is not set.
        NoNonEmptySegmentsFoundError
            If all are.
        ValueError
            If the reference volume or its files are missing, or what a segment says is not valid.
        """
        volume = self.getReferencedVolumeFromSegmentationNode(self.segmentationNode)
        if volume is None:
            raise ValueError("The segmentation has no reference volume.")
        files = self.getDICOMFileList(volume, absolutePaths=True)
        try:
            grid = segment_grid.segment_grid(self.segmentationNode, volume, in_world=False)
            segments = segmentation_export.segments_to_write(self.segmentationNode, grid, segmentIDs)
            self._checkEmpty(segments, skipEmpty)
            source = segmentation_export.source_of_files(volume, files, grid)
            tags = self._tags(metadata, source.images[0].get("SeriesNumber"))
            dataset = segmentation_dataset(segments.masks, segments.segments, source, tags)
        except ExportError as error:
            raise ValueError(str(error)) from None
        path = Path(outputDirectory) / segFileName
        writing.files.write_dataset(dataset, path)
        return str(path)

    @staticmethod
    def _checkEmpty(segments: segmentation_export.SegmentsToWrite, skipEmpty: bool) -> None:
        if not segments.segments:
            raise NoNonEmptySegmentsFoundError("All segments are empty.")
        if segments.empty and not skipEmpty:
            raise EmptySegmentsFoundError(f"Segments are empty: {', '.join(segments.empty)}.")

    def _tags(self, metadata: Mapping[str, Any], number_of_images: Any) -> dict[str, str]:
        """The metadata as tags; the number of the series follows that of the images if it is not given."""
        return {
            "SeriesNumber": str(SERIES_NUMBER + int(number_of_images or 0)),
            "SeriesDescription": "Segmentation",
            "ContentCreatorName": self.contentCreatorName,
            **{name: str(value) for name, value in metadata.items() if str(value).strip()},
        }

    def cleanup(self) -> None:
        """Nothing: no temporary files are made."""
