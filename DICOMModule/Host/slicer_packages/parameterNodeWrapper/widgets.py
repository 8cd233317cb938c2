"""Ties widgets to parameters: changes by the user go into the node, and the node's values to the widget."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import vtk
from qtpy import QtWidgets

from .annotations import Choice, Decimals, Maximum, Minimum, RangeBounds, SingleStep, WithinRange

SlicerParameterNamePropertyName = "SlicerParameterName"


class Tie:
    """How one kind of widget shows a value: functions to read and to show it, and the signal of a change."""

    def __init__(self, signal: str, read: Callable[[Any], Any], show: Callable[[Any, Any], Any]) -> None:
        self.signal = signal
        self.read = read
        self.show = show


def _show_item(box: Any, value: Any) -> None:
    QtWidgets.QComboBox.setCurrentText(box, value.name if isinstance(value, enum.Enum) else str(value))


# By the name of the class or of one that it is derived from; the first one that fits is taken.
TIES: tuple[tuple[str, Tie], ...] = (
    (
        "qMRMLNodeComboBox",
        Tie("currentNodeChanged", lambda w: w.currentNode(), lambda w, v: w.setCurrentNode(v)),
    ),
    (
        "ctkPathLineEdit",
        Tie("currentPathChanged", lambda w: w.currentPath, lambda w, v: w.setCurrentPath(str(v))),
    ),
    (
        "ctkDirectoryButton",
        Tie("directoryChanged", lambda w: w.directory, lambda w, v: w.setDirectory(str(v))),
    ),
    (
        "ctkRangeWidget",
        Tie("valuesChanged", lambda w: (w.minimumValue, w.maximumValue), lambda w, v: w.setValues(*v)),
    ),
    ("ctkSliderWidget", Tie("valueChanged", lambda w: w.value, lambda w, v: w.setValue(v))),
    ("ctkDoubleSpinBox", Tie("valueChanged", lambda w: w.value, lambda w, v: w.setValue(v))),
    ("ctkCollapsibleButton", Tie("contentsCollapsed", lambda w: w.collapsed, lambda w, v: w.setCollapsed(v))),
    (
        "QComboBox",
        Tie("currentTextChanged", lambda w: QtWidgets.QComboBox.currentText(w), _show_item),
    ),
    (
        "QAbstractButton",
        Tie(
            "toggled",
            lambda w: QtWidgets.QAbstractButton.isChecked(w),
            lambda w, v: QtWidgets.QAbstractButton.setChecked(w, v),
        ),
    ),
    ("QSpinBox", Tie("valueChanged", lambda w: QtWidgets.QSpinBox.value(w), lambda w, v: w.setValue(v))),
    (
        "QDoubleSpinBox",
        Tie("valueChanged", lambda w: QtWidgets.QDoubleSpinBox.value(w), lambda w, v: w.setValue(v)),
    ),
    (
        "QAbstractSlider",
        Tie("valueChanged", lambda w: QtWidgets.QAbstractSlider.value(w), lambda w, v: w.setValue(v)),
    ),
    ("QLineEdit", Tie("textChanged", lambda w: QtWidgets.QLineEdit.text(w), lambda w, v: w.setText(v))),
    (
        "QPlainTextEdit",
        Tie("textChanged", lambda w: QtWidgets.QPlainTextEdit.toPlainText(w), lambda w, v: w.setPlainText(v)),
    ),
    (
        "QTextEdit",
        Tie("textChanged", lambda w: QtWidgets.QTextEdit.toPlainText(w), lambda w, v: w.setPlainText(v)),
    ),
)


def tie_for(widget: Any) -> Tie:
    """How a widget shows a value.

    Raises
    ------
    ValueError
        For a kind of widget that is not known.
    """
    for name, tie in TIES:
        if widget.inherits(name):
            return tie
    raise ValueError(f"A {type(widget).__name__} cannot be tied to a parameter.")


def _set_up(widget: Any, parameter: Any) -> None:
    """Let the widget offer what the annotations allow."""
    if widget.inherits("QComboBox") and not widget.inherits("qMRMLNodeComboBox"):
        _offer_choices(widget, parameter)
    for annotation in parameter.annotations:
        if isinstance(annotation, (Minimum, WithinRange, RangeBounds)):
            widget.setMinimum(annotation.minimum)
        if isinstance(annotation, (Maximum, WithinRange, RangeBounds)):
            widget.setMaximum(annotation.maximum)
        if isinstance(annotation, Decimals):
            widget.setDecimals(annotation.value)
        if isinstance(annotation, SingleStep):
            widget.setSingleStep(annotation.value)


def _offer_choices(widget: Any, parameter: Any) -> None:
    choices = [one.choices for one in parameter.annotations if isinstance(one, Choice)]
    if isinstance(parameter.hint, type) and issubclass(parameter.hint, enum.Enum):
        choices = [[one.name for one in parameter.hint]]
    if choices:
        QtWidgets.QComboBox.clear(widget)
        QtWidgets.QComboBox.addItems(widget, [str(one) for one in choices[0]])


def _as_parameter(value: Any, parameter: Any) -> Any:
    """What a widget shows, as the type of the parameter."""
    hint = parameter.hint
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint[value]
    if hint in (int, float, Path):
        return hint(value)
    choices = [one.choices for one in parameter.annotations if isinstance(one, Choice)]
    return next((one for one in (choices[0] if choices else ()) if str(one) == value), value)


class GuiConnections:
    """The connections of one wrapped parameter node."""

    def __init__(self, parameters: Any) -> None:
        self._parameters = parameters
        self._by_tag: dict[int, list[Callable[[], object]]] = {}
        self._next_tag = 1

    def connect_gui(self, gui: Any) -> int:
        """Connect all widgets that name a parameter."""
        return self.connect(
            {widget.property(SlicerParameterNamePropertyName): widget for widget in _named(gui)}
        )

    def connect(self, widgets: dict[str, Any]) -> int:
        """Connect widgets by the names of their parameters."""
        undo: list[Callable[[], object]] = []
        shown: dict[str, Callable[[], None]] = {}
        for name, widget in widgets.items():
            undo.append(self._connect_widget(name, widget, shown))

        def show_all(*_event: Any) -> None:
            for show in shown.values():
                show()

        node = self._parameters.parameterNode
        observer = node.AddObserver(vtk.vtkCommand.ModifiedEvent, show_all)
        undo.append(lambda: node.RemoveObserver(observer))
        show_all()
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        self._by_tag[tag] = undo
        return tag

    def _connect_widget(
        self, name: str, widget: Any, shown: dict[str, Callable[[], None]]
    ) -> Callable[[], object]:
        parameter = self._parameters.parameter(name)
        tie = tie_for(widget)
        _set_up(widget, parameter)

        def show() -> None:
            value = self._parameters.getValue(name)
            if value != tie.read(widget):
                tie.show(widget, value)

        def keep(*_news: Any) -> None:
            value = _as_parameter(tie.read(widget), parameter)
            if value != self._parameters.getValue(name):
                self._parameters.setValue(name, value)

        show()
        shown[name] = show
        signal = getattr(widget, tie.signal)
        signal.connect(keep)
        return lambda: signal.disconnect(keep)

    def disconnect(self, tag: int) -> None:
        """Undo the connections of a tag; an unknown one is ignored."""
        for undo in self._by_tag.pop(tag, []):
            undo()


def _named(gui: Any) -> Iterator[Any]:
    """Widgets with the property, below an object or among its attributes (`childWidgetVariables`)."""
    widgets = [gui, *gui.findChildren("QWidget")] if hasattr(gui, "findChildren") else vars(gui).values()
    for widget in widgets:
        ask = getattr(widget, "property", None)
        if callable(ask) and ask(SlicerParameterNamePropertyName):
            yield widget
