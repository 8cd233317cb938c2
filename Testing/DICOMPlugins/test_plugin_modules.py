"""What each plugin is called, and how its module presents itself, as Slicer's scripts know them."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.mrml

LOAD_TYPES = {
    "DICOMScalarVolumePlugin": "Scalar Volume",
    "DICOMEnhancedUSVolumePlugin": "Enhanced US volume",
    "DICOMGeAbusPlugin": "GE ABUS",
    "DICOMImageSequencePlugin": "Image sequence",
    "DICOMM3DPlugin": "DICOMM3D",
    "DICOMParametricMapPlugin": "DICOMParametricMap",
    "DICOMSegmentationPlugin": "DICOMSegmentation",
    "DICOMSlicerDataBundlePlugin": "Slicer Data Bundle",
    "DICOMTID1500Plugin": "DICOM Structured Report TID1500",
    "DICOMVolumeSequencePlugin": "Volume Sequence",
}
SHOWN = {"DICOMM3DPlugin", "DICOMParametricMapPlugin", "DICOMSegmentationPlugin", "DICOMTID1500Plugin"}


@pytest.mark.parametrize(("name", "load_type"), LOAD_TYPES.items())
def test_names(host, name, load_type):
    import slicer

    plugin_class = slicer.modules.dicomPlugins[name]
    plugin = plugin_class()
    assert plugin.loadType == load_type
    assert (plugin_class.__name__, plugin_class.__module__) == (f"{name}Class", name)
    # the keys of every plugin, which scripts and other plugins use
    assert plugin.tags["seriesInstanceUID"].upper() == "0020,000E"
    assert plugin.tags["modality"] == "0008,0060"
    assert plugin.tags["frameOfReferenceUID"] == "0020,0052"


@pytest.mark.parametrize("name", LOAD_TYPES)
def test_module_that_registers_it(host, name):
    import slicer

    before = dict(slicer.modules.dicomPlugins)
    del slicer.modules.dicomPlugins[name]
    try:
        parent = SimpleNamespace()
        getattr(importlib.import_module(name), name)(parent)
        assert slicer.modules.dicomPlugins[name].__name__ == f"{name}Class"
    finally:
        slicer.modules.dicomPlugins.clear()
        slicer.modules.dicomPlugins.update(before)
    assert parent.categories == ["Developer Tools.DICOM Plugins"]
    assert parent.title.startswith("DICOM ")
    assert getattr(parent, "hidden", False) == (name not in SHOWN)
    assert getattr(parent, "dependencies", []) == (["DICOM", "Colors"] if name in SHOWN else [])
