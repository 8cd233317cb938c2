"""A corpus of CT files for benchmarks: headers as scanners write them, made by the ten thousand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from Testing import factories

# 10,000 files are 20 patients, 60 studies and 200 series.
IMAGES_PER_SERIES = 50
SERIES_PER_PATIENT = 10
STUDIES_PER_PATIENT = 3
# They stand in the first image of each series, and are replaced by texts of the same length in the others.
_SOP = "1.2.826.0.1.3680043.8.498.10000000000000000000000000000000000000"
_POSITION = "1234.5678"
_NUMBER = "987654"


def make(folder: Path, files: int) -> list[str]:
    """Write `files` files of 12 KB, a folder for each series, and return their paths."""
    paths = []
    for number, content in enumerate(_contents(files)):
        series = folder / f"{number // IMAGES_PER_SERIES:05d}"
        if number % IMAGES_PER_SERIES == 0:
            series.mkdir(parents=True, exist_ok=True)
        path = series / f"{number % IMAGES_PER_SERIES:04d}.dcm"
        path.write_bytes(content)
        paths.append(str(path))
    return paths


def _contents(files: int) -> Iterator[bytes]:
    for first in range(0, files, IMAGES_PER_SERIES):
        template = _template(first // IMAGES_PER_SERIES)
        for number in range(min(IMAGES_PER_SERIES, files - first)):
            yield (
                template.replace(_SOP.encode(), f"{_SOP[:-8]}{first + number:08d}".encode())
                .replace(_POSITION.encode(), f"{2.5 * number:9.4f}".encode())
                .replace(_NUMBER.encode(), f"{number + 1:6d}".encode())
            )


def _template(series: int) -> bytes:
    """A file of the series, of some 150 elements; every tenth series is in implicit VR."""
    patient, place = divmod(series, SERIES_PER_PATIENT)
    study = patient * STUDIES_PER_PATIENT + place * STUDIES_PER_PATIENT // SERIES_PER_PATIENT
    (dataset,) = factories.ct_series(
        1,
        size=64,
        SOPInstanceUID=_SOP,
        SeriesInstanceUID=factories.uid("series", series),
        StudyInstanceUID=factories.uid("study", study),
        SeriesNumber=place + 1,
        InstanceNumber=_NUMBER,
        ImagePositionPatient=["-100.0", "-100.0", _POSITION],
        SliceLocation=_POSITION,
        PatientID=f"P{patient:05d}",
        PatientName=f"Größe^Patient {patient}",
        SpecificCharacterSet="ISO_IR 100" if series % 2 else "ISO_IR 192",
    )
    factories.scanner_header(dataset)
    for element in [one for one in dataset if one.tag.group == 0x0019]:
        del dataset[element.tag]
    if series % 10 == 9:
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
