"""slicer-dicom load and explain."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pydicom
import pytest

from DICOMLib.cli import main
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from Testing import factories
from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.nrrd import read_nrrd

pytestmark = pytest.mark.mrml


def test_a_series_becomes_a_file(database, tmp_path):
    uid = factories.uid("ct")
    output = tmp_path / "out"
    result = slicer_dicom(
        "load", "--database", database, "--series", uid, "--output", output, "--json", folder=tmp_path
    )
    assert (result.returncode, result.stderr) == (0, "")
    (entry,) = json.loads(result.stdout)
    assert set(entry) == {"series", "plugin", "load_type", "title", "name", "class", "file", "warnings"}
    explained = slicer_dicom("explain", uid, "--database", database, "--json", folder=tmp_path)
    answer = json.loads(explained.stdout)["answers"][0]
    assert {key: entry[key] for key in ("plugin", "load_type", "title")} == {
        key: answer[key] for key in ("plugin", "load_type", "title")
    }
    assert entry["title"] == entry["load_type"] == "Scalar Volume"
    assert (entry["series"], entry["class"]) == (uid, "vtkMRMLScalarVolumeNode")
    assert (entry["plugin"], entry["name"], entry["warnings"]) == ("DICOMScalarVolumePlugin", "1: Axial", [])
    voxels, ijk_to_ras = read_nrrd(entry["file"])
    # slice k holds 100 k, its rescale intercept is -1024; patient coordinates are LPS, Slicer's are RAS
    assert [set(np.unique(voxels[k])) for k in range(3)] == [{-1024}, {-924}, {-824}]
    expected = [[-0.5, 0, 0, 100], [0, -0.5, 0, 100], [0, 0, 2.5, 0], [0, 0, 0, 1]]
    assert np.allclose(ijk_to_ras, expected, atol=1e-4)


def test_a_scene_and_a_volume_into_a_folder_that_is_named_from_here(database, shared_data, tmp_path):
    bundle = shared_data / "synthetic/slicer_data_bundle_even.dcm"
    with Database.open(database) as opened:
        run(import_paths(opened, [bundle]))
    series = (pydicom.dcmread(bundle).SeriesInstanceUID, factories.uid("ct"))
    result = slicer_dicom(
        "load", "--database", database, "--series", *series, "--output", "out", folder=tmp_path
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1_Axial.nrrd", "Vol0.nrrd"]
    assert read_nrrd(tmp_path / "out" / "1_Axial.nrrd")[0].shape == (3, 8, 8)
    assert read_nrrd(tmp_path / "out" / "Vol0.nrrd")[0].shape == (8, 8, 8)


def test_a_document_becomes_its_own_file(shared_data, tmp_path):
    source = pydicom.dcmread(shared_data / "larvitar/docs/examples/demo/pdf.dcm")
    with Database.open(tmp_path / "db") as opened:
        run(import_paths(opened, [source.filename]))
    result = slicer_dicom("load", "--database", "db", "--all", "--output", "out", "--json", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    (entry,) = json.loads(result.stdout)
    (path,) = (tmp_path / "out").iterdir()
    assert (entry["class"], entry["file"], path.name) == ("vtkMRMLTextNode", str(path), "PDF.pdf")
    length = source.get("EncapsulatedDocumentLength", len(source.EncapsulatedDocument))
    assert path.read_bytes() == source.EncapsulatedDocument[:length]


def test_a_second_load_into_the_folder_is_told(database, tmp_path):
    arguments = ("load", "--database", database, "--series", factories.uid("ct"), "--output", "out")
    first, second = (slicer_dicom(*arguments, folder=tmp_path) for _time in range(2))
    assert (first.stderr, first.returncode, second.returncode) == ("", 0, 0)
    assert "1_Axial_2.nrrd: 1_Axial.nrrd was there already, and stays." in second.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1_Axial.nrrd", "1_Axial_2.nrrd"]


def test_all_tells_of_each_series_that_gave_nothing(database, tmp_path):
    result = slicer_dicom(
        "load", "--database", database, "--all", "--output", "out", "--format", "nii.gz", folder=tmp_path
    )
    assert result.returncode == 1  # a report is no volume
    assert f"Series {factories.uid('report')}: Could not load" in result.stderr
    (line,) = result.stdout.splitlines()
    assert line.split()[0].endswith(".nii.gz")
    assert (tmp_path / "out" / "1_Axial.nii.gz").exists()


def test_an_unknown_series(database, tmp_path):
    result = slicer_dicom(
        "load", "--database", database, "--series", "1.2.3", "--output", "out", "--json", folder=tmp_path
    )
    assert result.returncode == 1
    assert json.loads(result.stdout) == []
    assert "Series 1.2.3 is not in the database." in result.stderr


def test_explain(database, tmp_path):
    uid = factories.uid("report")
    result = slicer_dicom("explain", uid, "--database", database, "--json", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert document["facts"]
    assert "1 of 1 files have no pixel data." in document["facts"]
    answers = {answer["load_type"]: answer for answer in document["answers"]}
    assert answers["Scalar Volume"]["confidence"] == 0.2
    assert "no pixel data" in answers["Scalar Volume"]["reason"]


def test_explain_a_segmentation_of_a_slide(shared_data, tmp_path):
    path = shared_data / "highdicom/data/test_files/seg_image_sm_dots_tiled_full.dcm"
    slicer_dicom("import", path, "--database", "db", folder=tmp_path)
    uid = str(pydicom.dcmread(path, specific_tags=["SeriesInstanceUID"]).SeriesInstanceUID)
    result = slicer_dicom("explain", uid, "--database", "db", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    told = "\nSegmentation [-]: The segmentation is of a microscopy slide, which is no volume."
    assert told in result.stdout


def test_explain_needs_a_uid(database, tmp_path):
    result = slicer_dicom("explain", "", "--database", database, folder=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "argument SERIES: the UID is empty" in result.stderr


def test_tiles_of_a_slide_are_a_stack_and_that_is_told(shared_data, tmp_path):
    """25 tiles of 10 x 10 pixels, which lie 5 x 5 on the slide."""
    path = shared_data / "highdicom/data/test_files/sm_image.dcm"
    slicer_dicom("import", path, "--database", "db", folder=tmp_path)
    uid = str(pydicom.dcmread(path, specific_tags=["SeriesInstanceUID"]).SeriesInstanceUID)
    explained = slicer_dicom("explain", uid, "--database", "db", folder=tmp_path)
    result = slicer_dicom(
        "load", "--database", "db", "--series", uid, "--output", "out", "--json", folder=tmp_path
    )
    assert (explained.returncode, result.returncode) == (0, 0)
    told = "They are stacked one behind the other, not side by side as they lie on the slide."
    assert told in explained.stdout
    assert told in result.stdout + result.stderr
    (volume,) = (tmp_path / "out").rglob("*.nrrd")
    assert b"sizes: 3 10 10 25\n" in volume.read_bytes()


def test_a_series_is_named_without_an_option_as_explain_has_it(database, tmp_path):
    command = ("load", "--database", database, factories.uid("ct"), "--output", "out")
    result = slicer_dicom(*command, folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1_Axial.nrrd"]
    both = slicer_dicom(*command, "--all", folder=tmp_path)
    assert (both.returncode, "SERIES and --all contradict" in both.stderr) == (2, True)
    unknown = slicer_dicom("load", "1.2.3", "--database", database, "--output", "out", folder=tmp_path)
    assert (unknown.returncode, "Series 1.2.3 is not in the database" in unknown.stderr) == (1, True)


def test_explain_an_unknown_series(database, tmp_path):
    result = slicer_dicom("explain", "1.2.3", "--database", database, "--json", folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    advice = f"See which there are with: slicer-dicom list series --database {database}"
    assert result.stderr == f"Series 1.2.3 is not in the database. {advice}\n"


@pytest.fixture
def no_host(monkeypatch):
    """A program in which no host can be booted, which takes a while."""

    def refuse(**_options):
        raise AssertionError("the host was booted before the arguments were looked at")

    monkeypatch.setattr("DICOMModule.Host.application.boot", refuse)


def test_mistakes_are_told_before_the_host_is_booted(database, tmp_path, no_host, capsys):
    (tmp_path / "volume.nrrd").write_text("not looked at")
    here = ("--database", str(database))
    export = ("export", "--input", str(tmp_path / "volume.nrrd"), "--output", str(tmp_path / "out"))
    for command, code, words in (
        (("explain", "1.2.3", *here), 1, "Series 1.2.3 is not in the database"),
        (("load", *here, "--series", "1.2.3", "--output", str(tmp_path)), 1, "Series 1.2.3 is not in"),
        (("explain", "1.2.3", "--database", str(tmp_path / "no")), 1, "no DICOM database"),
        (("load", "--all", "--database", str(tmp_path / "no"), "--output", str(tmp_path)), 1, "no DICOM"),
        ((*export, *here, "--reference", "1.2.3"), 1, "Series 1.2.3 is not in the database"),
        ((*export, "--database", str(tmp_path / "no")), 1, "no DICOM database"),
        ((*export, "--tag", "PatientName"), 2, "NAME=VALUE"),
        (("export", "--input", "nowhere.nrrd", "--output", "out"), 1, "no file nowhere.nrrd"),
    ):
        assert main(command) == code, command
        assert words in capsys.readouterr().err


def test_each_kind_of_node_is_saved(shared_data, tmp_path):
    """A dose with colours and histograms, a plan with beams, a model, a document."""
    files = tmp_path / "files"
    files.mkdir()
    for name in ("dicompyler-core/rtdose", "dicompyler-core/rtplan", "synthetic/m3d_stl_dcmtk"):
        shutil.copy(shared_data / f"{name}.dcm", files)
    slicer_dicom("import", files, "--database", "db", folder=tmp_path)
    result = slicer_dicom("load", "--database", "db", "--all", "--output", "out", "--json", folder=tmp_path)
    assert result.returncode == 0
    # DCMTK says of every model that it is in micrometres
    (warning,) = result.stderr.splitlines()
    assert warning.startswith("WARNING: Series 1.2.276.")
    assert "(um)" in warning
    endings = {entry["class"]: entry["file"].split(".", 1)[1] for entry in json.loads(result.stdout)}
    assert endings == {
        "vtkMRMLScalarVolumeNode": "nrrd",
        "vtkMRMLColorTableNode": "ctbl",
        "vtkMRMLTableNode": "tsv",
        "vtkMRMLMarkupsFiducialNode": "mrk.json",
        "vtkMRMLModelNode": "vtk",
        "vtkMRMLSegmentationNode": "seg.vtm",
    }
    assert all((tmp_path / entry["file"]).stat().st_size for entry in json.loads(result.stdout))


def test_warnings_of_plugins_are_told(tmp_path):
    slices = factories.ct_series(4, "gap")
    factories.write([*slices[:2], slices[3]], tmp_path / "files")
    slicer_dicom("import", tmp_path / "files", "--database", "db", folder=tmp_path)
    result = slicer_dicom("load", "--database", "db", "--all", "--output", "out", folder=tmp_path)
    assert result.returncode == 0
    assert "1_Axial.nrrd" in result.stdout
    assert "1_Axial.nrrd: " in result.stderr
    assert "spac" in result.stderr.lower()


def test_an_output_that_cannot_be_written(database, tmp_path):
    (tmp_path / "file").write_text("no folder")
    common = ("--database", database, "--all", "--output", "file/out")
    result = slicer_dicom("load", *common, folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert (
        result.stderr
        == "slicer-dicom: Nothing can be written to file/out (Not a directory). Choose another folder.\n"
    )


def test_a_volume_bent_by_a_transform_is_not_written_as_nifti(tmp_path):
    """A slice is missing; the matrix of the volume alone would put the last one elsewhere."""
    slices = factories.ct_series(4, "gap")
    factories.write([*slices[:2], slices[3]], tmp_path / "files")
    slicer_dicom("import", tmp_path / "files", "--database", "db", folder=tmp_path)
    command = ("load", "--database", "db", "--all", "--format", "nii.gz")
    result = slicer_dicom(*command, "--output", "out", folder=tmp_path)
    assert result.returncode == 1
    assert "a transform puts it in its place" in result.stderr
    assert list((tmp_path / "out").glob("*.nii.gz")) == []
    result = slicer_dicom(*command, "--straighten", "--output", "straight", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert len(list((tmp_path / "straight").glob("*.nii.gz"))) == 1


@pytest.fixture
def tilted_database(tmp_path):
    """A database with a CT of a tilted gantry."""
    from DICOMLib.core.jobs import run
    from DICOMLib.database import Database
    from DICOMLib.indexing import import_paths
    from Testing.DICOMPlugins.test_straightened_volumes import tilted
    from Testing.image_series import write

    write(tilted(lambda places: 100 * places[..., 2] + 5000), tmp_path / "tilted")
    with Database.open(tmp_path / "database") as database:
        run(import_paths(database, [tmp_path / "tilted"]))
    return tmp_path / "database"


def test_a_tilted_volume_is_not_written_as_nifti(tilted_database, tmp_path):
    """NIfTI readers make its axes perpendicular: all slices would lie elsewhere."""
    command = ("load", "--database", tilted_database, "--all", "--output", "out", "--format", "nii.gz")
    result = slicer_dicom(*command, folder=tmp_path)
    assert result.returncode == 1
    assert "Use --format nrrd, or --straighten" in result.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_tilted_volume_is_straightened(tilted_database, tmp_path):
    """Voxels hold 100 times their place along S, in mm."""
    from Testing.nifti import nifti

    command = ("load", "--database", tilted_database, "--all", "--output", "out", "--format", "nii.gz")
    result = slicer_dicom(*command, "--straighten", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    (path,) = (tmp_path / "out").iterdir()
    (voxels,), affine = nifti(path)
    k, j, i = np.meshgrid(*(np.arange(size) for size in voxels.shape), indexing="ij")
    heights = affine[2, 0] * i + affine[2, 1] * j + affine[2, 2] * k + affine[2, 3]
    inside = voxels > voxels.min() + 200
    assert inside.mean() > 0.4
    assert np.abs((voxels.astype(float) - 5000) / 100 - heights)[inside].max() < 0.1


ASKING_PLUGIN = """
import qt
import slicer
from DICOMLib import DICOMLoadable, DICOMPlugin

