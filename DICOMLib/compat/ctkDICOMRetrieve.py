"""C-GET, C-MOVE and WADO-RS as Slicer's scripts know them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType, ctkDICOMJobResponseSet
from DICOMLib.compat.network_face import Conversing
from DICOMLib.compat.receiving import receiver_of
from DICOMLib.core.jobs import Job, Progress
from DICOMLib.network.arrival import FolderReceiver, Receiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.peers import C_GET, C_MOVE, Peer
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.web.exchange import Target, retrieve

_TYPES = (JobType.RetrieveStudy, JobType.RetrieveSeries, JobType.RetrieveSOPInstance)


class ctkDICOMRetrieve(Conversing):
    """Brings studies here (get…), or has them moved to an AE title (move…).

    What is got goes into the database that was set, or without one into a folder of temporary files. Either
    way `jobResponseSets()` has the file of each instance, to be inserted into any database.

    Attributes
    ----------
    moveDestinationAETitle
        Where move… sends.
    keepAssociationOpen
        Kept for scripts: associations are made as they are needed.
    receipt
        What was asked against what came, of the last call; None before the first.
    received
        How far the call is; None before anything came.
    """

    PROPERTIES = (
        ("connectionName", ""),
        ("callingAETitle", "ANY-SCU"),
        ("calledAETitle", "ANY-SCP"),
        ("host", ""),
        ("port", 104),
        ("connectionTimeout", 3),
        ("jobUID", ""),
        ("keepAssociationOpen", True),
        ("moveDestinationAETitle", ""),
    )
    jobUID: str
    moveDestinationAETitle: str

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.receipt: Receipt | None = None
        self.received: Progress | None = None
        self.studyInstanceUID = ""
        self.seriesInstanceUID = ""
        self._database: Any = None
        self._file: Callable[[str], Path | None] = lambda sop: None
        self._sets: list[ctkDICOMJobResponseSet] = []

    def setDatabase(self, database: Any) -> None:
        """Let what comes go into this `ctkDICOMDatabase`."""
        self._database = database

    def dicomDatabase(self) -> Any:
        """The database that was set."""
        return self._database

    def jobResponseSets(self) -> list[ctkDICOMJobResponseSet]:
        """One for each instance that came, or for each move that succeeded."""
        return list(self._sets)

    def addJobResponseSet(self, jobResponseSet: ctkDICOMJobResponseSet) -> None:
        """Add one."""
        self._sets.append(jobResponseSet)

    def releaseAssociation(self) -> None:
        """Nothing to do: no association outlives its request."""

    def getStudy(self, studyInstanceUID: str, patientID: str = "") -> bool:
        """Bring a study here; whether anything came."""
        return self._retrieve(C_GET, patientID, studyInstanceUID)

    def getSeries(self, studyInstanceUID: str, seriesInstanceUID: str, patientID: str = "") -> bool:
        """Bring a series here; whether anything came."""
        return self._retrieve(C_GET, patientID, studyInstanceUID, seriesInstanceUID)

    def getSOPInstance(
        self, studyInstanceUID: str, seriesInstanceUID: str, SOPInstanceUID: str, patientID: str = ""
    ) -> bool:
        """Bring an instance here; whether it came."""
        return self._retrieve(C_GET, patientID, studyInstanceUID, seriesInstanceUID, SOPInstanceUID)

    def moveStudy(self, studyInstanceUID: str, patientID: str = "") -> bool:
        """Have a study moved to `moveDestinationAETitle`."""
        return self._retrieve(C_MOVE, patientID, studyInstanceUID)

    def moveSeries(self, studyInstanceUID: str, seriesInstanceUID: str, patientID: str = "") -> bool:
        """Have a series moved."""
        return self._retrieve(C_MOVE, patientID, studyInstanceUID, seriesInstanceUID)

    def moveSOPInstance(
        self, studyInstanceUID: str, seriesInstanceUID: str, SOPInstanceUID: str, patientID: str = ""
    ) -> bool:
        """Have an instance moved."""
        return self._retrieve(C_MOVE, patientID, studyInstanceUID, seriesInstanceUID, SOPInstanceUID)

    def _retrieve(self, protocol: str, patient: str, *uids: str) -> bool:
        if not all(uids):
            self.lastError = "A UID is missing: nothing can be retrieved."
            self.error(self.lastError)
            return False
        self.receipt = None
        self.studyInstanceUID = uids[0]
        self.seriesInstanceUID = uids[1] if len(uids) > 1 else ""
        wanted = Wanted(uids[0], self.seriesInstanceUID, uids[2:])
        peer: Target = self.target()
        if isinstance(peer, Peer):
            peer = replace(peer, protocol=protocol, move_destination=self.moveDestinationAETitle)
        options = RetrieveOptions(fallback=False)
        if protocol == C_MOVE:
            receipt = self._run(self._kept(retrieve(peer, [wanted], options=options)))
        else:
            with self._receiving() as receiver:
                receipt = self._run(self._kept(retrieve(peer, [wanted], receiver, options=options)))
        good = receipt is not None and receipt.done > 0
        if receipt is not None:
            self._note(receipt, protocol, patient, uids)
        self.done(good)
        return good

    def _kept(self, job: Job[Receipt]) -> Job[Receipt]:
        """Keep the receipt, also that of a call that is cancelled."""
        self.receipt = yield from job
        return self.receipt

    @contextmanager
    def _receiving(self) -> Iterator[Receiver]:
        if self._database is not None:
            with receiver_of(self._database, self.connectionName) as receiver:
                yield receiver
            return
        folder = Path(tempfile.mkdtemp(prefix="retrieved-"))
        receiver = FolderReceiver(folder)
        self._file = receiver.file
        try:
            yield receiver
        finally:
            if not any(folder.iterdir()):
                folder.rmdir()

    def _file_of(self, sop: str) -> str:
        """Where an instance lies that came; "" for none."""
        if self._database is not None:
            return str(self._database.fileForInstance(sop))
        return str(self._file(sop) or "")

    def _note(self, receipt: Receipt, protocol: str, patient: str, uids: tuple[str, ...]) -> None:
        kind = _TYPES[len(uids) - 1]
        common = {
            "jobType": kind,
            "jobUID": self.jobUID,
            "connectionName": self.connectionName,
            "patientID": patient,
        }
        if protocol == C_MOVE:
            if receipt.done:
                self.addJobResponseSet(ctkDICOMJobResponseSet(studyInstanceUID=uids[0], **common))
            return
        for one in receipt.series.values():
            for sop in sorted(one.done):
                self.addJobResponseSet(
                    ctkDICOMJobResponseSet(
                        studyInstanceUID=one.study_uid,
                        seriesInstanceUID=one.series_uid,
                        sopInstanceUID=sop,
                        filePath=self._file_of(sop),
                        copyFile=True,
                        **common,
                    )
                )
        for remark in receipt.remarks:
            self.warn(remark)
        for sop, reason in receipt.missing:
            self.warn(f"{sop}: {reason}")

    def _tell(self, progress: Progress) -> None:
        super()._tell(progress)
        self.received = progress
        self.progress(progress.percent)
