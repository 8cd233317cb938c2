"""The images that objects made of a volume refer to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import slicer

from DICOMLib import writing
from DICOMLib.mrml.export_item import frames_of, images_of_files, source_images
from DICOMLib.mrml.volumes.slice_planes import Grid

NUMBER_OF_FRAMES = "0028,0008"
SEVERAL_WITH_FRAMES = (
    "{name!r} was made of {count} images with frames, and an object that is made of frames can refer to one "
    "image only: it refers to none."
)
ELSEWHERE = (
    "{name!r} was made of frames that do not lie in the patient (on a slide, before a transducer, or "
    "nowhere): it refers to none of them."
)


def are_several_with_frames(files: Sequence[str]) -> bool:
    """Whether files of the database are several images with frames, see `can_refer_to`."""
    frames = (slicer.dicomDatabase.fileValue(path, NUMBER_OF_FRAMES) for path in files)
    return len(files) > 1 and any(text.strip() not in ("", "0", "1") for text in frames)


def source_to_refer_to(
    exportable: Any, node: Any, notes: list[str], what: str
) -> writing.derive.SourceImages | None:
    """The images that an object made of a node refers to, see `source_images`; `notes` tell if it cannot.

    Parameters
    ----------
    exportable, node
        As for `source_images`.
    notes
        Get a line if nothing is referred to, or more than what the node was made of.
    what
        Is written, for the user: "a Parametric Map".

    Raises
    ------
    ExportError
        If the slices of the node do not lie at different places.
    """
    source = source_images(exportable, node)
    if source is None:
        return None
    geometry = Grid.of_volume(node).in_world()
    writing.frame_references.require_different_places(source, geometry, node.GetName(), what)
    if not writing.derived_object.can_refer_to(source.datasets):
        notes.append(SEVERAL_WITH_FRAMES.format(name=node.GetName(), count=len(source.datasets)))
        return None
    if not writing.derived_object.lies_in_patient(source.datasets[0]):
        notes.append(ELSEWHERE.format(name=node.GetName()))
        return None
    notes += writing.frame_references.notes_on_references(source, geometry)
    return source


def images_to_refer_to(exportable: Any, volume: Any, files: Sequence[str]) -> writing.derive.SourceImages:
    """The images that segments of a volume refer to.

    They are those that the volume was made of, or all of the series that the exportable names: then nobody
    has told which volume of the series the segments are of.

    Parameters
    ----------
    exportable
        Its `referenceSeriesUID` may be set; None if there is none.
    volume
        Reference volume of the segments.
    files
        The files that it was loaded from, at least one.
    """
    series = getattr(exportable, "referenceSeriesUID", "")
    of_series = list(slicer.dicomDatabase.filesForSeries(series)) if series else []
    if set(files) <= set(of_series):
        return images_of_files(of_series, in_acquisition_order=True)
    return images_of_files(files, frames_of(volume))
