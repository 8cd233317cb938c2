"""One file to a record for the database, or the reason why not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.database.records import FileRecord
from DICOMLib.indexing import reasons
from DICOMLib.indexing.decode import CHARACTER_SET, decoded
from DICOMLib.indexing.scan import (
    MAX_VALUE_BYTES,
    Endless,
    Header,
    Truncated,
    Unusual,
    WantedTags,
    scan,
    scan_start,
)
from DICOMLib.indexing.walk import FoundFile
from DICOMLib.standard.completeness import are_fragments_cut_off
from DICOMLib.standard.faults import faults_of
from DICOMLib.standard.part10 import START_BYTES, read_file, starts_like_dicom
from DICOMLib.standard.sequences import UNDEFINED
from DICOMLib.standard.tags import PIXEL_DATA, tag_number
from DICOMLib.standard.transfer_syntaxes import NATIVE, is_decodable
from DICOMLib.standard.values import element_text

if TYPE_CHECKING:
    from pydicom import FileDataset
    from pydicom.dataelem import DataElement, RawDataElement
    from pydicom.tag import BaseTag

# The record and a note for the user, "" for none; or None and why there is no record.
Outcome = tuple[FileRecord | None, str]

SOP_CLASS_UID = "0008,0016"
SOP_INSTANCE_UID = "0008,0018"
STUDY_INSTANCE_UID = "0020,000D"
SERIES_INSTANCE_UID = "0020,000E"
MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"

IDENTIFIER_TAGS = (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID, SOP_INSTANCE_UID)
_MISSING = (reasons.NO_STUDY_UID, reasons.NO_SERIES_UID, reasons.NO_SOP_UID)
# Tags that are read whatever is asked for, to tell what a file is.
NEEDED_TAGS = (SOP_CLASS_UID, SOP_INSTANCE_UID, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID)
_NEEDED_NUMBERS = [(tag, tag_number(tag)) for tag in NEEDED_TAGS]

_ZIP = b"PK\x03\x04"

MAX_ELEMENTS = 100_000
_NOTHING = WantedTags(())
_SWAPPED_SIZES = {"US": 2, "SS": 2, "AT": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "SV": 8, "UV": 8}


def read_record(
    path: str, wanted: WantedTags, modified: float, unstored: frozenset[str]
) -> tuple[FileRecord, str]:
    """Read the wanted tags of a file.

    Parameters
    ----------
    path
        Absolute path of a regular file.
    wanted
        The tags, `NEEDED_TAGS` among them.
    modified
        Time of its last change, seconds since the epoch.
    unstored
        Those of the tags whose values are not to be kept.

    Returns
    -------
    tuple[FileRecord, str]
        The record, and what the user should know of a file that is taken; "" for nothing.

    Raises
    ------
    InvalidDICOM
        If it cannot be taken.
    """
    header = read_header(path, wanted)
    return record_of(path, header, wanted, modified, unstored)


def record_of(
    path: str, header: Header, wanted: WantedTags, modified: float, unstored: frozenset[str]
) -> tuple[FileRecord, str]:
    """As `read_record`, of a file whose header has been read."""
    found = decoded(header, wanted)
    values = found.values
    _check(path, header, values)
    for tag in unstored:
        values.pop(tag, None)
    hidden = unstored & found.present
    empty = found.empty - unstored
    record = FileRecord(path, path, modified, values, hidden, empty, "", found.base, found.changed)
    undecodable = PIXEL_DATA in header.rest and not is_decodable(header.transfer_syntax)
    return record, reasons.NO_READER if undecodable else ""


def identifiers_of(path: str, header: Header) -> tuple[str, str, str]:
    """Study, series and SOP Instance UID of a file that has been read; nothing else is decoded for it.

    Raises
    ------
    InvalidDICOM
        If `record_of` would raise it.
    """
    values = {}
    for tag, number in _NEEDED_NUMBERS:
        element = header.element(number)
        text = _uid_text(*element) if element is not None else ""
        if text:
            values[tag] = text
    _check(path, header, values)
    return values[STUDY_INSTANCE_UID], values[SERIES_INSTANCE_UID], values[SOP_INSTANCE_UID]


@lru_cache(maxsize=64)  # those of the series come again with each file
def _uid_text(vr: bytes, raw: bytes) -> str:
    return element_text(vr, raw, "")


def _check(path: str, header: Header, values: Mapping[str, str]) -> None:
    if MEDIA_STORAGE_DIRECTORY in (header.media_class, values.get(SOP_CLASS_UID)):
        raise InvalidDICOM(path, reasons.DIRECTORY_RECORD)
    for tag, reason in zip(IDENTIFIER_TAGS, _MISSING, strict=True):
        if tag not in values:
            raise InvalidDICOM(path, reason)
        if "\0" in values[tag]:  # SQLite takes it for the end of a text in some places only
            raise InvalidDICOM(path, reasons.NULL_IN_UID)


def read_all(files: Iterable[FoundFile], wanted: WantedTags, unstored: frozenset[str]) -> list[Outcome]:
    """As `read_record`, of many files; for one that cannot be taken, None and the reason."""
    outcomes: list[Outcome] = []
    for found in files:
        if found.problem:
            outcomes.append((None, found.problem))
            continue
        try:
            outcomes.append(read_record(found.path, wanted, found.modified, unstored))
        except InvalidDICOM as error:
            outcomes.append((None, error.reason))
    return outcomes


def read_header(path: str, wanted: WantedTags, start: bytes = b"", size: int = 0) -> Header:
    """The wanted elements, by the fast scanner where it can, else by pydicom.

    Parameters
    ----------
    path, wanted
        As of `read_record`.
    start, size
        The first bytes of the file, and how many it has, if they are known already.

    Raises
    ------
    InvalidDICOM
        If the file is none, or broken.
    """
    try:
        header = scan_start(start, size, path, wanted) if start else scan(path, wanted)
        _check_fragments(path, header)
    except Unusual:
        return _read_with_pydicom(path, wanted)
    except Truncated:
        raise InvalidDICOM(path, reasons.TRUNCATED) from None
    except Endless:
        raise InvalidDICOM(path, reasons.DAMAGED) from None
    except OSError as error:
        raise InvalidDICOM(path, reasons.UNREADABLE) from error
    return header


def _check_fragments(path: str, header: Header) -> None:
    """Raise `Truncated` if compressed pixel data does not end within the file."""
    if header.pixel_offset and header.transfer_syntax not in NATIVE:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  paths cost time here
            if are_fragments_cut_off(file, header.pixel_offset):
                raise Truncated


def read_whole(path: str | os.PathLike[str]) -> FileDataset:
    """All elements of a file, with or without preamble, by pydicom, which lets it pass if its end is missing.

    Raises
    ------
    InvalidDICOM
        If the file is none, cannot be read, or is cut off.
    """
    with faults_of(path):
        dataset = read_file(path)
    try:
        read_header(os.fspath(path), _NOTHING)
    except InvalidDICOM as error:
        if error.reason == reasons.TRUNCATED:  # other faults are those of an import
            raise
    return dataset


def _read_with_pydicom(path: str, wanted: WantedTags) -> Header:
    from pydicom.filereader import read_partial

    _check_start(path)
    with faults_of(path), no_warnings, Path(path).open("rb") as file:
        guard = _Guard(file)
        dataset = read_partial(file, stop_when=guard.stop, defer_size=MAX_VALUE_BYTES, force=True)
        syntax = dataset.file_meta.get("TransferSyntaxUID", "1.2.840.10008.1.2")
        header = Header(str(syntax), str(dataset.file_meta.get("MediaStorageSOPClassUID", "")))
        for number in wanted.numbers:
            if number in dataset:
                header.rest[number] = _element(dataset.get_item(number), number, wanted)
        wanted.resolve(header.elements)
    if guard.cut_off:
        raise InvalidDICOM(path, reasons.TRUNCATED)
    if guard.pixel_data and PIXEL_DATA in wanted.numbers:
        header.rest[PIXEL_DATA] = (b"OW", b"")
    if not header.media_class and 0x00080016 not in header.elements and 0x00080018 not in header.elements:
        raise InvalidDICOM(path, reasons.NO_DICOM)
    return header


class _Guard:
    """Stops pydicom at the pixel data, and where a file is cut off, a desert of zeros, or endless."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._count = 0
        self._inflated = False
        self._expected_end = 0
        self.damaged = False
        self.pixel_data = False

    def stop(self, tag: BaseTag, vr: str | None, length: int) -> bool:
        """Whether to stop before this element; the file stands at its value."""
        position = self._file.tell()
        if not self._count:
            self._inflated = position == self._size  # pydicom has read all of it into memory
        self._count += 1
        self.pixel_data = tag == PIXEL_DATA
        self._expected_end = self._size if length == UNDEFINED or self._inflated else position + length
        self.damaged = self._expected_end > self._size or tag == 0 or self._count > MAX_ELEMENTS
        if self.pixel_data and length == UNDEFINED and not self._inflated:
            self.damaged = are_fragments_cut_off(self._file, position)
        return self.damaged or self.pixel_data

    @property
    def cut_off(self) -> bool:
        """Whether the elements did not end where the file does."""
        return self.damaged or (not self.pixel_data and self._expected_end != self._size)


