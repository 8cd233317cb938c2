"""Displayed fields: rules that turn cached tags into the columns of the browser."""

from DICOMLib.fields.generator import DisplayedFieldGenerator, RuleRegistry, UpdateReport, registry
from DICOMLib.fields.rule import (
    DisplayedFieldRule,
    Merge,
    RowFields,
    RuleError,
    Touched,
    failure_text,
)

__all__ = [
    "DisplayedFieldGenerator",
    "DisplayedFieldRule",
    "Merge",
    "RowFields",
    "RuleError",
    "RuleRegistry",
    "Touched",
    "UpdateReport",
    "failure_text",
    "registry",
]
