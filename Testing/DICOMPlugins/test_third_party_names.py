"""A plugin of an installed package whose entry point has another name than its module, as Python allows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pydicom
import pytest

from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.DICOMLib.plugins.test_registry import install_package
from Testing.image_series import heights, stack, write
from Testing.nrrd import read_nrrd

pytestmark = [pytest.mark.mrml, pytest.mark.slow]

SERIES = "1.2.8.1"
VOXELS = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
PLUGIN = '''
import os
import numpy as np
import pydicom
import slicer
from DICOMLib import DICOMLoadable, DICOMPlugin


class HelloPlugin(DICOMPlugin):
    """Loads numbers of its own; writes the name of the node in a file."""

    def __init__(self):
        super().__init__()
        self.loadType = "Hello"

    def examineFiles(self, files):
        loadable = DICOMLoadable()
        loadable.files, loadable.name, loadable.selected, loadable.confidence = files, "hello", True, 1.0
        return [loadable]

    def load(self, loadable):
        slicer.util.addVolumeFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5), name="hello")
        return True

    def examineForExport(self, subjectHierarchyItemID):
        exportable = slicer.qSlicerDICOMExportable()
        exportable.name, exportable.confidence = "Hello", 1.0
        exportable.pluginClass = self.__module__
        exportable.subjectHierarchyItemID = subjectHierarchyItemID
        return [exportable]

    def export(self, exportables):
        for exportable in exportables:
            dataset = pydicom.Dataset()
            dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.66", "1.2.8.99"
            dataset.PatientName = "Hello"
            dataset.file_meta = pydicom.dataset.FileMetaDataset()
            dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
            path = os.path.join(exportable.directory, "hello.dcm")
            dataset.save_as(path, enforce_file_format=True)
        return ""
'''
SCRIPT = """
import sys
import slicer
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import examine_for_export, export
from DICOMLib.plugins.load import load_series

report = run(load_series([sys.argv[1]]))
assert [one.plugin for one in report.loaded] == ["HelloPlugin"], report
tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
item = tree.GetItemByDataNode(slicer.mrmlScene.GetNodeByID(report.node_ids[0]))
(offered,) = run(examine_for_export([item], ["HelloPlugin"])).types
assert offered.plugin == offered.exportables[0].pluginClass == "HelloPlugin", offered
assert run(export(offered.exportables, "by_job")).succeeded
# what a script asked for itself says the name of the module
unasked = slicer.modules.dicomPlugins["HelloPlugin"]().examineForExport(item)
assert unasked[0].pluginClass == "hello_dicom"
assert run(export(unasked, "by_script")).succeeded
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the database `db`, and the package on the path of Python."""
    write(stack(heights(0, 3, 6), SeriesInstanceUID=SERIES), tmp_path / "data")
    site, root = tmp_path / "site", Path(__file__).resolve().parent.parent.parent
    install_package(site, "hello", ["HelloPlugin = hello_dicom:HelloPlugin"])
    (site / "hello_dicom.py").write_text(PLUGIN)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (site, root))))
    result = slicer_dicom("import", "data", "--database", "db", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    return tmp_path


def test_it_loads_and_exports_by_the_command_line(folder):
    loaded = slicer_dicom("load", SERIES, "--database", "db", "--output", "out", "--json", folder=folder)
    assert loaded.returncode == 0, loaded.stderr
    (entry,) = json.loads(loaded.stdout)
    assert entry["plugin"] == "HelloPlugin"
    assert np.array_equal(read_nrrd(folder / entry["file"])[0], VOXELS)
    arguments = ("export", "--input", entry["file"], "--plugin", "HelloPlugin", "--output", "written")
    written = slicer_dicom(*arguments, folder=folder)
    assert written.returncode == 0, written.stderr
    assert pydicom.dcmread(folder / "written" / "hello.dcm").PatientName == "Hello"


def test_it_loads_and_exports_by_a_script(folder):
    (folder / "script.py").write_text(SCRIPT)
    result = slicer_dicom("run", "--database", "db", "script.py", SERIES, folder=folder)
    assert result.returncode == 0, result.stderr
    for name in ("by_job", "by_script"):
        assert pydicom.dcmread(folder / name / "hello.dcm").PatientName == "Hello"