def _element(element: DataElement | RawDataElement, number: int, wanted: WantedTags) -> tuple[bytes, bytes]:
    """VR and value field in little endian; an empty value field for what is no plain value."""
    vr = (element.VR or wanted.implicit_vr(number).decode())[:2]
    raw = element.value
    if number == CHARACTER_SET and raw and not isinstance(raw, bytes):  # pydicom needs it itself
        raw = "\\".join([raw] if isinstance(raw, str) else map(str, raw)).encode("ascii", "replace")
    if not isinstance(raw, bytes) or len(raw) > MAX_VALUE_BYTES:
        return vr.encode(), b""
    size = _SWAPPED_SIZES.get(vr)
    if size and not getattr(element, "is_little_endian", True):
        raw = b"".join(raw[i : i + size][::-1] for i in range(0, len(raw) - size + 1, size))
    return vr.encode(), raw


def _check_start(path: str) -> None:
    """Tell files that cannot be DICOM by their first bytes, before pydicom tries hard to find some."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(START_BYTES)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise InvalidDICOM(path, reasons.UNREADABLE) from error
    if not size:
        raise InvalidDICOM(path, reasons.EMPTY)
    if not starts_like_dicom(start):
        archive = start.startswith(_ZIP)
        raise InvalidDICOM(path, reasons.ARCHIVE if archive else reasons.NO_DICOM)
