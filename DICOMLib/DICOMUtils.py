"""Slicer's functions for scripts: import, load by UID or name, temporary databases."""

from __future__ import annotations

import logging
import os
from typing import Any

import slicer

from DICOMLib.compat.dicomweb_settings import (
    GLOBAL_DICOMWEB_PASSWORD_KEY,
    GLOBAL_DICOMWEB_USER_KEY,
    stored_credentials,
)
from DICOMLib.compat.script_import import (
    LoadDICOMFilesToDatabase,
    allSeriesUIDsInDatabase,
    clearDatabase,
    importDicom,
    removeEmptyDirs,
    seriesUIDsForFiles,
)
from DICOMLib.core import jobs, url_handler
from DICOMLib.plugins.scripting.load import (
    getDefaultPluginClassNames,
    getLoadablesFromFileLists,
    getSortedImageFiles,
    loadByInstanceUID,
    loadLoadables,
    loadSeriesByUID,
    loadSeriesWithVerification,
    selectHighestConfidenceLoadables,
)
from DICOMLib.plugins.scripting.patients import (
    getDatabasePatientUIDByPatientID,
    getDatabasePatientUIDByPatientName,
    loadPatient,
    loadPatientByName,
    loadPatientByPatientID,
    loadPatientByUID,
)
from DICOMLib.plugins.scripting.temporary_database import (
    TemporaryDICOMDatabase,
    closeTemporaryDatabase,
    createTemporaryDatabase,
    deleteTemporaryDatabase,
    openDatabase,
    openTemporaryDatabase,
)

log = logging.getLogger(__name__)


def refreshDICOMWidget() -> bool:
    """Show in the DICOM module what has changed in the database; False if the module is not there."""
    try:
        browser = slicer.modules.DICOMInstance.browserWidget
        browser.dicomBrowser.dicomTableManager().updateTableViews()
    except AttributeError:
        log.error("The DICOM browser is not there to be refreshed.")  # noqa: TRY400
        return False
    if browser.useVisualDICOMBrowser:
        browser.dicomVisualBrowser.refreshBrowser()
    return True


def getGlobalDICOMAuth() -> Any:
    """The name and password for DICOMweb that are in the settings; None if there are none."""
    return stored_credentials()


def importFromDICOMWeb(
    dicomWebEndpoint: str,
    studyInstanceUID: str,
    seriesInstanceUID: str | None = None,
    accessToken: str | None = None,
    auth: Any = None,
    bulkRetrieve: bool = True,
) -> list[str]:
    """Retrieve a study, or one series of it, from a DICOMweb server into the database.

    A dialog shows how far it is, where there is a window; what has come until it is cancelled stays.

    Parameters
    ----------
    dicomWebEndpoint
        URL of the server.
    studyInstanceUID, seriesInstanceUID
        What to retrieve.
    accessToken
        Sent as bearer token.
    auth
        Credentials as of requests; they come before a token.
    bulkRetrieve
        Whether a series is asked for as a whole, or instance by instance.

    Returns
    -------
    list of str
        Series Instance UIDs that are in the database now.
    """
    from DICOMLib.compat import dicomweb_import  # here, so that the window opens without it

    server = dicomweb_import.web_server(dicomWebEndpoint, accessToken, auth)
    job = dicomweb_import.import_study(
        slicer.dicomDatabase, server, studyInstanceUID, seriesInstanceUID, bulk=bulkRetrieve
    )
    try:
        report = _run_before_the_window(job, "Retrieving from the DICOMweb server")
    except jobs.JobCancelled:  # before it had begun
        return []
    if report.failed:
        details = "\n".join(f"{uid}: {reason}" for uid, reason in report.failed)
        slicer.util.errorDisplay("Some series could not be retrieved.", detailedText=details)
    return list(report.series)


def _run_before_the_window(job: jobs.Job[Any], title: str) -> Any:
    """Drive a job behind a modal dialog that can cancel it; without a window just drive it."""
    window = slicer.util.mainWindow()
    if window is None or not window.isVisible():
        return jobs.run(job)
    from DICOMLib.widgets.modal_job import run_modal

    return run_modal(job, title, window)


def registerSlicerURLHandler() -> None:
    """Let Windows open "slicer:" links, .mrml and .mrb files with this application.

    Raises
    ------
    NotImplementedError
        On other systems.
    """
    url_handler.register(slicer.app.applicationName, slicer.app.launcherExecutableFilePath)
