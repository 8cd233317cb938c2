"""What is chosen in the visual browser: series of the current patient."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QPushButton

from DICOMLib.widgets.progress import ElidedLabel
from DICOMLib.widgets.translation import _, by_number
from DICOMLib.widgets.visual.cards import PatientCard, StudyCard
from DICOMLib.widgets.visual.patient_list import PatientList
from DICOMLib.widgets.visual.study_card import StudyCardWidget


class VisualSelection:
    """Methods of the visual browser about the chosen series."""

    _patients: list[PatientCard]
    _shown: dict[str, PatientCard]
    _cards: dict[str, StudyCardWidget]
    patientList: PatientList
    loadButton: QPushButton
    countLabel: ElidedLabel

    def refreshBrowser(self, isImport: bool = False) -> None:
        """Read the database again."""
        raise NotImplementedError

    def selectedSeries(self) -> list[str]:
        """UIDs of the chosen series, from the top of the page down."""
        return [uid for study in self._studies() for uid in self._cards[study.uid].selected()]

    def setSelectedSeries(self, uids: Sequence[str]) -> None:
        """Show the patient of these series and choose them."""
        wanted = set(uids)
        known = {one.uid for patient in self._patients for study in patient.studies for one in study.series}
        if wanted - known:  # they have just come, and their event is still on its way
            self.refreshBrowser()
        for patient in self._shown.values():
            if any(series.uid in wanted for study in patient.studies for series in study.series):
                self.patientList.choose(patient.uid)
                break
        for card in self._cards.values():
            card.select(wanted)
            if card.selected():
                card.setOpen(True)

    def _studies(self) -> Sequence[StudyCard]:
        patient = self._shown.get(self.patientList.current())
        return [study for study in patient.studies if study.uid in self._cards] if patient else []

    def _follow_selection(self) -> None:
        chosen = self.selectedSeries()
        self.loadButton.setEnabled(bool(chosen))
        self.loadButton.setText(_("Load") + (f" ({short_count(len(chosen))})" if len(chosen) > 1 else ""))
        patient = self._shown.get(self.patientList.current())
        series = sum(len(study.series) for study in patient.studies) if patient else 0
        studies = len(patient.studies) if patient else 0
        one, several = _("1 study, {series} series"), _("{n} studies, {series} series")
        self.countLabel.setText(by_number(studies, one, several, series=series) if patient else "")

    def selectAllOfPatient(self) -> None:
        """Choose all series of the current patient that are shown, or none if all are chosen."""
        cards = [self._cards[study.uid] for study in self._studies()]
        if all(card.hasAllSelected() for card in cards):
            for card in cards:
                card.grid.clearSelection()
            return
        for card in cards:
            if not card.hasAllSelected():
                card.selectAll()


def short_count(count: int) -> str:
    """Give "999", "1.2k"."""
    return str(count) if count < 1000 else f"{count / 1000:.1f}k"
