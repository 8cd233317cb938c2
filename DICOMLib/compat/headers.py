"""Elements of files and datasets: some of them as a record for the database, or all as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.database import FileRecord
from DICOMLib.indexing import reasons
from DICOMLib.indexing.decode import decoded
from DICOMLib.indexing.read import NEEDED_TAGS, read_header
from DICOMLib.indexing.scan import WantedTags
from DICOMLib.standard.part10 import read_file

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

# Longer values are left in the file.
_DEFER_BYTES = 1024
_MAX_TEXT = 64
_VALUE_WIDTH = 40


@lru_cache(maxsize=16)
def _wanted(tags: tuple[str, ...]) -> WantedTags:
    return WantedTags((*tags, *NEEDED_TAGS))


def record_of_file(path: str, tags: Sequence[str], excluded: Iterable[str] = ()) -> FileRecord:
    """The wanted elements of a file; identifiers may be missing.

    Parameters
    ----------
    path
        Absolute path.
    tags
        As "GGGG,EEEE", in upper case.
    excluded
        Those whose values are not to be kept.

    Raises
    ------
    InvalidDICOM
        If the file cannot be read, or is no DICOM file.
    """
    try:
        modified = Path(path).stat().st_mtime
    except OSError as error:
        raise InvalidDICOM(path, reasons.NOT_FOUND) from error
    wanted = _wanted(tuple(tags))
    header = read_header(path, wanted)
    found = decoded(header, wanted)
    return _record(path, modified, found.values, found.present, frozenset(excluded))


def record_of_dataset(dataset: Dataset, tags: Sequence[str], excluded: Iterable[str] = ()) -> FileRecord:
    """The wanted elements of a dataset that is in memory."""
    values: dict[str, str] = {}
    present = {tag for tag in (*tags, *NEEDED_TAGS) if int(tag.replace(",", ""), 16) in dataset}
    left_out = frozenset(excluded)
    for tag in present - left_out:
        text = _plain_text(dataset[int(tag.replace(",", ""), 16)])
        if text:
            values[tag] = text
    return _record("", 0.0, values, present, left_out)


def _record(
    path: str, modified: float, values: dict[str, str], present: Set[str], excluded: frozenset[str]
) -> FileRecord:
    kept = {tag: text for tag, text in values.items() if tag not in excluded}
    empty = frozenset(present - kept.keys() - excluded)
    return FileRecord(path, path, modified, kept, frozenset(present & excluded), empty)


def _plain_text(element: DataElement) -> str:
    """The value as the database keeps it; "" for sequences and bytes."""
    if element.VR == "SQ" or element.value is None or isinstance(element.value, bytes):
        return ""
    values = element.value if element.VM > 1 else [element.value]
    digits = {"FL": 9, "FD": 17}.get(element.VR)
    texts = [f"{value:.{digits}g}" if digits and value != "" else str(value).strip(" \0") for value in values]
    return "\\".join(texts)


def header_lines(path: str) -> dict[str, str]:
    """Tag ("GGGG,EEEE") → line with tag, VR, value, length, multiplicity and name, in the order of the tags.

    Elements in sequences are listed, too; the last one with the same tag wins.

    Raises
    ------
    OSError, InvalidDICOM
        If the file cannot be read, or is no DICOM file.
    """
    from pydicom.errors import InvalidDicomError

    try:
        dataset = read_file(path, defer_bytes=_DEFER_BYTES)
    except InvalidDicomError as error:
        raise InvalidDICOM(path, reasons.NO_DICOM) from error
    lines: dict[str, str] = {}
    _collect(dataset, lines)
    return dict(sorted(lines.items()))


def _collect(dataset: Dataset, lines: dict[str, str]) -> None:
    from pydicom.dataelem import RawDataElement

    for tag in sorted(dataset.keys()):
        if tag.element == 0:
            continue
        raw: Any = dataset.get_item(tag)
        if isinstance(raw, RawDataElement) and raw.value is None and raw.length:
            lines[_key(tag)] = _line(tag, raw.VR or "UN", "(not loaded)", raw.length, 1)
            continue
        element = dataset[tag]
        if element.VR == "SQ":
            lines[_key(tag)] = _line(tag, "SQ", f"(Sequence with {len(element.value)} items)", 0, 1)
            for item in element.value:
                _collect(item, lines)
        else:
            lines[_key(tag)] = _element_line(element)


def _element_line(element: DataElement) -> str:
    text = _text(element)
    return _line(element.tag, element.VR, text, len(text), element.VM)


def _text(element: DataElement) -> str:
    if element.VM == 0:
        return "(no value available)"
    if isinstance(element.value, bytes):
        text = "\\".join(f"{byte:02x}" for byte in element.value[:_MAX_TEXT])
    else:
        values = element.value if element.VM > 1 else [element.value]
        text = "\\".join(str(value) for value in values)
        if element.VR == "UI":
            from pydicom.uid import UID

            name = UID(text).keyword if text.startswith("1.2.840.10008.") else ""
            return f"={name}" if name else f"[{text}]"
        if element.VR not in ("US", "SS", "UL", "SL", "FL", "FD", "AT", "UV", "SV"):
            text = f"[{text}]"
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 3] + "..."


def _line(tag: Any, vr: str, text: str, length: int, multiplicity: int) -> str:
    from pydicom.datadict import dictionary_has_tag, keyword_for_tag

    name = keyword_for_tag(tag) if dictionary_has_tag(tag) else "Unknown Tag & Data"
    shown = f"{text:<{_VALUE_WIDTH}}"
    return f"({tag.group:04x},{tag.element:04x}) {vr} {shown} # {length:>3}, {multiplicity} {name}"


def _key(tag: Any) -> str:
    return f"{tag.group:04X},{tag.element:04X}"
