"""Lists that reports end in - what was written, removed, not found - and the files that keep them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QWidget

from DICOMLib.widgets.file_questions import ask_new_file, save_text
from DICOMLib.widgets.translation import _


@dataclass(slots=True)
class SavedList:
    """Rows of texts under the names of their columns."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()

    def as_text(self) -> str:
        """One line for each row, its texts separated by tabs."""
        return "".join("\t".join(row) + "\n" for row in (self.columns, *self.rows))

    def as_csv(self) -> str:
        """A table with the columns in its first line."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows((self.columns, *self.rows))
        return text.getvalue()

    def as_json(self) -> str:
        """One object for each row."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def save_list(parent: QWidget, saved: SavedList, path: str) -> bool:
    """Write a list into a file, whose suffix tells the format: .csv, .json, else text."""
    formats: dict[str, Callable[[], str]] = {".csv": saved.as_csv, ".json": saved.as_json}
    return save_text(
        parent, _("Save the list"), path, formats.get(Path(path).suffix.lower(), saved.as_text)()
    )


def choose_list_file(parent: QWidget, saved: SavedList, suggested: str) -> QFileDialog:
    """Ask where a list shall be saved, and save it there."""
    filters = [_("Text (*.txt)"), _("Table (*.csv)"), _("JSON (*.json)")]
    dialog = ask_new_file(
        parent, _("Save the list"), lambda path: save_list(parent, saved, path), suggested, filters
    )
    dialog.setObjectName("SaveListDialog")
    return dialog
