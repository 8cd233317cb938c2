"""The factory of displayed-field rules, by CTK's name."""

from __future__ import annotations

import logging
from typing import Any

from DICOMLib.compat.displayed_field_rules import AdaptedRule, rule_for_scripts
from DICOMLib.core.events import Emitter, Signal
from DICOMLib.fields import DisplayedFieldRule, RuleError, RuleRegistry, registry

log = logging.getLogger(__name__)


class ctkDICOMDisplayedFieldGeneratorRuleFactory(Emitter):
    """Knows the rules of this process; `instance()` gives the one factory."""

    SIGNALS = ("displayedFieldGeneratorRuleRegistered", "displayedFieldGeneratorRuleUnregistered")
    displayedFieldGeneratorRuleRegistered: Signal
    displayedFieldGeneratorRuleUnregistered: Signal

    _instance: ctkDICOMDisplayedFieldGeneratorRuleFactory | None = None

    def __init__(self, rules: RuleRegistry | None = None) -> None:
        super().__init__()
        self._rules = registry if rules is None else rules

    @classmethod
    def instance(cls) -> ctkDICOMDisplayedFieldGeneratorRuleFactory:
        """The one factory."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def registerDisplayedFieldGeneratorRule(self, rule: Any) -> bool:
        """Add a rule with CTK's methods, or a `DisplayedFieldRule`; False for a taken name."""
        try:
            self._rules.register(rule if isinstance(rule, DisplayedFieldRule) else AdaptedRule(rule))
        except RuleError as error:
            log.warning("A displayed-field rule was not registered: %s", error)
            return False
        self.displayedFieldGeneratorRuleRegistered(rule)
        return True

    def unregisterDisplayedFieldGeneratorRule(self, name: str) -> bool:
        """Remove a rule by its name; False for an unknown one."""
        known = {rule.name: rule for rule in self._rules.rules()}
        if name not in known:
            return False
        self._rules.unregister(name)
        self.displayedFieldGeneratorRuleUnregistered(rule_for_scripts(known[name]))
        return True

    def displayedFieldGeneratorRules(self) -> list[Any]:
        """All rules, in the order in which they were registered."""
        return [rule_for_scripts(rule) for rule in self._rules.rules()]

    def copyEnabledDisplayedFieldGeneratorRules(self, database: Any) -> list[Any]:
        """Copies of the rules that are not switched off in a ctkDICOMDatabase."""
        if database is None or database.core is None:
            return self.displayedFieldGeneratorRules()
        rules = [rule_for_scripts(rule) for rule in self._rules.enabled(database.core)]
        return [rule.clone() for rule in rules]

    def setRuleEnabled(self, database: Any, name: str, enabled: bool) -> None:
        """Switch a rule on or off in one ctkDICOMDatabase, for all sessions to come."""
        from DICOMLib.database.displayed_fields import set_rule_enabled

        with database.core.transaction() as connections:
            set_rule_enabled(connections.main, name, enabled)
