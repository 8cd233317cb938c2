"""How a value of each type is kept in a parameter node: as text, or as a reference to a node."""

from __future__ import annotations

import enum
import json
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer


class Kind:
    """A type of parameters: read from a node, written to it, and checked."""

    def __init__(self, accepted: tuple[type, ...], default: Callable[[], Any]) -> None:
        self.accepted = accepted
        self.default = default

    def check(self, value: Any) -> Any:
        """The value as it is kept.

        Raises
        ------
        TypeError
            If it is of another type.
        """
        if not isinstance(value, self.accepted):
            names = " or ".join(kind.__name__ for kind in self.accepted)
            raise TypeError(f"A value of type {names} is needed, not {type(value).__name__}.")
        return value

    def is_set(self, node: Any, key: str) -> bool:
        """Whether the node holds a value."""
        return bool(node.HasParameter(key))

    def read(self, node: Any, key: str) -> Any:
        """The value in the node."""
        raise NotImplementedError

    def write(self, node: Any, key: str, value: Any) -> None:
        """Put a value into the node."""
        raise NotImplementedError


class TextKind(Kind):
    """Kept as the text that a pair of functions makes and reads."""

    def __init__(
        self,
        accepted: tuple[type, ...],
        default: Callable[[], Any],
        to_text: Callable[[Any], str],
        from_text: Callable[[str], Any],
    ) -> None:
        super().__init__(accepted, default)
        self.to_text = to_text
        self.from_text = from_text

    def read(self, node: Any, key: str) -> Any:
        """The value that the text stands for."""
        return self.from_text(node.GetParameter(key))

    def write(self, node: Any, key: str, value: Any) -> None:
        """Keep its text."""
        node.SetParameter(key, self.to_text(value))


class NodeKind(Kind):
    """Kept as a reference, so that it follows the node when a scene is saved, loaded or merged."""

    def __init__(self, accepted: tuple[type, ...]) -> None:
        super().__init__((*accepted, type(None)), lambda: None)

    def check(self, value: Any) -> Any:
        """A node of the scene may be given by its ID, too."""
        return super().check(slicer.mrmlScene.GetNodeByID(value) if isinstance(value, str) else value)

    def is_set(self, node: Any, key: str) -> bool:
        """Always: no reference is None."""
        return True

    def read(self, node: Any, key: str) -> Any:
        """The node referred to."""
        return node.GetNodeReference(key)

    def write(self, node: Any, key: str, value: Any) -> None:
        """Refer to a node."""
        node.SetNodeReferenceID(key, value.GetID() if value is not None else None)


class NodeListKind(Kind):
    """A list of nodes, each a reference of one role."""

    def __init__(self) -> None:
        super().__init__((list,), list)

    def is_set(self, node: Any, key: str) -> bool:
        """Always: no reference is an empty list."""
        return True

    def read(self, node: Any, key: str) -> Any:
        """The nodes referred to."""
        return [node.GetNthNodeReference(key, index) for index in range(node.GetNumberOfNodeReferences(key))]

    def write(self, node: Any, key: str, value: Any) -> None:
        """Refer to these nodes and no others."""
        was_modifying = node.StartModify()
        node.RemoveNodeReferenceIDs(key)
        for one in value:
            node.AddNodeReferenceID(key, one.GetID())
        node.EndModify(was_modifying)


class OptionalKind(Kind):
    """A value or None."""

    def __init__(self, inner: Kind) -> None:
        super().__init__((*inner.accepted, type(None)), lambda: None)
        self.inner = inner

    def check(self, value: Any) -> Any:
        """None, or what the inner type takes."""
        return None if value is None else self.inner.check(value)

    def read(self, node: Any, key: str) -> Any:
        """None unless there is a value."""
        return self.inner.read(node, key) if self.inner.is_set(node, key) else None

    def write(self, node: Any, key: str, value: Any) -> None:
        """Keep the value; None is kept by there being none."""
        if value is None:
            node.UnsetParameter(key)
        else:
            self.inner.write(node, key, value)


