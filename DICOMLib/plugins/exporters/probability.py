"""Export of volumes of probabilities as fractional segmentations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from slicer.i18n import tr as _

from DICOMLib import writing
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.export_item import (
    data_node,
    series_description_of,
    source_of_same_patient,
    tags_to_write,
)
from DICOMLib.mrml.segmentation import probability_volume
from DICOMLib.mrml.segmentation.segment_fractions import Fractions
from DICOMLib.mrml.segmentation.segment_grid import SegmentGrid
from DICOMLib.mrml.segmentation.segmentation_export import series_of_volume, source_of
from DICOMLib.mrml.segmentation.segmentation_writer import SERIES_NUMBER, segmentation_dataset
from DICOMLib.mrml.segmentation.segments import SegmentDescription
from DICOMLib.mrml.volumes.referred_images import source_to_refer_to
from DICOMLib.mrml.volumes.slice_planes import Grid
from DICOMLib.mrml.volumes.volume_export import VOLUME
from DICOMLib.plugins.exporters.steps import directory_of

# Below images, which are what a volume is written as; the more so if its voxels may be something else.
FRACTION_CONFIDENCE, OTHER_CONFIDENCE = 0.4, 0.05


def probability_exportables(plugin: Any, item: int) -> list[Any]:
    """Offer a volume whose voxels are not negative; with more confidence if none is above 1."""
    node = data_node(item, VOLUME)
    if node is None or node.IsA("vtkMRMLLabelMapVolumeNode"):
        return []
    tags = probability_volume.default_segment_tags(node)
    if tags is None:
        return []
    is_fraction = node.GetImageData().GetScalarRange()[1] <= 1
    confidence = FRACTION_CONFIDENCE if is_fraction else OTHER_CONFIDENCE
    tooltip = _("Writes the voxels as the fractions of one segment: its probability, or its occupancy.")
    exportable = plugin.newExportable(item, _("Fractional Segmentation"), tooltip, confidence)
    exportable.setTags(
        {
            "Modality": "SEG",
            "SeriesDescription": series_description_of(node),
            "SeriesNumber": SERIES_NUMBER,
            "ContentCreatorName": writing.header.CREATOR,
            **tags,
        }
    )
    return [exportable]


@dataclass(frozen=True, slots=True)
class Probabilities:
    """What is written of a volume, and notes for the user."""

    tags: dict[str, str]
    fractions: Fractions
    segment: SegmentDescription
    source: writing.derive.SourceImages | None
    notes: list[str]


def prepared_probabilities(exportable: Any, node: Any) -> Probabilities:
    """What is written of a volume as a fractional segmentation.

    Raises
    ------
    ExportError
        If its voxels are no fractions, or a tag is not valid.
    """
    notes: list[str] = []
    tags = tags_to_write(exportable)
    fractions, full = probability_volume.fractions_of_volume(node, tags)
    if full != 1:
        notes.append(f"The voxel value {full:g} is written as the fraction 1.")
    segment = probability_volume.segment_of_tags(node, tags)
    images = source_to_refer_to(exportable, node, notes, "a Segmentation")
    source = source_of_same_patient(images, tags, notes)
    return Probabilities(tags, fractions, segment, source, notes)


def write_probabilities(exportable: Any, node: Any) -> Job[list[str]]:
    """Write one volume as a fractional segmentation; returns notes for the user."""
    yield Progress(0, 2, "Reading the images of the volume")
    made = prepared_probabilities(exportable, node)
    source = made.source
    images = list(source.datasets) if source is not None else list(series_of_volume(node, made.tags))
    yield Progress(1, 2, "Writing the segmentation")
    own = {name: value for name, value in made.tags.items() if name not in probability_volume.SEGMENT_TAGS}
    voxels = Grid.of_volume(node)
    written = replace(source_of(images, SegmentGrid(voxels, voxels.in_world())), referred=source)
    dataset = segmentation_dataset([], [made.segment], written, own, [made.fractions])
    if source is None:
        writing.derived_object.forget_images(dataset)
    writing.files.write_dataset(
        dataset,
        writing.files.free_path(
            directory_of(exportable), f"subject_hierarchy_export.SEG{writing.files.timestamp()}"
        ),
    )
    return made.notes
