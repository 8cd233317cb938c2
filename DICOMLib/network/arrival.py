"""Instances that arrive from peers: how they are written down, and who takes them."""

from __future__ import annotations

import contextlib
import os
import re
import struct
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import BinaryIO, Protocol

from DICOMLib.core.durable import sync_file, sync_folder
from DICOMLib.core.errors import DICOMError, InvalidDICOM, is_disk_full, reason_for_user
from DICOMLib.network import statuses
from DICOMLib.network.outgoing_header import SOP_INSTANCE, begins_with_instance, usual_header
from DICOMLib.network.pdu import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from DICOMLib.standard.faults import faults_of
from DICOMLib.standard.part10 import read_file

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# Up to the value of the group length, which follows.
_META_START = bytes(128) + b"DICM" + struct.pack("<HH2sH", 2, 0, b"UL", 4)
# So much of a file is kept in memory while it arrives, for those who look at its header.
START_BYTES = 16384
ANOTHER_INSTANCE = "it is another instance than the peer said"
_PLAIN_UID = re.compile(r"[0-9.]{1,64}")


@dataclass(slots=True)
class Arrival:
    """An instance that a peer sent, as a file that still lies aside; whole once a receiver sees it.

    Parameters
    ----------
    path
        The file (PS3.10): its data set is that which came, byte for byte.
    sop_class, sop_instance
        What the peer said that it is.
    transfer_syntax
        How the data set is encoded.
    calling_ae
        AE title of the peer.
    start, size
        The first bytes of the file, and how many it has, so that it need not be read again; b"" and 0 if
        that is not known.
    fault
        Why it was not kept, in words; "" if it was, or if only the status says.
    """

    path: Path
    sop_class: str
    sop_instance: str
    transfer_syntax: str
    calling_ae: str = ""
    start: bytes = field(default=b"", repr=False, compare=False)
    size: int = 0
    fault: str = ""


