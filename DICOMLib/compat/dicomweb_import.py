"""Studies from a DICOMweb server into the database, as Slicer's scripts ask for them."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydicom.errors import InvalidDicomError

from DICOMLib.core.errors import reason_of
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.database import storage
from DICOMLib.indexing.faults import FAULTS

GLOBAL_DICOMWEB_USER_KEY = "GLOBAL_DICOMWEB_USER_KEY"
GLOBAL_DICOMWEB_PASSWORD_KEY = "GLOBAL_DICOMWEB_PASSWORD_KEY"

log = logging.getLogger(__name__)

SERIES_INSTANCE_UID, SOP_INSTANCE_UID = "0020000E", "00080018"


@dataclass(slots=True)
class WebImportReport:
    """What came from the server.

    Parameters
    ----------
    series
        Series Instance UIDs that are in the database now, those that were there before too.
    failed
        (Series Instance UID, reason) of the others.
    cancelled
        Whether some were not asked for.
    """

    series: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    cancelled: bool = False


def web_client(endpoint: str, token: str | None = None, auth: Any = None) -> Any:
    """A client for a server; `auth` (as of requests) comes before a bearer token."""
    from dicomweb_client.api import DICOMwebClient
    from dicomweb_client.session_utils import create_session_from_auth

    if auth is not None:
        if token:
            log.warning("Of the two credentials given for DICOMweb, the token is not used.")
        return DICOMwebClient(url=endpoint, session=create_session_from_auth(auth))
    headers = {"Authorization": f"Bearer {token}"} if token else None
    return DICOMwebClient(url=endpoint, headers=headers)


def stored_credentials() -> Any:
    """The name and password that are in the settings; None if there are none."""
    from requests.auth import HTTPBasicAuth

    from DICOMLib.plugins import preferences

    user = preferences.text(GLOBAL_DICOMWEB_USER_KEY)
    password = preferences.text(GLOBAL_DICOMWEB_PASSWORD_KEY)
    return HTTPBasicAuth(user, password) if user or password else None


def import_study(
    database: Any, client: Any, study_uid: str, series_uid: str | None = None, *, bulk: bool = True
) -> Job[WebImportReport]:
    """Retrieve the series of a study and index them as files in the folder of the database.

    Parameters
    ----------
    database
        A ctkDICOMDatabase with a folder.
    client
        See `web_client`.
    study_uid, series_uid
        The study, and one series of it if not all are wanted.
    bulk
        Whether a series is asked for as a whole, or instance by instance.
    """
    report = WebImportReport()
    folder = _new_folder(Path(database.databaseDirectory))
    wanted = [series_uid] if series_uid else _series_of(client, study_uid)
    try:
        for index, uid in enumerate(wanted):
            yield Progress(index, len(wanted), "Retrieving series", uid)
            try:
                _retrieve(database, client, (study_uid, uid), folder, bulk)
                report.series.append(uid)
            except (OSError, InvalidDicomError, *FAULTS) as error:  # of the network, and of odd answers
                log.warning("A series could not be retrieved over DICOMweb (%s)", reason_of(error))
                log.debug("A series could not be retrieved over DICOMweb", exc_info=True)
                report.failed.append((uid, f"{type(error).__name__}: {error}"))
    except JobCancelled:
        report.cancelled = True
    problem = _index(database, folder)
    if problem:
        report.failed += [(uid, problem) for uid in report.series]
        report.series.clear()
    return report


def _new_folder(root: Path) -> Path:
    parent = root / storage.WEB
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{datetime.now():%Y%m%d-%H%M%S}", dir=parent))


def _series_of(client: Any, study_uid: str) -> list[str]:
    answers = client.search_for_series(study_instance_uid=study_uid)
    return [_value(answer, SERIES_INSTANCE_UID) for answer in answers]


def _value(answer: Any, tag: str) -> str:
    """First value of an element in the DICOM JSON model (PS3.18 annex F)."""
    return str(answer[tag]["Value"][0])


def _retrieve(database: Any, client: Any, uids: tuple[str, str], folder: Path, bulk: bool) -> None:
    """Write the instances of a series that the database does not have completely."""
    metadata = client.retrieve_series_metadata(*uids)
    instances = [_value(answer, SOP_INSTANCE_UID) for answer in metadata]
    if instances and all(database.fileForInstance(uid) for uid in instances):
        return
    number = sum(1 for _ in folder.iterdir())
    for dataset in _datasets(client, uids, instances, bulk):
        dataset.save_as(folder / f"{number}.dcm", enforce_file_format=True)
        number += 1


def _datasets(client: Any, uids: tuple[str, str], instances: list[str], bulk: bool) -> Iterator[Any]:
    if bulk:
        yield from client.iter_series(*uids)
        return
    for instance in instances:
        yield client.retrieve_instance(*uids, instance)


def _index(database: Any, folder: Path) -> str:
    """Index the files where they are; why that failed, or "". A folder that stayed empty is removed."""
    if not any(folder.iterdir()):
        folder.rmdir()
        return ""
    from DICOMLib.compat.ctkDICOMIndexer import ctkDICOMIndexer

    indexer = ctkDICOMIndexer()
    indexer.addDirectory(database, str(folder), False)
    indexer.waitForImportFinished()
    return "" if indexer.error is None else str(indexer.error)
