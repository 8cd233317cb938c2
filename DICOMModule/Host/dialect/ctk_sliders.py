"""CTK's sliders: for a real number, for a range of whole numbers, for a range of real ones."""

from __future__ import annotations

import sys
from typing import Any

from qtpy import QtWidgets
from qtpy.QtCore import Qt, Signal

qt: Any = sys.modules["qt"]

FINEST = 100_000  # steps of a slider for real numbers over its whole range
LOWER, UPPER = 0, 1


def _oriented(arguments: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    """Orientation and parent out of what a constructor was given."""
    parents = [one for one in arguments if isinstance(one, QtWidgets.QWidget)]
    given = [one for one in arguments if not isinstance(one, QtWidgets.QWidget) and one is not None]
    return (Qt.Orientation(given[0]) if given else Qt.Vertical), parents


class ctkRangeSlider(qt.QSlider):
    """A slider with two handles; the lower one is never above the upper one."""

    minimumValueChanged = Signal(int)
    maximumValueChanged = Signal(int)
    valuesChanged = Signal(int, int)

    def __init__(self, *arguments: Any) -> None:
        orientation, parents = _oriented(arguments)
        super().__init__(*parents)
        QtWidgets.QSlider.setOrientation(self, orientation)
        self._ends = [QtWidgets.QSlider.minimum(self), QtWidgets.QSlider.maximum(self)]
        self._grip: int | None = None  # the handle that is dragged
        self.symmetricMoves = False
        QtWidgets.QSlider.rangeChanged.__get__(self).connect(lambda *_: self.setValues(*self._ends))

    # Values

    def setValues(self, low: int, high: int) -> None:
        """Both ends, within the range of the slider."""
        least, most = QtWidgets.QSlider.minimum(self), QtWidgets.QSlider.maximum(self)
        before = list(self._ends)
        self._ends = sorted(min(max(int(one), least), most) for one in (low, high))
        for end, signal in enumerate((self.minimumValueChanged, self.maximumValueChanged)):
            if self._ends[end] != before[end]:
                signal.emit(self._ends[end])
        if self._ends != before:
            self.valuesChanged.emit(*self._ends)
            QtWidgets.QSlider.update(self)

    def setMinimumValue(self, value: int) -> None:
        """The lower end; it takes the upper one with it."""
        self.setValues(value, max(value, self._ends[UPPER]))

    def setMaximumValue(self, value: int) -> None:
        """The upper end; it takes the lower one with it."""
        self.setValues(min(value, self._ends[LOWER]), value)

    minimumValue = property(lambda self: self._ends[LOWER], setMinimumValue)
    maximumValue = property(lambda self: self._ends[UPPER], setMaximumValue)
    minimumPosition, setMinimumPosition = minimumValue, setMinimumValue
    maximumPosition, setMaximumPosition = maximumValue, setMaximumValue
    setPositions = setValues

    # Mouse and keys

    def _value_at(self, event: Any) -> int:
        point = event.position().toPoint() if hasattr(event, "position") else event.pos()
        lying = QtWidgets.QSlider.orientation(self) == Qt.Horizontal
        size = QtWidgets.QSlider.width(self) if lying else QtWidgets.QSlider.height(self)
        place = point.x() if lying else size - 1 - point.y()
        return int(
            QtWidgets.QStyle.sliderValueFromPosition(
                QtWidgets.QSlider.minimum(self), QtWidgets.QSlider.maximum(self), place, max(1, size - 1)
            )
        )

    def _move(self, value: int) -> None:
        end = LOWER if self._grip is None else self._grip
        other = self._ends[1 - end]
        if self.symmetricMoves:
            other -= value - self._ends[end]
            self.setValues(value, other)
        elif end == LOWER:
            self.setValues(min(value, other), other)
        else:
            self.setValues(other, max(value, other))

    def mousePressEvent(self, event: Any) -> None:
        """Take the handle that is nearest."""
        value = self._value_at(event)
        low, high = self._ends
        nearer_low = abs(value - low) < abs(value - high) or (low == high and value < low)
        self._grip = LOWER if nearer_low else UPPER
        QtWidgets.QSlider.setSliderDown(self, True)
        self._move(value)

    def mouseMoveEvent(self, event: Any) -> None:
        """Drag the handle."""
        if self._grip is not None:
            self._move(self._value_at(event))

    def mouseReleaseEvent(self, _event: Any) -> None:
        """Let the handle go."""
        self._grip = None
        QtWidgets.QSlider.setSliderDown(self, False)

    def keyPressEvent(self, event: Any) -> None:
        """The arrows move the upper end, with Shift the lower one."""
        steps = {Qt.Key_Right: 1, Qt.Key_Up: 1, Qt.Key_Left: -1, Qt.Key_Down: -1}
        step = steps.get(event.key(), 0) * QtWidgets.QSlider.singleStep(self)
        if not step:
            event.ignore()
        elif event.modifiers() & Qt.ShiftModifier:
            self.setMinimumValue(self._ends[LOWER] + step)
        else:
            self.setMaximumValue(self._ends[UPPER] + step)

    # Drawing

    def paintEvent(self, _event: Any) -> None:
        """The groove and both handles, in the style of the program."""
        painter = QtWidgets.QStylePainter(self)
        option = QtWidgets.QStyleOptionSlider()
        QtWidgets.QSlider.initStyleOption(self, option)
        for part, position in (
            (QtWidgets.QStyle.SC_SliderGroove, self._ends[UPPER]),
            (QtWidgets.QStyle.SC_SliderHandle, self._ends[LOWER]),
            (QtWidgets.QStyle.SC_SliderHandle, self._ends[UPPER]),
        ):
            option.subControls = part
            option.sliderPosition = option.sliderValue = position
            painter.drawComplexControl(QtWidgets.QStyle.CC_Slider, option)


class _RealSlider(qt.QWidget):
    """A slider for real numbers over one for whole numbers."""

    rangeChanged = Signal(float, float)
    sliderPressed = Signal()
    sliderReleased = Signal()

    def __init__(self, *arguments: Any) -> None:
        orientation, parents = _oriented(arguments)
        super().__init__(*parents)
        self._slider = self._make_slider(orientation)
        self._slider.setRange(0, FINEST)
        self._least, self._most, self._step = 0.0, 99.0, 1.0
        column = QtWidgets.QHBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._slider)
        QtWidgets.QSlider.sliderPressed.__get__(self._slider).connect(self.sliderPressed)
        QtWidgets.QSlider.sliderReleased.__get__(self._slider).connect(self.sliderReleased)

    def _make_slider(self, orientation: Any) -> Any:
        raise NotImplementedError

    def _place(self, value: float) -> int:
        span = self._most - self._least
        return round((value - self._least) * FINEST / span) if span > 0 else 0

    def _number(self, place: int) -> float:
        """The real number of a place, on a multiple of the step above the least one."""
        value = self._least + (self._most - self._least) * place / FINEST
        if self._step > 0 and 0 < place < FINEST:
            value = self._least + round((value - self._least) / self._step) * self._step
        return min(max(value, self._least), self._most)

    def _within(self, value: float) -> float:
        return min(max(float(value), self._least), self._most)

    def setRange(self, low: float, high: float) -> None:
        """The least and the greatest number."""
        self._least, self._most = float(low), max(float(low), float(high))
        self.setSingleStep(self._step)
        self._fit()
        self.rangeChanged.emit(self._least, self._most)

    def _fit(self) -> None:
        """Bring the value into the range."""
        raise NotImplementedError

    def setSingleStep(self, step: float) -> None:
        """How far one key press goes, and to which multiples the mouse leads."""
        self._step = float(step)
        QtWidgets.QSlider.setSingleStep(self._slider, max(1, self._place(self._least + self._step)))

    def setOrientation(self, orientation: Any) -> None:
        """Lying or standing."""
        QtWidgets.QSlider.setOrientation(self._slider, Qt.Orientation(orientation))

    minimum = property(lambda self: self._least, lambda self, low: self.setRange(low, max(low, self._most)))
    maximum = property(
        lambda self: self._most, lambda self, high: self.setRange(min(self._least, high), high)
    )
    singleStep = property(lambda self: self._step, setSingleStep)
    orientation = property(lambda self: QtWidgets.QSlider.orientation(self._slider), setOrientation)

    def setMinimum(self, low: float) -> None:
        """The least number."""
        self.minimum = low

    def setMaximum(self, high: float) -> None:
        """The greatest number."""
        self.maximum = high


