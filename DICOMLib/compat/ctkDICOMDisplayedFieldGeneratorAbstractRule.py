"""The base class of displayed-field rules with CTK's methods, here open to Python."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from DICOMLib.standard.tags import tag_text

Fields = MutableMapping[str, str]
# Names of fields whose text only stands for a missing value: name → such texts.
EmptyNames = Mapping[str, Any]


class ctkDICOMDisplayedFieldGeneratorAbstractRule:
    """A rule that makes displayed fields, instance by instance.

    Subclasses give at least `name`, `getRequiredDICOMTags`, `getDisplayedFieldsForInstance` and
    `mergeDisplayedFieldsForInstance`, and are registered in the rule factory. Where CTK has maps of
    strings, these methods get dictionaries, and change them in place. A new column is added for each
    field that `ownedFields` names. `DICOMLib.fields.DisplayedFieldRule` is a plainer base for the same.
    """

    def __init__(self) -> None:
        self._database: Any = None

    def name(self) -> str:
        """Name by which the rule is known and switched off; no two rules share it."""
        return type(self).__name__

    def clone(self) -> ctkDICOMDisplayedFieldGeneratorAbstractRule:
        """Another rule of the same kind."""
        return copy.copy(self)

    def setDatabase(self, database: Any) -> None:
        """Called with the ctkDICOMDatabase before an update session."""
        self._database = database

    def database(self) -> Any:
        """The database of the update session."""
        return self._database

    def getRequiredDICOMTags(self) -> list[str]:
        """Tags that the rule reads, as "GGGG,EEEE"; they are cached when files are imported."""
        return []

    def ownedFields(self) -> list[str]:
        """Fields that the tables lack, as "Series.MyField"; their columns are added and shown."""
        return []

    def startUpdate(self) -> None:
        """Begin an update session."""

    def getDisplayedFieldsForInstance(
        self,
        cachedTagsForInstance: Mapping[str, str],
        displayedFieldsForCurrentSeries: Fields,
        displayedFieldsForCurrentStudy: Fields,
        displayedFieldsForCurrentPatient: Fields,
    ) -> None:
        """Fill in what one instance tells."""

    def mergeDisplayedFieldsForInstance(  # noqa: PLR0913, PLR0917 (the interface of CTK)
        self,
        initialSeries: Fields,
        initialStudy: Fields,
        initialPatient: Fields,
        newSeries: Fields,
        newStudy: Fields,
        newPatient: Fields,
        mergedSeries: Fields,
        mergedStudy: Fields,
        mergedPatient: Fields,
        emptySeries: EmptyNames,
        emptyStudy: EmptyNames,
        emptyPatient: EmptyNames,
    ) -> None:
        """Decide, for each field, what becomes of the value there is and the new one."""

    def registerEmptyFieldNames(
        self,
        emptyFieldsSeries: MutableMapping[str, Any],
        emptyFieldsStudies: MutableMapping[str, Any],
        emptyFieldsPatients: MutableMapping[str, Any],
    ) -> None:
        """Name texts that only stand for a missing value: field name → list of such texts."""

    def endUpdate(
        self,
        displayedFieldsMapSeries: Mapping[str, Fields],
        displayedFieldsMapStudy: Mapping[str, Fields],
        displayedFieldsMapPatient: Mapping[str, Fields],
    ) -> None:
        """End an update session.

        The fields of all touched rows may be changed, by Series Instance UID, Study Instance UID and
        composite patient ID.
        """

    @staticmethod
    def dicomTagToString(tag: Any) -> str:
        """The text "GGGG,EEEE" of a tag given as a number, a pydicom tag, or (group, element)."""
        if isinstance(tag, tuple):
            group, element = tag
            return tag_text(group << 16 | element)
        return tag_text(int(tag))

    @staticmethod
    def isFieldEmpty(fieldName: str, fields: Mapping[str, str], emptyNames: EmptyNames) -> bool:
        """Whether a field is missing, empty, or a text that stands for a missing value."""
        value = fields.get(fieldName, "")
        return not value or value in _texts(emptyNames.get(fieldName))

    @classmethod
    def mergeExpectSameValue(
        cls, fieldName: str, initial: Fields, new: Fields, merged: Fields, emptyNames: EmptyNames
    ) -> None:
        """Take the new value only if there is none; of two that differ, the first stays."""
        if not cls.isFieldEmpty(fieldName, initial, emptyNames):
            merged[fieldName] = initial[fieldName]
        elif not cls.isFieldEmpty(fieldName, new, emptyNames):
            merged[fieldName] = new[fieldName]

    @classmethod
    def mergeConcatenate(
        cls, fieldName: str, initial: Fields, new: Fields, merged: Fields, emptyNames: EmptyNames
    ) -> None:
        """Append the new value after a comma, unless it is contained already."""
        if cls.isFieldEmpty(fieldName, new, emptyNames):
            cls.mergeExpectSameValue(fieldName, initial, new, merged, emptyNames)
        elif cls.isFieldEmpty(fieldName, initial, emptyNames):
            merged[fieldName] = new[fieldName]
        elif new[fieldName] in initial[fieldName]:
            merged[fieldName] = initial[fieldName]
        else:
            merged[fieldName] = f"{initial[fieldName]}, {new[fieldName]}"


def _texts(names: Any) -> Iterable[str]:
    """One text, several, or none."""
    return () if names is None else (names,) if isinstance(names, str) else names
