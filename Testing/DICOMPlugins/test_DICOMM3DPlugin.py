"""Encapsulated models against the files that they were made from."""

from __future__ import annotations

import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from Testing.DICOMPlugins.loading import import_files, load_series, of_class, offers, study_uid_of

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMM3DPlugin"


def surface_of(node):
    return node.GetSegmentation().GetNthSegment(0).GetRepresentation("Closed surface")


@pytest.mark.parametrize(
    ("file", "name"),
    [("m3d_stl_dcmtk", "STL cube"), ("m3d_stl_odd", "STL odd length"), ("m3d_obj", "OBJ triangle")],
)
def test_offer(database, shared_data, tmp_path, file, name):
    (uid,) = import_files(tmp_path / "files", shared_data / f"synthetic/{file}.dcm")
    (loadable,) = offers(PLUGIN, uid)
    assert (loadable.name, loadable.confidence) == (name, 0.95)
    assert loadable.tooltip == f"{name} - as a DICOM M3D object"


def test_stl_is_that_which_was_encapsulated(database, shared_data, tmp_path):
    import vtk

    (uid,) = import_files(tmp_path / "files", shared_data / "synthetic/m3d_stl_dcmtk.dcm")
    (node,) = of_class(load_series(uid), "vtkMRMLSegmentationNode")
    reader = vtk.vtkSTLReader()
    reader.SetFileName(str(shared_data / "synthetic/cube.stl"))
    reader.Update()
    original, found = reader.GetOutput(), surface_of(node)
    assert found.GetNumberOfPolys() == original.GetNumberOfPolys() == 12
    left, right, back, front, low, high = original.GetBounds()
    assert found.GetBounds() == (-right, -left, -front, -back, low, high)  # LPS to RAS
    segmentation = node.GetSegmentation()
    assert segmentation.GetNthSegment(0).GetName() == "Segment 1"
    assert segmentation.GetSourceRepresentationName() == "Closed surface"
    dataset = pydicom.dcmread(shared_data / "synthetic/m3d_stl_dcmtk.dcm")
    assert node.GetAttribute("DICOM.instanceUIDs") == dataset.SOPInstanceUID
    assert study_uid_of(node) == dataset.StudyInstanceUID
    mass = vtk.vtkMassProperties()
    mass.SetInputData(found)
    assert mass.GetVolume() == pytest.approx((right - left) * (front - back) * (high - low))


@pytest.mark.parametrize(
    ("unit", "grown", "size"),
    [
        ("um", 1000, 0.001), ("mm", 1, 1), ("cm", 1, 10), ("m", 1, 1000), ("[in_i]", 1, 25.4),
        ("furlong", 1, 1),
        # what DCMTK says of every model that it is told nothing of: this one would be 0.017 mm large
        ("um", 1, 1),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("database")
def test_the_unit_of_a_model(shared_data, tmp_path, caplog, unit, grown, size):
    """A cube of 10 units is in mm in the scene, whatever it is in the file."""
    import vtk

    cube, writer = vtk.vtkCubeSource(), vtk.vtkSTLWriter()
    cube.SetBounds(0, 10 * grown, -20 * grown, -10 * grown, 0, 10 * grown)
    writer.SetInputConnection(cube.GetOutputPort())
    writer.SetFileName(str(tmp_path / "cube.stl"))
    writer.Write()
    dataset = pydicom.dcmread(shared_data / "synthetic/m3d_stl_dcmtk.dcm")
    dataset.EncapsulatedDocument = (tmp_path / "cube.stl").read_bytes()
    dataset.EncapsulatedDocumentLength = len(dataset.EncapsulatedDocument)
    code = pydicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = unit, "UCUM", unit
    dataset.MeasurementUnitsCodeSequence = [code]
    dataset.save_as(tmp_path / "model.dcm")
    (uid,) = import_files(tmp_path / "files", tmp_path / "model.dcm")
    (node,) = of_class(load_series(uid), "vtkMRMLSegmentationNode")
    edge = 10 * grown * size
    assert surface_of(node).GetBounds() == pytest.approx((-edge, 0, edge, 2 * edge, 0, edge))
    reasons = {("furlong", 1): "(furlong) is not known", ("um", 1): "(um) the model would be smaller than a"}
    told = [record.getMessage() for record in caplog.records if "taken as mm" in record.getMessage()]
    assert len(told) == ((unit, grown) in reasons)
    assert all(text.startswith(f"Series {uid}: ") and reasons[unit, grown] in text for text in told)


def test_padding_is_no_part_of_the_document(shared_data):
    from DICOMLib.mrml.documents.encapsulated import read_document

    dataset = pydicom.dcmread(shared_data / "synthetic/m3d_stl_odd.dcm")
    assert (len(dataset.EncapsulatedDocument), len(read_document(dataset).data)) == (106, 105)


def test_obj_with_the_colour_of_its_material(database, shared_data, tmp_path):
    model = pydicom.dcmread(shared_data / "synthetic/m3d_obj.dcm")
    material = pydicom.dcmread(shared_data / "synthetic/m3d_obj.dcm")
    material.SOPClassUID = material.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.104.5"
    material.SOPInstanceUID = material.file_meta.MediaStorageSOPInstanceUID = "1.2.3.8"
    material.EncapsulatedDocument = b"newmtl bone\nKa 0 0 0\nKd 0.25 0.5 1.0\n "
    material.EncapsulatedDocumentLength = len(material.EncapsulatedDocument)
    material.MIMETypeOfEncapsulatedDocument = "model/mtl"
    reference = pydicom.Dataset()
    reference.ReferencedSOPInstanceUID = "1.2.3.8"
    model.ReferencedInstanceSequence = [reference]
    for name, dataset in (("model", model), ("material", material)):
        assert dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
        dataset.save_as(tmp_path / f"{name}.dcm")
    (uid,) = import_files(tmp_path / "files", tmp_path / "model.dcm", tmp_path / "material.dcm")
    assert len(offers(PLUGIN, uid)) == 1
    (node,) = of_class(load_series(uid), "vtkMRMLSegmentationNode")
    assert surface_of(node).GetNumberOfPolys() == 1
    assert node.GetSegmentation().GetNthSegment(0).GetColor() == (0.25, 0.5, 1.0)


def test_a_document_without_surface_is_reported(database, shared_data, tmp_path, caplog):
    dataset = pydicom.dcmread(shared_data / "synthetic/m3d_obj.dcm")
    dataset.EncapsulatedDocument = b"# nothing\n"
    dataset.EncapsulatedDocumentLength = 10
    dataset.save_as(tmp_path / "empty.dcm")
    (uid,) = import_files(tmp_path / "files", tmp_path / "empty.dcm")
    assert load_series(uid) == []
    assert "no surface" in caplog.text
