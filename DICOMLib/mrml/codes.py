"""Coded concepts (PS3.3 8.8): from sequence items to values, vtkCodedEntry and back to text."""

from __future__ import annotations

from typing import Any, NamedTuple

import slicer


class Code(NamedTuple):
    """A coded concept; all three are empty where there is none."""

    value: str = ""
    scheme: str = ""
    meaning: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two codes the same concept: the meaning is only for readers."""
        return self.value, self.scheme


NO_CODE = Code()


def code_of(item: Any) -> Code:
    """The concept of one item of a code sequence."""
    value = next(
        (str(item[name].value) for name in ("CodeValue", "LongCodeValue", "URNCodeValue") if name in item), ""
    )
    return Code(value, str(item.get("CodingSchemeDesignator", "")), str(item.get("CodeMeaning", "")))


def first_code(item: Any, sequence: str) -> Code:
    """The first concept of a code sequence of `item`, empty if there is none."""
    items = item.get(sequence)
    return code_of(items[0]) if items else NO_CODE


def coded_entry(code: Code) -> Any:
    """The same as a vtkCodedEntry."""
    entry = slicer.vtkCodedEntry()
    entry.SetValueSchemeMeaning(*code)
    return entry
