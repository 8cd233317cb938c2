"""What the visual browser is asked to show: texts, modalities, dates; pure functions."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from DICOMLib.widgets.visual.cards import PatientCard, SeriesCard, StudyCard

ANY = "Any"
COMMON_MODALITIES = ("CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "SEG", "SR", "US", "XA")
OTHER_MODALITIES = (
    *("ANN", "AR", "ASMT", "AU", "BDUS", "BI", "BMD", "CTPROTOCOL", "DMS", "DG", "DOC", "ECG", "EEG", "EMG"),
    *("EOG", "EPS", "ES", "FID", "GM", "HC", "HD", "IO", "IOL", "IVOCT", "IVUS", "KER", "KO", "LEN", "LS"),
    *("M3D", "OAM", "OCT", "OP", "OPM", "OPT", "OPTBSV", "OPTENF", "OPV", "OSS", "OT", "PA", "PLAN", "POS"),
    *("PR", "REG", "RTDOSE", "RTIMAGE", "RTPLAN", "RTRECORD", "RTSTRUCT", "RWV", "SM", "SMR", "STAIN"),
    *("TG", "VA", "XC"),
)


class DateType(IntEnum):
    """Which studies by their date."""

    Any = 0
    Today = 1
    Yesterday = 2
    LastWeek = 3
    LastMonth = 4
    LastYear = 5
    CustomRange = 6


_DAYS_BACK = {DateType.LastWeek: 7, DateType.LastMonth: 30, DateType.LastYear: 365}


@dataclass(slots=True)
class Filters:
    """All must hold; an empty text and the modality "Any" let everything pass.

    Parameters
    ----------
    patient_id, patient_name, study_description, series_description
        Texts that are contained, regardless of case.
    modalities
        Modalities that are shown; all if `ANY` is among them.
    date
        Which study dates; studies without a date always pass.
    first, last
        The range of `DateType.CustomRange`.
    """

    patient_id: str = ""
    patient_name: str = ""
    study_description: str = ""
    series_description: str = ""
    modalities: Sequence[str] = (ANY,)
    date: DateType = DateType.Any
    first: datetime.date | None = None
    last: datetime.date | None = None

    @property
    def below_patients(self) -> bool:
        """Whether studies or series are filtered."""
        texts = self.study_description or self.series_description
        return bool(texts) or self.date is not DateType.Any or ANY not in self.modalities

    def dates(self, today: datetime.date) -> tuple[datetime.date, datetime.date] | None:
        """First and last date that pass; None for all."""
        if self.date is DateType.Any:
            return None
        if self.date is DateType.CustomRange:
            return (self.first or datetime.date.min, self.last or datetime.date.max)
        if self.date is DateType.Today:
            return today, today
        if self.date is DateType.Yesterday:
            return today - datetime.timedelta(1), today - datetime.timedelta(1)
        return today - datetime.timedelta(_DAYS_BACK[self.date]), today

    def patient_passes(self, patient: PatientCard) -> bool:
        """Whether a patient's own texts match."""
        return _contains(patient.patient_id, self.patient_id) and _contains(
            f"{patient.name}\n{patient.raw_name}", self.patient_name
        )

    def study_passes(self, study: StudyCard, today: datetime.date) -> bool:
        """Whether a study's own text and date match."""
        if not _contains(study.description, self.study_description):
            return False
        dates, day = self.dates(today), study.day
        return dates is None or day is None or dates[0] <= day <= dates[1]

    def series_passes(self, series: SeriesCard) -> bool:
        """Whether a series' own text and modality match."""
        modality = ANY in self.modalities or series.modality in self.modalities
        return modality and _contains(series.description, self.series_description)


def _contains(text: str, part: str) -> bool:
    return part.casefold() in text.casefold()


@dataclass(slots=True)
class Shown:
    """What passes the filters, and which of them let nothing pass."""

    patients: list[PatientCard]
    no_patient: bool = False
    no_study: bool = False
    no_series: bool = False


def apply(filters: Filters, patients: Sequence[PatientCard], today: datetime.date) -> Shown:
    """Patients, studies and series that pass; what has nothing left below it is not shown."""
    passing = [patient for patient in patients if filters.patient_passes(patient)]
    shown = Shown([], no_patient=bool(patients) and not passing)
    any_study = False
    for patient in passing:
        studies = []
        for study in patient.studies:
            if not filters.study_passes(study, today):
                continue
            any_study = True
            series = [one for one in study.series if filters.series_passes(one)]
            if series:
                studies.append(study.with_series(series))
        if studies or not (patient.studies or filters.below_patients):
            shown.patients.append(patient.with_studies(studies))
    shown.no_study = bool(passing) and not any_study
    shown.no_series = any_study and not shown.patients
    return shown
