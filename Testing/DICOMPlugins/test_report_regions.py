"""Measurement reports: markups of what was measured, by hand."""

from __future__ import annotations

import copy

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from Testing.DICOMPlugins.loading import import_files, load_series, of_class, series_with
from Testing.DICOMPlugins.test_DICOMTID1500Plugin import (
    GROUPS,
    cells,
    code,
    content,
    measured_image,
    positions,
    report_with,
)

pytestmark = pytest.mark.mrml

SHORT_AXIS, AREA = ("103340004", "SCT", "Short Axis"), ("42798000", "SCT", "Area")


def measurement(concept, number, unit, content_items):
    """A number that was measured of what the content items tell."""
    value = Dataset()
    value.NumericValue = number
    value.MeasurementUnitsCodeSequence = [code(unit, "UCUM", unit)]
    return content("CONTAINS", "NUM", concept, MeasuredValueSequence=[value], ContentSequence=content_items)


def by_reference(relationship, *path):
    """A content item that stands for another one, by the position of that."""
    item = Dataset()
    item.RelationshipType, item.ReferencedContentItemIdentifier = relationship, list(path)
    return item


def test_what_was_measured_is_shown(database, shared_data, tmp_path):
    """A short axis of 5 mm, and an area of 3 x 4 mm that two measurements are of: each is drawn once."""
    axis = content(
        "INFERRED FROM",
        "SCOORD3D",
        ("121055", "DCM", "Path"),
        GraphicType="POLYLINE",
        GraphicData=[0.0, 0, 0, 3, 4, 0],
        ReferencedFrameOfReferenceUID="1.2.3.5",
    )
    outline = content(
        "INFERRED FROM",
        "SCOORD3D",
        ("121055", "DCM", "Path"),
        GraphicType="POLYGON",
        GraphicData=[0.0, 0, 9, 3, 0, 9, 3, 4, 9, 0, 4, 9, 0, 0, 9],
        ReferencedFrameOfReferenceUID="1.2.3.5",
    )
    items = [
        content("HAS OBS CONTEXT", "TEXT", ("112039", "DCM", "Tracking Identifier"), TextValue="Lesion 1"),
        measurement(SHORT_AXIS, "5", "mm", [axis]),
        measurement(AREA, "12", "mm2", [outline]),
        measurement(("131191004", "SCT", "Perimeter"), "14", "mm", [copy.deepcopy(outline)]),
    ]
    report_with(shared_data, items, tmp_path / "sr.dcm")
    import_files(tmp_path / "files", tmp_path / "sr.dcm")
    nodes = load_series(*series_with("SR"))
    (line,) = of_class(nodes, "vtkMRMLMarkupsLineNode")
    assert line.GetName().startswith("Lesion 1")
    assert line.GetLineLengthWorld() == pytest.approx(5)
    (curve,) = of_class(nodes, "vtkMRMLMarkupsClosedCurveNode")
    assert np.allclose(positions(curve), [[0, 0, 9], [-3, 0, 9], [-3, -4, 9], [0, -4, 9]])
    assert curve.GetCurveLengthWorld() == pytest.approx(14)
    (table,) = of_class(nodes, "vtkMRMLTableNode")
    found = cells(table)
    assert [found[name] for name in ("Short Axis [mm]", "Area [mm2]", "Perimeter [mm]")] == [
        ["5"], ["12"], ["14"]
    ]  # fmt: skip


def test_references_within_a_report(database, shared_data, tmp_path):
    """A measurement of a drawing that stands elsewhere, which was made on an image of the image library."""
    dataset = pydicom.dcmread(shared_data / GROUPS)
    series = dataset.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    uid = series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    measured_image(shared_data, uid).save_as(tmp_path / "ct.dcm", enforce_file_format=True)
    image_reference = Dataset()
    image_reference.ReferencedSOPClassUID, image_reference.ReferencedSOPInstanceUID = CTImageStorage, uid
    image_item = content(
        "CONTAINS", "IMAGE", ("121112", "DCM", "Source"), ReferencedSOPSequence=[image_reference]
    )
    place = len(dataset.ContentSequence)  # the group's container is the last child of the document
    drawing = content(
        "CONTAINS",
        "SCOORD",
        ("111030", "DCM", "Image Region"),
        GraphicType="POLYLINE",
        GraphicData=[10.5, 20.5, 16.5, 22.5],
        ContentSequence=[by_reference("SELECTED FROM", 1, place, 1, 1)],
    )
    number = measurement(SHORT_AXIS, "5", "mm", [by_reference("INFERRED FROM", 1, place, 1, 2)])
    missing = measurement(AREA, "1", "mm2", [by_reference("INFERRED FROM", 1, place, 9)])
    report_with(shared_data, [image_item, drawing, number, missing], tmp_path / "sr.dcm")
    import_files(tmp_path / "files", tmp_path / "sr.dcm", tmp_path / "ct.dcm")
    nodes = load_series(*series_with("SR"))
    (line,) = of_class(nodes, "vtkMRMLMarkupsLineNode")  # of the group and of the measurement: once
    # pixels of 0.5 mm along rows, 2 mm along columns, from (-50, -60, 70)
    assert np.allclose(positions(line), [[50 - 5, 60 - 40, 70], [50 - 8, 60 - 44, 70]])
    assert line.GetLineLengthWorld() == pytest.approx(5)
