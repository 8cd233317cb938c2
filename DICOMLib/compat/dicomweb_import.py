"""Studies from a DICOMweb server into the database, as Slicer's scripts ask for them."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from requests.auth import HTTPBasicAuth

from DICOMLib.core.jobs import Job
from DICOMLib.database import storage
from DICOMLib.indexing.instances_here import instances_here
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.web.client.retrieve import retrieve
from DICOMLib.web.client.session import Access

log = logging.getLogger(__name__)


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


def web_server(endpoint: str, token: str | None = None, auth: Any = None) -> tuple[OriginServer, Access]:
    """A server and how it is called; `auth` (as of requests) comes before a bearer token."""
    if auth is not None and token:
        log.warning("Of the two credentials given for DICOMweb, the token is not used.")
    if isinstance(auth, tuple):
        auth = HTTPBasicAuth(*auth)
    return OriginServer(endpoint, token="" if auth is not None else token or ""), Access(auth)


def import_study(
    database: Any,
    server: tuple[OriginServer, Access],
    study_uid: str,
    series_uid: str | None = None,
    *,
    bulk: bool = True,
) -> Job[WebImportReport]:
    """Retrieve the series of a study and index them as files in the folder of the database.

    Parameters
    ----------
    database
        A ctkDICOMDatabase with a folder.
    server
        See `web_server`.
    study_uid, series_uid
        The study, and one series of it if not all are wanted.
    bulk
        Whether a series is asked for as a whole, or instance by instance.

    Raises
    ------
    NetworkError
        If the server is not reached, or does not let us in.
    """
    folder = _new_folder(Path(database.databaseDirectory))
    wanted = [Wanted(study_uid, series_uid or "")]
    options = RetrieveOptions(have=instances_here(database.core, wanted), instance_by_instance=not bulk)
    try:
        receipt = yield from retrieve(server[0], wanted, _Numbered(folder, durable=False), options, server[1])
    finally:
        problem = _index(database, folder)
    report = _report_of(receipt)
    if problem:
        report.failed += [(uid, problem) for uid in report.series]
        report.series.clear()
    return report


def _report_of(receipt: Receipt) -> WebImportReport:
    report = WebImportReport(cancelled=receipt.cancelled)
    reasons = dict(receipt.faults)
    for one in receipt.series.values():
        if one.asked and not one.missing:
            report.series.append(one.series_uid)
        elif not receipt.cancelled:
            text = "; ".join(dict.fromkeys([*one.failed.values(), *receipt.remarks]))
            reason = reasons.pop(one.series_uid, "") or text or "no instances came"
            report.failed.append((one.series_uid, f"{len(one.missing)} instances are missing: {reason}"))
    report.failed += list(reasons.items())
    return report


def _new_folder(root: Path) -> Path:
    parent = root / storage.WEB
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{datetime.now():%Y%m%d-%H%M%S}", dir=parent))


class _Numbered(FolderReceiver):
    """Keeps instances under numbers, as Slicer does."""

    def name_for(self, sop_instance: str) -> str:
        """See `FolderReceiver`; one that comes again keeps its number."""
        return self.names.get(sop_instance, f"{len(self.names)}.dcm")


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
