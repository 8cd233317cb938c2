"""Loadables and exportables: defaults, and the twins that hold the same."""

from __future__ import annotations

import pytest
from vtkmodules.vtkCommonCore import vtkCollection

from DICOMLib.plugins.exportable import qSlicerDICOMExportable, vtkSlicerDICOMExportable
from DICOMLib.plugins.loadable import DICOMLoadable, qSlicerDICOMLoadable, vtkSlicerDICOMLoadable

pytestmark = pytest.mark.mrml


def test_defaults_of_a_loadable():
    loadable = DICOMLoadable()
    assert vars(loadable) == {
        "files": [],
        "name": "Unknown",
        "tooltip": "No further information available",
        "warning": "",
        "selected": False,
        "confidence": 0.5,
    }
    assert not hasattr(loadable, "referencedInstanceUIDs")
    assert {loadable: 1}[loadable] == 1


def test_loadable_from_the_qt_one_takes_six_properties():
    other = qSlicerDICOMLoadable()
    other.files = ["a", "b"]
    other.name, other.tooltip, other.warning, other.selected, other.confidence = "n", "t", "w", True, 0.9
    other.referencedInstanceUIDs = ["1.2"]
    loadable = DICOMLoadable(other)
    assert (loadable.files, loadable.name, loadable.tooltip) == (("a", "b"), "n", "t")
    assert (loadable.warning, loadable.selected, loadable.confidence) == ("w", True, 0.9)
    assert not hasattr(loadable, "referencedInstanceUIDs")


def test_qt_and_vtk_loadables_hold_the_same():
    first = qSlicerDICOMLoadable()
    first.files, first.name, first.confidence, first.loadSuccess = ("a",), "n", 0.7, True
    first.addReferencedInstanceUID("1.2")
    twin = vtkSlicerDICOMLoadable()
    first.copyToVtkLoadable(twin)
    assert (twin.GetName(), twin.GetConfidence(), twin.GetLoadSuccess()) == ("n", 0.7, True)
    twin.AddFile("b")
    twin.AddReferencedInstanceUID("1.3")
    twin.SetWarning("careful")
    second = qSlicerDICOMLoadable()
    second.copyFromVtkLoadable(twin)
    assert second.files == twin.GetFiles() == ("a", "b")
    assert second.referencedInstanceUIDs == twin.GetReferencedInstanceUIDs() == ("1.2", "1.3")
    assert (second.warning, second.tooltip) == ("careful", "No further information available")


def test_exportable():
    exportable = qSlicerDICOMExportable()
    assert (exportable.name, exportable.confidence, exportable.pluginClass) == ("Unknown exporter", 0.0, "")
    assert (exportable.subjectHierarchyItemID, exportable.directory, exportable.tags) == (0, "", {})
    assert exportable.tooltip
    exportable.setTag("SeriesNumber", 301)
    exportable.tags["Modality"] = "CT"
    assert exportable.tags == {"SeriesNumber": "301"}
    assert exportable.tag("Modality") == ""
    exportable.setTags({"Modality": "MR"})
    assert (exportable.tag("Modality"), exportable.tag("SeriesNumber")) == ("MR", "")


def test_exportable_twin():
    exportable = qSlicerDICOMExportable()
    exportable.name, exportable.directory = "n", "/d"
    exportable.setTag("Modality", "MR")
    twin = vtkSlicerDICOMExportable()
    exportable.copyToVtkExportable(twin)
    twin.SetTag("StudyID", "1")
    assert (twin.GetName(), twin.GetDirectory(), twin.GetTag("Modality"), twin.GetTag("x")) == (
        "n",
        "/d",
        "MR",
        "",
    )
    back = qSlicerDICOMExportable()
    back.copyFromVtkExportable(twin)
    assert back.tags == {"Modality": "MR", "StudyID": "1"}
    assert exportable.tags == {"Modality": "MR"}


def test_logics_of_others_give_them_in_a_collection():
    """As SlicerRT's plugin reads what its logic offers: the logic's own references are gone by then."""
    collection = vtkCollection()
    offered = vtkSlicerDICOMLoadable()
    offered.SetName("RTDOSE")
    offered.SetConfidence(1.0)
    offered.AddFile("dose.dcm")
    offered.AddReferencedInstanceUID("1.2.3")
    collection.AddItem(offered)
    del offered
    twin = collection.GetItemAsObject(0)
    assert (twin.GetFiles().GetNumberOfValues(), twin.GetFiles().GetValue(0)) == (1, "dose.dcm")
    loadable = qSlicerDICOMLoadable()
    loadable.copyFromVtkLoadable(twin)
    assert (loadable.name, loadable.confidence, loadable.referencedInstanceUIDs) == (
        "RTDOSE",
        1.0,
        ("1.2.3",),
    )
    taken = DICOMLoadable(loadable)
    assert (taken.name, list(taken.files)) == ("RTDOSE", ["dose.dcm"])
    exports = vtkCollection()
    made = qSlicerDICOMExportable()
    made.setTag("Modality", "RTSTRUCT")
    exports.AddItem(vtkSlicerDICOMExportable())
    made.copyToVtkExportable(exports.GetItemAsObject(0))
    assert exports.GetItemAsObject(0).GetTag("Modality") == "RTSTRUCT"
