"""Which of Slicer's extensions load data that the bundled plugins do not."""

from __future__ import annotations

from typing import Any

from DICOMLib.plugins import registry

MODALITY, SOP_CLASS = "0008,0060", "0008,0016"

REGISTRATIONS = tuple(f"1.2.840.10008.5.1.4.1.1.66.{number}" for number in (1, 2, 3))

# Extension, element, the values for which it helps, and the plugin that does the same where it is registered.
EXTENSIONS = (
    ("PETDICOMExtension", MODALITY, ("PT", "RWVM"), ""),
    ("SlicerHeart", SOP_CLASS, ("1.2.840.113543.6.6.1.3.10002",), ""),
    ("SlicerRT", MODALITY, ("RTDOSE", "RTSTRUCT", "RTPLAN", "RTIMAGE"), "DicomRtImportExportPlugin"),
    ("SlicerRT", SOP_CLASS, REGISTRATIONS, "DicomSroImportExportPlugin"),
)


def extensions_for(database: Any) -> list[str]:
    """Names of extensions for the series of a ctkDICOMDatabase; the first file of a series tells."""
    names: dict[str, None] = {}
    for patient in database.patients():
        for study in database.studiesForPatient(patient):
            for series in database.seriesForStudy(study):
                files = database.filesForSeries(series, 1)
                if files and files[0]:
                    names.update(dict.fromkeys(_helping(database, files[0])))
    return list(names)


def _helping(database: Any, path: str) -> list[str]:
    values = {tag: database.fileValue(path, tag) for tag in (MODALITY, SOP_CLASS)}
    plugins = registry.registered()
    return [
        name for name, tag, wanted, plugin in EXTENSIONS if values[tag] in wanted and plugin not in plugins
    ]
