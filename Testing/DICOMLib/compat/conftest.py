"""An open database, empty or with a series of three, and what is heard of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from Testing.DICOMLib.compat.datasets import dataset, write


@pytest.fixture
def database(tmp_path: Path) -> Iterator[ctkDICOMDatabase]:
    (tmp_path / "db").mkdir()
    opened = ctkDICOMDatabase(str(tmp_path / "db/ctkDICOM.sql"))
    assert opened.isOpen
    yield opened
    opened.closeDatabase()


@pytest.fixture
def heard(database: ctkDICOMDatabase) -> list[tuple[object, ...]]:
    events: list[tuple[object, ...]] = []
    for name in database.SIGNALS:
        getattr(database, name).connect(lambda *arguments, name=name: events.append((name, *arguments)))
    return events


@pytest.fixture
def filled(database: ctkDICOMDatabase, tmp_path: Path) -> ctkDICOMDatabase:
    for number in range(3):
        database.insert(
            write(tmp_path / f"{number}.dcm", dataset(f"9.{number}", InstanceNumber=number)), False, False
        )
    return database
