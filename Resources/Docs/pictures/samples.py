"""Sample data that are there wherever the application is."""

from __future__ import annotations

from pathlib import Path

import pydicom

from DICOMLib.standard.phantom import SERIES_UID, head_datasets, write_head_phantom

FAILING_MODULE = '''
import unittest

from slicer.ScriptedLoadableModule import *


class ToBeMended(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "To be mended"
        parent.categories = ["Examples"]


class ToBeMendedWidget(ScriptedLoadableModuleWidget):
    pass


class ToBeMendedTest(ScriptedLoadableModuleTest):
    def runTest(self):
        self.setUp()
        self.delayDisplay("Spacing is compared")
        self.assertEqual((0.5, 0.5, 2.0), (0.5, 0.5, 2.5))
'''


def import_samples(home: Path) -> None:
    """The phantom, and some of the files of pydicom."""
    from DICOMLib import DICOMUtils

    write_head_phantom(home / "phantom")
    DICOMUtils.importDicom(str(home / "phantom"))
    files = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
    DICOMUtils.importDicom(str(files))


def import_windows(home: Path) -> None:
    """The phantom again as series of other windows, as scanners make them of one acquisition."""
    from DICOMLib import DICOMUtils

    datasets = list(head_datasets())[40:90:10]
    for number, description, center, width in (
        (3, "Bone", 600, 2400),
        (4, "Brain", 40, 90),
        (5, "Soft tissue", 20, 400),
    ):
        folder = home / f"series-{number}"
        folder.mkdir()
        for dataset in datasets:
            dataset.SeriesInstanceUID = f"{SERIES_UID[:-2]}{number}"
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = (
                f"{SERIES_UID[:-6]}{number}{dataset.InstanceNumber:03d}"
            )
            dataset.SeriesNumber, dataset.SeriesDescription = number, description
            dataset.WindowCenter, dataset.WindowWidth = center, width
            dataset.save_as(folder / f"{dataset.InstanceNumber}.dcm", enforce_file_format=True)
        DICOMUtils.importDicom(str(folder))


def write_failing_module(home: Path) -> Path:
    """A module whose self-test fails; returns its folder."""
    folder = home / "modules"
    folder.mkdir(exist_ok=True)
    (folder / "ToBeMended.py").write_text(FAILING_MODULE)
    return folder
