"""Grey values of a softcopy: modality LUT, VOI LUT and presentation LUT (PS3.3 C.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

LINEAR, LINEAR_EXACT, SIGMOID = "LINEAR", "LINEAR_EXACT", "SIGMOID"
MOST_ENTRIES = 65536


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A look-up table (PS3.3 C.11.1.1.1).

    Parameters
    ----------
    values
        Output for each input from `first` on.
    first
        The first input that is mapped; smaller ones get the first value, larger ones than the last the last.
    bits
        Of the outputs.
    explanation
        LUT Explanation.
    """

    values: np.ndarray
    first: int
    bits: int
    explanation: str = ""

    @property
    def last(self) -> int:
        """The last input that is mapped."""
        return self.first + len(self.values) - 1

    def apply(self, inputs: np.ndarray) -> np.ndarray:
        """Outputs of inputs of any shape; those between two whole numbers take the nearest one's."""
        index = np.rint(np.asarray(inputs, float) - self.first).clip(0, len(self.values) - 1)
        outputs: np.ndarray = self.values[index.astype(np.intp)]
        return outputs

    def grey(self, inputs: np.ndarray) -> np.ndarray:
        """Outputs as parts of the largest one that the bits allow, 0 to 1."""
        return self.apply(inputs) / (2.0**self.bits - 1)


def lookup_table(item: Any) -> LookupTable:
    """The table of an item of a Modality, VOI or Presentation LUT Sequence.

    Raises
    ------
    ValueError
        If it has no values, or fewer than its descriptor tells.
    """
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count or MOST_ENTRIES
    data = item.LUTData
    if isinstance(data, bytes):
        values = np.frombuffer(data, np.uint8 if len(data) < 2 * count else "<u2")
    else:
        values = np.atleast_1d(np.array(data, np.int64)) & 0xFFFF
        if len(values) * 2 in (count, count + 1):  # two outputs of 8 bits in each word
            values = np.stack((values & 0xFF, values >> 8), axis=-1).reshape(-1)
    if len(values) < count:
        raise ValueError("a look-up table has fewer values than it says")
    return LookupTable(
        values[:count].astype(np.float64), first, bits, str(item.get("LUTExplanation") or "").strip()
    )


def windowed(values: np.ndarray, center: float, width: float, function: str = LINEAR) -> np.ndarray:
    """Grey from 0 to 1 by a window (PS3.3 C.11.2.1.2, C.11.2.1.3)."""
    values = np.asarray(values, float)
    if function == SIGMOID:
        return 1 / (1 + np.exp(np.clip(-4 * (values - center) / max(width, 1e-9), -700, 700)))
    if function == LINEAR:
        center, width = center - 0.5, width - 1
    if width <= 0:
        return (values > center).astype(float)
    return ((values - center) / width + 0.5).clip(0, 1)
