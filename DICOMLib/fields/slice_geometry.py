"""The verdict on the geometry of each series: whether its slices make one regular volume."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.database import Database, displayed_fields
from DICOMLib.fields.rule import DisplayedFieldRule, Merge, Touched
from DICOMLib.standard.functional_groups import frame_planes, has_one_pixel_spacing
from DICOMLib.standard.geometry import (
    GeometryKind,
    MissingGeometry,
    judge_slices,
)

log = logging.getLogger(__name__)

Planes = tuple[np.ndarray, np.ndarray]

COLUMN = "Geometry"
SOP_CLASS, FRAMES = "0008,0016", "0028,0008"
POSITION, ORIENTATION = "0020,0032", "0020,0037"

# Images whose frames have positions of their own: enhanced and legacy converted CT, MR, PET; tomosynthesis;
# 3D X-ray; RT Dose.
_WITH_FRAME_POSITIONS = {
    f"1.2.840.10008.5.1.4.1.1.{suffix}"
    for suffix in (
        *("2.1", "2.2", "4.1", "4.3", "4.4", "130", "128.1"),
        *("13.1.1", "13.1.2", "13.1.3", "481.2"),
    )
}
_FRAME_TAGS = (
    "NumberOfFrames",
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
    "GridFrameOffsetVector",
    "ImagePositionPatient",
    "ImageOrientationPatient",
)
_NO_GEOMETRY = "some images have no position"


class SliceGeometryRule(DisplayedFieldRule):
    """Series.Geometry: "regular: 93 slices, 1.5 mm apart", "tilted: …", "missing: …", "mixed: …" and so on.

    It is made of all slices of a series, so it is right after later imports, too. Series whose images have
    no position (ultrasound, reports) have no verdict.
    """

    name = "SliceGeometry"
    # Positions differ from slice to slice: as required tags they would make every rule see every slice.
    also_cached = (SOP_CLASS, FRAMES, POSITION, ORIENTATION)
    merge: ClassVar = {f"Series.{COLUMN}": Merge.EXPECT_SAME_VALUE}

    def finish(self, database: Database, touched: Touched) -> None:
        """Judge the touched series."""
        labels = {uid: label_of_series(database, uid) for uid in touched.series}
        with database.transaction() as connections:
            for uid, label in labels.items():
                displayed_fields.write_fields(connections.main, "Series", uid, {COLUMN: label})


def label_of_series(database: Database, series: str) -> str:
    """The verdict on a series in a few words; empty if its images have no position."""
    instances = database.instances(series)
    values = database.values(instances, (SOP_CLASS, FRAMES, POSITION, ORIENTATION))
    tags = [values[instance] for instance in instances]
    multi_frame = [index for index, of_one in enumerate(tags) if of_one.get(FRAMES, "1") != "1"]
    if multi_frame:
        if any(tags[index].get(SOP_CLASS) not in _WITH_FRAME_POSITIONS for index in multi_frame):
            return ""
        files = database.files(series)
        return _label([_planes_of_file(files[index]) for index in multi_frame])
    placed = [of_one for of_one in tags if of_one.get(POSITION) and of_one.get(ORIENTATION)]
    if not placed:
        return ""
    if len(placed) < len(tags):
        return f"{GeometryKind.MIXED.value}: {_NO_GEOMETRY}"
    texts = [of_one[ORIENTATION] for of_one in placed]
    known = {text: _vectors([text]) for text in dict.fromkeys(texts)}  # nearly always one
    if any(vector.shape != (1, 6) for vector in known.values()):
        return GeometryKind.UNKNOWN.value
    orientations = np.concatenate([known[text] for text in texts])
    return _label([(_vectors([of_one[POSITION] for of_one in placed]), orientations)])


def _vectors(texts: Sequence[str]) -> np.ndarray:
    """Many multi-valued numbers at once, one row each; empty if they are not all alike."""
    try:
        return np.array([text.split("\\") for text in texts], float)
    except ValueError:
        return np.empty((0, 0))


def _label(planes: Sequence[Planes | None]) -> str:
    """The verdict on slices that come in parts."""
    parts = [part for part in planes if part is not None]
    if len(parts) < len(planes) or any(part[0].shape[1:] != (3,) for part in parts):
        return GeometryKind.UNKNOWN.value
    positions = np.concatenate([part[0] for part in parts])
    return judge_slices(positions, np.concatenate([part[1] for part in parts])).label


def is_regular_stack(path: str, sop_class: str) -> bool:
    """Whether the frames of a file tell where they lie, and make one regular stack of equal pixels."""
    dataset = _frames_of_file(path) if sop_class in _WITH_FRAME_POSITIONS else None
    return _kind_of_frames(dataset) == GeometryKind.REGULAR and has_one_pixel_spacing(dataset)


def is_irregular_stack(path: str, sop_class: str) -> bool:
    """Whether the frames of a file tell where they lie, and lie one behind the other but not evenly."""
    dataset = _frames_of_file(path) if sop_class in _WITH_FRAME_POSITIONS else None
    return _kind_of_frames(dataset) in (GeometryKind.MISSING, GeometryKind.UNEVEN)


def _kind_of_frames(dataset: Any) -> GeometryKind:
    planes = None if dataset is None else _planes(dataset)
    if planes is None or planes[0].shape[1:] != (3,):
        return GeometryKind.UNKNOWN
    return judge_slices(*planes).kind


def _planes_of_file(path: str) -> Planes | None:
    """Positions and orientations of the frames of a file; None if they cannot be read."""
    dataset = _frames_of_file(path)
    return None if dataset is None else _planes(dataset)


def _frames_of_file(path: str) -> Any:
    """What a file says of its frames; None if it cannot be read."""
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        with no_warnings:  # odd values are for those who write files
            return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(_FRAME_TAGS), force=True)
    except (InvalidDicomError, OSError, ValueError, EOFError, AttributeError) as error:
        log.debug("the frames of a file cannot be read (%s)", type(error).__name__)
        return None


def _planes(dataset: Any) -> Planes | None:
    """Positions and orientations of frames; None if they have none."""
    try:
        with no_warnings:
            return frame_planes(dataset)
    except (MissingGeometry, ValueError, EOFError, AttributeError) as error:
        log.debug("the frames of a file have no usable position (%s)", type(error).__name__)
        return None
