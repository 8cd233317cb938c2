"""Documents that DICOM objects carry (PS3.3 C.24.2): bytes, media type, title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from DICOMLib.core.errors import InvalidDICOM


@dataclass(frozen=True, slots=True)
class EncapsulatedDocument:
    """A document as it was before it was encapsulated.

    Parameters
    ----------
    data
        All bytes, without the one that pads to an even length.
    media_type
        Such as "application/pdf"; empty if unknown.
    title
        Document Title; may be empty.
    """

    data: bytes
    media_type: str
    title: str


def read_document(dataset: Any, path: str = "") -> EncapsulatedDocument:
    """The document of an encapsulated object.

    Raises
    ------
    InvalidDICOM
        If there is none.
    """
    data = dataset.get("EncapsulatedDocument")
    if not data:
        raise InvalidDICOM(path, "the object carries no document")
    length = int(dataset.get("EncapsulatedDocumentLength") or len(data))
    if length not in (len(data), len(data) - 1):
        length = len(data)  # a length that cannot be right
    media_type = str(dataset.get("MIMETypeOfEncapsulatedDocument") or "").lower()
    return EncapsulatedDocument(bytes(data[:length]), media_type, str(dataset.get("DocumentTitle") or ""))
