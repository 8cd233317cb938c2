"""Rules on files: which are left out, and where the others go."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset

from DICOMLib.patching.rule import DICOMPatcherRule


class RemoveDICOMDIR(DICOMPatcherRule):
    """Leave DICOMDIR files out: they describe the files as they were before."""

    label = "Remove DICOMDIR"
    always_applied = True

    def skipFile(self, filepath: str) -> bool:
        """Skip files named DICOMDIR, in any case."""
        if Path(filepath).name.upper() != "DICOMDIR":
            return False
        self.addLog("skipped: a DICOMDIR does not fit the changed files")
        return True


class NormalizeFileNames(DICOMPatcherRule):
    """Short names without special characters: ``pa000/st000/se000/ct000.dcm``.

    What lies in the output already keeps its name: the numbers of patients go on after it.
    """

    label = "Normalize file names"

    def processStart(self, inputRootDir: str, outputRootDir: str) -> None:
        """Begin to count patients, studies, series and files."""
        self._root = Path(outputRootDir)
        self._numbers: dict[Path, dict[str, int]] = {}

    def generateOutputFilePath(self, ds: Dataset, filepath: str) -> str:
        """Number patient, study, series and file in the order in which they come."""
        patient = f"{ds.get('PatientName', '')}*{ds.get('PatientID', '')}"
        folder = self._numbered(self._root, "pa", patient)
        folder = self._numbered(folder, "st", str(ds.get("StudyInstanceUID", "")))
        folder = self._numbered(folder, "se", str(ds.get("SeriesInstanceUID", "")))
        prefix = "".join(c for c in str(ds.get("Modality", "")).lower() if c.isalnum())
        return str(self._numbered(folder, prefix, filepath, ".dcm"))

    def _numbered(self, folder: Path, prefix: str, key: str, ending: str = "") -> Path:
        """Path below `folder` with the number of `key`, in order of first appearance there."""
        numbers = self._numbers.setdefault(folder, {})
        if key not in numbers:
            number = max(numbers.values(), default=-1) + 1
            while (folder / f"{prefix}{number:03d}{ending}").exists():  # of an earlier run
                number += 1
            numbers[key] = number
        return folder / f"{prefix}{numbers[key]:03d}{ending}"
