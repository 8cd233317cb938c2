"""What VTK reports comes into the log, with its text in detail only, and not onto the terminal."""

from __future__ import annotations

import logging

import pytest
import vtk

pytestmark = pytest.mark.mrml


def test_an_error_of_vtk(host, caplog, capfd):
    reader = vtk.vtkXMLImageDataReader()
    reader.SetFileName("Doe_John.vti")
    with caplog.at_level(logging.DEBUG, "vtk"):
        reader.Update()
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert told == ["vtkXMLImageDataReader reports an error; the text is in the detailed log."]
    assert "Error opening file Doe_John.vti" in caplog.text
    assert capfd.readouterr().err == ""


def test_the_itk_reader_tells_by_its_exception_only(host, caplog, capfd, tmp_path):
    from DICOMLib.mrml.images.itk_reader import ReaderFailed, read_with_itk

    path = tmp_path / "broken.dcm"
    path.write_bytes(b"\0" * 128 + b"DICM")
    with pytest.raises(ReaderFailed, match="GDCM"):
        read_with_itk([str(path)], "GDCM")
    assert [record for record in caplog.records if record.levelno >= logging.INFO] == []
    assert capfd.readouterr().err == ""


def test_a_remark_of_a_reader_that_went_on(host, caplog, capfd, tmp_path):
    """Of a segmentation without the attributes that Slicer writes, which is read all the same."""
    import slicer

    path = tmp_path / "organ.seg.nrrd"
    path.write_bytes(
        b"NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 2 2\n"
        b"space directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\n\n"
        + bytes([0, 1] * 4)
    )
    with caplog.at_level(logging.DEBUG, "vtk"):
        node = slicer.util.loadSegmentation(str(path))
    assert node.GetSegmentation().GetNumberOfSegments() == 1
    assert [record for record in caplog.records if record.levelno >= logging.INFO] == []
    assert "ReferenceImageExtentOffset attribute was not found" in caplog.text
    assert capfd.readouterr() == ("", "")
    slicer.mrmlScene.RemoveNode(node)