class ctkDoubleSlider(_RealSlider):
    """A slider for a real number."""

    valueChanged = Signal(float)
    sliderMoved = Signal(float)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._value = 0.0
        QtWidgets.QSlider.valueChanged.__get__(self._slider).connect(self._from_slider)
        QtWidgets.QSlider.sliderMoved.__get__(self._slider).connect(
            lambda place: self.sliderMoved.emit(self._number(place))
        )

    def _make_slider(self, orientation: Any) -> Any:
        return QtWidgets.QSlider(orientation)

    def _from_slider(self, place: int) -> None:
        if place != self._place(self._value):
            self.setValue(self._number(place))

    def setValue(self, value: float) -> None:
        """The number, within the range."""
        value, before = self._within(value), self._value
        self._value = value
        self._slider.blockSignals(True)
        self._slider.setValue(self._place(value))
        self._slider.blockSignals(False)
        if value != before:
            self.valueChanged.emit(value)

    def _fit(self) -> None:
        self.setValue(self._value)

    value = property(lambda self: self._value, setValue)
    sliderPosition, setSliderPosition = value, setValue

    def setTracking(self, tracking: bool) -> None:
        """Whether the value follows the slider while it is dragged."""
        self._slider.setTracking(bool(tracking))

    tracking = property(lambda self: self._slider.hasTracking(), setTracking)


