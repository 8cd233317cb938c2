"""ctkDICOMDatabase: removal of patients, studies and series."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from DICOMLib.compat.database_answers import answers
from DICOMLib.database import Database


class DatabaseRemoval:
    """What `ctkDICOMDatabase` removes."""

    core: Database
    useShortStoragePath: bool
    seriesRemoved: Any
    studyRemoved: Any
    patientRemoved: Any
    _changedLast: Callable[[], AbstractContextManager[None]]
    seriesForStudy: Callable[..., list[str]]
    studiesForPatient: Callable[..., list[str]]
    fieldForPatient: Callable[..., str]

    @answers(bool)
    def removeSeries(
        self, seriesInstanceUID: str, clearCachedTags: bool = False, cleanup: bool = True
    ) -> bool:
        """Remove a series; files that lie outside the database folder are left alone."""
        with self._changedLast():
            self.core.remove_series(
                seriesInstanceUID,
                clear_cached_tags=clearCachedTags,
                cleanup=cleanup,
                short_paths=self.useShortStoragePath,
            )
            self.seriesRemoved(seriesInstanceUID)
        return True

    @answers(bool)
    def removeStudy(self, studyInstanceUID: str, cleanup: bool = True) -> bool:
        """Remove a study with all its series."""
        with self._changedLast():
            series = self.seriesForStudy(studyInstanceUID)
            if not all(self.removeSeries(uid, False, cleanup) for uid in series):
                return False
            if cleanup:
                self.core.remove_if_empty("studies", studyInstanceUID)
            self.studyRemoved(studyInstanceUID)
        return True

    @answers(bool)
    def removePatient(self, patientUID: str | int, cleanup: bool = True) -> bool:
        """Remove a patient with all studies."""
        patient_id = self.fieldForPatient("PatientID", patientUID)
        with self._changedLast():
            if not all(self.removeStudy(uid, cleanup) for uid in self.studiesForPatient(patientUID)):
                return False
            if cleanup:
                self.core.remove_if_empty("patients", str(patientUID))
            self.patientRemoved(str(patientUID), patient_id)
        return True

    def cleanup(self, vacuum: bool = False) -> bool:
        """Remove all rows that have nothing below them."""
        self._cleanup(vacuum)
        return True

    @answers(lambda: None)
    def _cleanup(self, vacuum: bool) -> None:
        self.core.cleanup(vacuum)

    def cleanupSeries(self, seriesUID: str, vacuum: bool = False) -> bool:
        """Remove the row of a series without instances; False if it has some."""
        return self._cleanupRow("series", seriesUID, vacuum)

    def cleanupStudy(self, studyUID: str, vacuum: bool = False) -> bool:
        """Remove the row of a study without series; False if it has some."""
        return self._cleanupRow("studies", studyUID, vacuum)

    def cleanupPatient(self, patientUID: str | int, vacuum: bool = False) -> bool:
        """Remove the row of a patient without studies; False if there are some."""
        return self._cleanupRow("patients", str(patientUID), vacuum)

    @answers(bool)
    def _cleanupRow(self, level: str, uid: str, vacuum: bool) -> bool:
        removed = self.core.remove_if_empty(level, uid)
        if vacuum:
            self.core.vacuum()
        return removed
