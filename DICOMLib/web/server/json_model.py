"""The DICOM JSON model (PS3.18 annex F), with large values as bulk data."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.standard.faults import faults_of
from DICOMLib.standard.part10 import read_part
from DICOMLib.standard.tags import tag_text, vr_of

UNREADABLE = (
    EOFError,
    ValueError,
    AttributeError,
    KeyError,
    NotImplementedError,
    TypeError,
    OSError,
    struct.error,
)
# Float, double float and integer pixels (PS3.3 section C.7.6.24).
PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
_BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
# Longer binary values are told by URL.
BULK_BYTES = 1024
_DEFERRED = 1 << 16
UTF_8 = "ISO_IR 192"


class Header:
    """All of a file that lies before its pixels.

    Parameters
    ----------
    path
        Of the file.

    Attributes
    ----------
    dataset
        Values of more than 64 KB are not read before they are asked for.
    pixels
        Tag and VR of the pixel data; None if there are none.
    position
        Where their element begins in the file, bytes; it means nothing of a deflated file.

    Raises
    ------
    InvalidDICOM
        If it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.pixels: tuple[int, str] | None = None
        with faults_of(path), open(path, "rb") as file:  # noqa: PTH123  a path as text
            self.dataset: Dataset = read_part(file, self._ends_at, defer_bytes=_DEFERRED)
            self.position = file.tell()

    def _ends_at(self, tag: BaseTag, vr: str | None, _length: int) -> bool:
        if tag not in PIXELS:
            return False
        self.pixels = int(tag), vr or "OW"
        return True


def metadata(header: Header, url: str) -> dict[str, Any]:
    """The elements of an instance; `url` is that of the instance."""
    model = json_of(header.dataset, f"{url}/bulkdata")
    if header.pixels is not None:
        tag, vr = header.pixels
        model[f"{tag:08X}"] = {"vr": vr, "BulkDataURI": f"{url}/bulkdata/{tag:08X}"}
    return model


def json_of(dataset: Dataset, url: str = "") -> dict[str, Any]:
    """The elements of a dataset by "GGGGEEEE"; those that cannot be decoded are left out.

    Parameters
    ----------
    dataset
        What is told; texts become UTF-8, and so says its character set.
    url
        Where its bulk data are; "" to tell every value itself.
    """
    model = {}
    with no_warnings:
        for tag in told_tags(dataset):
            try:
                model[f"{tag:08X}"] = _element(dataset, tag, f"{url}/{tag:08X}" if url else "")
            except UNREADABLE:
                continue  # a value that is none of its kind
    if "00080005" in model:
        model["00080005"]["Value"] = [UTF_8]
    return model


def told_tags(dataset: Dataset) -> list[BaseTag]:
    """The tags of a dataset in their order, without file meta information and group lengths."""
    return [tag for tag in sorted(dataset.keys()) if tag >> 16 != 2 and tag & 0xFFFF]


def bulk_vr(dataset: Dataset, tag: BaseTag) -> str:
    """VR of a value that is too large to be told; "" of all others. It is not read if it has not been."""
    raw = dataset.get_item(tag)
    if isinstance(raw, RawDataElement):
        vr = raw.VR or vr_of(tag_text(tag))
        if vr in _BINARY and BULK_BYTES < raw.length < 0xFFFFFFFF:
            return vr
    element = dataset[tag]
    return element.VR if element.VR in _BINARY and len(element.value or b"") > BULK_BYTES else ""


def _element(dataset: Dataset, tag: BaseTag, url: str) -> dict[str, Any]:
    if url and (vr := bulk_vr(dataset, tag)):
        return {"vr": vr, "BulkDataURI": url}
    element = dataset[tag]
    if element.VR == "SQ":
        items = [json_of(item, f"{url}/{place}" if url else "") for place, item in enumerate(element.value)]
        return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
    model: dict[str, Any] = element.to_json_dict(None, 0)
    if "Value" in model:
        model["Value"] = [_finite(value) for value in model["Value"]]
    return model


def _finite(value: Any) -> Any:
    """JSON has no other numbers; PS3.18 section F.2.5 writes them as texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def json_array(models: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """An array, one object after the other."""
    before = b"["
    for model in models:
        yield before + json.dumps(model, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        before = b","
    yield b"]" if before == b"," else b"[]"
