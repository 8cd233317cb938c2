"""What is to be known of the files of a series, whatever plugin is to load it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import slicer

from DICOMLib.core.errors import DICOMError, reason_for_user
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.mrml.database_lookups import values_of_files
from DICOMLib.mrml.images.decoding import READ_BY_ITK, try_first_frame, without_decoder
from DICOMLib.mrml.images.image_header import ImageHeader, read_image_header
from DICOMLib.standard.geometry import MissingGeometry, judge_slices, parse_vector

SOP_CLASS, PIXEL_DATA, POSITION, ORIENTATION = "0008,0016", "7FE0,0010", "0020,0032", "0020,0037"
ROWS, COLUMNS, SAMPLES = "0028,0010", "0028,0011", "0028,0002"
_READ_TOGETHER = 50


def hindrance(path: str) -> str:
    """Why the pixels of a file cannot be read, as far as its header tells; empty if it tells nothing.

    It is for plugins that show pixels: to try would take long, and give a worse reason.
    """
    if not Path(path).is_file():
        return "The files are not on the disk."
    if not slicer.dicomDatabase.fileValueExists(path, PIXEL_DATA):
        return "There is no pixel data in the files."
    try:
        syntax = read_image_header(path).transfer_syntax
    except (DICOMError, OSError):
        return ""  # for the plugin, which may be less strict
    return "" if syntax in READ_BY_ITK else without_decoder(syntax)


def facts_of(files: Sequence[str]) -> Job[list[str]]:
    """What is missing, what files are, whether their pixels can be read, how slices lie: sentences.

    The headers of all images are read. Of each transfer syntax the first, the middle and the last image are
    tried, of several frames the first: all would take as long as loading them.
    """
    database = slicer.dicomDatabase
    there = [path for path in files if path and Path(path).is_file()]
    if not there:
        return ["None of the files is on the disk; the series has to be retrieved or imported again."]
    facts = []
    if len(there) < len(files):
        facts.append(f"{len(files) - len(there)} of {len(files)} files are not on the disk.")
    classes = dict.fromkeys(database.fileValue(path, SOP_CLASS) for path in there)
    facts.append("Kind of data: " + ", ".join(_class_name(uid) for uid in classes) + ".")
    images = [path for path in there if database.fileValueExists(path, PIXEL_DATA)]
    if len(images) < len(there):
        facts.append(f"{len(there) - len(images)} of {len(there)} files have no pixel data.")
    if images:
        pixels = yield from _pixel_facts(images)
        facts += [_size_fact(images), *pixels, _geometry_fact(images)]
    return [fact for fact in facts if fact]


def _class_name(uid: str) -> str:
    from pydicom.uid import UID

    return UID(uid).name if uid else "unknown"


def _size_fact(images: Sequence[str]) -> str:
    """The sizes of images that differ in it; empty if all are alike."""
    columns = values_of_files(slicer.dicomDatabase, images, COLUMNS, ROWS, SAMPLES)
    sizes = Counter(zip(*columns, strict=True))
    if len(sizes) < 2:
        return ""
    in_colour = len({samples for _columns, _rows, samples in sizes}) > 1
    texts = [
        f"{count} of {columns} x {rows} pixels" + (_colour(samples) if in_colour else "")
        for (columns, rows, samples), count in sizes.items()
    ]
    return f"The images differ in size, so that they make no single volume: {', '.join(texts)}."


def _colour(samples: str) -> str:
    return " in grey" if samples in ("", "1") else " in colour"


def _pixel_facts(images: Sequence[str]) -> Job[list[str]]:
    """Transfer syntaxes, if there are several, and those of which a frame cannot be read."""
    by_syntax: dict[str, list[str]] = {}
    headers: dict[str, ImageHeader] = {}
    for number, path in enumerate(images):
        if number % _READ_TOGETHER == 0:
            yield Progress(number, len(images), "Reading headers")
        try:
            headers[path] = read_image_header(path)
            syntax = headers[path].transfer_syntax
        except (DICOMError, OSError) as error:
            syntax = reason_for_user(error)  # such files are a group of their own
        by_syntax.setdefault(syntax, []).append(path)
    facts = [_syntaxes_fact(by_syntax)]
    for syntax, paths in by_syntax.items():
        yield Progress(len(images), len(images), "Trying to read pixels")
        tried = dict.fromkeys((paths[0], paths[len(paths) // 2], paths[-1]))
        reasons = (_why_unreadable(headers[path]) if path in headers else f"{syntax}." for path in tried)
        reason = next(filter(None, reasons), "")
        if reason:
            count = f"{len(paths)} of {len(images)} images: " if len(by_syntax) > 1 else ""
            facts.append(count + reason)
    return facts


def _syntaxes_fact(by_syntax: Mapping[str, Iterable[str]]) -> str:
    from pydicom.uid import UID

    known = [UID(syntax).name for syntax in by_syntax if syntax.startswith("1.")]
    return f"The images have several transfer syntaxes: {', '.join(known)}." if len(known) > 1 else ""


def _why_unreadable(header: ImageHeader) -> str:
    """Why the first frame of an image cannot be read; empty if it can."""
    if header.transfer_syntax in READ_BY_ITK:
        return (
            "The pixels are compressed in a retired way of JPEG, which only the slower reader of ITK knows."
        )
    reason = without_decoder(header.transfer_syntax)
    if reason:
        return reason
    try:
        try_first_frame(header)
    except (DICOMError, OSError) as error:
        return f"{reason_for_user(error).rstrip('.')} (tried with {Path(header.path).name})."
    return ""


def _geometry_fact(files: Sequence[str]) -> str:
    """How the slices lie; empty for a single file."""
    if len(files) < 2:
        return ""
    try:
        value = slicer.dicomDatabase.fileValue
        positions = [parse_vector(value(path, POSITION), 3) for path in files]
        orientations = [parse_vector(value(path, ORIENTATION), 6) for path in files]
    except MissingGeometry:
        return "Not all images have a position and an orientation."
    return judge_slices(np.array(positions), np.array(orientations)).text
