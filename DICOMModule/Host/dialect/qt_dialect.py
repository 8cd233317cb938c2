"""The module `qt` that scripted modules of Slicer import: Qt with the manners of PythonQt, over qtpy.

Scripts read and write Qt properties as attributes (`label.text = "x"`), connect by signature
(`button.connect("clicked()", f)`), and get plain strings from file dialogs. All this lives in classes
derived from the stock ones and made when first asked for, so that other code of the process, which uses
Qt as it is, sees no difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, wraps
from types import BuiltinMethodType, ModuleType
from typing import Any

from qtpy import API, QtCore, QtGui, QtNetwork, QtSvg, QtWidgets

from DICOMModule.Host.dialect.class_changes import (
    MARK,
    change_class,
    keep_methods,
    known_as,
    made_in_python,
    meta_of,
    taking_numbers,
)
from DICOMModule.Host.unseen_application import NEED_APPLICATION, asking, ensure_application

SOURCES = [QtWidgets, QtCore, QtGui, QtNetwork, QtSvg]

# The class of what a method gives, as PyQt and PySide write it into the docstring.
_GIVES = re.compile(r"->\s*(?:Optional\[)?(?:\w+\.)*(Q\w+)")

# Virtual getters that Qt itself calls: a property in their place would be called in vain.
_VIRTUAL_GETTERS = frozenset(("sizeHint", "minimumSizeHint", "duration", "viewport", "metaObject"))

# Numbers whose getters became virtual in Qt 6; PyQt6 calls what Python has in their place.
_VIRTUAL_NUMBERS = frozenset(("spacing",) if API == "pyqt6" else ())

_classes: dict[type, type] = {}


class QtModule(ModuleType):
    """Makes each name when it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for source in SOURCES:
            stock = getattr(source, name, None)
            if stock is not None:
                if name in NEED_APPLICATION:
                    ensure_application()
                value = known_as(dialect(stock)) if _is_qobject_class(stock) else stock
                setattr(self, name, value)
                return value
        raise AttributeError(
            f"qt.{name} is not available here: the Qt of this program has no such class. "
            "The modules QtCore, QtGui, QtWidgets, QtNetwork and QtSvg are looked through."
        )


def create_module() -> ModuleType:
    """The module, with what PythonQt has beside Qt's own classes."""
    module: Any = QtModule("qt", "Qt as scripted modules of Slicer expect it.")
    module.Signal = QtCore.Signal
    module.Slot = QtCore.Slot
    module.Property = QtCore.Property
    module.SIGNAL = lambda signature: f"2{signature}"
    module.SLOT = lambda signature: f"1{signature}"
    module.QFileDialog = _file_dialog()
    from DICOMModule.Host.dialect.ui_loader import QUiLoader

    module.QUiLoader = QUiLoader
    return module


def _is_qobject_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, QtCore.QObject)


def dialect(stock: type) -> type:
    """The class derived from a stock Qt class that has PythonQt's manners."""
    known = _classes.get(stock)
    if known is None:
        known = _classes[stock] = _derive(stock)
    return known


def adopt(value: Any) -> Any:
    """Give PythonQt's manners to an object that Qt itself made, such as a header or a tool button.

    Objects made in Python keep their class: their own code expects Qt as it is.
    """
    if isinstance(value, QtCore.QObject) and not hasattr(type(value), MARK) and not made_in_python(value):
        give_manners(value)
    return value


def give_manners(value: QtCore.QObject) -> None:
    """Give PythonQt's manners to an object, also if made in Python; its own code must not read properties."""
    if not hasattr(type(value), MARK):
        change_class(value, dialect(type(value)))


class _Property:
    """A Qt property as an attribute; asked of the class it is the stock method."""

    def __init__(self, name: str, stock: type) -> None:
        self._name = name
        self._stock = stock
        setter = f"set{name[0].upper()}{name[1:]}"
        self._setter = setter if hasattr(stock, setter) else ""

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return getattr(self._stock, self._name)
        if self._name in instance.__dict__:
            return instance.__dict__[self._name]
        return adopt(QtCore.QObject.property(instance, self._name))

    def __set__(self, instance: Any, value: Any) -> None:
        if self._setter:
            getattr(instance, self._setter)(value)
        elif not QtCore.QObject.setProperty(instance, self._name, value):
            # A script's own attribute that happens to have the name of a read-only property.
            instance.__dict__[self._name] = value


class _Number(int):
    """A number for scripts, and for Qt a function that gives it."""

    def __call__(self) -> int:
        """The number."""
        return int(self)


