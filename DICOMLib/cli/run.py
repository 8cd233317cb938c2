"""Run a Python script in the booted application, as Slicer runs it with --python-script.

The script finds `slicer`, `qt`, `ctk`, the names of `slicer.util` (such as `getNode`) and its own arguments
in `sys.argv`. Its exit status and its exceptions are those of the command.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import traceback
from pathlib import Path

from DICOMLib.cli.booted import add_module_path_argument, host
from DICOMLib.cli.databases import add_database_argument
from DICOMLib.cli.exit_codes import Misuse
from DICOMLib.core.errors import DICOMError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    add_database_argument(parser, required=False)
    window = parser.add_mutually_exclusive_group()
    window.add_argument("--main-window", action="store_true", help="open the main window")
    window.add_argument("--no-main-window", action="store_true", help="open none (the default)")
    add_module_path_argument(parser)
    parser.add_argument("--code", metavar="TEXT", help="Python code to run instead of a file")
    parser.add_argument("script", nargs="?", metavar="SCRIPT", help="the file to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARG", help="arguments of the script")


def run(options: argparse.Namespace) -> int:
    """The exit status of the script; 1 if it raises."""
    if (options.code is None) == (options.script is None):
        raise Misuse("give a script or --code, one of the two.")
    if options.script is not None and not Path(options.script).is_file():
        raise DICOMError(f"There is no script {options.script}.")
    with host(
        gui=options.main_window, database=options.database, module_paths=options.additional_module_paths
    ) as application:
        if options.main_window:
            from DICOMModule.Host.event_loop import run_window

            application.show_main_window()
            return run_window(application, lambda: _run_script(options))
        return _run_script(options) or 0


def _run_script(options: argparse.Namespace) -> int | None:
    """The exit status that the script asked for, 1 if it raised; None if it came to its end."""
    from DICOMModule.Host.dialect.namespaces import names_of_scripts

    arguments, path = sys.argv, list(sys.path)
    sys.argv = [options.script or "", *options.arguments]
    # as Python does it: a script finds what lies beside it
    sys.path.insert(0, str(Path(options.script).resolve().parent) if options.script else "")
    try:
        if options.code is not None:
            exec(compile(options.code, "<code>", "exec"), {**names_of_scripts(), "__name__": "__main__"})
        else:
            runpy.run_path(options.script, names_of_scripts(), run_name="__main__")
    except SystemExit as end:
        return _exit_status(end.code)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (whatever the script raises is its result)
        traceback.print_exc()
        _explain(error)
        return 1
    finally:
        sys.argv, sys.path[:] = arguments, path
    return None


def _explain(error: BaseException) -> None:
    """Tell what there is instead of a name that the script asked for in vain."""
    from DICOMModule.Host.dialect.missing_attributes import explanation

    if text := explanation(error):
        print(text, file=sys.stderr)


def _exit_status(code: object) -> int:
    """What the operating system gets, as Python itself does it."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1
