"""The application's database and scene, both empty, as a fixture."""

from __future__ import annotations

import pytest


@pytest.fixture
def database(host, tmp_path):
    """The application's database in an empty folder; the scene is empty too."""
    import slicer

    def clear():
        slicer.mrmlScene.Clear(0)
        slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene).RemoveAllItems()

    clear()
    folder = tmp_path / "database"
    folder.mkdir()
    slicer.dicomDatabase.openDatabase(str(folder / "ctkDICOM.sql"))
    yield slicer.dicomDatabase
    slicer.dicomDatabase.closeDatabase()
    clear()
