"""The page of plugins says what the code does: classes, nodes, exports and tests are looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import UID

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "Resources" / "Docs" / "plugins.md"
COLUMNS = ["SOP class", "UID", "node", "export", "test"]


@dataclass(frozen=True)
class Row:
    plugin: str
    sop_class: str
    uid: str
    nodes: list[str]
    export: str
    tests: list[str]


def sections() -> dict[str, str]:
    """Text of the section of each plugin."""
    parts = re.split(r"^## (D(?:ICOM|icom)\w+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows() -> list[Row]:
    found = []
    for plugin, text in sections().items():
        cells = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines()
            if line.startswith("|")
        ]
        assert COLUMNS in cells, plugin
        for sop_class, uid, nodes, export, tests in cells[cells.index(COLUMNS) + 2 :]:
            found.append(
                Row(plugin, sop_class, uid, nodes.split(", "), export, re.findall(r"`([^`]+)`", tests))
            )
    return found


def identity(row: Row) -> str:
    return f"{row.plugin}-{row.uid}"


def test_each_plugin_has_a_section() -> None:
    assert sorted(sections()) == sorted(path.stem for path in (ROOT / "DICOMPlugins").glob("D*.py"))


@pytest.mark.parametrize("row", rows(), ids=identity)
def test_names_and_tests(row: Row) -> None:
    if UID(row.uid).name != row.uid:  # the newest classes are not known to every release of pydicom
        assert UID(row.uid).name == row.sop_class
    assert row.export in ("yes", "no")
    assert row.tests
    for name in row.tests:
        assert (ROOT / name).is_file(), name


@pytest.mark.mrml
@pytest.mark.parametrize("row", rows(), ids=identity)
def test_nodes_and_exports(row: Row, host: Any) -> None:
    import slicer

    from DICOMLib.plugins.base import DICOMPlugin

    for node in row.nodes:
        assert hasattr(slicer, node), node
    plugin = slicer.modules.dicomPlugins[row.plugin]
    if row.export == "yes":
        assert plugin.export is not DICOMPlugin.export
