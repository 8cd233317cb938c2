"""`slicer.testing`: run unit tests inside the application, and end it with their result."""

from __future__ import annotations

import logging
import sys
import unittest
from pathlib import Path
from typing import Any

import slicer

EXIT_SUCCESS, EXIT_FAILURE = 0, 1

log = logging.getLogger(__name__)


def exitSuccess() -> None:
    """End the application: all went well."""
    slicer.util.exit(EXIT_SUCCESS)


def exitFailure(message: str = "") -> None:
    """End the application: something went wrong."""
    if message:
        log.error("%s", message)
    slicer.util.exit(EXIT_FAILURE)


def runUnitTest(path: str | Path | list[str], testname: str) -> None:
    """Run the tests of a Python module and end the application with the result.

    Parameters
    ----------
    path
        Folder of the module, or several folders that it imports from.
    testname
        Name of the module, or of a class or a test in it.
    """
    folders = [path] if isinstance(path, (str, Path)) else path
    sys.path[:0] = [str(folder) for folder in folders if str(folder) not in sys.path]
    result: Any = unittest.TextTestRunner(verbosity=2).run(unittest.TestLoader().loadTestsFromName(testname))
    if result.wasSuccessful():
        exitSuccess()
    else:
        exitFailure()
