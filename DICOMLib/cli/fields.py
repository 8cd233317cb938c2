"""Show, switch and run the rules that fill the displayed fields of a database."""

from __future__ import annotations

import argparse
import runpy
from collections.abc import Sequence
from typing import Any

from DICOMLib.cli.databases import add_database_argument, existing_database
from DICOMLib.cli.exit_codes import INTERRUPTED, Misuse
from DICOMLib.cli.import_files import stop_by_interrupt
from DICOMLib.cli.list_rows import table
from DICOMLib.cli.output import ProgressBar, clean_stdout, print_json, tell
from DICOMLib.cli.tag_argument import add_tag_argument
from DICOMLib.core.jobs import JobCancelled
from DICOMLib.core.jobs import run as run_job
from DICOMLib.database import Database, displayed_fields
from DICOMLib.fields import DisplayedFieldRule, RuleError, failure_text, registry
from DICOMLib.indexing.recompute import RecomputeReport, recompute_fields


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_database_argument(parser)
    parser.add_argument(
        "--rules", metavar="FILE", action="append", default=[], help="Python file with rules of your own"
    )
    parser.add_argument("--enable", metavar="RULE", action="append", default=[], help="switch a rule on")
    parser.add_argument(
        "--disable", metavar="RULE", action="append", default=[], help="switch a rule off in this database"
    )
    parser.add_argument(
        "--recompute", action="store_true", help="process all instances again, after rules were changed"
    )
    add_tag_argument(
        parser, "a DICOM keyword or tag that is read from the files and cached, so that it can be searched"
    )
    parser.add_argument("--json", action="store_true", help="write the rules as JSON")


def run(options: argparse.Namespace) -> int:
    """0 if all went well, 1 if a rule failed, 130 if it was interrupted."""
    for file in options.rules:
        register_rules(file)
    with clean_stdout() as result, existing_database(options.database) as database:
        _switch(database, options.enable, True)
        _switch(database, options.disable, False)
        try:
            wanted = options.recompute or bool(options.tags)
            failed = wanted and not _recompute(database, options.tags)
        except JobCancelled:
            return INTERRUPTED
        rules = described(database)
        if options.json:
            print_json(rules, result)
        else:
            shown = [{**rule, "enabled": "yes" if rule["enabled"] else "no"} for rule in rules]
            shown = [{**rule, "fields": ", ".join(rule["fields"])} for rule in shown]
            result.write(table(shown, ("rule", "enabled", "fields")))
    return int(failed)


def register_rules(file: str) -> None:
    """Run a file, and register the rules it defines, as far as it has not done so itself.

    Raises
    ------
    RuleError
        If it has none, or one that cannot be registered.
    """
    before = {rule.name for rule in registry.rules()}
    for value in runpy.run_path(file).values():
        ours = isinstance(value, type) and issubclass(value, DisplayedFieldRule)
        if ours and value.__module__ == "<run_path>" and value.name not in _names():
            registry.register(value())
    if _names() == before:
        raise RuleError(f"{file} defines no displayed-field rule of a new name.")


def _names() -> set[str]:
    return {rule.name for rule in registry.rules()}


def _switch(database: Database, names: Sequence[str], enabled: bool) -> None:
    for name in names:
        if name not in _names():
            raise Misuse(f"there is no rule {name!r}; there are {', '.join(sorted(_names()))}.")
        with database.transaction() as connections:
            displayed_fields.set_rule_enabled(connections.main, name, enabled)


def _recompute(database: Database, tags: Sequence[str]) -> bool:
    """Make all fields anew; whether nothing failed."""
    bar = ProgressBar()
    with stop_by_interrupt() as stopped:
        report = run_job(recompute_fields(database, tags=tags), bar, lambda: bool(stopped))
    bar.close()
    _tell(report)
    return not report.failed_rules and not report.failed


def _tell(report: RecomputeReport) -> None:
    tell(f"{report.series} series processed, {report.read} files read.")
    for rule, error in report.failed_rules:
        tell(failure_text(rule, error))
    for path, reason in report.failed:
        tell(f"{path}: {reason}")


def described(database: Database) -> list[dict[str, Any]]:
    """Each rule with its state in a database, the fields it fills and the tags it needs."""
    enabled = {rule.name for rule in registry.enabled(database)}
    return [
        {
            "rule": rule.name,
            "enabled": rule.name in enabled,
            "fields": [*rule.merge, *rule.finished],
            "tags": list(dict.fromkeys((*rule.required_tags, *rule.also_cached))),
        }
        for rule in registry.rules()
    ]
