"""Files on their way out: what they hold, the presentation contexts they need."""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.errors import InvalidDicomError
from pynetdicom.dsutils import split_dataset

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.network.models import MAX_CONTEXTS, PLAIN_SYNTAXES
from DICOMLib.network.outgoing_header import (
    FIRST_BYTES,
    SERIES,
    SOP_CLASS,
    SOP_INSTANCE,
    STUDY,
    usual_header,
)
from DICOMLib.network.pdu import Context
from DICOMLib.network.transcoding import TARGETS, encoded

_IDENTIFIERS = ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]
_UNREADABLE = (
    InvalidDicomError,
    EOFError,
    ValueError,
    AttributeError,
    KeyError,
    NotImplementedError,
    struct.error,
)


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


def read_outgoing(path: str | os.PathLike[str], start: bytes = b"") -> OutgoingFile:
    """Look at a file.

    Parameters
    ----------
    path
        The file.
    start
        Its first `FIRST_BYTES`, or all of it, where they are known already; that saves reading most files.

    Raises
    ------
    InvalidDICOM
        If it cannot be sent.
    """
    name = os.fspath(path)
    try:
        if not start:
            with open(name, "rb", buffering=0) as file:  # noqa: PTH123  paths cost time here
                start = file.read(FIRST_BYTES)
        usual = usual_header(start)
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
    """One presentation context for each SOP class and transfer syntax, and some for other encodings.

    Each syntax has a context of its own, since a peer chooses only one of a context (PS3.8 section 9.3.3);
    those into which a file is only turned for a peer that takes nothing else share one.
    """
    proposals: list[tuple[str, tuple[str, ...]]] = []
    for sop_class, syntax in sorted(set(kinds)):
        proposals.append((sop_class, (syntax,)))
        if transcode:
            proposals += [(sop_class, (plain,)) for plain in PLAIN_SYNTAXES]
            proposals.append((sop_class, tuple(uid for uid in TARGETS if uid not in PLAIN_SYNTAXES)))
    unique = dict.fromkeys(proposals)
    return [Context(2 * number + 1, *proposal) for number, proposal in enumerate(unique)]


@contextmanager
def opened(
    file: OutgoingFile, accepted: Mapping[tuple[str, str], int], transcode: bool = True
) -> Iterator[tuple[int, tuple[BinaryIO, int], str]]:
    """The context by which a file is sent, its data set with its length in bytes, and what was changed.

    Parameters
    ----------
    file
        What is sent.
    accepted
        Context ID by SOP class and transfer syntax.
    transcode
        Whether the file may be encoded anew, without loss, where the peer does not take it as it is.

    Raises
    ------
    InvalidDICOM
        If the peer does not take it, or it cannot be encoded as the peer takes it.
    OSError
        If it cannot be read.
    """
    context = accepted.get(file.kind)
    if context is not None:
        with open(file.path, "rb", buffering=0) as source:  # noqa: PTH123  paths cost time here
            size = os.fstat(source.fileno()).st_size - file.offset
            source.seek(file.offset)
            yield context, (source, size), ""
        return
    for syntax in TARGETS if transcode else ():
        if (file.sop_class, syntax) in accepted:
            note = f"encoded anew, from {file.transfer_syntax} to {syntax}"
            yield accepted[file.sop_class, syntax], encoded(file.path, file.transfer_syntax, syntax), note
            return
    raise InvalidDICOM(file.path, "The peer takes this kind of object not at all, or in no encoding of it.")
