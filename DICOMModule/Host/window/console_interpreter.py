"""Runs what is typed in the Python console, in a namespace as scripts of Slicer know it."""

from __future__ import annotations

import ast
import codeop
import rlcompleter
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from itertools import takewhile
from typing import Any, TextIO, cast

from DICOMModule.Host.dialect.missing_attributes import explanation
from DICOMModule.Host.dialect.namespaces import names_of_scripts

FILE = "<console>"


class Output:
    """A stream whose text goes to a function."""

    encoding = "utf-8"

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def write(self, text: str) -> int:
        """Show the text."""
        if text:
            self._show(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """False: colours and the like would not be understood."""
        return False


class Interpreter:
    """Keeps the names, runs source in them and completes names.

    Parameters
    ----------
    show
        Is given what the source prints.
    show_error
        Is given its tracebacks and what it writes to standard error.
    leave
        Is called with the exit code where the source wants to end the program.
    """

    def __init__(
        self, show: Callable[[str], None], show_error: Callable[[str], None], leave: Callable[[Any], None]
    ) -> None:
        self._output, self._error = cast(TextIO, Output(show)), cast(TextIO, Output(show_error))
        self._leave = leave
        self.names: dict[str, Any] = {**names_of_scripts(), "__name__": "__main__", "__doc__": None}

    @staticmethod
    def is_complete(source: str) -> bool:
        """Whether the source can run: no bracket is open, and a block has been ended by an empty line."""
        try:
            code = codeop.compile_command(source, FILE, "exec")
        except (SyntaxError, ValueError, OverflowError):
            return True  # to run it tells what is wrong
        last = source.rsplit("\n", 1)[-1]
        within_block = "\n" in source and last[:1].isspace() and last.strip() != ""
        return code is not None and not within_block

    def run(self, source: str) -> bool:
        """Run statements; the values of expressions among them are printed. Whether nothing was raised."""
        with redirect_stdout(self._output), redirect_stderr(self._error):
            try:
                tree = ast.Interactive(ast.parse(source, FILE).body)
                exec(compile(tree, FILE, "single"), self.names)
            except SystemExit as end:
                self._leave(end.code)
            except (SyntaxError, ValueError, OverflowError) as error:
                self._report(error, with_frames=not isinstance(error, SyntaxError))
                return False
            except Exception as error:  # noqa: BLE001 (whatever the user's code raises is its result)
                self._report(error, with_frames=True)
                return False
        return True

    def _report(self, error: BaseException, *, with_frames: bool) -> None:
        trace = error.__traceback__
        below = trace.tb_next if trace is not None and with_frames else None  # without this file's own frame
        traceback.print_exception(type(error), error, below, file=self._error)
        if text := explanation(error):
            print(text, file=self._error)

    def completions(self, text: str) -> tuple[str, list[str]]:
        """How far the name at the end of a text can be completed, and all names that it can become."""
        word = text[len(text.rstrip(_WORD)) :] if text else ""
        completer = rlcompleter.Completer(self.names)
        found: list[str] = []
        while word and len(found) < MOST_COMPLETIONS:
            match = completer.complete(word, len(found))
            if match is None:
                break
            found.append(match)
        found = sorted({match.rstrip("() ") for match in found})
        shared = takewhile(lambda letters: len(set(letters)) == 1, zip(*found, strict=False))
        return "".join(letters[0] for letters in shared)[len(word) :], found


MOST_COMPLETIONS = 400
_WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."
