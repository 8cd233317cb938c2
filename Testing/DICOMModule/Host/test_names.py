"""Every name that Slicer's DICOM code, its tests and its script repository use is there."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from functools import reduce
from pathlib import Path

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

LIST = Path(__file__).with_name("names.txt")
NAMES = [
    f"{owner}.{name}"
    for owner, names in re.findall(
        r"^\[([\w.]+)\]\n([^\[]*)", re.sub(r"(?m)^#.*", "", LIST.read_text()), re.MULTILINE
    )
    for name in names.split()
]


@pytest.fixture(scope="module")
def panel(main_window):
    """The panel of the DICOM module: some names are there only once it is."""
    import slicer

    return slicer.modules.dicom.widgetRepresentation()


@pytest.fixture
def before_a_listener_ran(monkeypatch):
    """What other tests left of names that are there only at times is not there."""
    import slicer

    from DICOMModule.Host.dialect.missing_names import NOT_ALWAYS_HERE

    for name in NOT_ALWAYS_HERE:
        monkeypatch.delattr(slicer, name, raising=False)


def test_the_list_is_read():
    assert len(NAMES) > 380


def test_names(panel):
    missing = []
    for name in NAMES:
        package, *attributes = name.split(".")
        try:
            reduce(getattr, attributes, importlib.import_module(package))
        except AttributeError as error:
            missing.append(f"{name}: {error}")
    assert missing == []


WITHOUT_A_WINDOW = """
import importlib, sys
from functools import reduce
slicer.modules.dicom.widgetRepresentation()
assert slicer.util.mainWindow() is None
for name in sys.stdin.read().split():
    package, *attributes = name.split(".")
    try:
        reduce(getattr, attributes, importlib.import_module(package))
    except AttributeError:
        print(name)
print("end")
"""


def test_names_without_a_window(tmp_path):
    """As scripts on a server find them."""
    ended = subprocess.run(
        [sys.executable, "-m", "DICOMLib.cli", "run", "--database", tmp_path, "--code", WITHOUT_A_WINDOW],
        input="\n".join(NAMES),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout.split()) == (0, ["end"]), ended.stderr


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("slicer.modules.dwiconvert", r"no module .* --additional-module-paths"),
        ("slicer.modules.dwiconvert", r"or load diffusion series by the plugin DICOMDiffusionSequencePlugin"),
        ("slicer.modules.dicomrtimportexport", r"or .* plugin DicomRtImportExportPlugin\."),
        ("slicer.modules.sampledata", r"import SampleData, whose downloadFromURL"),
        ("slicer.modules.dataprobe", r"DataProbeCollapsibleWidget"),
        ("slicer.modules.brainsfit", r"SimpleITK or itk-elastix"),
        ("slicer.vtkMRMLMultiVolumeDisplayNode", r"vtkMRMLMultiVolumeDisplayNode .* are sequences"),
        ("slicer.vtkPlmpyDicomSroExport", r"vtkPlmpyDicomSroExport .* plugin DicomSroImportExportPlugin"),
        ("slicer.modules.segimage2teapot", r"with --additional-module-paths\."),
        ("slicer.vtkMRMLRTPlanNode", r"vtkMRMLRTPlanNode .* table, a point list and models"),
        ("slicer.dicomListener", r"dicomListener .* now\. .*DICOMInstance\.startListener\(\)"),
        ("slicer.dicomFilePath", r"dicomFilePath .* the listener took last"),
        ("slicer.ds", r"slicer\.ds .* processDataSet"),
        ("slicer.modules.reader", r"or load a volume by a reader of ITK"),
        ("slicer.app.teapot", r"slicer\.app\.teapot .* qt\.QApplication"),
        ("qt.QTeapot", r"qt\.QTeapot .* QtWidgets"),
        ("ctk.ctkTeapot", r"ctk\.ctkTeapot .* from qt"),
        ("slicer.qMRMLTeapotWidget", r"slicer\.qMRMLTeapotWidget .* qMRMLNodeComboBox"),
        ("slicer.qSlicerTeapot", r"slicer\.qSlicerTeapot .*"),
        ("slicer.vtkMRMLTeapotNode", r"slicer\.vtkMRMLTeapotNode .* slicer-core"),
        ("slicer.teapot", r"'slicer' has no attribute 'teapot'"),
    ],
)
def test_a_name_that_is_not_there_tells_what_is(panel, before_a_listener_ran, name, hint):
    package, *attributes = name.split(".")
    with pytest.raises(AttributeError, match=hint):
        reduce(getattr, attributes, importlib.import_module(package))


@pytest.mark.parametrize(("module", "hint"), [("ScreenCapture", "grabWidget")])
def test_a_module_of_slicer_that_is_not_there_tells_what_is(panel, module, hint):
    with pytest.raises(ModuleNotFoundError, match=f"{module} of Slicer is not available .*{hint}"):
        importlib.import_module(module)
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_module'"):
        importlib.import_module("no_such_module")


def test_what_is_named_instead_is_there(panel):
    """Plugins, classes and functions that the messages name."""
    import slicer

    from DICOMModule.Host.dialect.missing_names import CLASSES_INSTEAD, MODULES_INSTEAD

    text = "\n".join([*MODULES_INSTEAD.values(), *CLASSES_INSTEAD.values()])
    plugins = set(re.findall(r"\b\w+Plugin\b", text))
    assert plugins
    assert plugins <= set(slicer.modules.dicomPlugins)
    for name in re.findall(r"\bslicer\.([\w.]+\w)", text):
        assert reduce(getattr, name.split("."), slicer)
    assert not any(hasattr(slicer, name) for name in CLASSES_INSTEAD)


def test_a_module_that_needs_a_missing_command_line_module_is_told(panel):
    import slicer

    with pytest.raises(RuntimeError, match="no command line module"):
        slicer.cli.run(slicer.modules.volumes, None, {}, wait_for_completion=True)


def test_late_modules_need_no_import(panel):
    import slicer

    assert slicer.packaging.pip_check("pydicom")
    assert slicer.parameterNodeWrapper.parameterPack
    assert not hasattr(slicer, "__path_of_nothing__")


def test_libraries_by_their_own_names(panel):
    import MRMLCorePython
    import slicer
    import vtkITK
    import vtkSegmentationCorePython
    import vtkSlicerSegmentationsModuleLogicPython as segmentations

    assert MRMLCorePython.vtkMRMLScene is type(slicer.mrmlScene)
    assert vtkITK.vtkITKArchetypeImageSeriesScalarReader
    assert vtkSegmentationCorePython.vtkSegmentation is slicer.vtkSegmentation
    assert segmentations.vtkSlicerSegmentationsModuleLogic
