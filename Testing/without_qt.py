"""A pytest plugin that hides Qt, VTK and slicer-core, to prove that the core needs none of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

import pytest

HIDDEN = ("qtpy", "PyQt5", "PyQt6", "PySide6", "vtk", "vtkmodules", "slicer", "slicer_core", "qt", "ctk")


class _Hide(MetaPathFinder):
    """Says that the hidden packages are not installed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name.split(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"{name} is hidden: the core must work without it", name=name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know the settings of pytest-qt, which cannot be loaded without Qt."""
    for name in ("qt_api", "qt_qapp_name", "qt_log_level_fail"):
        parser.addini(name, "of pytest-qt")
    parser.addini("qt_log_ignore", "of pytest-qt", type="linelist")


sys.meta_path.insert(0, _Hide())
