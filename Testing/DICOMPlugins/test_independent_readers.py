"""What plugins load and write, as programs of others read it: dcm2niix and VTK."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
import slicer
import vtk
from vtkmodules.util import numpy_support

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.mrml.volumes import sequence
from DICOMLib.mrml.volumes.volume import Volume
from DICOMLib.plugins.load import load_series
from Testing.DICOMPlugins.exporting import below_study, datasets, exported, hierarchy, ijk_to_ras, volume_node
from Testing.nifti import by_place, nifti

pytestmark = pytest.mark.mrml

MATRIX = np.array([[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 2.5, -30], [0, 0, 0, 1.0]])


def by_dcm2niix(folder: Path, output: Path) -> list[Path]:
    """The NIfTI files that dcm2niix makes of a folder, without filling or cropping."""
    if shutil.which("dcm2niix") is None:
        pytest.skip("dcm2niix is not installed")
    output.mkdir()
    command = ["dcm2niix", "-z", "i", "-b", "n", "-m", "n", "-f", "%s", "-o", output, folder]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return sorted(output.glob("*.nii.gz"))


def same_place(voxels: np.ndarray, matrix: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Voxels turned to the axes of `place`; both grids have their corners at the same points (0.01 mm)."""
    last = np.array(voxels.shape[::-1]) - 1
    ends = [[(one @ [*corner, 1])[:3] for corner in ((0, 0, 0), last)] for one in (matrix, place)]
    assert np.allclose(np.sort(ends[0], axis=0), np.sort(ends[1], axis=0), atol=0.01)
    return by_place(voxels, matrix, place)


# -- loading


@pytest.mark.parametrize(
    "folder",
    [
        pytest.param("slicer/Testing/Data/Input/CTHeadAxialDicom", id="CT"),
        pytest.param("ibsi-sts-001/ibsi_validation/dicom/STS_001/MR_T1/image", id="MR"),
        pytest.param("ibsi-sts-001/ibsi_validation/dicom/STS_001/PET/image", id="PT"),
    ],
)
def test_loaded_volumes_equal_dcm2niix(database, shared_data, tmp_path, folder):
    assert DICOMUtils.importDicom(str(shared_data / folder))
    (uid,) = DICOMUtils.allSeriesUIDsInDatabase(database)
    report = run(load_series([uid], ["DICOMScalarVolumePlugin"]))
    node = slicer.mrmlScene.GetNodeByID(report.loaded[0].node_ids[0])
    (path,) = by_dcm2niix(shared_data / folder, tmp_path / "nifti")
    voxels, matrix = nifti(path)
    turned = same_place(voxels[0], matrix, ijk_to_ras(node))
    ours = slicer.util.arrayFromVolume(node)
    assert np.abs(ours).max() > 0
    assert np.allclose(ours, turned, rtol=1e-6, atol=1e-3)


# -- volume sequences


def made_sequence(frames, times):
    """Item of the volume that shows a sequence of volumes, below a patient and study."""
    items = []
    for time, voxels in zip(times, frames, strict=True):
        node = volume_node(voxels, MATRIX, "temporary")
        items.append(sequence.Item(time, Volume(node.GetImageData(), MATRIX)))
        slicer.mrmlScene.RemoveNode(node)
    node = sequence.add_sequence(slicer.mrmlScene, "Perfusion", sequence.Index("time", "ms"), items)
    return below_study(sequence.add_browser([node], "Perfusion", 1.0).GetProxyNode(node))


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_a_sequence_is_one_file_of_four_dimensions(database, tmp_path, modality):
    frames = [np.random.default_rng(seed).integers(0, 1000, (4, 6, 5)).astype(np.int16) for seed in range(3)]
    item = made_sequence(frames, ("0", "1500", "3000"))
    exported(item, "DICOMVolumeSequencePlugin", tmp_path / "out", Modality=modality)
    (path,) = by_dcm2niix(tmp_path / "out", tmp_path / "nifti")
    voxels, matrix = nifti(path)
    assert len(voxels) == 3
    for read, written in zip(voxels, frames, strict=True):
        assert np.allclose(same_place(read, matrix, MATRIX), written, atol=1e-4)


