"""The tables of CTK's members: they are there, and each row names a test that really has them in it."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

TESTING = Path(__file__).resolve().parent
PAGE = TESTING.parent / "Resources" / "Docs" / "compatibility.md"
SECTION = PAGE.read_text(encoding="utf-8").split("## The members of CTK's classes")[1].split("\n## ")[0]
_INTRODUCTION, *CLASSES = re.split(r"\n### ", SECTION)
MODULES = dict.fromkeys(("ctkDICOMModel", "ctkDICOMFilterProxyModel"), "DICOMLib.widgets.tables.item_model")


def rows(text: str) -> list[tuple[list[str], str, str]]:
    """Members, file and test of each row."""
    found = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| `([\w./]+)::(\w+)` \|", text, re.MULTILINE)
    assert len(found) == text.count("\n| `")
    return [(re.findall(r"\w+", members), file, test) for members, file, test in found]


TABLES = {text.split("\n", 1)[0]: rows(text) for text in CLASSES}
ROWS = [(name, *row) for name, table in TABLES.items() for row in table]


def class_of(name: str) -> type:
    return getattr(importlib.import_module(MODULES.get(name, f"DICOMLib.compat.{name}")), name)


def members_of(name: str) -> set[str]:
    """Public names of the class and of a new object."""
    made = class_of(name)()
    return {member for member in (*dir(made), *vars(made)) if not member.startswith("_")}


@pytest.mark.parametrize("name", TABLES)
def test_every_member_is_there(name):
    listed = {member for members, _file, _test in TABLES[name] for member in members}
    assert listed - members_of(name) == set()


def test_every_signal_is_listed():
    listed = {member for members, _file, _test in TABLES["ctkDICOMDatabase"] for member in members}
    assert set(class_of("ctkDICOMDatabase").SIGNALS) <= listed


def source_of(file: str, test: str) -> str:
    text = (TESTING / file).read_text(encoding="utf-8")
    (function,) = (
        node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == test
    )
    lines = text.splitlines()
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    return "\n".join(lines[first - 1 : function.end_lineno])


@pytest.mark.parametrize(("name", "members", "file", "test"), ROWS)
def test_members_are_tested_where_the_table_says(name, members, file, test):
    source = source_of(file, test)
    assert [member for member in members if not re.search(rf"\b{member}\b", source)] == []


def test_every_test_of_the_page_is_there():
    named = re.findall(r"`(DICOMLib/[\w./]+)::(\w+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > len(ROWS)
    assert all(source_of(file, test) for file, test in named)