class _VirtualNumber(_Property):
    """A number that scripts read as an attribute while Qt calls the same name as a virtual function."""

    def __get__(self, instance: Any, owner: type) -> Any:
        stock = getattr(self._stock, self._name)
        return stock if instance is None else _Number(stock(instance))


class _Manners:
    """Methods that every object has in PythonQt."""

    def connect(self, signature: str, receiver: Any, slot: str | None = None) -> bool:
        """Connect a signal by its signature to a callable, or to the slot of an object."""
        call = receiver if slot is None else getattr(receiver, _signal_name(slot)[0])
        name, arguments = _signal_name(signature)
        wrapper = _with_arguments(call) if arguments else _without_arguments(call)
        self.__dict__.setdefault("_connections", []).append((signature, call, wrapper))
        _signal(self, name, arguments).connect(wrapper)
        return True

    def disconnect(self, signature: str | None = None, receiver: Any = None, slot: str | None = None) -> bool:
        """Undo `connect`; without arguments, all of them."""
        call = receiver if slot is None else getattr(receiver, _signal_name(slot)[0])
        known = self.__dict__.get("_connections", [])
        for entry in list(known):
            if signature in (None, entry[0]) and (call is None or entry[1] == call):
                known.remove(entry)
                name, arguments = _signal_name(entry[0])
                _signal(self, name, arguments).disconnect(entry[2])
        return True

    def className(self) -> str:
        """Name of the Qt class."""
        return str(QtCore.QObject.metaObject(self).className())

    def delete(self) -> None:
        """Delete the object when control comes back to the event loop."""
        QtCore.QObject.deleteLater(self)

    def __bool__(self) -> bool:
        """True: in PyQt an empty layout or list widget is not."""
        return True

    def children(self) -> list[Any]:
        """Objects right below this one; inner widgets are left to the code that made their parents."""
        children = QtCore.QObject.children(self)
        return [adopt(child) if isinstance(child, QtWidgets.QLayout) else child for child in children]

    def findChildren(self, kind: Any = "", name: str = "", **options: Any) -> list[Any]:
        """Objects below this one, of a class given as class or as text, and of a name."""
        return [
            child
            for child in QtCore.QObject.findChildren(self, QtCore.QObject, **options)
            if (not name or QtCore.QObject.objectName(child) == name)
            and (child.inherits(kind or "QObject") if isinstance(kind, str) else isinstance(child, kind))
        ]

    def findChild(self, kind: Any = "", name: str = "", **options: Any) -> Any:
        """The first one that `findChildren` finds; None if there is none."""
        return next(iter(self.findChildren(kind, name, **options)), None)

    name = property(
        lambda self: QtCore.QObject.objectName(self),
        lambda self, name: QtCore.QObject.setObjectName(self, name),
        doc="The object name, as PythonQt calls it.",
    )


def forwarded(
    part: str, name: str, *, also: str = "", after: str = ""
) -> tuple[property, Callable[..., None]]:
    """A property, and its setter, that a widget made of others passes on to one of them.

    Parameters
    ----------
    part
        Attribute that holds the inner widget.
    name
        Of the property of the inner widget.
    also
        Attribute of another inner widget that is set, too.
    after
        Method that is called after it was set.
    """
    setter = f"set{name[0].upper()}{name[1:]}"

    def read(widget: Any) -> Any:
        return getattr(getattr(widget, part), name)()

    def write(widget: Any, value: Any) -> None:
        for inner in (part, also) if also else (part,):
            getattr(getattr(widget, inner), setter)(value)
        if after:
            getattr(widget, after)()

    return property(read, write), write


def _signal_name(signature: str) -> tuple[str, str]:
    match = re.fullmatch(r"[12]?(\w+)\s*\((.*)\)", signature.strip())
    if match is None:
        raise ValueError(f"{signature!r} is no signature of a signal; it must look like clicked(bool).")
    return match[1], match[2].strip()


def _signal(instance: Any, name: str, arguments: str) -> Any:
    signal: Any = getattr(instance, name, None)
    if not hasattr(signal, "connect"):
        raise ValueError(f"{type(instance).__name__} has no signal {name!r}.")
    if arguments:
        types = tuple(part.strip().rstrip("&").replace("const ", "").strip() for part in arguments.split(","))
        try:
            return signal[types if len(types) > 1 else types[0]]
        except (KeyError, TypeError, IndexError):
            return signal  # the only overload, written in another way
    return signal


