"""Command line modules that are programs: each tells its parameters as XML when asked with `--xml`.

They are looked for when a script asks for `slicer.modules.<name>`, in the folders of additional modules and
among the programs of the Python package dcmqi, if it is installed.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from qtpy import QtCore, QtWidgets
from slicer.cli import CommandLineModule

from DICOMModule.Host.dialect.command_line_files import ParameterFiles
from DICOMModule.Host.dialect.command_line_node import text_of

log = logging.getLogger(__name__)

_FOLDERS: list[Path] = []
_FOUND: list[Program] = []
_LONGEST_DESCRIPTION_S = 30
_POLL_MS = 50


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a program.

    Parameters
    ----------
    name
        As scripts set it.
    kind
        Element of the description: "boolean", "string", "image", "directory", ...
    flag
        With its hyphens; empty if the parameter stands by its place.
    index
        Its place behind the flags; None if it has a flag.
    is_output
        Whether the program makes it.
    multiple
        Whether there may be several, each with its flag.
    """

    name: str
    kind: str
    flag: str
    index: int | None
    is_output: bool
    multiple: bool


class Program(CommandLineModule):
    """A program as a command line module."""

    def __init__(self, path: Path, description: ElementTree.Element) -> None:
        groups = {
            (group.findtext("label") or "").strip(): tuple(
                name.strip() for element in group if (name := element.findtext("name"))
            )
            for group in description.iter("parameters")
        }
        super().__init__(path.stem, groups=groups, path=str(path))
        self.title = (description.findtext("title") or path.stem).strip()
        self.parameters = list(_parameters(description))
        self._running: dict[Any, subprocess.Popen[bytes]] = {}  # by the address of the node

    def start(self, node: Any, wait: bool) -> None:
        """Run the program with the parameters of a node; nobody waits for it unless that is asked for."""
        files = ParameterFiles()
        node.SetErrorText("")
        node.SetOutputText("")
        try:
            command = self.command(node, files)
            process = subprocess.Popen(command, stdout=files.output, stderr=files.errors)
        except (OSError, ValueError) as error:
            _end(node, str(error), node.CompletedWithErrors)
            files.close()
            return
        node.SetStatus(node.Running)
        if wait or QtWidgets.QApplication.instance() is None:
            process.wait()
            self._finish(node, process, files)
            return
        self._running[node.__this__] = process
        self._watch(node, process, files)

    def _watch(self, node: Any, process: subprocess.Popen[bytes], files: ParameterFiles) -> None:
        timer = QtCore.QTimer(QtWidgets.QApplication.instance())

        def look() -> None:
            if process.poll() is not None:
                timer.stop()
                timer.deleteLater()
                self._finish(node, process, files)

        timer.timeout.connect(look)
        timer.start(_POLL_MS)

    def _finish(self, node: Any, process: subprocess.Popen[bytes], files: ParameterFiles) -> None:
        """Take over what the program made and said."""
        self._running.pop(node.__this__, None)
        node.SetOutputText(files.text(files.output))
        errors = files.text(files.errors)
        try:
            if node.GetStatus() == node.Cancelling:
                _end(node, errors, node.Cancelled)
            elif process.returncode != 0:
                _end(
                    node, errors or f"{self.name} ended with {process.returncode}.", node.CompletedWithErrors
                )
            else:
                files.load_results()
                _end(node, errors, node.Completed)
        except RuntimeError as error:
            _end(node, str(error), node.CompletedWithErrors)
        finally:
            files.close()

    def cancel(self, node: Any) -> None:
        """End the program."""
        process = self._running.get(node.__this__)
        if process is not None:
            node.SetStatus(node.Cancelling)
            process.terminate()

    def close(self) -> None:
        """End the programs that still run; nobody asks for their results any more."""
        for process in self._running.values():
            process.kill()
            process.wait()
        self._running.clear()

    def command(self, node: Any, files: ParameterFiles) -> list[str]:
        """The command line for the parameters of a node, whose input nodes are written to files.

        Raises
        ------
        ValueError
            If there is no parameter of a name, or a node that is named is not in the scene.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        unknown = sorted(set(node.values) - set(known))
        if unknown:
            raise ValueError(
                f"{self.title} has no parameter {', '.join(unknown)}; it has {', '.join(known)}."
            )
        flags: list[str] = []
        places: dict[int, list[str]] = {}
        for parameter in self.parameters:
            value = node.values.get(parameter.name)
            if value is None or value is False or value == "":
                continue
            words = [] if parameter.kind == "boolean" else _words(parameter, value, files)
            if parameter.index is not None:
                places[parameter.index] = words
            elif parameter.kind == "boolean":
                flags += [parameter.flag] if text_of(value) in ("true", "1") else []
            else:
                flags += [part for word in words for part in (parameter.flag, word)]
        return [self.path, *flags, *(word for place in sorted(places) for word in places[place])]


def _words(parameter: Parameter, value: Any, files: ParameterFiles) -> list[str]:
    if parameter.multiple:
        several = value if isinstance(value, (list, tuple)) else str(value).split(",")
        return [files.word(parameter, one) for one in several]
    return [files.word(parameter, value)]


def _end(node: Any, errors: str, status: int) -> None:
    node.SetErrorText(errors)
    node.SetStatus(status)


def _parameters(description: ElementTree.Element) -> Iterator[Parameter]:
    for group in description.iter("parameters"):
        for element in group:
            name, index = element.findtext("name"), element.findtext("index")
            if not name:
                continue
            long, short = element.findtext("longflag"), element.findtext("flag")
            flag = f"--{long.strip().lstrip('-')}" if long else f"-{(short or '').strip().lstrip('-')}"
            yield Parameter(
                name.strip(),
                element.tag,
                "" if index is not None else flag,
                int(index) if index is not None else None,
                (element.findtext("channel") or "").strip() == "output",
                element.get("multiple") == "true",
            )


def add_folders(folders: Iterable[Path]) -> None:
    """Look for programs in these folders, too."""
    _FOLDERS.extend(folder for folder in folders if folder not in _FOLDERS)


def holds_programs(folder: Path) -> bool:
    """Whether a folder has files that can be run."""
    return folder.is_dir() and any(map(_is_program, folder.iterdir()))


def find(name: str) -> Program | None:
    """The program of that name, in lower case; None if there is none that tells its parameters."""
    for folder in (*_FOLDERS, *_folders_of_dcmqi()):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.stem.lower() == name and path.suffix != ".py" and _is_program(path):
                description = describe(path)
                if description is not None:
                    _FOUND.append(Program(path, description))
                    return _FOUND[-1]
    return None


def forget() -> None:
    """Forget folders and programs, and end those that run."""
    for program in _FOUND:
        program.close()
    _FOUND.clear()
    _FOLDERS.clear()


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK) and (os.name != "nt" or path.suffix == ".exe")


def _folders_of_dcmqi() -> list[Path]:
    try:
        distribution = importlib.metadata.distribution("dcmqi")
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Path(str(distribution.locate_file("dcmqi/bin")))]


def describe(path: Path) -> ElementTree.Element | None:
    """The description that a program gives of itself; None if it gives none."""
    try:
        answer = subprocess.run(
            [path, "--xml"], capture_output=True, timeout=_LONGEST_DESCRIPTION_S, check=False
        ).stdout.decode("utf-8", "replace")
        return ElementTree.fromstring(answer[max(0, answer.find("<executable")) :])
    except (OSError, subprocess.TimeoutExpired, ElementTree.ParseError):
        log.warning("%s tells no parameters, so that it cannot be used as a command line module.", path.stem)
        return None
