"""Events without Qt: a `Signal` has listeners, may be called to emit, and survives a failing listener."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from typing import Any

from DICOMLib.core.errors import log_failure

log = logging.getLogger(__name__)

Listener = Callable[..., Any]


class Signal:
    """A notification that many listeners may hear.

    Parameters
    ----------
    name
        As it is written in `connect("name(types)", listener)`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: list[Listener] = []

    def connect(self, listener: Listener) -> None:
        """Call `listener` with the arguments of each later emission."""
        self._listeners.append(listener)

    def disconnect(self, listener: Listener | None = None) -> None:
        """Forget `listener`, or all of them; one that is not connected is ignored."""
        if listener is None:
            self._listeners.clear()
        elif listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self, *args: Any) -> None:
        """Call each listener; a failing one is logged and harms no other."""
        for listener in tuple(self._listeners):
            try:
                listener(*args)
            except Exception as error:  # noqa: BLE001  the border to code of others
                log_failure(log, f"a listener of {self.name} failed", error)

    __call__ = emit

    def __len__(self) -> int:
        return len(self._listeners)

    def __bool__(self) -> bool:
        return True


class MainThread:
    """How signals of other threads reach the main thread, where listeners may touch windows and the scene.

    Attributes
    ----------
    post
        Lets a function run in the main thread; None (the default) where there is no event loop, so that
        listeners are called in the thread that emits.
    deliver
        Runs now, in the main thread, what was posted.
    """

    def __init__(self) -> None:
        self.post: Callable[[Callable[[], None]], None] | None = None
        self.deliver: Callable[[], None] = lambda: None

    def catch_up(self) -> None:
        """Run now what was posted, if this is the main thread: whoever has waited finds it told."""
        if threading.current_thread() is threading.main_thread():
            self.deliver()


# A host with windows sets its functions.
main_thread = MainThread()


class EmitterSignal(Signal):
    """A signal that is heard in the main thread if a host wants it so."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._direct = Signal(name)

    def connect_directly(self, listener: Listener) -> None:
        """Call `listener` in the thread that emits, before it goes on, as Qt's direct connections do."""
        self._direct.connect(listener)

    def disconnect(self, listener: Listener | None = None) -> None:
        """As that of `Signal`, of direct connections, too."""
        super().disconnect(listener)
        self._direct.disconnect(listener)

    def emit(self, *args: Any) -> None:
        """Call each listener here, or let it be called in the main thread."""
        self._direct.emit(*args)
        if main_thread.post is None or threading.current_thread() is threading.main_thread():
            super().emit(*args)
        else:
            main_thread.post(lambda: super(EmitterSignal, self).emit(*args))

    __call__ = emit


class Emitter:
    """Base of classes with Qt-like signals, named in `SIGNALS`.

    Each signal is an attribute (`database.opened.connect(f)`, `database.opened()`), and can also be
    reached by its signature, as in Slicer: `database.connect("opened()", f)`.
    """

    SIGNALS: tuple[str, ...] = ()

    def __init__(self) -> None:
        for owner in type(self).__mro__:
            for name in owner.__dict__.get("SIGNALS", ()):
                if name not in self.__dict__:
                    self.__dict__[name] = EmitterSignal(name)

    def className(self) -> str:  # noqa: N802 (PythonQt calls it so)
        """Name of the class, as scripts ask every Qt object for it."""
        return type(self).__name__

    def connect(self, signature: str, receiver: Any, slot: str | None = None) -> bool:
        """Connect a function, or the method `slot` ("show(int)") of an object, to a signal.

        Argument types are not looked at; a signature without arguments, "opened()", calls without any.
        """
        listener = _listener(receiver, slot)
        name, bare = _signal_name(signature)
        signal = self.__dict__.get(name)
        if not isinstance(signal, Signal):
            raise ValueError(f"{type(self).__name__} has no signal {signature!r}")  # noqa: TRY004
        signal.connect(_Bare(listener) if bare else listener)
        return True

    def disconnect(self, signature: str, receiver: Any = None, slot: str | None = None) -> bool:
        """Undo `connect`, or with the signature alone all connections of the signal."""
        listener = None if receiver is None else _listener(receiver, slot)
        name, bare = _signal_name(signature)
        signal = self.__dict__.get(name)
        if not isinstance(signal, Signal):
            return False
        signal.disconnect(_Bare(listener) if bare and listener is not None else listener)
        return True


def _listener(receiver: Any, slot: str | None) -> Listener:
    """The function itself, or the method that is named as in Qt: "show(int)", "1show(int)", or "show"."""
    if slot is None:
        return receiver
    match = re.match(r"[12]?(\w+)", slot.strip())
    if match is None:
        raise ValueError(f"{slot!r} is no slot")
    return getattr(receiver, match[1])


class _Bare:
    """A listener that is called without the signal's arguments."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def __call__(self, *_args: Any) -> None:
        self.listener()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bare) and other.listener == self.listener

    def __hash__(self) -> int:
        return hash(self.listener)


def _signal_name(signature: str) -> tuple[str, bool]:
    """Split "name(types)" (with or without Qt's leading 2) into the name and whether it has no arguments."""
    match = re.fullmatch(r"2?(\w+)\s*(?:\((.*)\))?", signature.strip())
    if match is None:
        raise ValueError(f"{signature!r} is no signal signature")
    return match[1], match[2] is not None and not match[2].strip()
