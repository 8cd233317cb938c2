"""What all tests share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

# Views are drawn off screen where there is no display; it must be decided before Qt is imported.
if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if not os.environ.get("XDG_RUNTIME_DIR"):  # Qt warns where it is missing, and a Qt warning fails a test
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="runtime-")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data beside the project; a test that needs it is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the folder of shared DICOM data is not beside the project")
    return SHARED


@pytest.fixture(scope="session")
def shared_data(shared: Path) -> Path:
    """Real DICOM files with their MANIFEST.tsv."""
    return shared / "data"
