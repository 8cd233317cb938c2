"""Slicer's script functions that load all series of a patient."""

from __future__ import annotations

import slicer

from DICOMLib.plugins.scripting.load import (
    Messages,
    Names,
    ProgressCallback,
    loadSeriesByUID,
    requireOpenDatabase,
)

PATIENT_ID = "0010,0020"
WHY_EMPTY = "Files that name it belong to a series or study of another patient; the import has told which."


def loadPatientByUID(
    patientUID: str | int,
    messages: Messages = None,
    progressCallback: ProgressCallback = None,
    enabledPluginClassNames: Names = None,
) -> list[str]:
    """Load all series of a patient, given by its row number in the database.

    Returns
    -------
    list of str
        IDs of the nodes that were added.

    Raises
    ------
    OSError
        If the database is closed, or the patient is unknown or has no series.
    """
    requireOpenDatabase()
    patient = str(patientUID)
    if patient not in slicer.dicomDatabase.patients():
        raise OSError(f"The database has no patient {patient}.")
    studies = slicer.dicomDatabase.studiesForPatient(patient)
    if not studies:
        raise OSError(f"Patient {patient} has no studies. {WHY_EMPTY}")
    series = [uid for study in studies for uid in slicer.dicomDatabase.seriesForStudy(study)]
    if not series:
        raise OSError(f"Patient {patient} has no series. {WHY_EMPTY}")
    return loadSeriesByUID(series, messages, progressCallback, enabledPluginClassNames)


def getDatabasePatientUIDByPatientName(name: str) -> str | None:
    """Row number of the first patient whose stored name is `name`; None if there is none."""
    requireOpenDatabase()
    for patient in slicer.dicomDatabase.patients():
        if slicer.dicomDatabase.nameForPatient(patient) == name:
            return str(patient)
    return None


def loadPatientByName(
    patientName: str,
    messages: Messages = None,
    progressCallback: ProgressCallback = None,
    enabledPluginClassNames: Names = None,
) -> list[str]:
    """Load all series of a patient, given by name; see `loadPatientByUID`."""
    patient = getDatabasePatientUIDByPatientName(patientName)
    if patient is None:
        raise OSError("The database has no patient of that name.")
    return loadPatientByUID(patient, messages, progressCallback, enabledPluginClassNames)


def getDatabasePatientUIDByPatientID(patientID: str) -> str | None:
    """Row number of the first patient whose Patient ID (0010,0020) is `patientID`; None if there is none."""
    requireOpenDatabase()
    for patient in slicer.dicomDatabase.patients():
        path = _firstFileOfPatient(patient)
        if path and slicer.dicomDatabase.fileValue(slicer.util.longPath(path), PATIENT_ID) == patientID:
            return str(patient)
    return None


def loadPatientByPatientID(
    patientID: str,
    messages: Messages = None,
    progressCallback: ProgressCallback = None,
    enabledPluginClassNames: Names = None,
) -> list[str]:
    """Load all series of a patient, given by Patient ID; see `loadPatientByUID`."""
    patient = getDatabasePatientUIDByPatientID(patientID)
    if patient is None:
        raise OSError("The database has no patient of that ID.")
    return loadPatientByUID(patient, messages, progressCallback, enabledPluginClassNames)


def loadPatient(
    uid: str | int | None = None,
    name: str | None = None,
    patientID: str | None = None,
    messages: Messages = None,
    progressCallback: ProgressCallback = None,
    enabledPluginClassNames: Names = None,
) -> list[str]:
    """Load all series of a patient, given by row number, name or Patient ID; the first one given counts."""
    options = (messages, progressCallback, enabledPluginClassNames)
    if uid is not None:
        return loadPatientByUID(uid, *options)
    if name is not None:
        return loadPatientByName(name, *options)
    if patientID is not None:
        return loadPatientByPatientID(patientID, *options)
    raise ValueError("A patient is given by uid, name or patientID.")


def _firstFileOfPatient(patient: str) -> str:
    """Any file of a patient; empty if there is none."""
    for study in slicer.dicomDatabase.studiesForPatient(patient):
        for series in slicer.dicomDatabase.seriesForStudy(study):
            files = [path for path in slicer.dicomDatabase.filesForSeries(series) if path]
            if files:
                return str(files[0])
    return ""
