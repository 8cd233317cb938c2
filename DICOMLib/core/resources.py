"""Where the package's own files lie: UI, icons, SQL, configuration, documents."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(name: str) -> Path:
    """Path of `Resources/<name>`, in a source tree as well as in an installed package.

    Raises
    ------
    FileNotFoundError
        If there is no such resource.
    """
    for root in (_PACKAGE / "Resources", _PACKAGE.parent / "Resources"):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"The package has no resource {name!r}.")
