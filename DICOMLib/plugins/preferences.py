"""The user's choices as plugins read them: from the application's settings, or the defaults without one."""

from __future__ import annotations

from typing import Any

import slicer

TRUE_TEXTS = {"true", "1", "yes", "on"}


def settings() -> Any:
    """The application's QSettings-like object, None where there is no application."""
    application = getattr(slicer, "app", None)
    return application.settings() if application is not None else None


def value(key: str, default: Any) -> Any:
    """What is stored under `key`; `default` if nothing is."""
    store = settings()
    if store is None:
        return default
    found = store.value(key, default)
    return default if found is None else found


def text(key: str, default: str = "") -> str:
    """A stored text."""
    return str(value(key, default))


def number(key: str, default: int = 0) -> int:
    """A stored whole number; the default if something else is stored."""
    try:
        return int(value(key, default))
    except ValueError:
        return default


def flag(key: str, default: bool = False) -> bool:
    """A stored truth value; back ends give it as bool, number or text."""
    return str(value(key, default)).lower() in TRUE_TEXTS
