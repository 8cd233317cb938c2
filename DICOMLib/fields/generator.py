"""The generator: registered rules, and the update session that runs them over new instances."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from DICOMLib.core.errors import log_failure
from DICOMLib.database import Changes, Database, displayed_fields
from DICOMLib.database.displayed_fields import WaitingSeries
from DICOMLib.database.schema import column_names
from DICOMLib.database.stored_values import PATIENT_ID, PATIENT_NAME, STUDY_INSTANCE_UID
from DICOMLib.fields.builtin import BUILTIN_RULES
from DICOMLib.fields.rule import TABLES, DisplayedFieldRule, Fields, RowFields, RuleError, Touched

log = logging.getLogger(__name__)

_IDENTITY = (PATIENT_ID, PATIENT_NAME, STUDY_INSTANCE_UID)


class RuleRegistry:
    """Rules by name, in the order in which they were registered."""

    def __init__(self, rules: Iterable[DisplayedFieldRule] = ()) -> None:
        self._rules: dict[str, DisplayedFieldRule] = {}
        for rule in rules:
            self.register(rule)

    def register(self, rule: DisplayedFieldRule) -> None:
        """Add a rule, for all databases of this process.

        Raises
        ------
        RuleError
            If it has no name, the name is taken, or a field is not "Table.Column".
        """
        if not rule.name:
            raise RuleError("A displayed-field rule needs a name.")
        if rule.name in self._rules:
            raise RuleError(f"There is already a displayed-field rule {rule.name!r}.")
        for name in rule.merge:
            table, _, column = name.partition(".")
            if table not in TABLES or not column.isidentifier():
                raise RuleError(f"{name!r} of the rule {rule.name!r} is no field; write Series.MyField.")
        self._rules[rule.name] = rule

    def unregister(self, name: str) -> None:
        """Remove a rule; an unknown name is ignored."""
        self._rules.pop(name, None)

    def rules(self) -> list[DisplayedFieldRule]:
        """All rules."""
        return list(self._rules.values())

    def enabled(self, database: Database) -> list[DisplayedFieldRule]:
        """The rules that are not switched off in a database."""
        names = database.read(displayed_fields.enabled_rules, list(self._rules))
        return [self._rules[name] for name in names]


# The rules of this process; scripts and plugins add theirs.
registry = RuleRegistry(rule() for rule in BUILTIN_RULES)


@dataclass(slots=True)
class UpdateReport:
    """What an update session did: series processed, and (rule, error) of rules that failed."""

    series: int = 0
    failed_rules: list[tuple[str, str]] = field(default_factory=list)


class DisplayedFieldGenerator:
    """Makes the displayed fields of a database.

    Parameters
    ----------
    rules
        Where the rules are registered; by default, those of the process.
    """

    def __init__(self, rules: RuleRegistry | None = None) -> None:
        self.rules = registry if rules is None else rules

    def register(self, rule: DisplayedFieldRule) -> None:
        """Add a rule, see `RuleRegistry.register`."""
        self.rules.register(rule)

    def required_tags(self, database: Database) -> list[str]:
        """Tags that the enabled rules need, each once."""
        rules = self.rules.enabled(database)
        tags = (tag for rule in rules for tag in (*rule.also_cached, *rule.required_tags))
        return list(dict.fromkeys(tag.upper() for tag in tags))

    def update(self, database: Database, recompute: bool = False) -> UpdateReport:
        """Process the instances that were never processed, or all.

        A rule that fails is noted and left out for the rest of the session.

        Raises
        ------
        DatabaseUnavailable
            If the database cannot be written.
        """
        if recompute:
            with database.transaction() as connections:
                displayed_fields.forget_processed(connections.main)
        waiting = database.read(displayed_fields.waiting_series)
        report = UpdateReport(series=len(waiting))
        if not waiting:
            return report
        session = _Session(database, self.rules.enabled(database), report)
        for _patient, group in groupby(waiting, key=lambda item: item.patient):
            session.process_patient(list(group))
        session.finish()
        touched = session.touched
        database.announce(Changes(set(touched.patients), set(touched.studies), set(touched.series)))
        return report


class _Session:
    """One update session."""

    def __init__(self, database: Database, rules: Sequence[DisplayedFieldRule], report: UpdateReport) -> None:
        self._database = database
        self._report = report
        self._rules = list(rules)
        self._tags = sorted({tag.upper() for rule in rules for tag in rule.required_tags})
        self.touched = Touched()
        self._newest = database.read(displayed_fields.newest_instance)
        self._columns = self._add_columns()
        for rule in rules:
            self._call(rule, rule.start, database)

    def _add_columns(self) -> dict[str, set[str]]:
        """The columns of each table, those that rules own among them."""
        with self._database.transaction() as connections:
            for rule in self._rules:
                for name in rule.merge:
                    table, _, column = name.partition(".")
                    title = rule.titles.get(name, column)
                    displayed_fields.ensure_columns(connections.main, table, {column: title})
            return {table: set(column_names(connections.main, table)) for table in TABLES}

    def _call(self, rule: DisplayedFieldRule, method: Callable[..., None], *arguments: object) -> None:
        """Call a rule; if it fails, do without it."""
        try:
            method(*arguments)
        except Exception as error:  # noqa: BLE001  the border to code of others
            log_failure(log, f"The displayed-field rule {rule.name} failed and is left out.", error)
            self._report.failed_rules.append((rule.name, type(error).__name__))
            self._rules.remove(rule)

    def process_patient(self, waiting: Sequence[WaitingSeries]) -> None:
        """Process the waiting series of one patient and write the result in one transaction."""
        rows = _Rows(self._database)
        for item in waiting:
            self._process_series(item, rows)
        touched = Changes(set(rows.patients), set(rows.studies), set(rows.series))
        with self._database.transaction(touched) as connections:
            rows.write(connections.main, self._columns)
        self.touched.patients += rows.patients
        self.touched.studies += rows.studies
        self.touched.series += rows.series

    def _process_series(self, item: WaitingSeries, rows: _Rows) -> None:
        database = self._database
        sops = database.read(displayed_fields.waiting_instances, item.series)
        rows.of_series(item.series, item.study, item.patient)
        asked = {*self._tags, *_IDENTITY}
        for tags in database.read_tags(displayed_fields.distinct_values, database.store, sops, asked):
            complete = {**dict.fromkeys(self._tags, ""), **tags}
            complete[PATIENT_ID] = tags.get(PATIENT_ID) or tags.get(STUDY_INSTANCE_UID) or item.study
            complete[PATIENT_NAME] = tags.get(PATIENT_NAME) or complete[PATIENT_ID]
            identity = complete[PATIENT_ID], complete[PATIENT_NAME]
            patient = database.read(displayed_fields.patient_number, *identity) or item.patient
            fields = rows.of_series(item.series, tags.get(STUDY_INSTANCE_UID) or item.study, patient)
            for rule in list(self._rules):
                self._call(rule, rule.process, complete, fields)

    def finish(self) -> None:
        """Let the rules do what needs all instances; only then do these count as processed.

        So a session that is cut off is done again, and instances that somebody else inserts meanwhile wait.
        """
        for rule in list(self._rules):
            self._call(rule, rule.finish, self._database, self.touched)
        with self._database.transaction() as connections:
            displayed_fields.mark_processed(connections.main, self.touched.series, self._newest)


class _Rows:
    """The rows of one patient that a session fills; those of another patient where instances disagree."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before: dict[int, Fields] = {}
        self.patients: dict[int, Fields] = {}
        self.studies: dict[str, Fields] = {}
        self.series: dict[str, Fields] = {}

    def of_series(self, series_uid: str, study_uid: str, patient: int) -> RowFields:
        """The fields of a series, its study and the patient; the study goes to that patient."""
        if patient not in self.patients:
            self._before[patient] = self._database.read(displayed_fields.row_of, "Patients", patient)
            self.patients[patient] = dict(self._before[patient])
        study = self.studies.setdefault(study_uid, {"StudyInstanceUID": study_uid})
        study["PatientsUID"] = str(patient)
        series = self.series.setdefault(series_uid, {"SeriesInstanceUID": series_uid})
        return RowFields(self.patients[patient], study, series)

    def write(self, connection: sqlite3.Connection, columns: Mapping[str, set[str]]) -> None:
        """Write what was filled, inside the open transaction; what has no column is left out."""
        for table, rows in (("Patients", self.patients), ("Studies", self.studies), ("Series", self.series)):
            for fields in rows.values():
                for name in fields.keys() - columns[table]:
                    log.warning("A rule made the field %s.%s, which has no column.", table, name)
                    del fields[name]
        for patient, fields in self.patients.items():
            before = self._before[patient]
            changed = {name: value for name, value in fields.items() if before.get(name, "") != value}
            displayed_fields.write_fields(connection, "Patients", patient, changed)
        for uid, fields in self.studies.items():
            displayed_fields.write_fields(connection, "Studies", uid, fields)
        for uid, fields in self.series.items():
            displayed_fields.write_fields(connection, "Series", uid, fields)
