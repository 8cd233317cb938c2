"""Run the self-tests of modules, as the button in their panels does."""

from __future__ import annotations

import argparse
from typing import TextIO

from DICOMLib.cli.booted import add_module_path_argument, host
from DICOMLib.cli.output import clean_stdout, print_json
from DICOMLib.core.errors import PluginError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the sub-command."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="modules to test (default: all that have a test)"
    )
    parser.add_argument("--json", action="store_true", help="write the outcomes as JSON")
    add_module_path_argument(parser)


def run(options: argparse.Namespace) -> int:
    """0 if all passed, 1 if one failed or there is no such module."""
    with clean_stdout() as result:
        with host(gui=True, testing=True, module_paths=options.additional_module_paths) as application:
            from DICOMModule.Host.window.developer_section import run_self_test

            testable = [m.name for m in application.modules.scripted() if hasattr(m.source, f"{m.name}Test")]
            unknown = sorted(set(options.names) - set(testable))
            if unknown:
                raise PluginError(
                    f"There is no module with a self-test: {', '.join(unknown)}. "
                    f"There are: {', '.join(sorted(testable))}."
                )
            outcomes = {name: run_self_test(name) for name in options.names or testable}
        _show(outcomes, result, as_json=options.json)
    return 0 if all(passed for passed, _ in outcomes.values()) else 1


def _show(outcomes: dict[str, tuple[bool, str]], result: TextIO, *, as_json: bool) -> None:
    if as_json:
        print_json([{"module": n, "passed": p, "log": t} for n, (p, t) in outcomes.items()], result)
        return
    for name, (passed, text) in outcomes.items():
        print(f"{name}: {'passed' if passed else 'failed'}", file=result)
        if not passed:
            print(text, file=result)
