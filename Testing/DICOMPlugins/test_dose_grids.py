"""Where the planes of a loaded dose lie, worked out by hand from PS3.3 C.8.8.3.2."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import RTDoseStorage

from Testing import factories
from Testing.DICOMPlugins.loading import import_files, load_series, of_class, offers
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

PLUGIN = "DicomRtImportExportPlugin"
HEAD_FIRST = (1, 0, 0, 0, 1, 0)
FEET_FIRST = (-1, 0, 0, 0, 1, 0)


def dose(orientation, offsets, frames, **attributes):
    """Plane number k (from 1) has the stored value 100 k and a scaling of 0.01."""
    pixels = np.repeat(100 * np.arange(1, frames + 1, dtype=np.uint32), 20).reshape(frames, 4, 5)
    given = {
        "SOPClassUID": RTDoseStorage,
        "Modality": "RTDOSE",
        "DoseUnits": "GY",
        "DoseGridScaling": "0.01",
        "NumberOfFrames": frames,
        "GridFrameOffsetVector": offsets,
        "ImageOrientationPatient": list(orientation),
    }
    return image((10, 20, -30), pixels=pixels, **{**given, **attributes})


@pytest.fixture
def load(database, tmp_path):
    """Imports a dose, and gives the warning of its loadable and its node."""

    def load_dose(*args, **attributes):
        write([dose(*args, **attributes)], tmp_path / "files")
        (uid,) = import_files(tmp_path / "copies", tmp_path / "files")
        (loadable,) = offers(PLUGIN, uid)
        (node,) = of_class(load_series(uid), "vtkMRMLScalarVolumeNode")
        return loadable.warning, node

    return load_dose


def planes(node) -> dict[int, tuple[float, ...]]:
    """Dose of each slice, and where its first voxel lies in the world (RAS)."""
    import slicer
    import vtk

    matrix, transform = vtk.vtkMatrix4x4(), vtk.vtkGeneralTransform()
    node.GetIJKToRASMatrix(matrix)
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(node.GetParentTransformNode(), None, transform)
    places = {}
    for k, plane in enumerate(slicer.util.arrayFromVolume(node)):
        point = transform.TransformPoint(matrix.MultiplyPoint((0, 0, k, 1))[:3])
        places[round(float(plane[0, 0]))] = tuple(round(value, 4) for value in point)
    return places


@pytest.mark.parametrize(
    ("orientation", "offsets", "heights"),
    [
        (HEAD_FIRST, [0, 2, 4], (-30, -28, -26)),
        (HEAD_FIRST, [-30, -28, -26], (-30, -28, -26)),
        (HEAD_FIRST, [0, -2, -4], (-30, -32, -34)),
        (FEET_FIRST, [0, 2, 4], (-30, -32, -34)),
    ],
)
def test_planes_are_where_the_offsets_say(load, orientation, offsets, heights):
    warning, node = load(orientation, offsets, 3)
    assert planes(node) == {k + 1: (-10, -20, z) for k, z in enumerate(heights)}
    assert warning == ""
    assert node.GetParentTransformNode() is None


def test_coordinates_of_a_patient_with_feet_first_are_not_mirrored(load):
    warning, node = load(FEET_FIRST, [-30, -28, -26], 3)
    assert planes(node) == {1: (-10, -20, -30), 2: (-10, -20, -28), 3: (-10, -20, -26)}
    assert "may be mirrored in other programs" in warning


@pytest.mark.parametrize(
    ("offsets", "heights"), [([0, 2, 6, 8], (-30, -28, -24, -22)), ([0, -1, -4], (-30, -31, -34))]
)
def test_uneven_planes_are_put_right_by_a_transform(load, offsets, heights):
    warning, node = load(HEAD_FIRST, offsets, len(offsets))
    assert planes(node) == {k + 1: (-10, -20, z) for k, z in enumerate(heights)}
    assert warning.startswith("The planes of the dose are not equally spaced. The acquisition geometry is")


def test_uneven_planes_can_be_resampled(load, settings):
    """Planes at 0, 2 and 6 mm become slices at 0, 3 and 6: at 3 mm, a quarter of the way from 2 to 3 Gy."""
    import slicer

    settings.setValue("DICOM/ScalarVolume/AcquisitionGeometryRegularization", "hardenTransform")
    _, node = load(HEAD_FIRST, [0, 2, 6], 3)
    assert node.GetParentTransformNode() is None
    assert slicer.util.arrayFromVolume(node)[:, 2, 2] == pytest.approx([1, 2.25, 3], abs=1e-5)


def test_a_single_plane_with_an_offset(load):
    warning, node = load(HEAD_FIRST, [0], 1)
    assert planes(node) == {1: (-10, -20, -30)}
    assert warning == ""


@pytest.mark.parametrize("offsets", [None, [0, 2]])
def test_planes_without_a_place_are_told_of(load, offsets):
    warning, _ = load(HEAD_FIRST, offsets, 3)
    assert "of 3 dose planes tell where they lie" in warning


def test_a_dose_without_scaling_is_told_of(load):
    warning, _ = load(HEAD_FIRST, [0, 2, 4], 3, DoseGridScaling=None)
    assert warning == "There is no Dose Grid Scaling: the voxels are stored values."


def referring(sequence, uid):
    reference = Dataset()
    reference.ReferencedSOPInstanceUID = uid
    return {sequence: [reference]}


def structure_set(uid, name):
    """ROI 1 has this name."""
    structure = Dataset()
    structure.ROINumber, structure.ROIName = 1, name
    return factories.rt_structure_set(
        SOPInstanceUID=uid, SeriesInstanceUID=f"{uid}.1", StructureSetROISequence=[structure]
    )


def plan(uid, prescribed, **references):
    prescription = Dataset()
    prescription.TargetPrescriptionDose = prescribed
    return factories.rt_plan(
        SOPInstanceUID=uid, SeriesInstanceUID=f"{uid}.1", DoseReferenceSequence=[prescription], **references
    )


def test_a_dose_is_of_its_own_plan_and_structure_set(database, tmp_path):
    """The plan refers to another structure set and another dose, and that to a plan of a higher dose."""
    histogram, structure = Dataset(), Dataset()
    structure.ReferencedROINumber = 1
    histogram.DVHReferencedROISequence, histogram.DVHData = [structure], [1, 20, 1, 10]
    own = dose(
        HEAD_FIRST,
        [0, 2, 4],
        3,
        SOPInstanceUID="1.9.1",
        SeriesInstanceUID="1.9.1.1",
        DVHSequence=[histogram],
        **referring("ReferencedRTPlanSequence", "1.9.2"),
        **referring("ReferencedStructureSetSequence", "1.9.3"),
    )
    other = dose(
        HEAD_FIRST,
        [0, 2, 4],
        3,
        SOPInstanceUID="1.9.4",
        SeriesInstanceUID="1.9.4.1",
        **referring("ReferencedRTPlanSequence", "1.9.5"),
    )
    references = {
        **referring("ReferencedStructureSetSequence", "1.9.6"),
        **referring("ReferencedDoseSequence", "1.9.4"),
    }
    datasets = [own, plan("1.9.2", 50, **references), structure_set("1.9.3", "Heart"), other]
    datasets += [plan("1.9.5", 70), structure_set("1.9.6", "Lung")]
    write(datasets, tmp_path / "files")
    import_files(tmp_path / "copies", tmp_path / "files")
    nodes = load_series("1.9.1.1")
    (table,) = of_class(nodes, "vtkMRMLTableNode")
    assert table.GetColumnName(0).startswith("Heart dose")
    (node,) = of_class(nodes, "vtkMRMLScalarVolumeNode")
    levels = node.GetNodeReference("DicomRtImport.IsodoseColorTable")
    assert levels.GetColorName(7) == "50"