class AskingPluginClass(DICOMPlugin):
    loadType = "Asking"

    def examineForImport(self, fileLists):
        loadable = DICOMLoadable()
        loadable.files, loadable.selected, loadable.confidence = fileLists[0], True, 1.0
        return [loadable]

    def load(self, loadable):
        {question}
        return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "asked")

class AskingPlugin:
    def __init__(self, parent):
        slicer.modules.dicomPlugins["AskingPlugin"] = AskingPluginClass
"""


@pytest.mark.parametrize(
    "question",
    [
        'slicer.util.confirmYesNoDisplay("Really?")',
        "qt.QDialog().exec_()",
        'qt.QMessageBox.question(None, "Title", "Really?")',
        'qt.QInputDialog.getText(None, "Title", "Name")',
        "qt.QFileDialog.getOpenFileName()",
    ],
)
def test_a_plugin_that_asks_does_not_hang_without_windows(database, tmp_path, question):
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "AskingPlugin.py").write_text(ASKING_PLUGIN.format(question=question))
    arguments = (
        "load",
        "--database",
        database,
        "--series",
        factories.uid("ct"),
        "--output",
        tmp_path / "out",
    )
    result = slicer_dicom(*arguments, "--additional-module-paths", folder, folder=tmp_path)
    assert result.returncode == 1
    assert "asks a question, but the application runs without windows" in result.stderr


UNRULY = """
import slicer
from DICOMLib import DICOMLoadable, DICOMPlugin

