"""Scenes in secondary capture images: a bundle as Slicer writes it is opened again."""

from __future__ import annotations

import zipfile
from io import BytesIO

import numpy as np
import pydicom
import pytest

from Testing.DICOMPlugins.loading import import_files, load_series, of_class, offers, study_uid_of

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMSlicerDataBundlePlugin"


@pytest.mark.parametrize("kind", ["even", "odd"])
def test_offer(database, shared_data, tmp_path, kind):
    (uid,) = import_files(tmp_path / "files", shared_data / f"synthetic/slicer_data_bundle_{kind}.dcm")
    (loadable,) = offers(PLUGIN, uid)
    assert loadable.name == "Slicer Data Bundle - as Slicer Scene"
    assert (loadable.tooltip, loadable.confidence) == ("Contains a Slicer scene", 0.9)


@pytest.mark.parametrize("kind", ["even", "odd"])
def test_archive(shared_data, kind):
    """The last bytes are the archive, with or without one that pads."""
    from DICOMLib.mrml.documents.scene_bundle import archive_of

    path = shared_data / f"synthetic/slicer_data_bundle_{kind}.dcm"
    dataset = pydicom.dcmread(path)
    archive = archive_of(str(path), dataset[0xCADB, 0x0010].value)
    assert len(archive) == int(dataset[0xCADB, 0x0010].value.split()[2])
    assert bytes(dataset[0xCADB, 0x1010].value)[: len(archive)] == archive
    assert zipfile.ZipFile(BytesIO(archive)).testzip() is None


def bundle_with(archive, template, path):
    """Put an archive into a file in Slicer's manner."""
    dataset = pydicom.dcmread(template)
    for element in [element for element in dataset if element.tag.group == 0xCADB]:
        del dataset[element.tag]
    dataset.add_new((0xCADB, 0x0010), "LO", f"3D Slicer {len(archive)}")
    dataset.add_new((0xCADB, 0x1008), "UL", len(archive))
    dataset.add_new((0xCADB, 0x1010), "OB", archive + b"\0" * (len(archive) % 2))
    dataset.save_as(path)


def test_scene_comes_back(database, shared_data, tmp_path):
    import slicer

    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Kept")
    slicer.util.updateVolumeFromArray(volume, np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    volume.SetOrigin(1, 2, 3)
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Points")
    model.AddControlPoint(4, 5, 6)
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(0)
    template = shared_data / "synthetic/slicer_data_bundle_even.dcm"
    bundle_with((tmp_path / "scene.mrb").read_bytes(), template, tmp_path / "bundle.dcm")
    (uid,) = import_files(tmp_path / "files", tmp_path / "bundle.dcm")
    nodes = load_series(uid)
    (found,) = of_class(nodes, "vtkMRMLScalarVolumeNode")
    assert np.array_equal(slicer.util.arrayFromVolume(found), np.arange(24).reshape(2, 3, 4))
    assert found.GetOrigin() == (1, 2, 3)
    (points,) = of_class(nodes, "vtkMRMLMarkupsFiducialNode")
    assert points.GetNthControlPointPosition(0)[:] == (4, 5, 6)
    assert study_uid_of(found) == pydicom.dcmread(template).StudyInstanceUID


def test_a_bundle_is_added_to_what_is_there(database, shared_data, tmp_path):
    """Nodes stay, the scene lies where it did, and no node in the folder of the archive, which is gone."""
    import slicer

    scene = slicer.mrmlScene
    mine = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Mine")
    slicer.util.updateVolumeFromArray(mine, np.zeros((2, 3, 4), np.int16))
    assert slicer.util.saveScene(str(tmp_path / "saved.mrml"))
    place = scene.GetRootDirectory(), scene.GetURL()
    assert place[1] == str(tmp_path / "saved.mrml")
    kept = mine.GetStorageNode().GetFileName() if mine.GetStorageNode() else None
    (uid,) = import_files(tmp_path / "files", shared_data / "synthetic/slicer_data_bundle_even.dcm")
    (found,) = of_class(load_series(uid), "vtkMRMLScalarVolumeNode")
    assert slicer.util.arrayFromVolume(found).shape == (8, 8, 8)
    assert scene.GetNodeByID(mine.GetID()) is mine
    assert found.GetName() == "Vol0"
    assert (scene.GetRootDirectory(), scene.GetURL()) == place
    assert (mine.GetStorageNode().GetFileName() if mine.GetStorageNode() else None) == kept
    assert not found.GetStorageNode().GetFileName()
    assert found.GetModifiedSinceRead()
    assert slicer.util.saveScene(str(tmp_path / "again.mrb"))
    with zipfile.ZipFile(tmp_path / "again.mrb") as archive:
        assert {"Mine.nrrd", "Vol0.nrrd"} <= {name.rsplit("/")[-1] for name in archive.namelist()}


def test_an_archive_without_a_scene_changes_nothing(database):
    import slicer

    from DICOMLib.mrml.documents.scene_bundle import node_ids, open_archive

    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("folder/readme.txt", "no scene")
    before = node_ids(slicer.mrmlScene), slicer.mrmlScene.GetRootDirectory(), slicer.mrmlScene.GetURL()
    assert not open_archive(buffer.getvalue())
    assert before == (
        node_ids(slicer.mrmlScene),
        slicer.mrmlScene.GetRootDirectory(),
        slicer.mrmlScene.GetURL(),
    )


def test_truncated_bundle_is_reported(database, shared_data, tmp_path, caplog):
    from DICOMLib.core.errors import InvalidDICOM
    from DICOMLib.mrml.documents.scene_bundle import archive_of

    path = shared_data / "synthetic/slicer_data_bundle_even.dcm"
    (tmp_path / "cut.dcm").write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InvalidDICOM, match="truncated"):
        archive_of(str(tmp_path / "cut.dcm"), pydicom.dcmread(path)[0xCADB, 0x0010].value)
    with pytest.raises(InvalidDICOM, match="size"):
        archive_of(str(path), "3D Slicer")
