"""Files on their way out: what they hold, the presentation contexts they need."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.tag import BaseTag

from DICOMLib.core.errors import InvalidDICOM, log_failure
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.network.arrival import file_meta
from DICOMLib.network.models import DEFLATED, MAX_CONTEXTS, PLAIN_SYNTAXES
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
from DICOMLib.standard.completeness import are_fragments_cut_off, is_cut_off
from DICOMLib.standard.faults import NOT_FOUND, TRUNCATED, UNREADABLE, faults_of
from DICOMLib.standard.part10 import IMPLICIT_LITTLE_ENDIAN, read_part, start_of_file
from DICOMLib.standard.sequences import UNDEFINED
from DICOMLib.standard.tags import PIXEL_DATA
from DICOMLib.standard.transfer_syntaxes import NATIVE

log = logging.getLogger(__name__)

_IDENTIFIERS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


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
    is_complete
        Whether preamble and file meta information stand before it, with the transfer syntax (PS3.10).
    """

    path: str
    sop_class: str
    sop_instance: str
    study: str
    series: str
    transfer_syntax: str
    offset: int
    is_complete: bool = True

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
        If it cannot be sent, also if its end is missing.
    """
    name = os.fspath(path)
    try:
        if not start:
            with open(name, "rb", buffering=0) as file:  # noqa: PTH123  paths cost time here
                start = file.read(FIRST_BYTES)
        usual = usual_header(start)
        if usual is not None:
            values, syntax, offset = usual
            if is_cut_off(name, start, offset, syntax != IMPLICIT_LITTLE_ENDIAN):
                raise InvalidDICOM(name, TRUNCATED)
            uids = [values[tag] for tag in (SOP_CLASS, SOP_INSTANCE, STUDY, SERIES)]
            return OutgoingFile(name, uids[0], uids[1], uids[2], uids[3], syntax, offset)
        with faults_of(path), no_warnings:  # odd values are not ours to judge
            return _looked_through(name)
    except OSError as error:
        raise InvalidDICOM(name, NOT_FOUND if isinstance(error, FileNotFoundError) else UNREADABLE) from error


def _looked_through(path: str) -> OutgoingFile:
    """The same of an unusual file, by pydicom."""
    is_encapsulated = is_short = False

    def stop_at_pixels(tag: BaseTag, _vr: str | None, length: int) -> bool:
        nonlocal is_encapsulated, is_short
        if tag != PIXEL_DATA:
            return False
        position, size = file.tell(), os.fstat(file.fileno()).st_size
        is_encapsulated = length == UNDEFINED
        is_short = are_fragments_cut_off(file, position) if is_encapsulated else position + length > size
        return True

    with open(path, "rb") as file:  # noqa: PTH123  a path as text
        header = read_part(file, stop_at_pixels, tags=_IDENTIFIERS)
    uids = [str(header.get(keyword, "") or "") for keyword in _IDENTIFIERS]
    if not uids[0] or not uids[1]:
        raise InvalidDICOM(path, "missing SOP Class UID or SOP Instance UID")
    syntax = str(header.file_meta.TransferSyntaxUID)
    if is_short and syntax != DEFLATED:  # that lies inflated in memory
        raise InvalidDICOM(path, TRUNCATED)
    if is_encapsulated and syntax in NATIVE:
        raise InvalidDICOM(path, "its pixels are compressed, and it does not say how")
    return OutgoingFile(path, uids[0], uids[1], uids[2], uids[3], syntax, *start_of_file(path))


def log_unreadable(fault: InvalidDICOM) -> None:
    """Log that a file cannot be sent to who asks for it; its path may name a patient: at DEBUG only."""
    log_failure(log, "a file that was asked for cannot be sent", fault)


def start_of(file: OutgoingFile) -> tuple[bytes, int]:
    """What is put before a file that is given as one (PS3.10), and the byte at which it begins then.

    Nothing, and 0, of a complete file, which is given byte for byte.
    """
    if file.is_complete:
        return b"", 0
    return file_meta(file.sop_class, file.sop_instance, file.transfer_syntax), file.offset


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
