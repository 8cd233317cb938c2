"""A line of the data probe, whose names are shortened so that places, values and segments are always seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontMetrics, QResizeEvent
from qtpy.QtWidgets import QFrame, QLabel, QSizePolicy

SHORTEST = "mm…"  # as wide as a name is at least, if there is no room for more
DOT = "\N{BLACK CIRCLE}"


class Kind(Enum):
    """What a part of a line is; of two kinds that can be shortened, the earlier one is shortened first."""

    NODE = "name of a node"
    SEGMENT = "name of a segment"
    WHOLE = "never shortened"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line.

    Parameters
    ----------
    text
        What is told.
    kind
        Whether it may be shortened.
    colour
        Colour as "#rrggbb", in a line of rich text; that of the line if empty.
    """

    text: str
    kind: Kind = Kind.WHOLE
    colour: str = ""


class ProbeLine(QLabel):
    """Parts side by side in one line; the tool tip tells those whole that were shortened.

    Parameters
    ----------
    name
        Name of the object.
    rich
        Whether parts have colours.
    """

    def __init__(self, name: str, *, rich: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.setTextFormat(Qt.RichText if rich else Qt.PlainText)
        self.setFrameShape(QFrame.NoFrame)
        self.setMinimumWidth(1)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)  # names do not widen the panel
        self._is_rich = rich
        self._parts: Sequence[Part] = ()

    def tell(self, parts: Sequence[Part]) -> None:
        """Show these parts; none empties the line."""
        self._parts = parts
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = shortened(self._parts, self.contentsRect().width(), self.fontMetrics())
        self.setText("".join(map(self._text, shown)))
        whole = "".join(part.text for part in self._parts)
        # as rich text, whatever the names are like
        self.setToolTip(f"<qt>{escape(whole)}</qt>" if list(shown) != list(self._parts) else "")

    def _text(self, part: Part) -> str:
        if not self._is_rich:
            return part.text
        text = escape(part.text)
        return f'<font color="{part.colour}">{text}</font>' if part.colour else text


def shortened(parts: Sequence[Part], room: int, metrics: QFontMetrics) -> list[Part]:
    """The parts with names as short as they must be to fit into `room` pixels: those of nodes first."""
    fitting = list(parts)
    for kind in (Kind.NODE, Kind.SEGMENT):
        places = [place for place, part in enumerate(fitting) if part.kind is kind]
        others = sum(metrics.horizontalAdvance(part.text) for part in fitting if part.kind is not kind)
        least = len(places) * metrics.horizontalAdvance(SHORTEST)
        names = [fitting[place].text for place in places]
        for place, name in zip(places, _share(names, max(room - others, least), metrics), strict=True):
            fitting[place] = Part(name, kind, fitting[place].colour)
    return fitting


def _share(names: Sequence[str], room: int, metrics: QFontMetrics) -> list[str]:
    """Shorten the longest names in the middle, all to the same width, until they fit together."""
    widths = sorted(metrics.horizontalAdvance(name) for name in names)
    for left, width in zip(range(len(widths), 0, -1), widths, strict=True):
        if width * left > room:
            return [metrics.elidedText(name, Qt.ElideMiddle, room // left) for name in names]
        room -= width
    return list(names)
