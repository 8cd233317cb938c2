"""The work of Slicer's command line module CreateDICOMSeries: a volume as a series in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import slicer
from pydicom.uid import generate_uid

from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import run
from DICOMLib.mrml.volumes.volume_export import image_volume
from DICOMLib.writing.header import dicom_date, dicom_time
from DICOMLib.writing.image_series import ImageVolume, image_series
from DICOMLib.writing.series_files import write_series

DEFAULT_PREFIX = "IMG"
UID_PARAMETERS = ("studyInstanceUID", "seriesInstanceUID", "frameOfReferenceUID")

# Parameters of the module that are tags.
_TAGS = {
    "patientName": "PatientName",
    "patientID": "PatientID",
    "patientBirthDate": "PatientBirthDate",
    "patientSex": "PatientSex",
    "patientComments": "PatientComments",
    "studyID": "StudyID",
    "studyDate": "StudyDate",
    "studyTime": "StudyTime",
    "studyComments": "StudyComments",
    "studyDescription": "StudyDescription",
    "modality": "Modality",
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
    "seriesNumber": "SeriesNumber",
    "seriesDescription": "SeriesDescription",
    "seriesDate": "SeriesDate",
    "seriesTime": "SeriesTime",
    "contentDate": "ContentDate",
    "contentTime": "ContentTime",
    "rescaleType": "RescaleType",
    "studyInstanceUID": "StudyInstanceUID",
    "seriesInstanceUID": "SeriesInstanceUID",
    "frameOfReferenceUID": "FrameOfReferenceUID",
}
_TYPES = {
    "Char": "int8",
    "UnsignedChar": "uint8",
    "Short": "int16",
    "UnsignedShort": "uint16",
    "Int": "int32",
    "UnsignedInt": "uint32",
}


def create_dicom_series(parameters: Mapping[str, Any]) -> None:
    """Write a series; the names of the parameters are those of the module.

    Raises
    ------
    ExportError
        If a parameter is missing or not valid, or images cannot hold the volume.
    """
    node = _node(parameters.get("inputVolume"))
    folder = str(parameters.get("dicomDirectory") or "")
    if not folder:
        raise ExportError("The parameter dicomDirectory is empty: there is no folder to write to.")
    given = [name for name in UID_PARAMETERS if parameters.get(name)]
    if given and len(given) < len(UID_PARAMETERS):
        raise ExportError("Either all UIDs (study, series, frame of reference) are given, or none.")
    volume = image_volume(node)
    if parameters.get("reverseImages"):
        volume = _reversed(volume)
    series = image_series(_windowed(volume, parameters), _tags(parameters), dtype=_type(parameters))
    run(write_series(series, Path(folder), str(parameters.get("dicomPrefix") or DEFAULT_PREFIX)))


def _node(value: Any) -> Any:
    """The volume node, given as such or by its ID."""
    node = slicer.mrmlScene.GetNodeByID(value) if isinstance(value, str) else value
    if node is None or not node.IsA("vtkMRMLScalarVolumeNode"):
        raise ExportError("The parameter inputVolume is no volume.")
    return node


def _tags(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Tags from the parameters, with what their placeholders stand for."""
    tags = {keyword: str(parameters.get(name) or "") for name, keyword in _TAGS.items()}
    now = datetime.now()
    for keyword, value in tags.items():
        if value == "[now]":
            tags[keyword] = dicom_date(now) if keyword.endswith("Date") else dicom_time(now)
        elif value == "[random]":
            tags[keyword] = generate_uid()
        elif value == "[unknown]" and keyword == "PatientSex":
            tags[keyword] = ""
    return {keyword: value for keyword, value in tags.items() if value} | {
        "Modality": tags["Modality"] or "CT"
    }


def _type(parameters: Mapping[str, Any]) -> str:
    """The wanted type of stored values; empty if none was asked for."""
    name = str(parameters.get("Type") or parameters.get("type") or "")
    if name and name not in _TYPES:
        raise ExportError(f"The type {name!r} is none of {', '.join(_TYPES)}.")
    return _TYPES.get(name, "")


def _windowed(volume: ImageVolume, parameters: Mapping[str, Any]) -> ImageVolume:
    """The volume with the window of the parameters, or that of each slice."""
    try:
        center, width = float(parameters["windowCenter"]), float(parameters["windowWidth"])
    except (KeyError, ValueError, TypeError):
        return ImageVolume(volume.voxels, volume.geometry)
    return ImageVolume(volume.voxels, volume.geometry, (center, width) if width > 0 else None)


def _reversed(volume: ImageVolume) -> ImageVolume:
    """The same voxels at the same places, the last slice first."""
    return ImageVolume(volume.voxels[::-1], volume.slices.reversed(), volume.window)
