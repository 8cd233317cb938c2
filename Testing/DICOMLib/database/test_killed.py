"""Killed more than a hundred times at random moments of an import, a removal and a schema update."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
@pytest.mark.parametrize(
    ("kind", "rounds"),
    [("import", 30), ("copy", 20), ("workers", 10), ("removal", 25), ("update", 25)],
)
def test_what_is_left_is_whole_and_can_be_completed(tmp_path: Path, kind: str, rounds: int) -> None:
    seed = random.SystemRandom().randrange(10**6)
    command = [sys.executable, "-m", "Testing.killed", kind, str(tmp_path), str(rounds), str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"seed {seed}:\n{done.stderr}"
    assert int(done.stdout) >= rounds // 3  # else it was killed too late to mean anything
