"""How objects get PythonQt's manners in each binding of Qt: their classes, and who is an instance of these.

A derived class of manners takes stock objects for its instances, too. PyQt allows a metaclass that says so.
Shiboken, below PySide, looks for the very metaclass of its own before it trusts an object, and would call
deleted ones; there, scripts are given a stand-in for the class, which answers `isinstance` in its place.
"""

from __future__ import annotations

import ctypes
import importlib
from contextlib import suppress
from functools import wraps
from typing import Any

from qtpy import API, PYSIDE6, QtCore, QtWidgets

MARK = "_slicer_dialect"

# PySide makes its own of these for each class that does not define them itself
_METHODS_OF_EACH_CLASS = ("connect", "disconnect")
_set_class = vars(object)["__class__"].__set__  # Shiboken's setattr asks the object, which may be deleted
_guarded: dict[type, type] = {}
_with_addresses: set[type] = set()


def made_in_python(value: QtCore.QObject) -> bool:
    """Whether the object was made by Python, not by Qt."""
    if PYSIDE6:
        return bool(importlib.import_module("shiboken6").createdByPython(value))
    return bool(importlib.import_module("PyQt5.sip" if API == "pyqt5" else "PyQt6.sip").ispycreated(value))


def change_class(value: QtCore.QObject, kind: type) -> None:
    """Make an object one of a class derived from its own."""
    if not PYSIDE6:
        # PyQt6 makes it only for who asks or for a first object, and connects signals by it unseen
        _made = kind.staticMetaObject  # type: ignore[attr-defined]
        value.__class__ = kind
        return
    if made_in_python(value):
        _know_addresses(kind)
    else:
        kind = _guarded.get(kind) or _guarded.setdefault(kind, _guard(kind, type(value)))
    _set_class(value, kind)
    # Shiboken holds the class of an object twice and Python moves one of the two
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(kind))


def _know_addresses(kind: type) -> None:
    """Have Shiboken find out under which addresses objects of a class are known, as it does with the first.

    A widget or layout has two in C++, one for each of its bases. An object whose class came to it later would
    be forgotten under one only when it is deleted, and Shiboken visits all that it knows when Python ends.
    """
    if kind in _with_addresses or not issubclass(kind, (QtWidgets.QWidget, QtWidgets.QLayout)):
        return
    _with_addresses.add(kind)
    stock: Any = next(one for one in kind.__mro__ if one.__module__.startswith("PySide6."))
    known: Any = kind  # its constructor, which may do anything, is left out
    first = known.__new__(known)
    with suppress(TypeError):  # of the few that are not made without a parent, nobody has asked yet
        stock.__init__(first)


def _guard(kind: type, stock: type) -> type:
    """A class for objects that Qt made, which Shiboken lets have a class of ours only if it cannot check it.

    So the check that the object still exists is made here.
    """
    is_valid = importlib.import_module("shiboken6").isValid

    def check(value: Any) -> None:
        own = type(value)
        _set_class(value, stock)
        try:
            if not is_valid(value):
                raise RuntimeError(f"Qt has deleted this {stock.__name__} already.")
        finally:
            _set_class(value, own)

    class Unchecked(type(stock)):  # type: ignore[misc]
        """A metaclass that is not Shiboken's own."""

    plain: Any = kind  # its methods are called as functions

    def read(self: Any, name: str) -> Any:
        if name[:2] != "__":
            check(self)
        return plain.__getattribute__(self, name)

    def write(self: Any, name: str, value: Any) -> None:
        check(self)
        plain.__setattr__(self, name, value)

    body = {
        "__getattribute__": read,
        "__setattr__": write,
        "__module__": kind.__module__,
        "__doc__": kind.__doc__,
    }
    return Unchecked(kind.__name__, (kind,), body)


def keep_methods(kind: type) -> None:
    """Define again, in a class derived from one with the manners, the methods that PySide would replace."""
    if PYSIDE6:
        for name in _METHODS_OF_EACH_CLASS:
            if name not in vars(kind):
                setattr(kind, name, getattr(kind, name))


def meta_of(stock: type) -> Any:
    """The metaclass for a class derived from a stock one."""
    if PYSIDE6:
        return type(stock)

    class Dialect(type(stock)):  # type: ignore[misc]
        """Stock objects are instances, too."""

        def __instancecheck__(cls, instance: Any) -> bool:
            own = cls.__dict__.get(MARK)
            return isinstance(instance, stock) if own else super().__instancecheck__(instance)

        def __subclasscheck__(cls, other: type) -> bool:
            own = cls.__dict__.get(MARK)
            return issubclass(other, stock) if own else super().__subclasscheck__(other)

    return Dialect


def known_as(kind: type, asked: type | None = None) -> Any:
    """What scripts are given for a class: itself, or its stand-in.

    Parameters
    ----------
    kind
        A class with the manners.
    asked
        The class whose stock class decides who is an instance; `kind` itself by default.
    """
    return _StandIn(kind, (asked or kind).__bases__[0]) if PYSIDE6 else kind


def taking_numbers(stock: type) -> dict[str, Any]:
    """Setters of properties that are enumerations, which take numbers, too, as those of PyQt5 do."""
    if not PYSIDE6:
        return {}
    setters = {}
    info = stock.staticMetaObject  # type: ignore[attr-defined]
    properties = (info.property(index) for index in range(info.propertyCount()))
    for name in (*(one.name() for one in properties if one.isEnumType()), "checkState"):
        setter = f"set{name[0].upper()}{name[1:]}"
        if hasattr(stock, setter) and hasattr(stock, name):
            setters[setter] = _number_taker(getattr(stock, setter), getattr(stock, name))
    return setters


def _number_taker(write: Any, read: Any) -> Any:
    @wraps(write, assigned=("__name__", "__doc__"))
    def setter(self: Any, value: Any) -> Any:
        kind = type(read(self))
        return write(self, value if isinstance(value, kind) or not isinstance(value, int) else kind(value))

    return setter


class _StandIn:
    """Makes objects of a class, is its name in definitions of derived ones, and has all its attributes."""

    def __init__(self, kind: type, stock: type) -> None:
        object.__setattr__(self, "own", (kind, stock))

    def __getattribute__(self, name: str) -> Any:
        kind, _stock = object.__getattribute__(self, "own")
        if name == "__mro_entries__":
            return lambda _bases: (kind,)
        return type(kind) if name == "__class__" else getattr(kind, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "own")[0], name, value)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return object.__getattribute__(self, "own")[0](*arguments, **options)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, object.__getattribute__(self, "own")[1])

    def __subclasscheck__(self, other: Any) -> bool:
        return issubclass(other, object.__getattribute__(self, "own")[1])

    def __repr__(self) -> str:
        return repr(object.__getattribute__(self, "own")[0])
