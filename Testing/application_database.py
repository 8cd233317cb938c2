"""The application's database and scene, both empty, as a fixture."""

from __future__ import annotations

import pytest


@pytest.fixture
def database(host, tmp_path):
    """The application's database in an empty folder; the scene is empty too."""
    import slicer

    slicer.mrmlScene.Clear(0)
    folder = tmp_path / "database"
    folder.mkdir()
    slicer.dicomDatabase.openDatabase(str(folder / "ctkDICOM.sql"))
    yield slicer.dicomDatabase
    slicer.dicomDatabase.closeDatabase()
    slicer.mrmlScene.Clear(0)
