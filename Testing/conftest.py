"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Views are drawn off screen where there is no display; it must be decided before Qt is imported.
if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

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
