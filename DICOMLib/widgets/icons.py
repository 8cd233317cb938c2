"""Icons of the package, by the name of their file."""

from __future__ import annotations

from qtpy.QtGui import QIcon

from DICOMLib.core.resources import resource

SUFFIXES = (".svg", ".png")


def icon(name: str) -> QIcon:
    """Give the icon `Resources/Icons/<name>`; an empty one where there is none, so that text stands alone."""
    for suffix in SUFFIXES:
        try:
            return QIcon(str(resource(f"Icons/{name}{suffix}")))
        except FileNotFoundError:
            continue
    return QIcon()
