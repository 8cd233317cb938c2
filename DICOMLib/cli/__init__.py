"""The command `slicer-dicom`; one file for each sub-command.

Exit codes are in `exit_codes`. With --json, standard output holds one JSON document and nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from DICOMLib import __version__
from DICOMLib.cli.exit_codes import FAILED, IN_WORDS, INTERRUPTED, MISUSE, Misuse
from DICOMLib.core.errors import DICOMError

# Sub-command: the module that holds it, and what help says of it; in the order in which help lists them.
COMMANDS = {
    "start": ("start", "import a folder (or sample data), load it, save a volume and a picture"),
    "view": ("view", "open the window (the default)"),
    "import": ("import_files", "import files and folders into a database"),
    "repair": ("repair", "find moved or lost files of a database"),
    "list": ("list_rows", "list patients, studies, series or instances"),
    "load": ("load", "load series and save them as NRRD or NIfTI"),
    "explain": ("explain", "why a series loads as it does, or not at all"),
    "export": ("export", "write a volume, segmentation, model or scene as DICOM"),
    "run": ("run", "run a script with slicer, qt and ctk"),
    "test": ("test", "run the self-tests of the modules"),
    "fields": ("fields", "show, switch and run the rules of the displayed fields"),
    "patch": ("patch", "repair DICOM files that break the Standard"),
    "deidentify": ("deidentify", "write copies without the identity of patients"),
    "echo": ("echo", "ask a peer whether it is there, or what is wrong"),
    "send": ("send", "send files and folders to a peer"),
    "find": ("find", "ask a peer what it has"),
    "retrieve": ("retrieve", "retrieve studies or series from a peer"),
    "resume": ("resume", "go on with interrupted transfers"),
    "listen": ("listen", "take what peers send into a database"),
    "serve": ("serve", "offer a database to others, over DIMSE and DICOMweb"),
}


class _Parser(argparse.ArgumentParser):
    """Takes options also between positional arguments, except where the rest belongs to a script."""

    _is_inside = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        takes_rest = any(action.nargs == argparse.REMAINDER for action in self._actions)
        if self._is_inside or takes_rest:
            return super().parse_known_args(args, namespace)
        self._is_inside = True  # the other method calls this one
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_inside = False


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with the sub-commands that `arguments` name, or the names of all if they name none.

    No other is even imported: some need packages that take a while.
    """
    parser = argparse.ArgumentParser(
        prog="slicer-dicom",
        description="DICOM database, browser, plugins and networking of 3D Slicer, on real MRML.",
        epilog=f"Without a sub-command the window is opened. Each sub-command has its own --help. {IN_WORDS}",
    )
    parser.add_argument("--version", action="version", version=f"slicer-dicom {__version__}")
    parser.add_argument("--verbose", action="store_true", help="log everything to standard error")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    named = [name for name in COMMANDS if name in arguments]
    for name in named or COMMANDS:
        file, text = COMMANDS[name]
        command = commands.add_parser(name, help=text, epilog=IN_WORDS)
        if named:
            module = _module(file)
            command.description = module.__doc__
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def _module(file: str) -> ModuleType:
    return importlib.import_module(f"DICOMLib.cli.{file}")


# Their remarks are on single files: what matters of them is in the account of an import.
_TALKATIVE = ("pydicom", "DICOMLib.fields")


# They run programs of the user, whose warnings are not ours to hold back.
_WITH_PROGRAMS = ("run", "test", "view")

# They tell in words what fails, and why; lines of code are in the detailed log.
_IN_WORDS_ONLY = ("load", "explain")


class _FirstLines(logging.Formatter):
    """Of each record its first line: no traceback, no lines of code."""

    def format(self, record: logging.LogRecord) -> str:
        first = record.getMessage().partition("\n")[0]
        return f"{record.levelname}: {first}"


class _Once:
    """Lets each line pass once: the same fault may be met at each file, and each time it is read."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, record: logging.LogRecord) -> bool:
        """Whether the line is new."""
        text = record.getMessage()
        is_new = text not in self._told
        self._told.add(text)
        return is_new


def _log_to_stderr(verbose: bool, command: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if command in _IN_WORDS_ONLY and not verbose:
        handler.setFormatter(_FirstLines())
        handler.addFilter(_Once())
    if not verbose:  # by a filter: pydicom sets the level of its logger anew when it is imported
        handler.addFilter(_worth_telling)
        if command not in _WITH_PROGRAMS:
            warnings.filterwarnings("ignore", module=r"pydicom\.")
    level = logging.DEBUG if verbose else logging.WARNING
    logging.basicConfig(handlers=[handler], level=level, format="%(levelname)s: %(message)s")


def _worth_telling(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or not record.name.startswith(_TALKATIVE)


def _in_words(error: DICOMError | OSError) -> str:
    """What is told of a fault: place and reason, without the numbers of the operating system."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return str(error)


def _searches_joined(arguments: Sequence[str]) -> list[str]:
    """Arguments in which a search that begins with a minus (-Modality:CT) is a value, and no option."""
    joined: list[str] = []
    for argument in arguments:
        value = argument.startswith("-") and not argument.startswith("--")
        if joined and joined[-1] == "--where" and value:
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    arguments = _searches_joined(sys.argv[1:] if argv is None else argv)
    try:
        options = build_parser(arguments).parse_args(arguments)
        if options.command is None:
            arguments.append("view")
            options = build_parser(arguments).parse_args(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else MISUSE
    _log_to_stderr(options.verbose, options.command)
    try:
        return int(options.run(options))
    except BrokenPipeError:  # the reader of the output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILED
    except Misuse as error:
        print(f"slicer-dicom {options.command}: {error}", file=sys.stderr)
        return MISUSE
    except (DICOMError, OSError) as error:
        print(f"slicer-dicom: {_in_words(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("slicer-dicom: stopped.", file=sys.stderr)
        return INTERRUPTED
