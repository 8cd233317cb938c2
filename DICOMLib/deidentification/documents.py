"""What is in encapsulated documents besides the elements of the dataset."""

from __future__ import annotations

from pydicom.dataset import Dataset

from DICOMLib.core.errors import UnusableData

ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."
ENCAPSULATED_STL = ENCAPSULATED + "3"
DOCUMENT = "an encapsulated document, whose text cannot be cleaned"
IDENTIFYING_SURFACE = "an encapsulated surface that says it shows identity (Burned In Annotation is YES)"
NO_BINARY_STL = "an encapsulated surface that is no binary STL, whose text cannot be cleaned"
_HEADER_BYTES = 80
_TRIANGLE_BYTES = 50


def is_document(dataset: Dataset) -> bool:
    """Whether a dataset holds a document other than an STL, which no program can clean."""
    sop_class = str(dataset.get("SOPClassUID", ""))
    if sop_class == ENCAPSULATED_STL:
        return False
    return sop_class.startswith(ENCAPSULATED) or "EncapsulatedDocument" in dataset


def prepare_document(dataset: Dataset) -> None:
    """Blank the header of an encapsulated STL, and drop what follows its triangles.

    Raises
    ------
    UnusableData
        If it is no binary STL, such as one of text.

    References
    ----------
    PS3.3 A.85.1.2: the document is a binary STL, of 80 free bytes, the number of triangles and these.
    """
    if dataset.get("SOPClassUID") != ENCAPSULATED_STL or "EncapsulatedDocument" not in dataset:
        return
    surface = bytes(dataset.EncapsulatedDocument)
    begin = _HEADER_BYTES + 4
    count = int.from_bytes(surface[_HEADER_BYTES:begin], "little")
    end = begin + count * _TRIANGLE_BYTES
    if len(surface) < end:
        raise UnusableData(NO_BINARY_STL)
    kept = b"\0" * _HEADER_BYTES + surface[_HEADER_BYTES:end]
    dataset.EncapsulatedDocument = kept + b"\0" * (len(kept) % 2)
