"""Patients, studies and series of a database as the visual browser shows them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from DICOMLib.standard.person_names import displayed_person_name
from DICOMLib.widgets.tables.columns import shown_text
from DICOMLib.widgets.translation import _, by_number

NO_DESCRIPTION = "UNDEFINED"


@dataclass(frozen=True, slots=True)
class SeriesCard:
    """One series; `count` is the number of its instances, `size` "columns x rows".

    `is_here` says whether there are files of it; else only servers have them.
    """

    uid: str
    number: str
    description: str
    modality: str
    count: int
    size: str
    is_here: bool = True

    @property
    def title(self) -> str:
        """Its description, or a word that there is none."""
        return self.description or NO_DESCRIPTION


@dataclass(frozen=True, slots=True)
class StudyCard:
    """One study with its series by number; `number_of_series` counts those that a filter hides, too."""

    uid: str
    study_id: str
    description: str
    date: str
    time: str
    series: Sequence[SeriesCard] = field(default=(), compare=False)
    number_of_series: int = 0

    @property
    def day(self) -> datetime.date | None:
        """Its date, None if it has none that can be read."""
        match = re.fullmatch(r"(\d{4})[-.]?(\d{2})[-.]?(\d{2})", self.date)
        try:
            return datetime.date(*map(int, match.groups())) if match else None
        except ValueError:
            return None

    @property
    def title(self) -> str:
        """Study ID and description; of a study that has neither, its date."""
        return " - ".join(part for part in (self.study_id, self.description) if part) or self._without_name()

    def _without_name(self) -> str:
        date = shown_text("StudyDate", self.date)
        return _("Study of {date}").format(date=date) if date else _("No description")

    def with_series(self, series: Sequence[SeriesCard]) -> StudyCard:
        """The same study with fewer series."""
        return replace(self, series=series)


@dataclass(frozen=True, slots=True)
class PatientCard:
    """One patient with the studies, newest first."""

    uid: str
    name: str
    raw_name: str
    patient_id: str
    birth_date: str
    sex: str
    added: str
    studies: Sequence[StudyCard] = field(default=(), compare=False)
    number_of_studies: int = 0

    @property
    def count_of_studies(self) -> str:
        """How many studies there are, and how many of them are shown if it is not all."""
        shown, total = len(self.studies), self.number_of_studies
        if shown != total:
            return _("{shown}/{total} studies").format(shown=shown, total=total)
        return by_number(total, _("1 study"), _("{n} studies"))

    def with_studies(self, studies: Sequence[StudyCard]) -> PatientCard:
        """The same patient with fewer studies."""
        return replace(self, studies=studies)


_PATIENTS = (
    "SELECT UID, DisplayedPatientsName, PatientsName, PatientID, "
    "PatientsBirthDate, PatientsSex, InsertTimestamp FROM Patients ORDER BY InsertTimestamp DESC, UID DESC"
)
_STUDIES = (
    "SELECT PatientsUID, StudyInstanceUID, StudyID, StudyDescription, StudyDate, StudyTime FROM Studies "
    "ORDER BY replace(StudyDate, '-', '') DESC, StudyTime DESC, rowid"
)
_SERIES = (
    "SELECT StudyInstanceUID, SeriesInstanceUID, SeriesNumber, SeriesDescription, Modality, DisplayedCount, "
    "DisplayedSize, EXISTS(SELECT 1 FROM Images AS i WHERE i.SeriesInstanceUID = Series.SeriesInstanceUID "
    "AND i.Filename <> '') FROM Series ORDER BY CAST(SeriesNumber AS INTEGER), rowid"
)


def read_cards(database: Any, found: Collection[str] = ()) -> list[PatientCard]:
    """All patients that have a series, and those whose IDs servers have told; those that came last first."""
    select = database.core.select
    series: dict[str, list[SeriesCard]] = {}
    for study, uid, number, description, modality, count, size, is_here in select(_SERIES):
        texts = (_text(number), _text(description), _text(modality))
        card = SeriesCard(uid, *texts, int(count or 0), _text(size), bool(is_here))
        series.setdefault(study, []).append(card)
    studies: dict[int, list[StudyCard]] = {}
    for patient, uid, study_id, description, day, time in select(_STUDIES):
        below = series.get(uid)
        if below:
            names = (_text(study_id), _text(description), shown_text("StudyDate", day))
            study_card = StudyCard(uid, *names, shown_text("StudyTime", time), below, len(below))
            studies.setdefault(int(patient), []).append(study_card)
    return [
        PatientCard(
            str(uid),
            _text(name) or displayed_person_name(_text(raw)),
            _text(raw),
            _text(patient_id),
            shown_text("PatientsBirthDate", birth),
            _text(sex),
            shown_text("InsertTimestamp", added),
            studies.get(uid, ()),
            len(studies.get(uid, ())),
        )
        for uid, name, raw, patient_id, birth, sex, added in select(_PATIENTS)
        if uid in studies or patient_id in found
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
