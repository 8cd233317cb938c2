"""What the base class gives to plugins."""

from __future__ import annotations

import importlib.metadata
import re

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from DICOMLib.plugins.base import DICOMPlugin
from DICOMLib.plugins.loadable import DICOMLoadable
from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml


def test_defaults():
    plugin = DICOMPlugin()
    assert (plugin.loadType, plugin.loadableCache, plugin.tempDir) == ("Generic DICOM", {}, None)
    assert plugin.tags == {
        "seriesDescription": "0008,103E",
        "seriesNumber": "0020,0011",
        "frameOfReferenceUID": "0020,0052",
        "seriesInstanceUID": "0020,000E",
        "modality": "0008,0060",
        "instanceUID": "0008,0018",
        "sopClassUID": "0008,0016",
    }
    assert (plugin.examineFiles(["a"]), plugin.load(None), plugin.export([])) == ([], True, "")
    assert plugin.examineForExport(1) == []


def test_time_is_frozen_at_the_first_look():
    plugin = DICOMPlugin()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{6}", plugin.currentDateTime)
    assert plugin.currentDateTime is plugin.currentDateTime


def test_cleanup_removes_the_temporary_folder(tmp_path):
    plugin = DICOMPlugin()
    plugin.cleanup()
    folder = tmp_path / "work"
    folder.mkdir()
    plugin.tempDir = str(folder)
    plugin.cleanup()
    assert not folder.exists()
    assert plugin.tempDir is None


@pytest.mark.parametrize(
    ("suffix", "modality"),
    [("4", "MR"), ("4.1", "MR"), ("4.4", "MR"), ("2", "CT"), ("2.1", "CT"), ("2.2", "CT"),
     ("128", "PT"), ("128.1", "PT"), ("130", "PT"), ("4.2", None), ("7", None)],
)  # fmt: skip
def test_modality_of_a_class(suffix, modality):
    assert DICOMPlugin().mapSOPClassUIDToModality(f"1.2.840.10008.5.1.4.1.1.{suffix}") == modality


def test_quantity_and_units():
    quantity, units = DICOMPlugin().mapSOPClassUIDToDICOMQuantityAndUnits("1.2.840.10008.5.1.4.1.1.2")
    assert (quantity.GetCodeValue(), quantity.GetCodingSchemeDesignator()) == ("112031", "DCM")
    assert (units.GetCodeValue(), units.GetCodeMeaning()) == ("[hnsf'U]", "Hounsfield unit")
    assert DICOMPlugin().mapSOPClassUIDToDICOMQuantityAndUnits("1.2.840.10008.5.1.4.1.1.128") == (None, None)


def test_private_tag():
    dataset = Dataset()
    block = dataset.private_block(0x0021, "U-Systems", create=True)
    block.add_new(0x40, "DS", "1.5")
    tag = DICOMPlugin().findPrivateTag(dataset, 0x0021, 0x40, "U-Systems")
    assert dataset[tag].value == 1.5
    assert DICOMPlugin().findPrivateTag(dataset, 0x0021, 0x40, "Other") is None


def test_dcmqi_program(monkeypatch, tmp_path):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(RuntimeError, match="not installed"):
        DICOMPlugin._dcmqi_binary("segimage2itkimage")

    class Installed:
        def locate_file(self, name):
            return tmp_path / name

    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed())
    with pytest.raises(RuntimeError, match="bogus"):
        DICOMPlugin._dcmqi_binary("bogus")
    program = tmp_path / "dcmqi" / "bin" / "segimage2itkimage"
    program.parent.mkdir(parents=True)
    program.touch()
    assert DICOMPlugin._dcmqi_binary("segimage2itkimage") == str(program)


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({}, "7: Axial"),
        ({"SeriesDescription": None}, "7: Unnamed Series"),
        ({"SeriesNumber": None}, "Axial"),
        ({"SeriesNumber": None, "SeriesDescription": None}, "Unnamed Series"),
    ],
)
def test_name_of_a_series(database, tmp_path, attributes, name):
    (path,) = write([image(**attributes)], tmp_path / "files")
    database.insert(path, False)
    assert DICOMPlugin().defaultSeriesNodeName("1.2.3.4") == name
    assert DICOMPlugin().defaultSeriesNodeName("9.9") == "Unnamed Series"


def item(**attributes):
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def test_references(database, tmp_path):
    images = stack(heights(0, 3))
    referencing = image(
        SeriesInstanceUID="1.2.3.9",
        ReferencedSeriesSequence=Sequence([item(SeriesInstanceUID="1.2.3.4"), item(SeriesInstanceUID="1.9")]),
        ReferencedImageSequence=Sequence(
            [item(ReferencedSOPInstanceUID=uid) for uid in (images[0].SOPInstanceUID, "1.2.77")]
        ),
    )
    paths = write([*images, referencing], tmp_path / "files")
    for path in paths:
        database.insert(path, False)
    loadable = DICOMLoadable()
    loadable.files = paths[2:]
    DICOMPlugin().addReferences(loadable)
    assert loadable.referencedSeriesUID == "1.2.3.4"
    assert sorted(loadable.referencedInstanceUIDs) == sorted(
        [images[0].SOPInstanceUID, images[1].SOPInstanceUID, "1.2.77"]
    )


def test_no_references(database, tmp_path):
    loadable = DICOMLoadable()
    loadable.files = write([image()], tmp_path / "files")
    DICOMPlugin().addReferences(loadable)
    assert loadable.referencedInstanceUIDs == []
    assert not hasattr(loadable, "referencedSeriesUID")


def test_only_nodes_with_files_enter_the_hierarchy(database, caplog):
    DICOMPlugin().addSeriesInSubjectHierarchy(DICOMLoadable(), None)
    assert "subject hierarchy" in caplog.text


def test_two_patients_with_one_id_are_one_in_the_scene(database, tmp_path):
    import slicer

    datasets = [
        image(PatientName=name, StudyInstanceUID=f"1.{name}", SeriesInstanceUID=f"1.{name}.1")
        for name in ("1", "2")
    ]
    paths = write(datasets, tmp_path / "files")
    for path in paths:
        database.insert(path, False)
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
        loadable = DICOMLoadable()
        loadable.files = [path]
        loadable.referencedInstanceUIDs = ["1.5", "1.6"]
        DICOMPlugin().addSeriesInSubjectHierarchy(loadable, node)
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    patient = tree.GetItemByUID("DICOM", "P1")
    assert tree.GetItemName(patient) == "1 (P1)"
    studies = [tree.GetItemByUID("DICOM", f"1.{name}") for name in ("1", "2")]
    assert [tree.GetItemParent(study) for study in studies] == [patient, patient]
    series = tree.GetItemByUID("DICOM", "1.2.1")
    assert tree.GetItemAttribute(series, "DICOM.ReferencedInstanceUIDs") == "1.5 1.6"
