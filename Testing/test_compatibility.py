"""The page on compatibility tells names that are really there."""

from __future__ import annotations

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

pytestmark = [pytest.mark.mrml, pytest.mark.gui]

PAGE = Path(__file__).resolve().parent.parent / "Resources" / "Docs" / "compatibility.md"
TABLE = PAGE.read_text(encoding="utf-8").split("## Names")[1].split("\n## ")[0]
NAMES = sorted(set(re.findall(r"`((?:ctk|slicer|DICOMLib|SampleData)\.[\w.]+)`", TABLE)))


def test_the_page_has_names():
    assert len(NAMES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_name(host, name):
    package, *attributes = name.split(".")
    assert reduce(getattr, attributes, importlib.import_module(package)) is not None
