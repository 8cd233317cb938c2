"""The decorators: `parameterNodeWrapper` for a parameter node, `parameterPack` for parameters in a group."""

from __future__ import annotations

import copy
import typing
from dataclasses import dataclass
from typing import Annotated, Any

import slicer
import vtk

from .annotations import Default, Validator
from .kinds import Kind, kind_of
from .widgets import GuiConnections

_FIELDS = "_slicer_parameters"


@dataclass(frozen=True)
class Parameter:
    """One attribute of a wrapped class: its name, type, default and what else was said about it."""

    name: str
    hint: Any
    annotations: tuple[Any, ...]
    kind: Kind | None  # None for a pack
    initial: Any

    @property
    def pack(self) -> Any:
        """The class of a group of parameters; None for a plain one."""
        return self.hint if self.kind is None else None

    def default(self) -> Any:
        """The value before one is set."""
        if isinstance(self.initial, Default):
            return self.initial.generator() if self.initial.generator else copy.copy(self.initial.value)
        return self.initial

    def checked(self, value: Any) -> Any:
        """The value if it is allowed.

        Raises
        ------
        TypeError, ValueError
            If it is not.
        """
        assert self.kind is not None
        try:
            value = self.kind.check(value)
            for annotation in self.annotations:
                if isinstance(annotation, Validator):
                    annotation.validate(value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self.name}: {error}") from None
        return value


def _parameters(cls: type) -> dict[str, Parameter]:
    """The parameters that the annotations of a class and its bases describe.

    Raises
    ------
    TypeError, ValueError
        For a type that cannot be kept, or a default that is not allowed.
    """
    found = {}
    for name, hint in typing.get_type_hints(cls, include_extras=True).items():
        annotations: tuple[Any, ...] = ()
        if typing.get_origin(hint) is Annotated:
            hint, *rest = typing.get_args(hint)
            annotations = tuple(rest)
        found[name] = _parameter(cls, name, hint, annotations)
    return found


def _parameter(cls: type, name: str, hint: Any, annotations: tuple[Any, ...]) -> Parameter:
    if hasattr(hint, _FIELDS):
        return Parameter(name, hint, annotations, None, None)
    kind = kind_of(hint)
    said = [one for one in annotations if isinstance(one, Default)]
    initial = (
        said[0] if said else Default(getattr(cls, name, None), None if hasattr(cls, name) else kind.default)
    )
    parameter = Parameter(name, hint, annotations, kind, initial)
    if said or hasattr(cls, name):
        parameter.checked(parameter.default())
    return parameter


class _Group:
    """Values of parameters in a node, under keys with a prefix."""

    def __init__(self, node: Any, prefix: str = "") -> None:
        object.__setattr__(self, "parameterNode", node)
        object.__setattr__(self, "_prefix", prefix)

    def _parameter(self, name: str) -> Parameter:
        fields: dict[str, Parameter] = getattr(type(self), _FIELDS)
        if name not in fields:
            raise AttributeError(f"{type(self).__name__} has no parameter {name!r}.")
        return fields[name]

    def getValue(self, name: str) -> Any:
        """The value of a parameter, "pack.name" for one in a group."""
        name, _, rest = name.partition(".")
        parameter = self._parameter(name)
        key = self._prefix + name  # type: ignore[attr-defined]
        if parameter.kind is None:
            group = parameter.pack._in_node(self.parameterNode, f"{key}.")  # type: ignore[attr-defined]
            return group.getValue(rest) if rest else group
        node = self.parameterNode  # type: ignore[attr-defined]
        return parameter.kind.read(node, key) if parameter.kind.is_set(node, key) else parameter.default()

    def setValue(self, name: str, value: Any) -> None:
        """Set the value of a parameter."""
        name, _, rest = name.partition(".")
        parameter = self._parameter(name)
        if parameter.kind is None:
            group = self.getValue(name)
            if rest:
                group.setValue(rest, value)
            else:
                for inner in getattr(parameter.pack, _FIELDS):
                    group.setValue(inner, value.getValue(inner))
            return
        key = self._prefix + name  # type: ignore[attr-defined]
        parameter.kind.write(self.parameterNode, key, parameter.checked(value))  # type: ignore[attr-defined]

    def dataType(self, name: str) -> Any:
        """The type of a parameter."""
        return self.parameter(name).hint

    def default(self, name: str) -> Any:
        """The value of a parameter that has not been set."""
        return self.parameter(name).default()

    def parameter(self, name: str) -> Parameter:
        """All that is known of a parameter, "pack.name" for one in a group."""
        name, _, rest = name.partition(".")
        parameter = self._parameter(name)
        return self.getValue(name).parameter(rest) if rest else parameter

    @classmethod
    def allParameters(cls) -> list[str]:
        """Names of all parameters, those in groups by "group.name"."""
        names: list[str] = []
        for name, parameter in getattr(cls, _FIELDS).items():
            inner = parameter.pack.allParameters() if parameter.kind is None else []
            names += [f"{name}.{one}" for one in inner] or [name]
        return names

    def __setattr__(self, name: str, value: Any) -> None:
        if name in getattr(type(self), _FIELDS):
            self.setValue(name, value)
        else:
            object.__setattr__(self, name, value)


