"""A corpus of CT files for benchmarks: headers as scanners write them, made by the ten thousand."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path

from pydicom.datadict import dictionary_VR, tag_for_keyword

from Testing import factories

# 10,000 files are 20 patients, 60 studies and 200 series.
IMAGES_PER_SERIES = 50
SERIES_PER_PATIENT = 10
STUDIES_PER_PATIENT = 3
# Of one length, since the meta information has it, too.
_SOP = "1.2.826.0.1.3680043.8.498.10000000000000000000000000000000000000"
# What differs from image to image; these values stand in the first header of each series and are replaced.
_PLACEHOLDERS = {
    "SOPInstanceUID": _SOP,
    "InstanceCreationTime": "235959.000001",
    "AcquisitionTime": "235959.000002",
    "ContentTime": "235959.000003",
    "XRayTubeCurrent": "987001",
    "Exposure": "987002",
    "InstanceNumber": "987003",
    "ImagePositionPatient": "-987.1\\-987.2\\-987.3",
    "SliceLocation": "-987.4",
    "SmallestImagePixelValue": 987,
    "LargestImagePixelValue": 31987,
    "WindowCenter": "987005",
    "WindowWidth": "987006",
}


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
        series = first // IMAGES_PER_SERIES
        explicit = series % 10 != 9
        template = _template(series, explicit)
        for number in range(min(IMAGES_PER_SERIES, files - first)):
            values = _values(series, number)
            content = template.replace(_SOP.encode(), str(values["SOPInstanceUID"]).encode())
            for keyword, placeholder in _PLACEHOLDERS.items():
                if placeholder is not _SOP:
                    before, after = (
                        _element(keyword, text, explicit) for text in (placeholder, values[keyword])
                    )
                    content = content.replace(before, after, 1)
            yield content


def _values(series: int, number: int) -> dict[str, str | int]:
    """The values of an image; their lengths differ as those of scanners do."""
    seconds, dose = 43200 + series % 3600 + 0.35 * number, 180 + (37 * number + series) % 240
    acquired, created = map(_time, (seconds, seconds + 7))
    position = -120.0 - series % 7 + 2.5 * number
    return {
        "SOPInstanceUID": f"{_SOP[:-8]}{series * IMAGES_PER_SERIES + number:08d}",
        "InstanceCreationTime": created,
        "AcquisitionTime": acquired,
        "ContentTime": created[:9],
        "XRayTubeCurrent": f"{dose}",
        "Exposure": f"{dose // 4}",
        "InstanceNumber": f"{number + 1}",
        "ImagePositionPatient": f"-125.0\\-{140 + series % 9}.5\\{position:g}",
        "SliceLocation": f"{position:g}",
        "SmallestImagePixelValue": number % 13,
        "LargestImagePixelValue": 1500 + 97 * number % 900,
        "WindowCenter": f"{40 + number % 3}",
        "WindowWidth": f"{350 + 50 * (number % 4)}",
    }


def _time(seconds: float) -> str:
    """HHMMSS.FFFFFF."""
    return f"{seconds // 3600:02.0f}{seconds // 60 % 60:02.0f}{seconds % 60:09.6f}"


def _element(keyword: str, value: str | int, explicit: bool) -> bytes:
    """An element as the file holds it."""
    tag, vr = tag_for_keyword(keyword) or 0, dictionary_VR(keyword)
    vr = "SS" if vr == "US or SS" else vr
    field = struct.pack("<h", value) if isinstance(value, int) else value.encode()
    field += (b"\0" if vr == "UI" else b" ") * (len(field) % 2)
    length = vr.encode() + struct.pack("<H", len(field)) if explicit else struct.pack("<I", len(field))
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF) + length + field


def _template(series: int, explicit: bool) -> bytes:
    """A file of the series, of some 150 elements; every tenth series is in implicit VR."""
    patient, place = divmod(series, SERIES_PER_PATIENT)
    study = patient * STUDIES_PER_PATIENT + place * STUDIES_PER_PATIENT // SERIES_PER_PATIENT
    (dataset,) = factories.ct_series(
        1,
        size=64,
        SeriesInstanceUID=factories.uid("series", series),
        StudyInstanceUID=factories.uid("study", study),
        SeriesNumber=place + 1,
        PatientID=f"P{patient:05d}",
        PatientName=f"Größe^Patient {patient}",
        SpecificCharacterSet="ISO_IR 100" if series % 2 else "ISO_IR 192",
        **_PLACEHOLDERS,
    )
    factories.scanner_header(dataset)
    for element in [one for one in dataset if one.tag.group == 0x0019]:
        del dataset[element.tag]
    if not explicit:
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    content = buffer.getvalue()
    assert all(_element(*item, explicit) in content for item in _PLACEHOLDERS.items())
    return content
