"""The elements of a file as text to be saved: lines, DICOM JSON, or a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.widgets.metadata.element_text import as_text
from DICOMLib.widgets.metadata.elements import READ_LATER_BYTES, Element, read_dataset, read_elements

CSV_COLUMNS = ("Path", "Tag", "Attribute", "VR", "Length", "Value")


def export_elements(path: str, target: str) -> None:
    """Write the elements of a file; the suffix of `target` tells the format: .json, .csv, else text.

    Raises
    ------
    InvalidDICOM
        If the file cannot be read.
    OSError
        If the target cannot be written.
    """
    formats = {".json": as_json, ".csv": as_csv}
    text = formats.get(Path(target).suffix.lower(), lambda file: as_text(read_elements(file)) + "\n")(path)
    Path(target).write_text(text, encoding="utf-8", newline="")


def as_json(path: str) -> str:
    """The data set as DICOM JSON (PS3.18 annex F); long binary values are left out."""
    dataset = read_dataset(path)
    model = {**_json(dataset.file_meta), **_json(dataset)}
    return json.dumps(model, indent=2, ensure_ascii=False) + "\n"


def _json(dataset: Dataset) -> dict[str, Any]:
    return dataset.to_json_dict(
        bulk_data_threshold=READ_LATER_BYTES,
        bulk_data_element_handler=lambda _element: "",
        suppress_invalid_tags=True,
    )


def as_csv(path: str) -> str:
    """One line for each element; the path has the tags and item numbers that lead to it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    writer.writerows(_rows(read_elements(path), ""))
    return text.getvalue()


def _rows(elements: list[Element], above: str) -> Iterator[tuple[str, ...]]:
    for element in elements:
        name = element.tag or element.attribute
        here = f"{above}/{name}" if above else name
        if element.tag:
            yield here, element.tag, element.attribute, element.vr, element.length, element.value
        yield from _rows(element.children, here)
