"""CTK's widgets for values: numbers, ranges, coordinates, colours, several choices."""

from __future__ import annotations

import sys
from typing import Any

from qtpy import QtCore, QtGui, QtWidgets
from qtpy.QtCore import Signal

from DICOMLib.widgets.enumerations import number_of
from DICOMModule.Host.dialect.ctk_sliders import ctkDoubleRangeSlider
from DICOMModule.Host.dialect.qt_dialect import forwarded

qt: Any = sys.modules["qt"]

STEPS = 1000  # of a slider over its whole range


class ctkDoubleSpinBox(qt.QDoubleSpinBox):
    """A box for a number."""


class ctkSliderWidget(qt.QWidget):
    """A slider with a box for its value."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._slider = QtWidgets.QSlider(QtCore.Qt.Horizontal)
        self._box = QtWidgets.QDoubleSpinBox()
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._box)
        self._box.setRange(0.0, 99.0)
        self._slider.setRange(0, STEPS)
        self._tracking = True
        self._slider.valueChanged.connect(self._from_slider)
        self._slider.sliderReleased.connect(lambda: self._from_slider(self._slider.value()))
        self._box.valueChanged.connect(self._from_box)

    def _from_slider(self, position: int) -> None:
        low, high = self._box.minimum(), self._box.maximum()
        value = low + (high - low) * position / STEPS
        if self._slider.isSliderDown() and not self._tracking:
            self.valueIsChanging.emit(value)
        else:
            self._box.setValue(value)

    def _from_box(self, value: float) -> None:
        self._follow()
        self.valueChanged.emit(value)

    def _follow(self) -> None:
        """Put the slider where the box is."""
        low, high = self._box.minimum(), self._box.maximum()
        self._slider.blockSignals(True)
        self._slider.setValue(round((self._box.value() - low) * STEPS / (high - low)) if high > low else 0)
        self._slider.blockSignals(False)

    def setRange(self, low: float, high: float) -> None:
        """Both ends."""
        self._box.setRange(low, high)
        self._follow()

    def setTracking(self, tracking: bool) -> None:
        """Whether the value follows the slider while it is dragged."""
        self._tracking = bool(tracking)

    tracking = property(lambda self: self._tracking, setTracking)
    value, setValue = forwarded("_box", "value")
    minimum, setMinimum = forwarded("_box", "minimum", after="_follow")
    maximum, setMaximum = forwarded("_box", "maximum", after="_follow")
    singleStep, setSingleStep = forwarded("_box", "singleStep")
    decimals, setDecimals = forwarded("_box", "decimals")
    suffix, setSuffix = forwarded("_box", "suffix")
    prefix, setPrefix = forwarded("_box", "prefix")
    pageStep, setPageStep = forwarded("_slider", "pageStep")


class ctkRangeWidget(qt.QWidget):
    """Two boxes for the ends of a range with a slider between; the lower one is never above the upper one."""

    valuesChanged = Signal(float, float)
    minimumValueChanged = Signal(float)
    maximumValueChanged = Signal(float)
    rangeChanged = Signal(float, float)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._low, self._high = QtWidgets.QDoubleSpinBox(), QtWidgets.QDoubleSpinBox()
        self._slider = ctkDoubleRangeSlider(QtCore.Qt.Horizontal)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._low)
        row.addWidget(self._slider, 1)
        row.addWidget(self._high)
        for box in (self._low, self._high):
            box.setRange(0.0, 99.0)
        self._high.setValue(99.0)
        self._low.valueChanged.connect(self._on_low)
        self._high.valueChanged.connect(self._on_high)
        self._slider.minimumValueChanged.connect(self._low.setValue)
        self._slider.maximumValueChanged.connect(self._high.setValue)

    def _on_low(self, value: float) -> None:
        if value > self._high.value():
            self._high.setValue(value)
        self._slider.setMinimumValue(value)
        self.minimumValueChanged.emit(value)
        self.valuesChanged.emit(value, self._high.value())

    def _on_high(self, value: float) -> None:
        if value < self._low.value():
            self._low.setValue(value)
        self._slider.setMaximumValue(value)
        self.maximumValueChanged.emit(value)
        self.valuesChanged.emit(self._low.value(), value)

    def setValues(self, low: float, high: float) -> None:
        """Both ends."""
        self._high.setValue(max(low, high))
        self._low.setValue(min(low, high))

    def setRange(self, low: float, high: float) -> None:
        """What the ends may be."""
        for box in (self._low, self._high):
            box.setRange(low, high)
        self._follow()

    def _follow(self) -> None:
        """Give the slider the range of the boxes."""
        self._slider.setRange(self._low.minimum(), self._low.maximum())
        self._slider.setSingleStep(self._low.singleStep())
        self._slider.setValues(self._low.value(), self._high.value())
        self.rangeChanged.emit(self._low.minimum(), self._low.maximum())

    minimumValue, setMinimumValue = forwarded("_low", "value")
    maximumValue, setMaximumValue = forwarded("_high", "value")
    minimum, setMinimum = forwarded("_low", "minimum", also="_high", after="_follow")
    maximum, setMaximum = forwarded("_low", "maximum", also="_high", after="_follow")
    singleStep, setSingleStep = forwarded("_low", "singleStep", also="_high", after="_follow")
    decimals, setDecimals = forwarded("_low", "decimals", also="_high")
    suffix, setSuffix = forwarded("_low", "suffix", also="_high")
    prefix, setPrefix = forwarded("_low", "prefix", also="_high")


class ctkCoordinatesWidget(qt.QWidget):
    """Boxes for the coordinates of a point, as text separated by commas."""

    coordinatesChanged = Signal()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._row = QtWidgets.QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._boxes: list[QtWidgets.QDoubleSpinBox] = []
        self.setDimension(3)

    def setDimension(self, count: int) -> None:
        """The number of coordinates."""
        while len(self._boxes) > count:
            self._boxes.pop().deleteLater()
        while len(self._boxes) < count:
            box = QtWidgets.QDoubleSpinBox()
            box.setRange(-100000.0, 100000.0)
            box.valueChanged.connect(lambda _value: self.coordinatesChanged.emit())
            self._boxes.append(box)
            self._row.addWidget(box)

    dimension = property(lambda self: len(self._boxes), setDimension)

    def _for_all(self, setter: str, value: Any) -> None:
        for box in self._boxes:
            getattr(box, setter)(value)

    def setMinimum(self, value: float) -> None:
        """The least that each may be."""
        self._for_all("setMinimum", value)

    def setMaximum(self, value: float) -> None:
        """The most that each may be."""
        self._for_all("setMaximum", value)

    def setDecimals(self, count: int) -> None:
        """How exact they are."""
        self._for_all("setDecimals", count)

    minimum = property(lambda self: self._boxes[0].minimum(), setMinimum)
    maximum = property(lambda self: self._boxes[0].maximum(), setMaximum)
    decimals = property(lambda self: self._boxes[0].decimals(), setDecimals)

    def setCoordinates(self, *values: Any) -> None:
        """The coordinates: one by one, or as a text such as "1,2,3"."""
        if len(values) == 1 and isinstance(values[0], str):
            values = tuple(float(text) for text in values[0].split(","))
        for box, value in zip(self._boxes, values, strict=False):
            box.setValue(float(value))

    coordinates = property(lambda self: ",".join(f"{box.value():g}" for box in self._boxes), setCoordinates)


class ctkColorPickerButton(qt.QPushButton):
    """A button that shows a colour and asks for another one."""

    colorChanged = Signal(QtGui.QColor)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._color = QtGui.QColor("black")
        self.displayColorName = True
        QtWidgets.QPushButton.clicked.__get__(self).connect(lambda *_: self.changeColor())

    def setColor(self, color: Any) -> None:
        """Show another colour."""
        color = QtGui.QColor(color)
        if color == self._color:
            return
        self._color = color
        swatch = QtGui.QPixmap(16, 16)
        swatch.fill(color)
        QtWidgets.QPushButton.setIcon(self, QtGui.QIcon(swatch))
        QtWidgets.QPushButton.setText(self, color.name() if self.displayColorName else "")
        self.colorChanged.emit(color)

    def setDisplayColorName(self, shown: bool) -> None:
        """Whether the name of the colour is written, too."""
        self.displayColorName = bool(shown)
        QtWidgets.QPushButton.setText(self, self._color.name() if shown else "")

    color = property(lambda self: self._color, setColor)

    def changeColor(self) -> None:
        """Ask the user."""
        chosen = QtWidgets.QColorDialog.getColor(self._color, self)
        if chosen.isValid():
            self.setColor(chosen)


class ctkCheckableComboBox(qt.QComboBox):
    """A combo box whose items can be checked."""

    checkedIndexesChanged = Signal()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        model = QtGui.QStandardItemModel(0, 1, self)
        model.itemChanged.connect(lambda _item: self.checkedIndexesChanged.emit())
        model.rowsInserted.connect(self._make_checkable)
        QtWidgets.QComboBox.setModel(self, model)

    def _make_checkable(self, _parent: Any, first: int, last: int) -> None:
        model = QtWidgets.QComboBox.model(self)
        for row in range(first, last + 1):
            item = model.item(row)
            if item is not None:
                item.setCheckable(True)

    def _item(self, index: Any) -> Any:
        row = index if isinstance(index, int) else index.row()
        return QtWidgets.QComboBox.model(self).item(row)

    def checkState(self, index: Any) -> int:
        """Of an item, by its number or its index."""
        return number_of(self._item(index).checkState())

    def setCheckState(self, index: Any, state: Any) -> None:
        """Of an item, by its number or its index."""
        self._item(index).setCheckState(QtCore.Qt.CheckState(number_of(state)))

    def checkedIndexes(self) -> list[Any]:
        """Indexes of the checked items."""
        model = QtWidgets.QComboBox.model(self)
        rows = range(model.rowCount())
        return [model.index(row, 0) for row in rows if model.item(row).checkState() == QtCore.Qt.Checked]

    def allChecked(self) -> bool:
        """Whether all are."""
        return len(self.checkedIndexes()) == QtWidgets.QComboBox.model(self).rowCount()

    def noneChecked(self) -> bool:
        """Whether none is."""
        return not self.checkedIndexes()


class ctkFittedTextBrowser(qt.QTextBrowser):
    """A text whose box is as high as the text."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        QtWidgets.QTextBrowser.setVerticalScrollBarPolicy(self, QtCore.Qt.ScrollBarAlwaysOff)
        QtWidgets.QTextBrowser.textChanged.__get__(self).connect(self._fit)

    def _fit(self) -> None:
        height = int(QtWidgets.QTextBrowser.document(self).size().height())
        margin = 2 * QtWidgets.QTextBrowser.frameWidth(self)
        QtWidgets.QTextBrowser.setFixedHeight(self, max(height + margin, 20))

    def resizeEvent(self, event: Any) -> None:
        """Another width gives another height."""
        super().resizeEvent(event)
        self._fit()


class ctkSearchBox(qt.QLineEdit):
    """A line to search by, with a button to empty it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        QtWidgets.QLineEdit.setClearButtonEnabled(self, True)
        QtWidgets.QLineEdit.setPlaceholderText(self, "Search…")
