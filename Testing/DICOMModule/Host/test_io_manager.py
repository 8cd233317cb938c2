"""Loading and saving by `slicer.util`: what is saved comes back."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

pytestmark = pytest.mark.mrml


@pytest.fixture
def util(scene):
    import slicer

    return slicer.util


@pytest.fixture
def values():
    return np.random.default_rng(1).integers(-1000, 1000, (4, 5, 6)).astype(np.int16)


@pytest.fixture
def volume(util, values):
    matrix = np.array([[-0.5, 0, 0, 10], [0, -0.75, 0, 20], [0, 0, 2, -30], [0, 0, 0, 1.0]])
    return util.addVolumeFromArray(values, ijkToRAS=matrix, name="CT")


def ijk_to_ras(node):
    import slicer
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


@pytest.mark.parametrize("ending", ["nrrd", "nii.gz", "mha"])
def test_volumes(util, volume, values, tmp_path, ending):
    path = str(tmp_path / f"ct.{ending}")
    assert util.saveNode(volume, path)
    loaded = util.loadVolume(path)
    assert loaded.GetName() == "ct"
    assert np.array_equal(util.arrayFromVolume(loaded), values)
    assert np.allclose(ijk_to_ras(loaded), ijk_to_ras(volume))


def test_saving_over_a_file_says_nothing_and_leaves_nothing_beside_it(util, volume, values, tmp_path, caplog):
    path = tmp_path / "ct.nrrd"
    path.write_bytes(b"an earlier one")
    assert util.saveNode(volume, str(path))
    assert np.array_equal(util.arrayFromVolume(util.loadVolume(str(path))), values)
    assert list(tmp_path.iterdir()) == [path]
    assert not caplog.records


def test_a_node_without_data_costs_no_earlier_file(util, scene, tmp_path):
    empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    path = tmp_path / "ct.nrrd"
    path.write_bytes(b"an earlier one")
    util.saveNode(empty, str(path))
    assert path.read_bytes() == b"an earlier one"
    assert list(tmp_path.iterdir()) == [path]


def test_options_of_volumes(util, volume, tmp_path):
    path = str(tmp_path / "ct.nrrd")
    util.saveNode(volume, path)
    assert util.loadVolume(path, {"name": "other", "show": False}).GetName() == "other"
    assert util.loadLabelVolume(path, {}).IsA("vtkMRMLLabelMapVolumeNode")
    plain = util.loadVolume(path, {"discardOrientation": True})
    assert np.allclose(np.abs(ijk_to_ras(plain)[:3, :3]), np.diag([0.5, 0.75, 2]))
    (one,) = util.loadNodesFromFile(path)
    assert one.GetName() == "ct_2"


def test_label_volumes_have_colours_and_no_warning(util, volume, tmp_path, caplog):
    path = str(tmp_path / "labels.nrrd")
    util.saveNode(volume, path)
    colours = util.loadLabelVolume(path).GetDisplayNode().GetColorNode()

    assert colours.GetID() == "vtkMRMLColorTableNodeFileGenericColors.txt"
    assert colours.GetNumberOfColors() == 256
    assert len({colours.GetLookupTable().GetTableValue(label)[:3] for label in range(256)}) == 256
    assert colours.GetLookupTable().GetTableValue(0)[3] == 0
    assert not caplog.records


def test_models(util, scene, tmp_path):
    import slicer
    import vtk

    sphere = vtk.vtkSphereSource()
    sphere.Update()
    model = slicer.modules.models.logic().AddModel(sphere.GetOutput())
    for ending in ("vtk", "vtp", "stl", "ply", "obj"):
        path = str(tmp_path / f"ball.{ending}")
        assert util.saveNode(model, path), ending
        loaded = util.loadModel(path)
        points = np.unique(np.round(util.arrayFromModelPoints(loaded), 5), axis=0)
        assert len(points) == sphere.GetOutput().GetNumberOfPoints(), ending


def test_texts_and_tables(util, scene, tmp_path):
    text = scene.AddNewNodeByClass("vtkMRMLTextNode")
    text.SetText("Ünïcode\nlines")
    assert util.saveNode(text, str(tmp_path / "note.txt"))
    assert util.loadText(str(tmp_path / "note.txt")).GetText() == "Ünïcode\nlines"
    table = scene.AddNewNodeByClass("vtkMRMLTableNode")
    util.updateTableFromArray(table, np.arange(6.0).reshape(3, 2), ["a", "b"])
    assert util.saveNode(table, str(tmp_path / "t.tsv"))
    loaded = util.loadTable(str(tmp_path / "t.tsv"))
    assert util.arrayFromTableColumn(loaded, "b").tolist() == [1, 3, 5]


def test_sequences(util, scene, volume, values, tmp_path):
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "Frames")
    for number in range(3):
        util.updateVolumeFromArray(volume, values + number)
        sequence.SetDataNodeAtValue(volume, str(number))
    path = str(tmp_path / "frames.seq.nrrd")
    assert util.saveNode(sequence, path)
    loaded = util.loadSequence(path, {})
    assert loaded.GetNumberOfDataNodes() == 3
    assert np.array_equal(util.arrayFromVolume(loaded.GetNthDataNode(2)), values + 2)
    browser = util.getNode("frames browser")
    proxy = browser.GetProxyNode(loaded)
    browser.SetSelectedItemNumber(1)
    assert np.array_equal(util.arrayFromVolume(proxy), values + 1)


def test_transforms_markups_segmentations(util, scene, volume, values, tmp_path):
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.array([[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1.0]])
    util.updateTransformMatrixFromArray(transform, matrix)
    assert util.saveNode(transform, str(tmp_path / "t.h5"))
    loaded = util.loadTransform(str(tmp_path / "t.h5"))
    assert np.allclose(util.arrayFromTransformMatrix(loaded), matrix)
    points = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    points.AddControlPoint(1, 2, 3)
    assert util.saveNode(points, str(tmp_path / "p.mrk.json"))
    loaded = util.loadMarkups(str(tmp_path / "p.mrk.json"))
    assert np.allclose(util.arrayFromMarkupsControlPoints(loaded), [[1, 2, 3]])
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segment = segmentation.GetSegmentation().AddEmptySegment("bone")
    mask = (values > 300).astype(np.uint8)
    util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, segment, volume)
    assert util.saveNode(segmentation, str(tmp_path / "s.seg.nrrd"))
    loaded = util.loadSegmentation(str(tmp_path / "s.seg.nrrd"))
    (segment,) = loaded.GetSegmentation().GetSegmentIDs()
    assert np.array_equal(util.arrayFromSegmentBinaryLabelmap(loaded, segment, volume), mask)


def test_export_leaves_the_scene_alone(util, scene, volume, values, tmp_path):
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    util.updateTransformMatrixFromArray(
        transform, np.array([[1, 0, 0, 5], [0, 1, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1.0]])
    )
    volume.SetAndObserveTransformNodeID(transform.GetID())
    nodes = scene.GetNumberOfNodes()
    assert util.exportNode(volume, str(tmp_path / "here.nrrd"), {})
    assert util.exportNode(volume, str(tmp_path / "world.nrrd"), {}, world=True)
    assert scene.GetNumberOfNodes() == nodes
    assert volume.GetStorageNode() is None
    here, world = (util.loadVolume(str(tmp_path / f"{name}.nrrd"), {}) for name in ("here", "world"))
    assert np.allclose(np.array(world.GetOrigin()) - here.GetOrigin(), [5, 6, 7])
    with pytest.raises(ValueError, match="no known file format"):
        util.exportNode(volume, str(tmp_path / "x.unknown"), {})


@pytest.mark.parametrize("name", ["scene.mrb", "folder"])
def test_scenes(util, scene, volume, values, tmp_path, name):
    assert util.saveScene(str(tmp_path / name), {})
    scene.Clear(0)
    path = tmp_path / name
    util.loadScene(str(path if path.is_file() else path / "folder.mrml"), {})
    assert np.array_equal(util.array("CT"), values)


def test_bundles_with_folders_of_one_name(util, scene, volume, values, tmp_path):
    """What an earlier bundle left in a folder of that name is not taken for the scene of a later one."""
    for place in ("first", "second"):
        (tmp_path / place).mkdir()
    assert util.saveScene(str(tmp_path / "first" / "all.mrb"), {})
    with (
        zipfile.ZipFile(tmp_path / "first" / "all.mrb") as source,
        zipfile.ZipFile(tmp_path / "renamed.mrb", "w") as target,
    ):
        for name in source.namelist():
            target.writestr(name.replace("all.mrml", "a.mrml"), source.read(name))
    util.updateVolumeFromArray(volume, values + 1)
    assert util.saveScene(str(tmp_path / "second" / "all.mrb"), {})
    for path, expected in (("renamed.mrb", values), ("second/all.mrb", values + 1), ("renamed.mrb", values)):
        util.loadScene(str(tmp_path / path), {})
        assert np.array_equal(util.array("CT"), expected)


def test_failures_are_told(util, volume, tmp_path):
    with pytest.raises(RuntimeError, match="does not exist"):
        util.loadVolume(str(tmp_path / "missing.nrrd"), {})
    with pytest.raises(RuntimeError, match="no reader for files of the kind ShaderPropertyFile"):
        util.loadShaderProperty(str(tmp_path / "x"))
    (tmp_path / "file").write_text("no folder")
    assert not util.saveNode(volume, str(tmp_path / "file" / "x.nrrd"), {})


@pytest.mark.gui
def test_questions_for_files(util, main_window, volume, values, tmp_path, monkeypatch):
    from qtpy.QtWidgets import QFileDialog

    asked = []
    path = tmp_path / "ct.nrrd"
    util.saveNode(volume, str(path))

    def open_names(_parent, _title, _folder, kinds):
        asked.append(kinds)
        return [str(path)], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", open_names)
    assert util.openAddVolumeDialog()
    assert "*.nii.gz" in asked[0]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "all"), ""))
    assert util.openSaveDataDialog()
    assert (tmp_path / "all.mrb").is_file()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    assert not util.openSaveDataDialog()
