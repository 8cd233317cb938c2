"""The generator of displayed fields, by CTK's name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from DICOMLib.compat.ctkDICOMDisplayedFieldGeneratorRuleFactory import (
    ctkDICOMDisplayedFieldGeneratorRuleFactory,
)
from DICOMLib.compat.displayed_field_rules import Fields, Triple, apply_rule
from DICOMLib.core.jobs import run
from DICOMLib.fields import DisplayedFieldGenerator, UpdateReport
from DICOMLib.indexing.recompute import recompute_fields

log = logging.getLogger(__name__)


class ctkDICOMDisplayedFieldGenerator:
    """Runs the rules that are switched on in a database.

    `update` does all that is needed. The methods of CTK, from `startUpdate` to `endUpdate`, only fill the
    dictionaries that they are given.
    """

    def __init__(self, parent: Any = None) -> None:
        self._database: Any = None
        self._rules: list[Any] = []
        self._empty: tuple[dict[str, Any], ...] = ({}, {}, {})

    def setDatabase(self, database: Any) -> None:
        """The ctkDICOMDatabase whose fields are made."""
        self._database = database
        self._rules = self.rules()

    def rules(self) -> list[Any]:
        """The rules that are switched on."""
        factory = ctkDICOMDisplayedFieldGeneratorRuleFactory.instance()
        return factory.copyEnabledDisplayedFieldGeneratorRules(self._database)

    def getRequiredTags(self) -> list[str]:
        """Tags that the rules need, each once."""
        tags = (tag.upper() for rule in self.rules() for tag in rule.getRequiredDICOMTags())
        return list(dict.fromkeys(tags))

    def update(self, recompute: bool = False) -> UpdateReport:
        """Process the instances that were never processed, or all; the report names rules that failed.

        For all, tags that the rules need and that are not cached are read from the files first.
        """
        if self._database is None or self._database.core is None:
            return UpdateReport()
        if not recompute:
            return DisplayedFieldGenerator().update(self._database.core)
        report = run(recompute_fields(self._database.core))
        return UpdateReport(report.series, report.failed_rules)

    # A session, step by step

    def startUpdate(self) -> None:
        """Begin an update session with the rules that are switched on now."""
        self._rules = self.rules()
        self._empty = ({}, {}, {})
        for rule in list(self._rules):
            self._call(rule, rule.setDatabase, self._database)
            self._call(rule, rule.registerEmptyFieldNames, *self._empty)
            self._call(rule, rule.startUpdate)

    def updateDisplayedFieldsForInstance(
        self,
        sopInstanceUID: str,
        cachedTagsForInstance: Mapping[str, str],
        displayedFieldsForCurrentSeries: Fields,
        displayedFieldsForCurrentStudy: Fields,
        displayedFieldsForCurrentPatient: Fields,
    ) -> None:
        """Merge what one instance tells into the fields of its series, study and patient."""
        rows = (
            displayedFieldsForCurrentSeries,
            displayedFieldsForCurrentStudy,
            displayedFieldsForCurrentPatient,
        )
        new: Triple = ({}, {}, {})  # each rule sees what those before it made
        for rule in list(self._rules):
            self._call(rule, apply_rule, rule, cachedTagsForInstance, rows, new, self._empty)

    def endUpdate(
        self,
        displayedFieldsMapSeries: Mapping[str, Fields],
        displayedFieldsMapStudy: Mapping[str, Fields],
        displayedFieldsMapPatient: Mapping[str, Fields],
    ) -> None:
        """End the session: let the rules fill in what depends on more than one instance."""
        for rule in list(self._rules):
            self._call(
                rule,
                rule.endUpdate,
                displayedFieldsMapSeries,
                displayedFieldsMapStudy,
                displayedFieldsMapPatient,
            )

    def _call(self, rule: Any, method: Callable[..., None], *arguments: Any) -> None:
        """Call a rule; if it fails, do without it for the rest of the session."""
        if rule not in self._rules:
            return
        try:
            method(*arguments)
        except Exception:  # a rule is a plugin: it must harm nothing else
            log.exception("The displayed-field rule %s failed and is left out.", rule.name())
            self._rules.remove(rule)
