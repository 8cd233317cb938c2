"""What VTK reports comes into the log, with its text in detail only, and not onto the terminal."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
import vtk

pytestmark = pytest.mark.mrml


def test_an_error_of_vtk(host, caplog, capfd):
    reader = vtk.vtkXMLImageDataReader()
    reader.SetFileName("Doe_John.vti")
    with caplog.at_level(logging.DEBUG, "vtk"):
        reader.Update()
        host._vtk_messages.tell()
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


WARNING_IN_A_THREAD = """
import numpy as np
import vtk
from vtk.util import numpy_support

image = slicer.vtkOrientedImageData()
image.SetDimensions(6, 6, 6)
image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
field = vtk.vtkImageData()
field.SetDimensions(9, 9, 9)
displacements = np.random.default_rng(1).normal(0, 3, (729, 3))
field.GetPointData().SetScalars(numpy_support.numpy_to_vtk(displacements, deep=True))
folded = slicer.vtkOrientedGridTransform()  # has no inverse, which is told voxel by voxel
folded.SetDisplacementGridData(field)
slicer.vtkOrientedImageDataResample.TransformOrientedImage(image, folded)
print("went on")
"""


def test_a_filter_that_reports_from_threads_of_its_own_is_not_waited_for_in_vain(tmp_path):
    """While Python waits for the filter, and lets no other thread run meanwhile."""
    command = [sys.executable, "-m", "DICOMLib.cli", "run", "--code", WARNING_IN_A_THREAD]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout) == (0, "went on\n"), ended.stderr
    assert "vtkOrientedGridTransform reports a warning " in ended.stderr
    assert len(ended.stderr.splitlines()) < 30  # not a line for each voxel


def test_what_is_reported_often_is_told_once(host, caplog):
    with host._vtk_messages._lock:  # so that none is told before the others
        for _ in range(5):
            vtk.vtkSTLReader().Update()  # of no file
    host._vtk_messages.tell()
    (told,) = [record.getMessage() for record in caplog.records if "vtkSTLReader" in record.getMessage()]
    assert told == "vtkSTLReader reports an error 5 times; the text is in the detailed log."
