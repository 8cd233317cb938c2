"""Volume sequences as one series of images: which volumes there are, and when each was acquired."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import slicer

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.export_item import data_node, source_images, source_of_same_patient, tags_to_write
from DICOMLib.mrml.volumes.loop_export import UNITS, loop_of
from DICOMLib.mrml.volumes.slice_planes import is_moved
from DICOMLib.mrml.volumes.volume_export import MOVED, VOLUME, image_volume

# Without a unit, the index counts seconds.
_TIMES = ("", "time", "frame")
INDEX_NOT_KEPT = (
    "The index of the sequence, {name}, is not written: the volumes are told apart by time, as if its values "
    "were seconds or parts of them."
)
_UNITS = {**UNITS, "": 1.0}


def sequence_of(item: int) -> Any:
    """The sequence whose current volume an item is, if it is the master of its browser; None otherwise.

    None also of a loop without a place in the patient: its images would be read as slices at the origin.
    """
    node = data_node(item, VOLUME)
    if node is None or loop_of(item) is not None:
        return None
    browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(node)
    if browser is None or browser.GetNumberOfItems() < 2:
        return None
    sequence = browser.GetMasterSequenceNode()
    return sequence if browser.GetProxyNode(sequence) is node else None


def required_sequence(item: int) -> Any:
    """As `sequence_of`.

    Raises
    ------
    ExportError
        If the item is no such volume.
    """
    sequence = sequence_of(item)
    if sequence is None:
        raise ExportError(
            f"Subject hierarchy item {item} is not the volume of a sequence of several volumes."
        )
    return sequence


def series_parts(
    exportable: Any, sequence: Any, notes: list[str]
) -> Iterator[tuple[str, writing.image_series.ImageSeries]]:
    """Prefix of the file names and images of each volume, made one after the other; all are one series.

    Raises
    ------
    ExportError
        If the item lacks study or patient, a tag is not valid, or images cannot hold a volume.
    """
    tags = tags_to_write(exportable)
    count = sequence.GetNumberOfDataNodes()
    start = start_of(tags)
    first_number = 1
    shown_as = data_node(exportable.subjectHierarchyItemID, VOLUME)
    if is_moved(shown_as):
        notes.append(MOVED)
    for index in range(count):
        node = sequence.GetNthDataNode(index)
        source = source_of_same_patient(source_images(exportable, node), tags, notes if index == 0 else [])
        series = writing.image_series.image_series(
            image_volume(node, shown_as),
            {**tags, **_frame_tags(sequence, index, count, start)},
            source,
            of_several=True,
        )
        for keyword in (
            "SeriesInstanceUID",
            "FrameOfReferenceUID",
            "StudyInstanceUID",
            "SeriesDate",
            "SeriesTime",
        ):
            tags[keyword] = series.tags[keyword]
        if sequence.GetIndexName().lower() not in _TIMES and not series.images and index == 0:
            notes.append(INDEX_NOT_KEPT.format(name=sequence.GetIndexName()))  # images of a place tell it
        series.first_number = first_number
        first_number += len(series)
        notes += [note for note in series.notes if note not in notes]
        yield f"IMG_{index:04d}_", series


def number_of_slices(sequence: Any) -> int:
    """Slices of all volumes."""
    volumes = [sequence.GetNthDataNode(index) for index in range(sequence.GetNumberOfDataNodes())]
    return sum(volume.GetImageData().GetDimensions()[2] for volume in volumes if volume.GetImageData())


def start_of(tags: dict[str, str]) -> datetime:
    """Begin of the series as its tags tell it; now if they do not."""
    if not tags.get("SeriesDate"):
        return datetime.now()
    try:
        return datetime_from_dicom(tags["SeriesDate"], tags.get("SeriesTime", ""))
    except OSError as error:
        raise ExportError(f"The begin of the series is not valid: {error}") from None


def datetime_from_dicom(date: str, time: str = "") -> datetime:
    """The moment of a date YYYYMMDD and a time HH[MM[SS[.F]]].

    Raises
    ------
    OSError
        If one of them is not written so.
    """
    digits, _, fraction = time.strip().partition(".")
    try:
        moment = datetime.strptime(date.strip() + digits.ljust(6, "0"), "%Y%m%d%H%M%S")
        return moment + timedelta(microseconds=round(float(f"0.{fraction}") * 1e6) if fraction else 0)
    except ValueError:
        raise OSError("a date is written YYYYMMDD, a time HHMMSS.") from None


def _frame_tags(sequence: Any, index: int, count: int, start: datetime) -> dict[str, str]:
    """What tells the volumes of the series from each other."""
    moment = start + timedelta(seconds=_seconds(sequence, index) - _seconds(sequence, 0))
    return {
        "ContentDate": writing.header.dicom_date(moment),
        "ContentTime": writing.header.dicom_time(moment),
        "AcquisitionDate": writing.header.dicom_date(moment),
        "AcquisitionTime": writing.header.dicom_time(moment),
        "AcquisitionNumber": str(index + 1),
        "TemporalPositionIdentifier": str(index + 1),
        "NumberOfTemporalPositions": str(count),
    }


def _seconds(sequence: Any, index: int) -> float:
    """Index value in seconds; the number of the volume if it is no number."""
    try:
        return float(sequence.GetNthIndexValue(index)) * _UNITS.get(sequence.GetIndexUnit(), 1.0)
    except ValueError:
        return float(index)
