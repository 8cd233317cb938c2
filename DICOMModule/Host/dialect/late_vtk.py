"""The module `vtk`, whose hundred parts are imported when a name of them is first asked for.

slicer-core imports the parts that it was built on. Most scripts need no others, yet write `import vtk`, which
takes half a second for the rest: more than all else that a window needs to appear.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import vtkmodules

NAME = "vtk"
PARTS = "vtkmodules."
EXTENSIONS = (".so", ".pyd")


class LateVtk(ModuleType):
    """Looks a name up in the parts that are imported, and imports all others where none of them has it."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            for path, part in list(sys.modules.items()):
                value = vars(part).get(name) if path.startswith(PARTS) else None
                if value is not None and not isinstance(value, ModuleType):
                    setattr(self, name, value)
                    return value
        self.complete()
        return object.__getattribute__(self, name)

    def complete(self) -> None:
        """Import all parts; from now on it is the module as everybody knows it."""
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.exec_module(self)
        # in Slicer `vtk.util.numpy_support` is there without an import of its own
        importlib.import_module("vtkmodules.util.numpy_support")
        self.util = sys.modules["vtkmodules.util"]


def warm_up() -> Iterator[str]:
    """Import the parts one by one, while nobody waits for them; yields the name of each.

    A window that does one step each time it is idle never stands still for all of them at once.
    """
    module = sys.modules.get(NAME)
    if not isinstance(module, LateVtk) or module.__file__ is None:
        return
    text = Path(module.__file__).read_text(encoding="utf-8")
    for part in re.findall(r"^from (vtkmodules\.\w+) import", text, re.MULTILINE):
        if part not in sys.modules:
            importlib.import_module(part)
            yield part


def find_parts_at_once() -> None:
    """Let VTK know where its parts are. It looks through its whole folder, and twice, for each of them."""
    search = getattr(vtkmodules, "find_lib_path", None)
    if search is None:
        return
    folder = Path(vtkmodules.__path__[0])
    known = {path.name.partition(".")[0]: path for path in folder.iterdir() if path.suffix in EXTENSIONS}

    def find(paths: Sequence[str], part: str) -> str | None:
        return str(known[part].resolve()) if part in known else search(paths, part)

    vtkmodules.find_lib_path = find


def install() -> None:
    """Put it where `import vtk` finds it, unless VTK has been imported already."""
    if NAME in sys.modules:
        return
    spec = importlib.util.find_spec(NAME)
    if spec is None:
        raise ImportError("VTK is not installed.", name=NAME)
    importlib.import_module("vtkmodules.util.misc")  # the decorators of observers, which all scripts use
    module = LateVtk(NAME, "VTK.")
    module.__spec__, module.__file__, module.__loader__ = spec, spec.origin, spec.loader
    sys.modules[NAME] = module
