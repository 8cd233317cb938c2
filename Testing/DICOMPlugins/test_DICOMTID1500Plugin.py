"""Measurement reports: values against highdicom and dcmqi's own numbers, markups by hand."""

from __future__ import annotations

import copy

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from Testing.DICOMPlugins.loading import (
    import_files,
    load_series,
    of_class,
    offers,
    series_with,
    study_uid_of,
)
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMTID1500Plugin"
ENHANCED_SR = "1.2.840.10008.5.1.4.1.1.88.22"
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34"
TUMOR = "dcmqi/data/sr-example"
GROUPS = "highdicom/data/test_files/sr_document_with_multiple_groups.dcm"


@pytest.fixture
def bring(database, shared_data, tmp_path):
    """Imports files and folders of the shared data."""
    return lambda *paths: import_files(tmp_path / "files", *(shared_data / path for path in paths))


def cells(table):
    """Texts of a table: column name to the texts of its rows."""
    return {
        table.GetColumnName(column): [
            table.GetCellText(row, column) for row in range(table.GetNumberOfRows())
        ]
        for column in range(table.GetNumberOfColumns())
    }


def positions(node):
    return np.array([node.GetNthControlPointPosition(i)[:] for i in range(node.GetNumberOfControlPoints())])


def test_offer(bring):
    bring(TUMOR)
    (uid,) = series_with("SR")
    (loadable,) = offers(PLUGIN, uid)
    assert loadable.name == "Unnamed Reference tumor measurements - User2 Manual trial 1 - SR TID1500"
    assert (loadable.confidence, loadable.selected, loadable.warning) == (0.95, True, "")
    assert len(loadable.ReferencedSegInstanceUIDs) == 1


@pytest.mark.parametrize("name", ["reportsi.dcm", "test-SR.dcm"])
def test_other_reports_are_declined(bring, name):
    bring(f"pydicom/src/pydicom/data/test_files/{name}")
    (uid,) = series_with("SR")
    assert offers(PLUGIN, uid) == []


def test_measurements_of_a_segment(bring, shared_data):
    """The numbers are those that stand in the report, as dcmqi's JSON of the same example has them."""
    import vtk

    bring(TUMOR)
    nodes = load_series(*series_with("SR"))
    (table,) = of_class(nodes, "vtkMRMLTableNode")
    found = cells(table)
    assert table.GetName() == "tumor measurements - User2 Manual trial 1"
    assert next(iter(found)) == "Tracking Identifier"
    assert found["Tracking Identifier"] == ["primary tumor"]
    expected = {
        "SUVbw Mean [{SUVbw}g/ml]": "6.01529",
        "SUVbw Minimum [{SUVbw}g/ml]": "2.91136",
        "Volume [ml]": "33.5824",
        "Total Lesion Glycolysis [g]": "202.008",
        "Percent Within Fourth Quarter of Intensity Range [%]": "8.55346",
        "Finding": "Neoplasm, Primary",
        "Finding Site": "pharyngeal tonsil (adenoid)",
    }
    assert {name: found[name][0] for name in expected} == expected
    assert (table.GetAttribute("readonly"), table.GetAttribute("QuantitativeReporting")) == ("Yes", "Yes")
    dataset = pydicom.dcmread(shared_data / TUMOR / "sr.dcm")
    assert table.GetAttribute("SOPInstanceUID") == dataset.SOPInstanceUID
    assert study_uid_of(table) == dataset.StudyInstanceUID
    # the segment that was measured came along, and knows which measurements are its own
    (segmentation,) = of_class(nodes, "vtkMRMLSegmentationNode")
    assert table.GetAttribute("ReferencedSegmentationNodeID") == segmentation.GetID()
    value = vtk.reference("")
    assert segmentation.GetSegmentation().GetSegment("Segment_1").GetTag("TrackingUniqueIdentifier", value)
    assert str(value) == "2.25.318774060119084600392715520575818119084"


