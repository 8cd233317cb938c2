"""Slicer's way to connect a widget's signals: by the text of their signature."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

Slot = Callable[..., Any]


class NamedSignals:
    """Mixin of QObjects whose Qt signals can also be connected with `connect("name(types)", slot)`.

    A signature without arguments, "closed()", calls the slot without any. `OVERLOADS` names, for
    signals of several overloads, the Python types that stand for each text of argument types.
    """

    OVERLOADS: ClassVar[dict[str, tuple[type, ...]]] = {}

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Give each class both methods itself: PySide6 puts those of QObject before those of a mixin."""
        super().__init_subclass__(**keywords)
        for name in ("connect", "disconnect"):
            if name not in vars(cls):
                setattr(cls, name, getattr(cls, name))

    def className(self) -> str:
        """Name of the class, as scripts ask every Qt object for it."""
        return type(self).__name__

    def connect(self, signature: str, slot: Slot) -> bool:
        """Connect the signal of that signature to `slot`.

        Raises
        ------
        ValueError
            If the signature cannot be read or there is no such signal.
        """
        signal, bare = self._signal_of(signature)
        signal.connect(self._bare(signature, slot) if bare else slot)
        return True

    def disconnect(self, signature: str, slot: Slot | None = None) -> bool:
        """Undo `connect`; False if there was no such connection."""
        signal, bare = self._signal_of(signature)
        try:
            if slot is None:
                signal.disconnect()
            else:
                signal.disconnect(self._bare(signature, slot) if bare else slot)
        except (TypeError, RuntimeError):
            return False
        return True

    def _signal_of(self, signature: str) -> tuple[Any, bool]:
        match = re.fullmatch(r"2?(\w+)\s*(?:\((.*)\))?", signature.strip())
        signal: Any = getattr(self, match[1], None) if match else None
        if match is None or not hasattr(signal, "connect"):
            raise ValueError(f"{type(self).__name__} has no signal {signature!r}")
        types = match[2]
        overload = self.OVERLOADS.get((types or "").replace(" ", ""))
        return (signal[overload] if overload else signal), types is not None and not types.strip()

    def _bare(self, signature: str, slot: Slot) -> Slot:
        """Give the same wrapper for the same slot, so that it can be found again to disconnect it."""
        wrappers = self.__dict__.setdefault("_bare_slots", {})
        return wrappers.setdefault((signature, slot), lambda *_arguments: slot())