def test_a_real_sequence_goes_through_both(database, shared_data, tmp_path):
    """Functional MR, loaded and exported: dcm2niix reads of it what it reads of the scanner's files."""
    folder = shared_data / "dcm_qa_nih/In/20180918GE/mr_0004"
    assert DICOMUtils.importDicom(str(folder))
    (uid,) = DICOMUtils.allSeriesUIDsInDatabase(database)
    DICOMUtils.loadSeriesByUID([uid])
    (browser,) = slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode")
    node = browser.GetProxyNode(browser.GetMasterSequenceNode())
    report = exported(hierarchy().GetItemByDataNode(node), "DICOMVolumeSequencePlugin", tmp_path / "out")
    first = pydicom.dcmread(report.files[0], stop_before_pixels=True)
    assert (first.Modality, first.Manufacturer) == ("MR", "GE MEDICAL SYSTEMS")
    (of_export,) = by_dcm2niix(tmp_path / "out", tmp_path / "nifti")
    (of_scanner,) = by_dcm2niix(folder, tmp_path / "nifti-of-scanner")
    voxels, matrix = nifti(of_export)
    expected, place = nifti(of_scanner)
    assert voxels.shape == expected.shape
    for read, scanned in zip(voxels, expected, strict=True):
        assert np.allclose(same_place(read, matrix, place), scanned, atol=1e-3)


# -- surfaces


def cuboid_and_sphere():
    """A model of a cuboid of 2 x 3 x 5 mm beside a sphere; (node, triangles in RAS (n, 3, 3))."""
    box, ball, both = vtk.vtkCubeSource(), vtk.vtkSphereSource(), vtk.vtkAppendPolyData()
    box.SetBounds(10, 12, -4, -1, 30, 35)
    ball.SetCenter(40, 0, 0)
    ball.SetRadius(7)
    ball.SetThetaResolution(32)
    ball.SetPhiResolution(32)
    for source in (box, ball):
        both.AddInputConnection(source.GetOutputPort())
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(both.GetOutputPort())
    triangles.Update()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", "Implant")
    node.SetAndObservePolyData(triangles.GetOutput())
    return node, corners_of(triangles.GetOutput())


def corners_of(surface) -> np.ndarray:
    """Corners of the triangles of a surface, (n, 3, 3)."""
    points = numpy_support.vtk_to_numpy(surface.GetPoints().GetData())
    ids = numpy_support.vtk_to_numpy(surface.GetPolys().GetConnectivityArray())
    return points[ids.reshape(-1, 3)].astype(float)


def volume_of(corners: np.ndarray) -> float:
    """Signed volumes of tetrahedra to the origin, in mm³; positive if the triangles are wound outwards."""
    return float(np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


def test_vtk_reads_the_surface_in_an_encapsulated_stl(database, tmp_path):
    node, corners = cuboid_and_sphere()
    (dataset,) = datasets(exported(below_study(node), "DICOMM3DPlugin", tmp_path / "out"))
    payload = tmp_path / "payload.stl"
    payload.write_bytes(dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength])
    reader = vtk.vtkSTLReader()
    reader.SetFileName(str(payload))
    reader.Update()
    read = corners_of(reader.GetOutput())

    assert len(read) == len(corners)
    assert np.abs(read - corners * [-1, -1, 1]).max() < 1e-5  # LPS
    assert volume_of(read) == pytest.approx(volume_of(corners), rel=1e-5)
    cuboid = read[read[:, 0, 0] > -20]  # the sphere lies farther to the right
    assert volume_of(cuboid) == pytest.approx(2 * 3 * 5, rel=1e-5)  # and wound outwards
    mass = vtk.vtkMassProperties()
    mass.SetInputConnection(reader.GetOutputPort())
    mass.Update()
    assert mass.GetVolume() == pytest.approx(volume_of(read), rel=1e-4)
    assert mass.GetVolume() == pytest.approx(30 + 4 / 3 * np.pi * 7**3, rel=0.02)
