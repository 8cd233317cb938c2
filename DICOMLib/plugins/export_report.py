"""What an export has written, and what the user should know of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from DICOMLib.core.wording import counted


@dataclass(slots=True)
class ExportReport:
    """What was written.

    Parameters
    ----------
    files
        Paths, or those in the database where that was the target.
    notes
        What the user should know of what was written.
    failed
        Name of the exportable and the reason, for those that were not written.
    cancelled
        Whether some were left out.
    to_database
        Whether the files lie in the database of the application.
    """

    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    cancelled: bool = False
    to_database: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether all was written that was asked for."""
        return not self.failed and not self.cancelled

    def as_text(self) -> str:
        """All of it as plain text."""
        lines = [f"{counted(len(self.files), 'file')} written{self._where()}."]
        lines += [f"{name}: {reason}" for name, reason in self.failed]
        lines += self.notes
        if self.cancelled:
            lines.append("Export was cancelled.")
        return "\n".join(lines)

    def _where(self) -> str:
        """Where the files are: the file, or the folder that holds them all."""
        if self.to_database and self.files:
            return " to the DICOM database"
        if len(self.files) == 1:
            return f": {self.files[0]}"
        folders = [str(Path(path).parent) for path in self.files]
        return f" to {os.path.commonpath(folders)}" if folders else ""
