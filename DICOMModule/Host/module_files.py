"""Which Python files are modules, and what is told of those that were meant to be one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

# A class by which Slicer finds a module, and one that the module of a plugin registers.
_MODULE_CLASS = re.compile(r"^class (\w+)\([^)]*\bScriptedLoadableModule\b", re.MULTILINE)
_PLUGIN_CLASS = re.compile(r"^class (\w+)\([^)]*\bDICOMPlugin\b", re.MULTILINE)


def text_of(path: Path) -> str:
    """The source."""
    return path.read_text(encoding="utf-8", errors="replace")


def is_module(path: Path) -> bool:
    """Whether a file is a scripted module: it holds a class of its own name."""
    name = path.stem
    return (
        not name.startswith("_") and re.search(rf"^class {name}\b", text_of(path), re.MULTILINE) is not None
    )


def misnamed(files: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Files of a folder that hold a module or a plugin but are none by their name, and what to do.

    A file of plugin classes, or named like one, that another file of the folder mentions is a part of that.
    """
    texts = {path: text_of(path) for path in files}
    for path, text in texts.items():
        if is_module(path):
            continue
        module, plugin = _MODULE_CLASS.search(text), _PLUGIN_CLASS.search(text)
        is_part = any(re.search(rf"\b{path.stem}\b", other) for file, other in texts.items() if file != path)
        if module is not None:
            yield (
                path,
                f"a module file must be named like its class, and {path.name} holds the class {module[1]}. "
                f"Rename the file to {module[1]}.py.",
            )
        elif plugin is not None and not is_part:
            yield (
                path,
                f"it holds the plugin {plugin[1]} but no class {path.stem}. Its file must hold a module "
                f"class of the file's name that puts {plugin[1]} into slicer.modules.dicomPlugins.",
            )
        elif path.stem.endswith("Plugin") and not is_part:
            yield path, _syntax_error(text) or f"it is named like a plugin but holds no class {path.stem}."


def _syntax_error(text: str) -> str:
    """What is no Python in a text, and where; empty if all of it is."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno} is no Python: {error.msg}."
    return ""


def advice_on_empty(folder: Path) -> str:
    """What to do about a folder in which no module was found."""
    if not folder.is_dir():
        return f"There is no folder {folder} with modules."
    inside = sorted({path.parent for path in folder.glob("*/*.py") if is_module(path)})
    if inside:
        return f"No module was found in {folder}; there are some in {', '.join(map(str, inside))}: give that."
    others = ", ".join(sorted(path.name for path in folder.glob("*.py")))
    seen = f" ({others} holds no class of its name)" if others else ""
    return (
        f"No module was found in {folder}{seen}. A module is a file Name.py with a class Name, derived from "
        "ScriptedLoadableModule."
    )