def _node_of_its_own() -> Any:
    """What holds the values of a pack that a script has made; it is not in the scene, but knows its nodes."""
    node = slicer.vtkMRMLScriptedModuleNode()
    node.SetScene(slicer.mrmlScene)
    return node


def _attribute(name: str) -> property:
    return property(lambda self: self.getValue(name), doc=f"The parameter {name}.")


def _build(cls: type, body: dict[str, Any]) -> type:
    fields = _parameters(cls)
    kept = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    kept |= {name: _attribute(name) for name in fields} | body | {_FIELDS: fields}
    bases = tuple(base for base in cls.__bases__ if base is not object)
    return type(cls.__name__, (*bases, _Group), kept)


def parameterPack(cls: type) -> type:
    """Make a class a group of parameters, which is one parameter of a wrapped class or of another group."""

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        _Group.__init__(self, _node_of_its_own())
        for name, value in {**dict(zip(getattr(type(self), _FIELDS), values, strict=False)), **named}.items():
            self.setValue(name, value)

    def _in_node(wrapped: Any, node: Any, prefix: str) -> Any:
        group = wrapped.__new__(wrapped)
        _Group.__init__(group, node, prefix)
        return group

    def __eq__(self: Any, other: object) -> bool:
        same = type(self) is type(other)
        return same and all(self.getValue(name) == other.getValue(name) for name in self.allParameters())  # type: ignore[attr-defined]

    body = {"__init__": __init__, "_in_node": classmethod(_in_node), "__eq__": __eq__, "__hash__": None}
    return _build(cls, body)


def parameterNodeWrapper(cls: type) -> type:
    """Make a class a typed view of a parameter node: `MyParameters(logic.getParameterNode())`.

    Raises
    ------
    TypeError
        If one of its parameters cannot be kept in a parameter node.
    """

    def __init__(self: Any, parameterNode: Any, prefix: str | None = None) -> None:
        _Group.__init__(self, parameterNode, f"{prefix}." if prefix else "")
        object.__setattr__(self, "_connections", GuiConnections(self))

    def connectGui(self: Any, gui: Any) -> int:
        """Tie each widget whose property SlicerParameterName names a parameter to it; gives a tag."""
        return self._connections.connect_gui(gui)

    def connectParametersToGui(self: Any, widgets: dict[str, Any]) -> int:
        """Tie widgets to parameters by a mapping from parameter to widget; gives a tag."""
        return self._connections.connect(widgets)

    def disconnectGui(self: Any, tag: int) -> None:
        """Undo one connection."""
        self._connections.disconnect(tag)

    def AddObserver(self: Any, event: Any, callback: Any) -> int:
        """Observe the parameter node."""
        return int(self.parameterNode.AddObserver(event, callback))

    def RemoveObserver(self: Any, tag: int) -> None:
        """Observe it no more."""
        self.parameterNode.RemoveObserver(tag)

    def Modified(self: Any) -> None:
        """Tell that something has changed."""
        self.parameterNode.InvokeEvent(vtk.vtkCommand.ModifiedEvent)

    methods = (connectGui, connectParametersToGui, disconnectGui, AddObserver, RemoveObserver, Modified)
    return _build(cls, {"__init__": __init__, **{one.__name__: one for one in methods}})
