"""What every patching rule offers. The method names are those of Slicer's DICOM Patcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydicom.dataset import Dataset


class DICOMPatcherRule:
    """One repair, applied to each dataset of a folder.

    Subclasses override what they need. A rule keeps its state (directory counters, replaced UIDs) for
    one run and forgets it in `processStart`.

    Parameters
    ----------
    parameters
        Options by name, such as ``{"CharacterSet": "cp1251"}``.
    """

    label: ClassVar[str] = ""
    enabled_by_default: ClassVar[bool] = True
    always_applied: ClassVar[bool] = False

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        self.parameters = dict(parameters or {})
        self.logCallback: Callable[[str], None] | None = None

    def addLog(self, text: str) -> None:
        """Tell what was done; indented below the line of the file."""
        if self.logCallback is not None:
            self.logCallback(f"  {text}")

    def processStart(self, inputRootDir: str, outputRootDir: str) -> None:
        """Begin a run."""

    def processDirectory(self, currentSubDir: str) -> None:
        """Begin a directory; its path is relative to the input, "." for the input itself."""

    def skipFile(self, filepath: str) -> bool:
        """Whether the file shall be left out of the output."""
        return False

    def processDataSet(self, ds: Dataset) -> None:
        """Change the dataset in place."""

    def generateOutputFilePath(self, ds: Dataset, filepath: str) -> str:
        """Path of the file in the output; `filepath` is what the rules before this one answered."""
        return filepath
