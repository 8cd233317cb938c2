"""The self-test of the DICOM module leaves the loaded data as they were, whether it passes or fails."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


def items(hierarchy):
    """Number and name of each item of the tree of loaded data."""
    import vtk

    found = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), found, True)
    numbers = [found.GetId(index) for index in range(found.GetNumberOfIds())]
    return {number: hierarchy.GetItemName(number) for number in numbers}


@pytest.fixture
def hierarchy(scene):
    import slicer

    return slicer.mrmlScene.GetSubjectHierarchyNode()


def test_nothing_is_left(hierarchy, caplog):
    import slicer

    from DICOMModule.dicom_self_test import check_database_and_load

    kept = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "Kept")
    before = items(hierarchy)
    check_database_and_load()
    assert items(hierarchy) == before == {hierarchy.GetItemByDataNode(kept): "Kept"}
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == []
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == []


def test_a_failure_leaves_nothing_either(hierarchy, monkeypatch):
    from DICOMModule import dicom_self_test

    def differ(*_arguments):
        assert items(hierarchy)  # patient, study and volume
        raise AssertionError("the voxels differ from the files")

    monkeypatch.setattr(dicom_self_test, "_compare", differ)
    with pytest.raises(AssertionError, match="voxels differ"):
        dicom_self_test.check_database_and_load()
    assert items(hierarchy) == {}


def test_the_same_patient_stays_where_the_user_has_loaded_it(hierarchy, dicom, tmp_path):
    """The phantom of the self-test is also what a new user sees first."""
    import slicer

    from DICOMLib import DICOMUtils
    from DICOMLib.standard.phantom import write_head_phantom
    from DICOMModule.dicom_self_test import check_database_and_load

    write_head_phantom(tmp_path / "phantom")
    assert DICOMUtils.importDicom(str(tmp_path / "phantom"))
    DICOMUtils.loadPatientByUID(slicer.dicomDatabase.patients()[0])
    (mine,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    before = items(hierarchy)
    assert len(before) == 3
    check_database_and_load()
    assert items(hierarchy) == before
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == [mine]
