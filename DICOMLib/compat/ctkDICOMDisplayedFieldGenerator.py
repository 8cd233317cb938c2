"""The generator of displayed fields, by CTK's name."""

from __future__ import annotations

from typing import Any

from DICOMLib.compat.ctkDICOMDisplayedFieldGeneratorRuleFactory import (
    ctkDICOMDisplayedFieldGeneratorRuleFactory,
)
from DICOMLib.fields import DisplayedFieldGenerator, UpdateReport


class ctkDICOMDisplayedFieldGenerator:
    """Runs the rules that are switched on in a database."""

    def __init__(self, parent: Any = None) -> None:
        self._database: Any = None

    def setDatabase(self, database: Any) -> None:
        """The ctkDICOMDatabase whose fields are made."""
        self._database = database

    def rules(self) -> list[Any]:
        """The rules that are switched on."""
        factory = ctkDICOMDisplayedFieldGeneratorRuleFactory.instance()
        return factory.copyEnabledDisplayedFieldGeneratorRules(self._database)

    def getRequiredTags(self) -> list[str]:
        """Tags that the rules need, each once."""
        tags = (tag.upper() for rule in self.rules() for tag in rule.getRequiredDICOMTags())
        return list(dict.fromkeys(tags))

    def update(self, recompute: bool = False) -> UpdateReport:
        """Process the instances that were never processed, or all; the report names rules that failed."""
        if self._database is None or self._database.core is None:
            return UpdateReport()
        return DisplayedFieldGenerator().update(self._database.core, recompute)