def _number(kind: type) -> TextKind:
    accepted = (int, float) if kind is float else (kind,)
    return TextKind(accepted, kind, lambda value: repr(kind(value)), kind)


SIMPLE: dict[type, Callable[[], Kind]] = {
    bool: lambda: TextKind((bool,), bool, str, lambda text: text.lower() in ("true", "1")),
    int: lambda: _number(int),
    float: lambda: _number(float),
    str: lambda: TextKind((str,), str, str, str),
    Path: lambda: TextKind((Path, str), Path, lambda value: Path(value).as_posix(), Path),
}


def kind_of(hint: Any) -> Kind:
    """How values of a type are kept.

    Raises
    ------
    TypeError
        For a type that cannot be kept in a parameter node.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _kind_of_union(arguments)
    if origin in (list, tuple, dict):
        return _kind_of_container(origin, arguments)
    if hint in SIMPLE:
        return SIMPLE[hint]()
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return TextKind(
            (hint,), lambda: next(iter(hint)), lambda value: str(value.name), lambda text: hint[text]
        )
    if isinstance(hint, type) and issubclass(hint, slicer.vtkMRMLNode):
        return NodeKind((hint,))
    if hint in (list, dict, tuple):
        return _kind_of_container(hint, ())
    raise TypeError(
        f"A parameter of type {hint!r} cannot be kept in a parameter node. "
        "It takes bool, int, float, str, pathlib.Path, enumerations, MRML nodes, lists, tuples and "
        "dictionaries of these, parameter packs, and None."
    )


def _kind_of_union(arguments: tuple[Any, ...]) -> Kind:
    kinds = [kind_of(one) for one in arguments if one is not type(None)]
    if all(isinstance(kind, NodeKind) for kind in kinds):
        return NodeKind(tuple(one for kind in kinds for one in kind.accepted if one is not type(None)))
    if len(kinds) == 1:
        return OptionalKind(kinds[0])
    raise TypeError("A parameter can be of several types only if these are MRML nodes, or one type and None.")


def _kind_of_container(container: type, arguments: tuple[Any, ...]) -> Kind:
    inner = [kind_of(one) for one in arguments if one is not Ellipsis]
    if container is list and inner and isinstance(inner[0], NodeKind):
        return NodeListKind()
    if any(not isinstance(kind, TextKind) for kind in inner):
        raise TypeError("Of containers with MRML nodes or None in them, only lists of nodes can be kept.")
    return TextKind(
        (container, list) if container is tuple else (container,),
        container,
        lambda value: json.dumps(_plain(value)),
        lambda text: _typed(
            json.loads(text), container, [kind for kind in inner if isinstance(kind, TextKind)]
        ),
    )


def _plain(value: Any) -> Any:
    """The value with what JSON does not know as text."""
    if isinstance(value, dict):
        return [[_plain(key), _plain(one)] for key, one in value.items()]
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, enum.Enum):
        return value.name
    return value.as_posix() if isinstance(value, Path) else value


def _typed(value: Any, container: type, inner: list[TextKind]) -> Any:
    """What `_plain` made, with its types."""
    if not inner:
        return dict(value) if container is dict else container(value)
    if container is dict:
        return {_one(key, inner[0]): _one(item, inner[-1]) for key, item in value}
    if container is tuple and len(inner) == len(value):
        return tuple(_one(item, kind) for item, kind in zip(value, inner, strict=True))
    return container(_one(item, inner[0]) for item in value)


def _one(value: Any, kind: TextKind) -> Any:
    """A part of a container: texts stand for what JSON does not know, the rest is itself."""
    if isinstance(value, list):
        return kind.from_text(json.dumps(value))
    return kind.from_text(value) if isinstance(value, str) else kind.check(value)
