"""`qt.QUiLoader`: Qt Designer files whose widgets have PythonQt's manners."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import or_
from pathlib import Path
from types import ModuleType, new_class
from typing import Any
from xml.etree import ElementTree

from qtpy import QtCore, QtWidgets

from DICOMModule.Host.dialect.class_changes import change_class
from DICOMModule.Host.dialect.qt_dialect import dialect

RAW_CLASSES = "slicer_dicom_widgets_of_ui_files"
OF_QT = frozenset(dir(QtWidgets)) | {"Line"}


class QUiLoader:
    """Builds the widgets of a .ui file; custom widgets are looked for in `ctk`, `slicer` and `qt`."""

    def __init__(self, parent: Any = None) -> None:
        self._parent = parent

    def load(self, source: Any, parent: Any = None) -> Any:
        """The top-level widget of a file.

        Parameters
        ----------
        source
            A path, or an open QFile.
        parent
            The parent of the widget.

        Raises
        ------
        ValueError
            If a widget is of a class that is not available here.
        """
        root = ElementTree.fromstring(_text(source))
        _use_dialect(root)
        _keep_unknown_properties(root)
        connections = _take_connections(root)
        names = {
            element.get("name", "") for kind in ("widget", "layout", "action") for element in root.iter(kind)
        }
        with _raw_classes() as finish:
            widget = _loaded(root)
            finish(widget, names)
        _give_properties(widget)
        for connection in connections:
            _connect(widget, connection)
        if parent is not None:
            widget.setParent(parent)
        return widget


def _loaded(root: ElementTree.Element) -> Any:
    """The widgets of a description; PySide reads them from a file with a name only."""
    from qtpy import uic  # few scripts need it

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "widgets.ui"
        ElementTree.ElementTree(root).write(path, encoding="utf-8")
        return uic.loadUi(str(path))


class _RawClasses(ModuleType):
    """Classes whose getters that uic calls are Qt's own; each is made when uic first asks for it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        kind = _class_of(name)

        def construct(self: Any, *arguments: Any, parent: Any = None) -> None:
            """PyQt6 names the parent, which the widgets of ctk and slicer take by its place."""
            super(raw, self).__init__(*arguments, *([parent] if parent is not None else []))

        body = {
            "__init__": construct,
            "objectName": lambda self: QtCore.QObject.objectName(self),
            "sizePolicy": lambda self: QtWidgets.QWidget.sizePolicy(self),
        }
        raw: Any = new_class(name, (kind,), exec_body=lambda namespace: namespace.update(body))
        raw._scripts_know = raw.__bases__[0]
        setattr(self, name, raw)
        return raw


@contextmanager
def _raw_classes() -> Iterator[Callable[[Any, set[str]], None]]:
    """Lets uic import the raw classes; gives a function that turns its widgets into what scripts know."""
    sys.modules[RAW_CLASSES] = _RawClasses(RAW_CLASSES)
    try:
        yield _make_known
    finally:
        del sys.modules[RAW_CLASSES]


def _make_known(top: Any, names: set[str]) -> None:
    """Give what the file names its class; the inner parts of widgets stay as their own code expects them."""
    for thing in [top, *QtCore.QObject.findChildren(top, QtCore.QObject)]:
        kind = type(thing).__dict__.get("_scripts_know")
        if kind is not None:
            change_class(thing, kind)
        elif QtCore.QObject.objectName(thing) in names:
            change_class(thing, dialect(type(thing)))


def _text(source: Any) -> str:
    if isinstance(source, QtCore.QFile):
        return bytes(source.readAll()).decode("utf-8")
    return Path(source).read_text(encoding="utf-8")


def _use_dialect(root: ElementTree.Element) -> None:
    """Let widgets that are not Qt's own be made from the classes that scripts know."""
    custom = root.find("customwidgets")
    if custom is None:
        custom = ElementTree.SubElement(root, "customwidgets")
    known = {entry.findtext("class", ""): entry for entry in custom}
    used = {element.get("class", "") for element in root.iter("widget")} - OF_QT
    for name in sorted(used):
        entry = known.get(name)
        if entry is None:
            entry = ElementTree.SubElement(custom, "customwidget")
            ElementTree.SubElement(entry, "class").text = name
            ElementTree.SubElement(entry, "extends").text = "QWidget"
        header = entry.find("header")
        if header is None:
            header = ElementTree.SubElement(entry, "header")
        header.text = RAW_CLASSES
        _class_of(name)
    for name in set(known) - used:  # only mentioned: it must not be looked for
        custom.remove(known[name])


def _class_of(name: str) -> Any:
    """The widget class of that name, as scripts know it."""
    for module in ("ctk", "slicer", "qt"):
        if hasattr(sys.modules.get(module), name):
            return getattr(sys.modules[module], name)
    raise ValueError(
        f"The widget class {name} of the .ui file is not available here. There are Qt's own widgets, and of "
        "CTK and Slicer those that DICOM modules use: ctkCollapsibleButton, ctkPathLineEdit, "
        "ctkSliderWidget, "
        "ctkRangeWidget, qMRMLNodeComboBox, qMRMLSubjectHierarchyTreeView and others."
    )


def _keep_unknown_properties(root: ElementTree.Element) -> None:
    """Let a property that a class has no setter for be a dynamic one, as with Qt's own loader."""
    for element in root.iter("widget"):
        if element.get("class", "") in OF_QT:
            continue
        kind = _class_of(element.get("class", ""))
        for entry in element.findall("property"):
            name = entry.get("name", "")
            _use_numbers(entry, kind)
            if not hasattr(kind, f"set{name[:1].upper()}{name[1:]}"):
                entry.set("stdset", "0")


def _use_numbers(entry: ElementTree.Element, kind: Any) -> None:
    """Write the number in the place of an enumeration of a class that Qt's loader does not know."""
    for value in (*entry.findall("set"), *entry.findall("enum")):
        names = [name.rpartition("::") for name in (value.text or "").split("|")]
        numbers = [getattr(kind, name, None) for owner, _colons, name in names if owner == kind.__name__]
        if names and len(numbers) == len(names) and all(isinstance(one, int) for one in numbers):
            value.tag, value.text = "number", str(reduce(or_, numbers))


def _give_properties(top: Any) -> None:
    """Pass the dynamic properties on to widgets that have attributes of these names."""
    for widget in [top, *QtCore.QObject.findChildren(top, QtCore.QObject)]:
        for raw in QtCore.QObject.dynamicPropertyNames(widget):
            name = bytes(raw).decode()
            if not name.startswith("_") and not callable(getattr(widget, name, callable)):
                setattr(widget, name, QtCore.QObject.property(widget, name))


def _take_connections(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The connections, taken out: their signals have arguments of C++ classes that PyQt does not know."""
    element = root.find("connections")
    if element is None:
        return []
    root.remove(element)
    return list(element)


def _connect(top: Any, connection: ElementTree.Element) -> None:
    sender, receiver = (_object(top, connection.findtext(end, "")) for end in ("sender", "receiver"))
    signal, slot = (connection.findtext(end, "") for end in ("signal", "slot"))
    sender.connect(signal, receiver, slot)


def _object(top: Any, name: str) -> Any:
    if QtCore.QObject.objectName(top) == name:
        return top
    found = QtCore.QObject.findChild(top, QtCore.QObject, name)
    if found is None:
        raise ValueError(f"A connection of the .ui file names the object {name}, which it does not have.")
    return found
