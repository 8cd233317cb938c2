"""What a query found as tables of patients, studies and series, for scripts that choose in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydicom.dataset import Dataset
from qtpy.QtWidgets import QWidget

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType, ctkDICOMJobResponseSet
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.network.conversation import Wanted
from DICOMLib.web.exchange import Target
from DICOMLib.widgets.network.query_jobs import QueryReport, query
from DICOMLib.widgets.tables.table_manager import ctkDICOMTableManager
from DICOMLib.widgets.translation import _

Match = tuple[Target, Dataset]


class QueryTables:
    """Tables over a database in memory that holds the answers of servers.

    Attributes
    ----------
    manager
        The ctkDICOMTableManager; it is not shown unless a script puts it somewhere.
    """

    def __init__(self, parent: QWidget) -> None:
        self._database = ctkDICOMDatabase()
        self._database.openDatabase(":memory:")
        self._targets: dict[str, tuple[Target, Wanted]] = {}
        self.manager = ctkDICOMTableManager(parent)
        self.manager.hide()
        self.manager.setDICOMDatabase(self._database)

    def show(self, studies: Iterable[Match], series: Iterable[Match]) -> None:
        """Hold these studies and series, and nothing else."""
        self._database.initializeDatabase()
        self._targets.clear()
        for server, match in studies:
            self._insert(server, match, JobType.QueryStudies, match.StudyInstanceUID)
        for server, match in series:
            self._insert(server, match, JobType.QuerySeries, match.SeriesInstanceUID)
            wanted = Wanted(match.StudyInstanceUID, match.SeriesInstanceUID)
            self._targets[match.SeriesInstanceUID] = (server, wanted)
        self._database.updateDisplayedFields()
        self.manager.updateTableViews()

    def _insert(self, server: Target, match: Dataset, kind: JobType, uid: str) -> None:
        answer = ctkDICOMJobResponseSet(
            jobType=kind, connectionName=server.label, studyInstanceUID=str(match.StudyInstanceUID)
        )
        answer.setDatasets({str(uid): match})
        self._database.insert([answer])

    def wanted(self) -> list[tuple[Target, list[Wanted]]]:
        """The chosen series, by server."""
        chosen: list[tuple[Target, list[Wanted]]] = []
        for uid in self.manager.currentSeriesSelection():
            server, wanted = self._targets[uid]
            items = next((items for known, items in chosen if known == server), None)
            if items is None:
                chosen.append((server, [wanted]))
            else:
                items.append(wanted)
        return chosen

    def close(self) -> None:
        """Let the database go, with the window."""
        self._database.closeDatabase()


def series_of(studies: list[Match], keys: Mapping[str, Any]) -> Job[QueryReport]:
    """Ask for the series of each study that match; each names its study, also if a server leaves it out."""
    report = QueryReport()
    for number, (server, study) in enumerate(studies):
        yield Progress(number, len(studies), _("Asking for the series"))
        found = yield from query([server], "SERIES", {"StudyInstanceUID": study.StudyInstanceUID, **keys})
        for _server, match in found.matches:
            match.StudyInstanceUID = study.StudyInstanceUID
        report.matches += found.matches
        report.failed += found.failed
        if found.cancelled:
            report.cancelled = True
            break
    return report