def _without_arguments(call: Callable[..., Any]) -> Callable[..., None]:
    def wrapper(*_arguments: Any) -> None:
        call()

    return wrapper


def _with_arguments(call: Callable[..., Any]) -> Callable[..., Any]:
    """The callable; PySide gives no arguments to those that are not written in Python."""
    return (lambda *arguments: call(*arguments)) if isinstance(call, BuiltinMethodType) else call


def _derive(stock: type) -> type:
    meta = meta_of(stock)
    body: dict[str, Any] = {MARK: True, "__doc__": stock.__doc__, "__module__": "qt"}
    body.update(_adopting_methods(stock))
    info = stock.staticMetaObject  # type: ignore[attr-defined]
    for index in range(info.propertyCount()):
        name = info.property(index).name()
        if name not in _VIRTUAL_GETTERS:
            body[name] = (_VirtualNumber if name in _VIRTUAL_NUMBERS else _Property)(name, stock)
    body |= taking_numbers(stock)
    body |= {name: value for name, value in vars(_Manners).items() if name == "__bool__" or name[:2] != "__"}
    body |= asking(stock)
    body["__init__"] = _constructor(stock)
    body["__init_subclass__"] = classmethod(keep_methods)
    return meta(stock.__name__, (stock,), body)


def _constructor(stock: type) -> Callable[..., None]:
    """Constructs once, however often it is called.

    Slicer's classes call the constructors of all their bases in turn. In PyQt that of the first base calls
    the others, too; the second call would make a second object that nobody owns, and the program would
    crash at its end.
    """
    is_widget = issubclass(stock, QtWidgets.QWidget)

    def __init__(self: Any, *arguments: Any, **options: Any) -> None:
        if "_constructed" not in self.__dict__:
            if is_widget:
                ensure_application()
            stock.__init__(self, *arguments, **options)  # type: ignore[misc]
            self.__dict__["_constructed"] = True
            return
        parents = [one for one in (*arguments, options.get("parent")) if isinstance(one, QtCore.QObject)]
        if parents and isinstance(self, QtWidgets.QDialog):
            QtWidgets.QDialog.setParent(self, parents[0], QtWidgets.QDialog.windowFlags(self))
        elif parents:
            stock.setParent(self, parents[0])  # type: ignore[attr-defined]

    return __init__


def _adopting_methods(stock: type) -> dict[str, Any]:
    """Methods that give out objects which Qt made, so that scripts get them with PythonQt's manners."""
    methods: dict[str, Any] = {}
    for base in reversed(stock.__mro__):
        methods |= _own_adopting_methods(base)
    return {name: method for name, method in methods.items() if method is not None}


@cache
def _own_adopting_methods(stock: type) -> dict[str, Any]:
    """Those that a class has of its own, and None for its other ones; asked once for each base."""
    methods = {}
    for name in set(dir(stock)) & set(vars(stock)):  # sip fills the latter when asked for the former
        if name.startswith("_") or name in _VIRTUAL_GETTERS:
            continue
        method = getattr(stock, name)
        match = _GIVES.search(getattr(method, "__doc__", None) or "")
        adopts = match and callable(method) and _is_qobject_class(_stock_class(match[1]))
        methods[name] = _adopting(method) if adopts else None
    return methods


def _stock_class(name: str) -> Any:
    return next((getattr(source, name) for source in SOURCES if hasattr(source, name)), None)


def _adopting(method: Callable[..., Any]) -> Any:
    @wraps(method, assigned=("__name__", "__doc__"))
    def wrapper(self: Any, *arguments: Any, **options: Any) -> Any:
        return adopt(method(self, *arguments, **options))

    @wraps(method, assigned=("__name__", "__doc__"))
    def static(*arguments: Any, **options: Any) -> Any:
        return adopt(method(*arguments, **options))

    return wrapper if "(self" in (method.__doc__ or "") else staticmethod(static)


def _file_dialog() -> Any:
    """QFileDialog whose static questions answer with strings, not with pairs."""
    base: Any = dialect(QtWidgets.QFileDialog)
    body = {}
    for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName"):
        body[name] = staticmethod(_first_of(getattr(base, name)))
    kind = type(base)("QFileDialog", (base,), {**body, "__module__": "qt"})
    return known_as(kind, base)


def _first_of(question: Callable[..., tuple[Any, Any]]) -> Callable[..., Any]:
    def ask(*arguments: Any, **options: Any) -> Any:
        return question(*arguments, **options)[0]

    return ask