@pytest.mark.parametrize("sop_class", [ENHANCED_SR, COMPREHENSIVE_SR, COMPREHENSIVE_3D_SR])
def test_classes_of_reports(database, shared_data, tmp_path, sop_class):
    """The same content in each class that may hold it gives the same measurements."""
    dataset = pydicom.dcmread(shared_data / TUMOR / "sr.dcm")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.save_as(tmp_path / "sr.dcm")
    import_files(tmp_path / "files", tmp_path / "sr.dcm")
    (table,) = of_class(load_series(dataset.SeriesInstanceUID), "vtkMRMLTableNode")
    found = cells(table)
    assert found["Tracking Identifier"] == ["primary tumor"]
    assert found["SUVbw Mean [{SUVbw}g/ml]"] == ["6.01529"]


def test_a_segmentation_is_not_loaded_twice(bring):
    import slicer

    bring(TUMOR)
    load_series(*series_with("SEG"))
    load_series(*series_with("SR"))
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 1


def test_reports_of_a_patient_know_each_other(database, shared_data, tmp_path):
    """In three studies of one patient, loaded out of order, and one of another patient."""
    source = pydicom.dcmread(shared_data / GROUPS)
    made = []
    for number, (patient, day) in enumerate(
        (("P1", "20240101"), ("P1", "20240301"), ("P2", "20240201"), ("P1", "20240201"))
    ):
        report = copy.deepcopy(source)
        report.PatientID, report.StudyDate = patient, day
        report.SOPInstanceUID = report.file_meta.MediaStorageSOPInstanceUID = f"1.2.7.{number}"
        report.StudyInstanceUID, report.SeriesInstanceUID = f"1.2.5.{number}", f"1.2.6.{number}"
        made.append(report)
    write(made, tmp_path / "made")
    import_files(tmp_path / "files", tmp_path / "made")
    for number in (1, 0, 2, 3):
        load_series(f"1.2.6.{number}")
    import slicer

    nodes = [
        *slicer.util.getNodesByClass("vtkMRMLTableNode"),
        *slicer.util.getNodesByClass("vtkMRMLMarkupsNode"),
    ]
    found = {
        node.GetAttribute("SOPInstanceUID"): (
            node.GetAttribute("PriorReportUID"), node.GetAttribute("FollowUpReportUID")
        )
        for node in nodes
        if node.GetAttribute("SOPInstanceUID")
    }  # fmt: skip
    assert found == {
        "1.2.7.0": (None, "1.2.7.3"),
        "1.2.7.3": ("1.2.7.0", "1.2.7.1"),
        "1.2.7.1": ("1.2.7.3", None),
        "1.2.7.2": (None, None),
    }


def test_groups_against_highdicom(bring, shared_data):
    import highdicom

    bring(GROUPS)
    tables = of_class(load_series(*series_with("SR")), "vtkMRMLTableNode")
    (table,) = [node for node in tables if "annotations" not in node.GetName()]
    found = cells(table)
    document = highdicom.sr.srread(shared_data / GROUPS)
    groups = [
        *document.content.get_image_measurement_groups(),
        *document.content.get_planar_roi_measurement_groups(),
        *document.content.get_volumetric_roi_measurement_groups(),
    ]
    for group in groups:
        row = found["Tracking Identifier"].index(group.tracking_identifier)
        for measurement in group.get_measurements():
            title = f"{measurement.name.meaning} [{measurement.unit.value}]"
            assert float(found[title][row]) == pytest.approx(measurement.value)
        for evaluation in group.get_qualitative_evaluations():
            assert found[evaluation.name.meaning][row] == evaluation.value.meaning


def measured_image(shared_data, instance_uid):
    """A CT slice at (-50, -60, 70) with pixels of 0.5 by 2 mm, under the UID that the report refers to."""
    report = pydicom.dcmread(shared_data / GROUPS)
    return image(
        (-50, -60, 70),
        SOPInstanceUID=instance_uid,
        PatientID=report.PatientID,
        PatientName=report.PatientName,
        StudyInstanceUID=report.StudyInstanceUID,
    )


