"""Real DCMTK servers on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from Testing import dcmtk


@pytest.fixture
def storescp(tmp_path: Path, servers: Any) -> dcmtk.Server:
    """A running `storescp`; what it takes is in `tmp_path/received`."""
    return servers(dcmtk.storescp(tmp_path))


@pytest.fixture
def qrscp(tmp_path: Path, servers: Any) -> dcmtk.Server:
    """A running `dcmqrscp` with AE title QRSCP and an empty store."""
    return servers(dcmtk.dcmqrscp(tmp_path))
