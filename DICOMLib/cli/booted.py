"""The host for sub-commands that need nodes: booted when it is asked for, shut down at the end."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import PluginError


def add_module_path_argument(parser: argparse.ArgumentParser) -> None:
    """The option --additional-module-paths."""
    parser.add_argument(
        "--additional-module-paths",
        metavar="DIR",
        action="append",
        default=[],
        help="folder with more scripted modules and plugins; may be repeated",
    )


@contextmanager
def host(
    *, gui: bool, testing: bool = False, database: str | None = None, module_paths: Sequence[str] = ()
) -> Iterator[Any]:
    """The booted application.

    Parameters
    ----------
    gui
        Whether windows may be made.
    testing
        Whether no question may be asked.
    database
        Folder of the database for this run.
    module_paths
        Folders with more modules.
    """
    for folder in module_paths:
        if not Path(folder).is_dir():
            raise PluginError(f"There is no folder {folder} with modules.")
    from DICOMModule.Host.application import boot
    from DICOMModule.Host.qt_messages import log_qt_messages

    log_qt_messages()  # also while testing, when `boot` leaves them alone
    application = boot(
        gui=gui, testing=testing, database_directory=database, additional_module_paths=module_paths
    )
    try:
        yield application
    finally:
        application.shutdown()
        log_qt_messages(enabled=False)
