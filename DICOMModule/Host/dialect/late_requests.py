"""The name that Slicer's script repository takes from `requests`: `from requests import HTTPBasicAuth`.

The package has it in `requests.auth` only. It is added when a script imports the package, for that takes a
good part of the time of a start.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

NAME = "requests"


class _Finder:
    """Finds `requests` as Python does, and lets it be completed; once, then it is gone."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, _target: object = None) -> ModuleSpec | None:
        """None for any other module."""
        if name != NAME:
            return None
        sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_complete(module: ModuleType) -> None:
                run(module)
                _complete(module)

            spec.loader.exec_module = run_and_complete  # type: ignore[method-assign]
        return spec


def _complete(module: ModuleType) -> None:
    if not hasattr(module, "HTTPBasicAuth"):
        module.HTTPBasicAuth = module.auth.HTTPBasicAuth  # type: ignore[attr-defined]


def install() -> None:
    """Let the package have the name as soon as it is there."""
    if NAME in sys.modules:
        _complete(sys.modules[NAME])
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