def test_regions_of_an_image(database, shared_data, tmp_path):
    """A pixel (x, y) of the image lies at -50 + 0.5 (x - 0.5), -60 + 2 (y - 0.5), 70 mm (LPS)."""
    report = pydicom.dcmread(shared_data / GROUPS)
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    ct = measured_image(shared_data, series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
    ct.save_as(tmp_path / "ct.dcm", enforce_file_format=True)
    import_files(tmp_path / "files", shared_data / GROUPS, tmp_path / "ct.dcm")
    nodes = load_series(*series_with("SR"))
    (polyline,) = [node for node in nodes if node.GetName() == "Aorta0001"]
    lps = [
        (-50 + 0.5 * (x - 0.5), -60 + 2 * (y - 0.5), 70) for x, y in ((25, 45), (45, 45), (45, 65), (25, 65))
    ]
    assert np.allclose(positions(polyline), np.array(lps) * (-1, -1, 1))
    (circle,) = [node for node in nodes if node.GetName() == "LungNodule0001"]
    assert circle.GetClassName() == "vtkMRMLMarkupsClosedCurveNode"
    centre = np.array([50 - 0.5 * 44.5, 60 - 2 * 54.5, 70])
    assert np.allclose(positions(circle).mean(axis=0), centre)
    # ten pixels of radius: 5 mm along rows, 20 mm along columns
    extent = np.ptp(positions(circle), axis=0)
    assert np.allclose(extent, [10, 40, 0])
    (point,) = of_class(nodes, "vtkMRMLMarkupsFiducialNode")
    assert np.allclose(positions(point), [[-123.5, -234.10000610351562, -23.700000762939453]])
    annotations = {node.GetName(): cells(node) for node in of_class(nodes, "vtkMRMLTableNode")}
    table = annotations["PolyLine annotations"]
    assert list(table) == ["Tracking Identifier", "FindingType", "FindingSite", "PolyLine"]
    assert table["FindingType"] == ["Nodule", "Aorta"]
    assert annotations["Point annotations"]["Point"] == ["123.5, 234.1, -23.7"]


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def content(relationship, kind, concept, **attributes):
    item = Dataset()
    item.RelationshipType, item.ValueType = relationship, kind
    item.ConceptNameCodeSequence = [code(*concept)]
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def report_with(shared_data, group_items, path):
    """The report of several groups with one group of these items instead."""
    dataset = copy.deepcopy(pydicom.dcmread(shared_data / GROUPS))
    group = content(
        "CONTAINS", "CONTAINER", ("125007", "DCM", "Measurement Group"), ContentSequence=group_items
    )
    measurements = dataset.ContentSequence[-1]
    measurements.ContentSequence = [group]
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.save_as(path)


def test_bounding_box(database, shared_data, tmp_path):
    purpose = content(
        "HAS CONCEPT MOD",
        "CODE",
        ("130400", "DCM", "Geometric purpose of region"),
        ConceptCodeSequence=[code("75958009", "SCT", "Bounded by")],
    )
    box = content(
        "CONTAINS",
        "SCOORD3D",
        ("111030", "DCM", "Image Region"),
        GraphicType="POLYGON",
        GraphicData=[0.0, 0, 5, 10, 0, 5, 10, 20, 5, 0, 20, 5, 0, 0, 5],
        ReferencedFrameOfReferenceUID="1.2.3.5",
        ContentSequence=[purpose],
    )
    report_with(shared_data, [box], tmp_path / "sr.dcm")
    import_files(tmp_path / "files", tmp_path / "sr.dcm")
    nodes = load_series(*series_with("SR"))
    (roi,) = of_class(nodes, "vtkMRMLMarkupsROINode")
    assert np.allclose(roi.GetCenter(), [-5, -10, 5])
    assert np.allclose(sorted(roi.GetSize()), [1, 10, 20])
    bounds = [0.0] * 6
    roi.GetRASBounds(bounds)
    assert np.allclose(bounds, [-10, 0, -20, 0, 4.5, 5.5], atol=1e-6)
    (table,) = of_class(nodes, "vtkMRMLTableNode")
    assert table.GetColumnName(3) == "Bounding box points"


def test_lengths_become_lines(database, shared_data, tmp_path):
    line = content(
        "INFERRED FROM",
        "SCOORD3D",
        ("121055", "DCM", "Path"),
        GraphicType="POLYLINE",
        GraphicData=[0.0, 0, 0, 3, 4, 0],
        ReferencedFrameOfReferenceUID="1.2.3.5",
    )
    value = Dataset()
    value.NumericValue = "5"
    value.MeasurementUnitsCodeSequence = [code("mm", "UCUM", "millimeter")]
    length = content(
        "CONTAINS",
        "NUM",
        ("410668003", "SCT", "Length"),
        MeasuredValueSequence=[value],
        ContentSequence=[line],
    )
    report_with(shared_data, [length], tmp_path / "sr.dcm")
    import_files(tmp_path / "files", tmp_path / "sr.dcm")
    nodes = load_series(*series_with("SR"))
    (node,) = of_class(nodes, "vtkMRMLMarkupsLineNode")
    assert node.GetName() == "Doe^John"
    assert node.GetLocked()
    assert np.allclose(positions(node), [[0, 0, 0], [-3, -4, 0]])
    assert node.GetLineLengthWorld() == pytest.approx(5)
    (table,) = of_class(nodes, "vtkMRMLTableNode")
    assert cells(table)["Length [mm]"] == ["5"]


def test_nodes_lie_in_a_folder_of_the_study(bring, shared_data):
    import slicer

    bring(GROUPS)
    nodes = load_series(*series_with("SR"))
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    folders = {tree.GetItemParent(tree.GetItemByDataNode(node)) for node in nodes}
    (folder,) = folders
    assert tree.GetItemLevel(folder) == "Folder"
    dataset = pydicom.dcmread(shared_data / GROUPS)
    assert {study_uid_of(node) for node in nodes} == {dataset.StudyInstanceUID}


def test_missing_evidence_is_warned_about(bring):
    bring(GROUPS)
    (loadable,) = offers(PLUGIN, series_with("SR")[0])
    assert "None of the series" in loadable.warning


def test_regions_of_missing_images_are_logged(bring, caplog):
    bring(GROUPS)
    nodes = load_series(*series_with("SR"))
    assert "not in the database" in caplog.text
    assert len(of_class(nodes, "vtkMRMLMarkupsFiducialNode")) == 1


def test_images_that_are_not_loaded_are_told_with_the_series(bring, caplog):
    bring(TUMOR)
    (series,) = series_with("SR")
    load_series(series)
    assert f"Series {series}: the images of the report are not loaded (" in caplog.text


def test_the_images_are_loaded_in_the_values_that_were_measured(database, shared_data, tmp_path):
    """The report of a tumour refers to a mapping object; the images are made with the UIDs of that."""
    import slicer

    folder = shared_data / TUMOR
    factors = pydicom.dcmread(folder / "rwvm.dcm")
    item = factors.ReferencedImageRealWorldValueMappingSequence[0]
    made = [
        image(
            (0, 0, 3 * number),
            SOPInstanceUID=one.ReferencedSOPInstanceUID,
            SeriesInstanceUID=factors.ReferencedSeriesSequence[0].SeriesInstanceUID,
            StudyInstanceUID=factors.StudyInstanceUID,
            PatientID=factors.PatientID,
            pixels=np.full((4, 5), 1000 * (number + 1), np.int16),
        )
        for number, one in enumerate(item.ReferencedImageSequence[:2])
    ]
    write(made, tmp_path / "made")
    import_files(tmp_path / "files", folder, tmp_path / "made")
    nodes = load_series(*series_with("SR"))
    (volume,) = of_class(nodes, "vtkMRMLScalarVolumeNode")
    assert volume.GetAttribute("DICOM.RWV.instanceUID") == factors.SOPInstanceUID
    assert np.allclose(slicer.util.arrayFromVolume(volume)[:, 0, 0], [0.375125, 0.75025])
    load_series(*series_with("SR"))  # they are loaded once
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1
    # the segmentation refers to them, not to images in other values
    segmentation = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    role = segmentation.GetReferenceImageGeometryReferenceRole()
    assert segmentation.GetNodeReference(role).GetID() == volume.GetID()


@pytest.mark.gui
def test_the_table_is_shown_beside_the_views(bring, main_window):
    import slicer

    bring(TUMOR)
    layout = main_window.layoutManager()
    before = layout.layout
    layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    try:
        (table,) = of_class(load_series(*series_with("SR")), "vtkMRMLTableNode")
        assert layout.layout == slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpTableView
        assert layout.tableWidget(0).tableView().mrmlTableNode() is table
    finally:
        layout.setLayout(before)


def test_the_tags_have_the_names_of_the_contract(host):
    import slicer

    tags = slicer.modules.dicomPlugins[PLUGIN]().tags

    for name in ("ReferencedSeriesSequence", "PixelSpacing", "Rows", "Columns", "FrameOfReferenceUID"):
        assert pydicom.datadict.keyword_for_tag(tags[name].replace(",", "")) == name
