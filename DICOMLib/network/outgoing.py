"""Files on their way out: what they hold, the presentation contexts they need, other encodings of them."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pynetdicom.dsutils import split_dataset

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.network.models import EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, MAX_CONTEXTS, PLAIN_SYNTAXES
from DICOMLib.network.outgoing_header import (
    FIRST_BYTES,
    SERIES,
    SOP_CLASS,
    SOP_INSTANCE,
    STUDY,
    usual_header,
)
from DICOMLib.network.pdu import Context

_IDENTIFIERS = ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]
_UNREADABLE = (InvalidDicomError, EOFError, ValueError, AttributeError, KeyError, NotImplementedError)
# Those whose pixel data are as they are in memory.
_NATIVE = frozenset((*PLAIN_SYNTAXES, EXPLICIT_BIG_ENDIAN, "1.2.840.10008.1.2.1.99"))


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file that shall be sent.

    Parameters
    ----------
    path
        Where it lies.
    sop_class, sop_instance, study, series
        Its UIDs.
    transfer_syntax
        How its data set is encoded.
    offset
        Where the data set begins, bytes.
    """

    path: str
    sop_class: str
    sop_instance: str
    study: str
    series: str
    transfer_syntax: str
    offset: int

    @property
    def kind(self) -> tuple[str, str]:
        """SOP class and transfer syntax."""
        return self.sop_class, self.transfer_syntax

    def size(self) -> int:
        """Length of the data set, bytes."""
        return Path(self.path).stat().st_size - self.offset


def read_outgoing(path: str | os.PathLike[str]) -> OutgoingFile:
    """Look at a file.

    Raises
    ------
    InvalidDICOM
        If it cannot be sent.
    """
    name = os.fspath(path)
    try:
        with Path(name).open("rb") as file:
            usual = usual_header(file.read(FIRST_BYTES))
        if usual is not None:
            values, syntax, offset = usual
            uids = [values[tag] for tag in (SOP_CLASS, SOP_INSTANCE, STUDY, SERIES)]
            return OutgoingFile(name, uids[0], uids[1], uids[2], uids[3], syntax, offset)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd values are not ours to judge
            meta, offset = split_dataset(Path(name))
            header = pydicom.dcmread(name, stop_before_pixels=True, specific_tags=list(_IDENTIFIERS))
            uids = [str(header.get(keyword, "") or "") for keyword in _IDENTIFIERS]
            syntax = str(meta.TransferSyntaxUID)
    except FileNotFoundError as error:
        raise InvalidDICOM(name, "does not exist") from error
    except OSError as error:
        raise InvalidDICOM(name, "cannot be read") from error
    except _UNREADABLE as error:
        raise InvalidDICOM(name, "no DICOM file") from error
    if not uids[0] or not uids[1]:
        raise InvalidDICOM(name, "missing SOP Class UID or SOP Instance UID")
    return OutgoingFile(name, uids[0], uids[1], uids[2], uids[3], syntax, offset)


def batches(files: Sequence[OutgoingFile], transcode: bool) -> Iterator[list[OutgoingFile]]:
    """The files in groups whose contexts fit into one association."""
    batch: list[OutgoingFile] = []
    kinds: set[tuple[str, str]] = set()
    for file in files:
        if file.kind not in kinds and len(contexts_for({*kinds, file.kind}, transcode)) > MAX_CONTEXTS:
            yield batch
            batch, kinds = [], set()
        kinds.add(file.kind)
        batch.append(file)
    if batch:
        yield batch


def contexts_for(kinds: Iterable[tuple[str, str]], transcode: bool) -> list[Context]:
    """One presentation context for each SOP class and transfer syntax, and one for other encodings.

    Each syntax has a context of its own, since a peer chooses only one of a context (PS3.8 section 9.3.3).
    """
    proposals: list[tuple[str, tuple[str, ...]]] = []
    for sop_class, syntax in sorted(set(kinds)):
        proposals.append((sop_class, (syntax,)))
        if transcode:
            proposals += [(sop_class, (plain,)) for plain in PLAIN_SYNTAXES]
    unique = dict.fromkeys(proposals)
    return [Context(2 * number + 1, *proposal) for number, proposal in enumerate(unique)]


def encoded(file: OutgoingFile, transfer_syntax: str) -> tuple[BinaryIO, int]:
    """The data set in another, uncompressed transfer syntax, and its length in bytes.

    Raises
    ------
    InvalidDICOM
        If it cannot be decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(file.path)
            _make_native(dataset, file.transfer_syntax)
            buffer = io.BytesIO()
            pydicom.dcmwrite(
                buffer,
                _bare(dataset),
                implicit_vr=transfer_syntax != EXPLICIT_LITTLE_ENDIAN,
                little_endian=True,
                overwrite=True,
            )
    except (*_UNREADABLE, OSError, RuntimeError, TypeError) as error:
        raise InvalidDICOM(file.path, f"cannot be decoded from {file.transfer_syntax}") from error
    size = buffer.tell()
    buffer.seek(0)
    return buffer, size


def _make_native(dataset: Dataset, transfer_syntax: str) -> None:
    if "PixelData" not in dataset:
        return
    if transfer_syntax not in _NATIVE:
        dataset.decompress(generate_instance_uid=False)
    elif transfer_syntax == EXPLICIT_BIG_ENDIAN:
        # pydicom turns all values but these
        pixels = dataset.pixel_array
        dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
        dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"


def _bare(dataset: Dataset) -> Dataset:
    """The data set without file meta information, in which it is encoded."""
    bare = Dataset()
    bare.update(dataset)
    implicit, little = dataset.original_encoding
    bare.set_original_encoding(implicit, little, dataset.original_character_set)
    return bare
