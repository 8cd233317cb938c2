"""slicer-dicom load and explain, of series that cannot be read, and with plugins that fail."""

from __future__ import annotations

import json

import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from Testing import factories
from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.image_series import heights, stack, write

pytestmark = pytest.mark.mrml

MPEG4 = "1.2.840.10008.1.2.4.102"
SYNTAXES = (JPEG2000Lossless, JPEGLSLossless, JPEGBaseline8Bit, RLELossless, MPEG4)


def packed(dataset, syntax):
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([b"\xff\xd8\xff\xf7 no codestream at all"])
    dataset["PixelData"].is_undefined_length = True
    return dataset


@pytest.fixture
def unreadable(tmp_path):
    """Series 1.2.3.0, …, each in another transfer syntax, and 1.2.3.9, whose images differ in size."""
    for number, syntax in enumerate(SYNTAXES):
        datasets = stack(heights(0, 3), SeriesInstanceUID=f"1.2.3.{number}", SeriesNumber=number)
        write([packed(one, syntax) for one in datasets], tmp_path / "files" / str(number))
    mixed = stack(heights(0, 3, 6, 9), SeriesInstanceUID="1.2.3.9", SeriesNumber=9)
    for dataset in mixed[2:]:
        dataset.Rows, dataset.Columns, dataset.PixelData = 6, 7, bytes(84)
    write(mixed, tmp_path / "files" / "mixed")
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [tmp_path / "files"]))
    return tmp_path / "db"


def test_each_series_that_cannot_be_read_is_one_sentence(unreadable, tmp_path):
    result = slicer_dicom(
        "load", "--database", unreadable, "--all", "--output", "out", "--json", folder=tmp_path
    )
    assert result.returncode == 1
    told = sorted(result.stderr.splitlines())
    failed, warned = told[: len(SYNTAXES)], told[len(SYNTAXES) :]
    for number, line in enumerate(failed):
        assert line.startswith(f"Series 1.2.3.{number}: Could not load: {number}: Axial as a Scalar Volume (")
        assert line.endswith(").")
    assert "no installed decoder can read" in failed[-1]
    assert warned == []
    loaded = json.loads(result.stdout)
    assert [(one["series"], one["name"]) for one in loaded] == [
        ("1.2.3.9", "9: Axial - imageSize 5 x 4"),
        ("1.2.3.9", "9: Axial - imageSize 7 x 6"),
    ]
    warning = "The series has images of other sizes, which are volumes of their own."
    assert [one["warnings"] for one in loaded] == [[warning]] * 2


def test_a_mapping_without_its_images_is_one_sentence(shared_data, tmp_path):
    path = shared_data / "dcmqi/data/sr-example/rwvm.dcm"
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [path]))
    result = slicer_dicom("load", "--database", "db", "--all", "--output", "out", folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Series {dcmread(path).SeriesInstanceUID}: Could not load: ")
    assert line.endswith("(The images that the mapping is for are not in the database, or make no volume).")


def test_explanation_of_what_cannot_be_read(unreadable, tmp_path):
    for series, words in (
        ("1.2.3.0", "The pixels cannot be decoded: "),
        ("1.2.3.4", "which no installed decoder can read."),
        ("1.2.3.9", "The images differ in size, so that they make no single volume: 2 of 5 x 4 pixels, 2 of"),
    ):
        result = slicer_dicom("explain", series, "--database", unreadable, folder=tmp_path)
        assert (result.returncode, result.stderr) == (0, "")
        assert words in result.stdout


def test_files_that_moved_are_one_sentence_with_what_to_do(files, database, tmp_path):
    """Of one series a file, of the other all; nothing is told twice."""
    (files / "ct0002.dcm").unlink()
    (files / "sr0000.dcm").unlink()
    ct, report = factories.uid("ct"), factories.uid("report")
    advice = "Find what was moved with: slicer-dicom repair --help"
    told = {
        ct: f"Series {ct}: 1 of 3 files moved or gone. {advice}",
        report: f"Series {report}: 1 of 1 file moved or gone. {advice}",
    }
    here = ("--database", database)
    loaded = slicer_dicom("load", *here, "--all", "--output", "out", folder=tmp_path)
    lines = loaded.stderr.splitlines()
    assert loaded.returncode == 1
    assert set(told.values()) <= set(lines)
    assert len(lines) == len(set(lines)) <= 4
    for series, code in ((ct, 0), (report, 1)):
        explained = slicer_dicom("explain", series, *here, folder=tmp_path)
        lines = explained.stderr.splitlines()
        assert (explained.returncode, lines.count(told[series])) == (code, 1)
        assert len(lines) == len(set(lines)) <= 2
        assert bool(explained.stdout) == (code == 0)


BROKEN_PLUGIN = """
import slicer
from DICOMLib import DICOMPlugin

class BrokenPluginClass(DICOMPlugin):
    def examineForImport(self, fileLists):
        raise ValueError("out of order")

class BrokenPlugin:
    def __init__(self, parent):
        slicer.modules.dicomPlugins["BrokenPlugin"] = BrokenPluginClass
"""


def test_a_plugin_that_fails_is_told_without_its_code_and_by_the_exit_code(database, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "BrokenPlugin.py").write_text(BROKEN_PLUGIN)
    arguments = ("--database", database, "--additional-module-paths", "plugins")
    load = ("load", *arguments, "--output", "out", "--series", factories.uid("ct"))
    result = slicer_dicom(*load, folder=tmp_path)
    assert result.returncode == 1
    assert "1_Axial.nrrd" in result.stdout  # the others go on
    assert result.stderr.splitlines() == [
        "ERROR: DICOM plugin BrokenPlugin failed while it examined files (ValueError)",
        "DICOM plugin BrokenPlugin failed and was left out: ValueError: out of order.",
    ]
    explained = slicer_dicom("explain", factories.uid("ct"), *arguments, folder=tmp_path)
    assert explained.returncode == 0
    assert "The plugin failed: ValueError: out of order" in explained.stdout
    assert "Traceback" not in explained.stderr
    assert 'File "' not in explained.stderr
    detailed = slicer_dicom("--verbose", *load, folder=tmp_path)
    assert "BrokenPlugin.py" in detailed.stderr  # for its author


CLAIMING = """
import slicer
from DICOMLib import DICOMLoadable, DICOMPlugin

class ClaimingPluginClass(DICOMPlugin):
    def examineFiles(self, files):
        loadable = DICOMLoadable()
        loadable.files, loadable.confidence = files, 0.99
        return [loadable]

    def load(self, loadable):
        return "done"

class ClaimingPlugin:
    def __init__(self, parent):
        slicer.modules.dicomPlugins["ClaimingPlugin"] = ClaimingPluginClass
"""


def test_a_plugin_that_claims_to_have_loaded_is_named(tmp_path):
    """It was said that no plugin could load the series, and explain told of the others."""
    write(stack(heights(0, 3)), tmp_path / "files")
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [tmp_path / "files"]))
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "ClaimingPlugin.py").write_text(CLAIMING)
    options = ("--database", tmp_path / "db", "--all", "--output", "out")
    result = slicer_dicom(
        "load", *options, "--additional-module-paths", tmp_path / "plugins", folder=tmp_path
    )
    assert result.returncode == 1
    assert "the plugin ClaimingPlugin said that it was loaded, but added no node" in result.stderr