class {name}Class(DICOMPlugin):
    def __init__(self):
        super().__init__()
        self.loadType = "{name}"
        {begin}

    def examineForImport(self, fileLists):
        loadable = DICOMLoadable()
        loadable.files, loadable.name = fileLists[0], "{name}"
        {answer}

class {name}:
    def __init__(self, parent):
        slicer.modules.dicomPlugins["{name}"] = {name}Class
"""


def test_unruly_plugins_are_named_and_harm_nothing(database, tmp_path):
    folder = tmp_path / "plugins"
    folder.mkdir()
    answers = {
        "Raising": "raise ValueError('broken')",
        "Leaving": "raise SystemExit(5)",
        "Number": "return 42",
        "NoFiles": "loadable.files, loadable.confidence = [], 2.0; return [loadable]",
        "NoList": "return None",
    }
    for name, answer in answers.items():
        (folder / f"{name}.py").write_text(UNRULY.format(name=name, begin="", answer=answer))
    (folder / "Unmade.py").write_text(UNRULY.format(name="Unmade", begin="1 / 0", answer="return []"))
    (folder / "Missing.py").write_text("import no_such_module\nclass Missing: pass\n")
    (folder / "Unreadable.py").write_text("class Unreadable:\n    def (:\n")
    (folder / "Quitting.py").write_text("class Quitting: pass\nraise SystemExit('I leave')\n")
    paths = ("--additional-module-paths", folder)
    series = factories.uid("ct")
    arguments = ("load", "--database", database, "--series", series, "--output", tmp_path / "out", "--json")
    result = slicer_dicom(*arguments, *paths, folder=tmp_path)
    assert result.returncode == 1, result.stderr  # they failed, though they harm nothing
    (loaded,) = json.loads(result.stdout)
    assert loaded["plugin"] == "DICOMScalarVolumePlugin"
    told = [*(name for name in answers if name != "NoList"), "Unmade", "Missing", "Unreadable", "Quitting"]
    lines = [line for line in result.stderr.splitlines() if line.startswith(("ERROR", "WARNING"))]
    assert [name for name in told if not any(name in line for line in lines)] == []
    explained = slicer_dicom("explain", "--database", database, "--json", series, *paths, folder=tmp_path)
    reasons = {answer["plugin"]: answer["reason"] for answer in json.loads(explained.stdout)["answers"]}
    assert reasons["Raising"] == "The plugin failed: ValueError: broken"
    assert reasons["Leaving"] == "The plugin failed: SystemExit: 5"
    assert reasons["Number"] == "It answered int, where a list of loadables is expected."
    assert reasons["NoFiles"] == "It offered 'NoFiles' without files."