class ctkDoubleRangeSlider(_RealSlider):
    """A slider with two handles for real numbers."""

    minimumValueChanged = Signal(float)
    maximumValueChanged = Signal(float)
    valuesChanged = Signal(float, float)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._values = [self._least, self._most]
        self._slider.setValues(0, FINEST)
        self._slider.valuesChanged.connect(self._from_slider)

    def _make_slider(self, orientation: Any) -> Any:
        return ctkRangeSlider(orientation)

    def _from_slider(self, *places: int) -> None:
        moved = [
            value if place == self._place(value) else self._number(place)
            for place, value in zip(places, self._values, strict=True)
        ]
        self.setValues(*moved)

    def setValues(self, low: float, high: float) -> None:
        """Both numbers, within the range."""
        before = self._values
        self._values = sorted(self._within(one) for one in (low, high))
        self._slider.blockSignals(True)
        self._slider.setValues(*map(self._place, self._values))
        self._slider.blockSignals(False)
        for end, signal in enumerate((self.minimumValueChanged, self.maximumValueChanged)):
            if self._values[end] != before[end]:
                signal.emit(self._values[end])
        if self._values != before:
            self.valuesChanged.emit(*self._values)

    def _fit(self) -> None:
        self.setValues(*self._values)

    def setMinimumValue(self, value: float) -> None:
        """The lower number; it takes the upper one with it."""
        self.setValues(value, max(value, self._values[UPPER]))

    def setMaximumValue(self, value: float) -> None:
        """The upper number; it takes the lower one with it."""
        self.setValues(min(value, self._values[LOWER]), value)

    minimumValue = property(lambda self: self._values[LOWER], setMinimumValue)
    maximumValue = property(lambda self: self._values[UPPER], setMaximumValue)
    minimumPosition, setMinimumPosition = minimumValue, setMinimumValue
    maximumPosition, setMaximumPosition = maximumValue, setMaximumValue
