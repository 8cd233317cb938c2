"""The properties of the visual browser, by Slicer's names."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from enum import IntEnum

from qtpy.QtCore import QAbstractItemModel, QSettings
from qtpy.QtWidgets import QComboBox

from DICOMLib.widgets.visual.filter_bar import FilterBar
from DICOMLib.widgets.visual.filters import DateType
from DICOMLib.widgets.visual.patient_list import PatientList


class Size(IntEnum):
    """How large the pictures are."""

    Hidden = 0
    Small = 1
    Medium = 2
    Large = 3


SIDES = {Size.Hidden: 0, Size.Small: 128, Size.Medium: 192, Size.Large: 256}


def stored_size() -> Size:
    """The size that the settings name: "hidden", "small", "medium" or "large"."""
    name = str(QSettings().value("DICOM/thumbnailsSize", "small")).capitalize()
    return Size[name] if name in Size.__members__ else Size.Small


class ctkDICOMPatientItemWidget:
    """What earlier versions of CTK called it; scripts take the kinds of study dates from here."""

    DateType = DateType
    Any, Today, Yesterday, LastWeek, LastMonth, LastYear, CustomRange = DateType


class VisualProperties:
    """What scripts read and set on a visual browser."""

    DateType = DateType
    Any, Today, Yesterday, LastWeek, LastMonth, LastYear, CustomRange = DateType
    ThumbnailSizePresetOption = Size
    Hidden, Small, Medium, Large = Size

    _database: typing.Any
    filterBar: FilterBar
    patientList: PatientList
    sizeBox: QComboBox
    _size: Size
    _opened_studies: int
    _send_visible: bool
    _delete_visible: bool

    def tagsToPrecache(self) -> list[str]:
        """Tags whose values an import keeps in the database; a property of the table browser, as in CTK."""
        return list(self._database.tagsToPrecache)

    def setTagsToPrecache(self, tags: Sequence[str]) -> None:
        """Set the tags whose values an import keeps in the database."""
        self._database.tagsToPrecache = list(tags)

    def patientModel(self) -> QAbstractItemModel:
        """The model of the patients that are shown."""
        return self.patientList.model()

    @property
    def filteringPatientID(self) -> str:
        """Text that patient IDs contain."""
        return self.filterBar.patientID.text()

    @filteringPatientID.setter
    def filteringPatientID(self, text: str) -> None:
        self.filterBar.patientID.setText(text)

    @property
    def filteringPatientName(self) -> str:
        """Text that patient names contain."""
        return self.filterBar.patientName.text()

    @filteringPatientName.setter
    def filteringPatientName(self, text: str) -> None:
        self.filterBar.patientName.setText(text)

    @property
    def filteringStudyDescription(self) -> str:
        """Text that descriptions of studies contain."""
        return self.filterBar.studyDescription.text()

    @filteringStudyDescription.setter
    def filteringStudyDescription(self, text: str) -> None:
        self.filterBar.studyDescription.setText(text)

    @property
    def filteringSeriesDescription(self) -> str:
        """Text that descriptions of series contain."""
        return self.filterBar.seriesDescription.text()

    @filteringSeriesDescription.setter
    def filteringSeriesDescription(self, text: str) -> None:
        self.filterBar.seriesDescription.setText(text)

    @property
    def filteringModalities(self) -> list[str]:
        """Modalities that are shown; all if "Any" is among them."""
        return list(self.filterBar.modalities)

    @filteringModalities.setter
    def filteringModalities(self, modalities: Sequence[str]) -> None:
        self.filterBar.setModalities(modalities)

    @property
    def filteringDate(self) -> int:
        """Which study dates are shown."""
        return DateType(self.filterBar.dateBox.currentData())

    @filteringDate.setter
    def filteringDate(self, kind: int) -> None:
        self.filterBar.setDate(kind)

    def resetFilters(self) -> None:
        """Show everything again."""
        self.filterBar.reset()

    @property
    def numberOfOpenedStudiesPerPatient(self) -> int:
        """How many of the newest studies are open at first."""
        return self._opened_studies

    @numberOfOpenedStudiesPerPatient.setter
    def numberOfOpenedStudiesPerPatient(self, number: int) -> None:
        self._opened_studies = int(number)

    @property
    def thumbnailSizePreset(self) -> Size:
        """How large the pictures are."""
        return self._size

    @thumbnailSizePreset.setter
    def thumbnailSizePreset(self, size: int) -> None:
        self.sizeBox.setCurrentIndex(self.sizeBox.findData(int(size)))

    @property
    def sendActionVisible(self) -> bool:
        """Whether sending is offered."""
        return self._send_visible

    @sendActionVisible.setter
    def sendActionVisible(self, visible: bool) -> None:
        self._send_visible = bool(visible)

    @property
    def deleteActionVisible(self) -> bool:
        """Whether deleting is offered."""
        return self._delete_visible

    @deleteActionVisible.setter
    def deleteActionVisible(self, visible: bool) -> None:
        self._delete_visible = bool(visible)
