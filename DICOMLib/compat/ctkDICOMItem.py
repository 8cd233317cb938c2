"""A dataset as Slicer's scripts and CTK's classes hand it about."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from DICOMLib.standard.part10 import read_file
from DICOMLib.standard.tags import tag_number

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def _number(tag: Any) -> int:
    return tag_number(tag) if isinstance(tag, str) else int(tag)


class ctkDICOMItem:
    """A dataset, in memory.

    Parameters
    ----------
    dataset
        The pydicom dataset; None for an item without one.
    """

    def __init__(self, dataset: Dataset | None = None) -> None:
        self.dataset = dataset

    def IsInitialized(self) -> bool:
        """Whether there is a dataset."""
        return self.dataset is not None

    def InitializeFromFile(self, filename: str | os.PathLike[str], *_arguments: Any) -> None:
        """Read a file; without a dataset afterwards if it cannot be read."""
        import pydicom

        unreadable = (OSError, pydicom.errors.InvalidDicomError, EOFError, ValueError, NotImplementedError)
        try:
            self.dataset = read_file(filename)
        except unreadable:
            self.dataset = None

    def SaveToFile(self, filePath: str | os.PathLike[str]) -> bool:
        """Write the dataset as a DICOM file, whole or not at all; whether that went well."""
        if self.dataset is None:
            return False
        import pydicom

        target = Path(filePath)
        temporary = target.with_name(f".{uuid.uuid4().hex}.part")
        try:
            pydicom.dcmwrite(temporary, _as_file(self.dataset), enforce_file_format=True)
            temporary.replace(target)
        except (OSError, ValueError, AttributeError):
            return False
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def TagKeys(self) -> list[str]:
        """Tags of the elements, as "GGGG,EEEE"."""
        tags = sorted(self.dataset.keys()) if self.dataset is not None else []
        return [f"{tag.group:04X},{tag.element:04X}" for tag in tags]

    def HasElement(self, tag: Any) -> bool:
        """Whether there is such an element, given as "GGGG,EEEE" or as a number."""
        return self.dataset is not None and _number(tag) in self.dataset

    def GetElementAsString(self, tag: Any) -> str:
        """Its value as text, several joined by backslashes; "" if there is none."""
        return "\\".join(self.GetElementAsStringList(tag))

    def GetElementAsStringList(self, tag: Any) -> list[str]:
        """Its values as texts."""
        if self.dataset is None or _number(tag) not in self.dataset:
            return []
        element = self.dataset[_number(tag)]
        if element.VM == 0 or element.VR == "SQ" or isinstance(element.value, bytes):
            return []
        return [str(value) for value in (element.value if element.VM > 1 else [element.value])]

    def GetElementAsInteger(self, tag: Any) -> int:
        """Its first value as an integer, 0 if it is none."""
        return int(self.GetElementAsDouble(tag))

    def GetElementAsDouble(self, tag: Any) -> float:
        """Its first value as a number, 0 if it is none."""
        try:
            return float(self.GetElementAsStringList(tag)[0])
        except (IndexError, ValueError):
            return 0.0

    def SetElementAsString(self, tag: Any, text: str) -> bool:
        """Set an element of a tag that the Standard knows; whether that went well."""
        from pydicom.datadict import dictionary_VR
        from pydicom.dataset import Dataset

        number = _number(tag)
        try:
            vr = dictionary_VR(number)
        except KeyError:
            return False
        if self.dataset is None:
            self.dataset = Dataset()
        self.dataset.add_new(number, vr, text)
        return True


def _as_file(dataset: Dataset) -> Dataset:
    """The dataset with the file meta information that a file needs (PS3.10 section 7.1)."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = getattr(dataset, "file_meta", None) or FileMetaDataset()
    if "TransferSyntaxUID" not in meta:
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    return dataset