class NotTaken(DICOMError):
    """An instance was not kept; `status` is what the peer is told (PS3.4 section B.2.3)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Receiver(Protocol):
    """Who takes what arrives; called from many threads."""

    def temporary(self) -> Path:
        """Name for a new file, on the disk where it will stay.

        It may be used again once the file has been taken.
        """

    def take(self, arrival: Arrival) -> None:
        """Keep the file under its own name. When it returns, the instance is safe, and `path` is free again.

        Raises
        ------
        NotTaken, OSError
            If it is not kept; whoever calls removes the file.
        """


class FolderReceiver:
    """Keeps instances as `<SOP Instance UID>.dcm` in a folder.

    Parameters
    ----------
    folder
        It is made if it is missing.
    durable
        Whether what was taken outlives a power failure, too.

    Attributes
    ----------
    names
        Of the files of what was taken, by SOP Instance UID.
    """

    def __init__(self, folder: Path, durable: bool = True) -> None:
        self._folder = folder
        self._durable = durable
        self._place = os.path.join(folder, "")  # noqa: PTH118  paths cost time here
        self._aside = f"{self._place}.{uuid.uuid4().hex}"
        self._numbers = count()
        self.names: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def files(self) -> dict[str, Path]:
        """Paths of what was taken, by SOP Instance UID."""
        return {uid: self._folder / name for uid, name in list(self.names.items())}

    def name_for(self, sop_instance: str) -> str:
        """Name of the file in which an instance is kept."""
        return f"{safe_name(sop_instance)}.dcm"

    def file(self, sop_instance: str) -> Path | None:
        """Where an instance lies that was taken; None for others."""
        name = self.names.get(sop_instance)
        return self._folder / name if name else None

    def temporary(self) -> Path:
        """See `Receiver`."""
        return Path(f"{self._aside}.{next(self._numbers)}.part")

    def take(self, arrival: Arrival) -> None:
        """See `Receiver`; a file that names another instance than the peer said is not kept."""
        named = _named_instance(arrival)
        if named and named != arrival.sop_instance:
            raise NotTaken(statuses.NOT_OUR_CLASS, ANOTHER_INSTANCE)
        name = self.name_for(arrival.sop_instance)
        if self._durable:
            sync_file(arrival.path)
        os.replace(arrival.path, self._place + name)  # noqa: PTH105
        if self._durable:
            sync_folder(self._folder)
        self.names[arrival.sop_instance] = name


def _named_instance(arrival: Arrival) -> str:
    """SOP Instance UID within a file; "" if there is none to be read."""
    if begins_with_instance(arrival.start, arrival.sop_instance):
        return arrival.sop_instance
    usual = usual_header(arrival.start)
    if usual is not None:
        return usual[0][SOP_INSTANCE]
    with contextlib.suppress(InvalidDICOM), faults_of(arrival.path):
        dataset = read_file(arrival.path, stop_before_pixels=True, tags=[SOP_INSTANCE])
        raw = dataset.get_item(SOP_INSTANCE).value  # not decoded: odd UIDs are not ours to judge
        return raw.rstrip(b"\0 ").decode("ascii", "replace") if isinstance(raw, bytes) else str(raw)
    return ""


def safe_name(uid: str) -> str:
    """A file name that stands for a UID, which may be anything a peer makes up, such as "../../x"."""
    if _PLAIN_UID.fullmatch(uid) and uid.strip("."):
        return uid
    return uuid.uuid5(uuid.NAMESPACE_OID, uid).hex


def file_meta(sop_class: str, sop_instance: str, transfer_syntax: str, source_ae: str = "") -> bytes:
    """Preamble and file meta information (PS3.10 section 7.1)."""
    before, after = _around_instance(sop_class, transfer_syntax, source_ae)
    instance = _meta_elements((0x0003, b"UI", sop_instance))
    length = len(before) + len(instance) + len(after)
    return b"".join((_META_START, length.to_bytes(4, "little"), before, instance, after))


@lru_cache(maxsize=64)
def _around_instance(sop_class: str, transfer_syntax: str, source_ae: str) -> tuple[bytes, bytes]:
    """The elements before and after Media Storage SOP Instance UID, the same for most files of a peer."""
    version = struct.pack("<HH2sHIH", 2, 1, b"OB", 0, 2, 0x0100)
    return version + _meta_elements((0x0002, b"UI", sop_class)), _meta_elements(
        (0x0010, b"UI", transfer_syntax),
        (0x0012, b"UI", IMPLEMENTATION_UID),
        (0x0013, b"SH", IMPLEMENTATION_NAME),
        (0x0016, b"AE", source_ae),
    )


def _meta_elements(*elements: tuple[int, bytes, str]) -> bytes:
    """Elements of group 2 from number, VR and text; empty ones are left out."""
    encoded = b""
    for element, vr, text in elements:
        raw = text.encode("ascii", "replace")
        if raw:
            raw += (b"\0" if vr == b"UI" else b" ") * (len(raw) % 2)
            encoded += struct.pack("<HH2sH", 2, element, vr, len(raw)) + raw
    return encoded


def same_data_set(first: Path, second: Path) -> bool:
    """Whether two files hold the same data set; their file meta information tells only who wrote them."""
    with first.open("rb") as one, second.open("rb") as other:
        if _skip_meta(one) != _skip_meta(other):
            return False
        while block := one.read(1 << 20):
            if block != other.read(len(block)):
                return False
        return not other.read(1)


def _skip_meta(file: BinaryIO) -> bytes:
    """Go to the data set and return the transfer syntax; to the beginning where there is no group length."""
    start = file.read(144)
    if start[128:132] != b"DICM" or start[132:140] != struct.pack("<HH2sH", 2, 0, b"UL", 4):
        file.seek(0)
        return b""
    meta = file.read(int.from_bytes(start[140:144], "little"))
    position = meta.find(struct.pack("<HH2s", 2, 0x10, b"UI"))
    length = int.from_bytes(meta[position + 6 : position + 8], "little")
    return meta[position + 8 : position + 8 + length] if position >= 0 else b""


def open_aside(path: Path) -> int:
    """Descriptor of a new file for what arrives. Raises `OSError` if it cannot be made."""
    return os.open(path, _NEW_FILE, 0o666)


class ArrivingFile:
    """A file that grows while its data set arrives. A failing disk does not stop it from being read on.

    Parameters
    ----------
    arrival
        What it will be.
    max_bytes
        Longer data sets are not kept; 0 for any length.
    opened
        Descriptor of its file, where that is open already (`open_aside`).
    """

    def __init__(self, arrival: Arrival, max_bytes: int = 0, opened: int | None = None) -> None:
        self._arrival = arrival
        self._max_bytes = max_bytes
        self._size = 0
        self._start = b""
        self._fault: Exception | None = None
        self._descriptor = opened
        # Written together with the first piece.
        self._meta = file_meta(
            arrival.sop_class, arrival.sop_instance, arrival.transfer_syntax, arrival.calling_ae
        )
        self._meta_bytes = len(self._meta)
        if opened is None:
            try:
                self._descriptor = open_aside(arrival.path)
            except OSError as error:
                self._fault = error

    def write(self, piece: memoryview) -> None:
        """Append a piece of the data set."""
        self._size += len(piece)
        if self._fault is not None or self._descriptor is None:
            return
        if self._max_bytes and self._size > self._max_bytes:
            self._fault = NotTaken(statuses.OUT_OF_RESOURCES, "the instance is larger than is allowed")
            return
        meta, self._meta = self._meta, b""
        if len(self._start) < START_BYTES:
            self._start += meta + piece[: START_BYTES - len(self._start)]
        try:
            _write_all(self._descriptor, meta, piece)
        except OSError as error:
            self._fault = error

    def hand_over(self, receiver: Receiver) -> int:
        """Let the receiver take the file; the status that the peer is told."""
        is_there = self._descriptor is not None
        try:
            self._close()
            if self._fault is not None:
                raise self._fault
            self._arrival.start = self._start
            self._arrival.size = self._meta_bytes + self._size
            receiver.take(self._arrival)
            is_there = False
        except NotTaken as error:
            self._arrival.fault = reason_for_user(error)
            return error.status
        except OSError as error:
            self._arrival.fault = reason_for_user(error)
            return statuses.OUT_OF_RESOURCES if is_disk_full(error) else 0x0110
        finally:
            if is_there:
                self._remove()
        return statuses.SUCCESS

    def discard(self) -> None:
        """Remove the file of an instance that did not come whole; nothing if it was handed over."""
        if self._descriptor is not None:
            self._close()
            self._remove()

    def _close(self) -> None:
        """A fault is told by `hand_over`."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            try:
                os.close(descriptor)
            except OSError as error:
                self._fault = self._fault or error

    def _remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # the receiver has taken it
            os.unlink(self._arrival.path)  # noqa: PTH108


def _write_all(descriptor: int, meta: bytes, piece: memoryview) -> None:
    """Write two pieces, in one call where the system can; a disk that is full takes a part only."""
    written = os.writev(descriptor, (meta, piece)) if meta and hasattr(os, "writev") else 0
    if written == len(meta) + len(piece):
        return
    for part in (meta, piece):
        done = min(written, len(part))
        written -= done
        while done < len(part):
            done += os.write(descriptor, part[done:])
