"""Between rules with CTK's methods and those of `DICOMLib.fields`, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from DICOMLib.compat.ctkDICOMDisplayedFieldGeneratorAbstractRule import (
    ctkDICOMDisplayedFieldGeneratorAbstractRule,
)
from DICOMLib.database import Database, displayed_fields
from DICOMLib.fields import DisplayedFieldRule, Merge, RowFields, RuleError, Touched


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
        initial = [dict(fields) for fields in (rows.series, rows.study, rows.patient)]
        new: list[dict[str, str]] = [{}, {}, {}]
        merged: list[dict[str, str]] = [{}, {}, {}]
        self.rule.getDisplayedFieldsForInstance(dict(tags), *new)
        self.rule.mergeDisplayedFieldsForInstance(*initial, *new, *merged, *self._empty)
        for fields, result in zip((rows.series, rows.study, rows.patient), merged, strict=True):
            fields.update({name: value for name, value in result.items() if value})

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


class BuiltinRule(ctkDICOMDisplayedFieldGeneratorAbstractRule):
    """A rule of `DICOMLib.fields` as scripts see it."""

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
        return list(self.rule.merge)


def rule_for_scripts(rule: DisplayedFieldRule) -> Any:
    """The object that scripts know: the one that they registered, or a face of a rule of ours."""
    return rule.rule if isinstance(rule, AdaptedRule) else BuiltinRule(rule)
