"""Real World Value Mappings (PS3.3 C.7.6.16.2.11): what stored values stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib.mrml.codes import NO_CODE, Code, first_code

NO_UNITS = Code("1", "UCUM", "no units")
ANY_QUANTITY = Code("246205007", "SCT", "Quantity")
# "Quantity", in SNOMED CT and in its older codes.
QUANTITY_CONCEPTS = (("246205007", "SCT"), ("G-C1C6", "SRT"))


@dataclass(frozen=True, slots=True)
class ValueMapping:
    """How stored values become real ones.

    Parameters
    ----------
    slope, intercept
        Value = stored value x slope + intercept.
    table
        Values by stored value from `first_stored` on, where they are not linear; else None.
    first_stored, last_stored
        The stored values that are mapped; None where that is not told.
    quantity, units
        What is measured, and in which unit.
    label, explanation
        LUT Label and LUT Explanation.
    """

    slope: float = 1.0
    intercept: float = 0.0
    table: np.ndarray | None = None
    first_stored: float | None = None
    last_stored: float | None = None
    quantity: Code = NO_CODE
    units: Code = NO_CODE
    label: str = ""
    explanation: str = ""

    @property
    def meaning(self) -> tuple[object, object]:
        """What tells one kind of values from another: quantity and unit."""
        return self.quantity.key, self.units.key

    def apply(self, stored: np.ndarray) -> np.ndarray:
        """Real-world values of stored ones; a line is prolonged beyond the stored values that it is for."""
        if self.table is not None:
            index = (stored.astype(np.int64) - int(self.first_stored or 0)).clip(0, len(self.table) - 1)
            looked_up: np.ndarray = self.table[index]
            return looked_up
        if (self.slope, self.intercept) == (1.0, 0.0):
            return stored
        return stored * self.slope + self.intercept

    def is_outside(self, stored: np.ndarray) -> np.ndarray:
        """Which stored values the mapping is not for."""
        low = -np.inf if self.first_stored is None else self.first_stored
        high = np.inf if self.last_stored is None else self.last_stored
        outside: np.ndarray = (stored < low) | (stored > high)
        return outside


def map_values(stored: np.ndarray, values: np.ndarray, mappings: Sequence[ValueMapping]) -> int:
    """Fill in the real-world values of stored ones; returns how many of them no mapping is for.

    Of several mappings each is for other stored values; what is outside of all is mapped by the first.
    """
    values[:] = mappings[0].apply(stored)
    inside = ~mappings[0].is_outside(stored)
    for mapping in mappings[1:]:
        mine = ~mapping.is_outside(stored) & ~inside
        values[mine] = mapping.apply(stored[mine])
        inside |= mine
    return int((~inside).sum())


def value_mapping(item: Any) -> ValueMapping:
    """The mapping of an item of a Real World Value Mapping Sequence."""
    table = item.get("RealWorldValueLUTData")
    return ValueMapping(
        slope=float(item.get("RealWorldValueSlope", 1)),
        intercept=float(item.get("RealWorldValueIntercept", 0)),
        table=None if table is None else np.atleast_1d(np.array(table, float)),
        first_stored=_bound(item, "FirstValueMapped"),
        last_stored=_bound(item, "LastValueMapped"),
        quantity=quantity_of(item),
        units=first_code(item, "MeasurementUnitsCodeSequence"),
        label=str(item.get("LUTLabel", "")),
        explanation=str(item.get("LUTExplanation", "")),
    )


def _bound(item: Any, end: str) -> float | None:
    """First or last value mapped, of whole numbers or of floating point ones; None if it is not told."""
    for keyword in (f"RealWorldValue{end}", f"DoubleFloatRealWorldValue{end}"):
        value = item.get(keyword)
        if value is not None and value != "":
            return float(value)
    return None


def quantity_of(item: Any) -> Code:
    """What the values of a Real World Value Mapping measure; empty if it does not tell."""
    for definition in item.get("QuantityDefinitionSequence") or ():
        if first_code(definition, "ConceptNameCodeSequence").key in QUANTITY_CONCEPTS:
            return first_code(definition, "ConceptCodeSequence")
    return NO_CODE


def meaning_of(node: Any) -> tuple[Code, Code]:
    """Quantity and unit of the voxels of a volume node, those that say nothing where it tells none."""
    quantity, units = node.GetVoxelValueQuantity(), node.GetVoxelValueUnits()
    return _code_or(quantity, ANY_QUANTITY), _code_or(units, NO_UNITS)


def _code_or(entry: Any, default: Code) -> Code:
    if entry is None or not entry.GetCodeValue():
        return default
    return Code(entry.GetCodeValue(), entry.GetCodingSchemeDesignator(), entry.GetCodeMeaning())
