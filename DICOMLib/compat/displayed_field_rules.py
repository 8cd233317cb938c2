"""Between rules with CTK's methods and those of `DICOMLib.fields`, in both directions."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, ClassVar

from DICOMLib.compat.ctkDICOMDisplayedFieldGeneratorAbstractRule import (
    ctkDICOMDisplayedFieldGeneratorAbstractRule,
)
from DICOMLib.database import Database, displayed_fields
from DICOMLib.fields import DisplayedFieldRule, Merge, RowFields, RuleError, Touched

Fields = MutableMapping[str, str]
Triple = tuple[Fields, Fields, Fields]


class AdaptedRule(DisplayedFieldRule):
    """Lets a rule with CTK's methods run in the generator.

    Raises
    ------
    RuleError
        If it lacks a method.
    """

    def __init__(self, rule: Any) -> None:
        if not isinstance(rule, ctkDICOMDisplayedFieldGeneratorAbstractRule):
            raise RuleError(
                f"{type(rule).__name__} is no displayed-field rule; derive it from the base class."
            )
        self.rule = rule
        self.name = rule.name()  # type: ignore[misc]
        self.required_tags = tuple(tag.upper() for tag in rule.getRequiredDICOMTags())  # type: ignore[misc]
        self.merge = dict.fromkeys(rule.ownedFields(), Merge.EXPECT_SAME_VALUE)  # type: ignore[misc]
        self._empty: tuple[dict[str, Any], ...] = ({}, {}, {})

    def start(self, database: Database) -> None:
        """Begin an update session."""
        from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase

        self._empty = ({}, {}, {})
        self.rule.setDatabase(ctkDICOMDatabase.over(database))
        self.rule.registerEmptyFieldNames(*self._empty)
        self.rule.startUpdate()

    def process(self, tags: Mapping[str, str], rows: RowFields) -> None:
        """Ask for the fields of an instance, and let the rule merge them."""
        apply_rule(self.rule, tags, (rows.series, rows.study, rows.patient), ({}, {}, {}), self._empty)

    def finish(self, database: Database, touched: Touched) -> None:
        """Show the rule all touched rows, and write what it changed."""
        tables = (("Series", touched.series), ("Studies", touched.studies), ("Patients", touched.patients))
        before: dict[str, dict[Any, dict[str, str]]] = {
            table: {key: database.read(displayed_fields.row_of, table, key) for key in keys}
            for table, keys in tables
        }
        patients = {composite_id(fields): key for key, fields in before["Patients"].items()}
        series: dict[str, Any] = {uid: dict(fields) for uid, fields in before["Series"].items()}
        studies: dict[str, Any] = {uid: dict(fields) for uid, fields in before["Studies"].items()}
        people: dict[str, Any] = {name: dict(before["Patients"][key]) for name, key in patients.items()}
        self.rule.endUpdate(series, studies, people)
        after = {
            "Series": series,
            "Studies": studies,
            "Patients": {patients[name]: fields for name, fields in people.items() if name in patients},
        }
        _write_changes(database, before, after)


def composite_id(patient: Mapping[str, str]) -> str:
    """The text by which rules tell patients apart."""
    return "~".join(patient.get(name, "") for name in ("PatientID", "PatientsBirthDate", "PatientsName"))


def _write_changes(database: Database, before: dict[str, Any], after: dict[str, Any]) -> None:
    with database.transaction() as connections:
        for table, rows in after.items():
            for key, fields in rows.items():
                old = before[table].get(key)
                changed = {n: v for n, v in fields.items() if old is not None and old.get(n, "") != v}
                if changed:
                    displayed_fields.write_fields(connections.main, table, key, changed)


def apply_rule(
    rule: Any, tags: Mapping[str, str], rows: Triple, new: Triple, empty: Sequence[Mapping[str, Any]]
) -> None:
    """Let a rule make the fields of an instance and merge them into `rows`: series, study, patient."""
    initial = [dict(fields) for fields in rows]
    merged: list[dict[str, str]] = [{}, {}, {}]
    rule.getDisplayedFieldsForInstance(dict(tags), *new)
    rule.mergeDisplayedFieldsForInstance(*initial, *new, *merged, *empty)
    for fields, result in zip(rows, merged, strict=True):
        fields.update({name: value for name, value in result.items() if value})


class BuiltinRule(ctkDICOMDisplayedFieldGeneratorAbstractRule):
    """A rule of `DICOMLib.fields` as scripts see it."""

    _PLACES: ClassVar = {"Series": 0, "Studies": 1, "Patients": 2}

    def __init__(self, rule: DisplayedFieldRule) -> None:
        super().__init__()
        self.rule = rule

    def name(self) -> str:
        """Its name."""
        return self.rule.name

    def getRequiredDICOMTags(self) -> list[str]:
        """Its tags, those that it only wants to be cached among them."""
        return list(dict.fromkeys((*self.rule.also_cached, *self.rule.required_tags)))

    def ownedFields(self) -> list[str]:
        """The fields that it makes."""
        return [*self.rule.merge, *self.rule.finished]

    def getDisplayedFieldsForInstance(
        self,
        cachedTagsForInstance: Mapping[str, str],
        displayedFieldsForCurrentSeries: Fields,
        displayedFieldsForCurrentStudy: Fields,
        displayedFieldsForCurrentPatient: Fields,
    ) -> None:
        """Fill in what one instance tells."""
        targets = (
            displayedFieldsForCurrentSeries,
            displayedFieldsForCurrentStudy,
            displayedFieldsForCurrentPatient,
        )
        tags = {tag: cachedTagsForInstance.get(tag, "") for tag in self.rule.required_tags}
        for name, value in self.rule.fields_for_instance(tags).items():
            table, _, column = name.partition(".")
            targets[self._PLACES[table]][column] = value

    def mergeDisplayedFieldsForInstance(self, *fields: Any) -> None:
        """Merge each field that it owns by its policy."""
        for name, policy in self.rule.merge.items():
            table, _, column = name.partition(".")
            initial, new, merged, empty = fields[self._PLACES[table] :: 3]
            concatenate = policy is Merge.CONCATENATE
            helper = self.mergeConcatenate if concatenate else self.mergeExpectSameValue
            helper(column, initial, new, merged, empty)

    def endUpdate(
        self,
        displayedFieldsMapSeries: Mapping[str, Fields],
        displayedFieldsMapStudy: Mapping[str, Fields],
        displayedFieldsMapPatient: Mapping[str, Fields],
    ) -> None:
        """Fill in what depends on more than one instance, from the rows of the database."""
        if self._database is None or self._database.core is None:
            return
        core: Database = self._database.core
        numbers = {key: _patient_number(core, fields) for key, fields in displayedFieldsMapPatient.items()}
        patients = {number: displayedFieldsMapPatient[key] for key, number in numbers.items() if number}
        rows: dict[str, Mapping[Any, Fields]] = {
            "Series": displayedFieldsMapSeries,
            "Studies": displayedFieldsMapStudy,
            "Patients": patients,
        }
        self.rule.finish(core, Touched(*(list(rows[table]) for table in ("Patients", "Studies", "Series"))))
        for name in self.rule.finished:
            table, _, column = name.partition(".")
            for key, fields in rows[table].items():
                fields[column] = core.read(displayed_fields.row_of, table, key).get(column, "")


def _patient_number(database: Database, fields: Mapping[str, str]) -> int | None:
    identity = fields.get("PatientID", ""), fields.get("PatientsName", "")
    return database.read(displayed_fields.patient_number, *identity)


def rule_for_scripts(rule: DisplayedFieldRule) -> Any:
    """The object that scripts know: the one that they registered, or a face of a rule of ours."""
    return rule.rule if isinstance(rule, AdaptedRule) else BuiltinRule(rule)
