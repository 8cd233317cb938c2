"""David Clunie's validator of DICOM files (dicom3tools), as a judge of what is written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest


def dciodvfy_errors(paths: Iterable[str | Path]) -> list[str]:
    """The errors that the validator finds in files; its warnings are left out."""
    program = Path(sys.executable).with_name("dciodvfy")
    if not program.exists():
        pytest.skip("dicom3tools is not installed")
    errors = []
    for path in paths:
        result = subprocess.run(
            [program, path], capture_output=True, text=True, timeout=60, check=False, errors="replace"
        )
        lines = (result.stdout + result.stderr).splitlines()
        assert lines, f"the validator says nothing on {path}"
        errors += [f"{Path(path).name}: {line}" for line in lines if line.startswith("Error")]
    return errors
