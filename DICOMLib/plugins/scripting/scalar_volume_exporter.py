"""`DICOMExportScalarVolume`, by which scripts of Slicer write a volume as a series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import slicer

# Names of the tags, and of the parameters of CreateDICOMSeries.
_PARAMETERS = {
    "Patient Name": "patientName",
    "Patient ID": "patientID",
    "Patient Birth Date": "patientBirthDate",
    "Patient Sex": "patientSex",
    "Patient Comments": "patientComments",
    "Study ID": "studyID",
    "Study Date": "studyDate",
    "Study Time": "studyTime",
    "Study Description": "studyDescription",
    "Modality": "modality",
    "Manufacturer": "manufacturer",
    "Model": "model",
    "Series Description": "seriesDescription",
    "Series Number": "seriesNumber",
    "Series Date": "seriesDate",
    "Series Time": "seriesTime",
    "Content Date": "contentDate",
    "Content Time": "contentTime",
    "Study Instance UID": "studyInstanceUID",
    "Series Instance UID": "seriesInstanceUID",
    "Frame of Reference UID": "frameOfReferenceUID",
}
_OLDER_NAME = "Frame of Reference Instance UID"


class DICOMExportScalarVolume:
    """Writes a volume through the command line module CreateDICOMSeries.

    Parameters
    ----------
    studyUID
        Study Instance UID; for callers, what is written is that of the tags.
    volumeNode
        vtkMRMLScalarVolumeNode.
    tags
        Values by names such as "Patient Name"; the UIDs may be left out.
    directory
        Where the files go.
    filenamePrefix
        Begin of their names; "IMG" if None.
    """

    def __init__(
        self,
        studyUID: str,
        volumeNode: Any,
        tags: Mapping[str, str],
        directory: str,
        filenamePrefix: str | None = None,
    ) -> None:
        self.studyUID = studyUID
        self.volumeNode = volumeNode
        self.tags = dict(tags)
        self.directory = directory
        self.filenamePrefix = filenamePrefix or "IMG"

    def parametersFromTags(self) -> dict[str, Any]:
        """The parameters of the command line module."""
        tags = dict(self.tags)
        if _OLDER_NAME in tags:
            tags.setdefault("Frame of Reference UID", tags[_OLDER_NAME])
        parameters: dict[str, Any] = {name: tags.get(tag, "") for tag, name in _PARAMETERS.items()}
        parameters["patientSex"] = parameters["patientSex"] or "[unknown]"
        display = self.volumeNode.GetDisplayNode()
        if display is not None and display.IsA("vtkMRMLScalarVolumeDisplayNode"):
            parameters["windowCenter"] = str(
                display.GetWindowLevelMin() / 2 + display.GetWindowLevelMax() / 2
            )
            parameters["windowWidth"] = str(display.GetWindow())
        parameters["inputVolume"] = self.volumeNode.GetID()
        parameters["dicomDirectory"] = str(self.directory)
        parameters["dicomPrefix"] = self.filenamePrefix
        return parameters

    def export(self) -> bool:
        """Write the series; whether that was done. What went wrong is in the log."""
        module = slicer.modules.createdicomseries
        node = slicer.cli.run(module, None, self.parametersFromTags(), wait_for_completion=True)
        completed = bool(node.GetStatusString() == "Completed")
        if hasattr(node, "GetScene") and node.GetScene() is not None:
            slicer.mrmlScene.RemoveNode(node)
        return completed
