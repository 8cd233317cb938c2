"""Radiotherapy: masks against IBSI's, dose against pydicom, volumes and beams by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pydicom
import pytest

from Testing.DICOMPlugins.loading import (
    import_files,
    load_series,
    masks_in_world,
    of_class,
    offers,
    points_of,
    series_with,
    study_uid_of,
)
from Testing.nifti import nifti

pytestmark = pytest.mark.mrml

PLUGIN = "DicomRtImportExportPlugin"
IBSI = "ibsi-sts-001/ibsi_validation/dicom/STS_001"
PLAN = "dicompyler-core"
RT_ION_PLAN = "1.2.840.10008.5.1.4.1.1.481.8"


@pytest.fixture
def bring(database, shared_data, tmp_path):
    """Imports files and folders of the shared data."""

    def import_all(*paths):
        import_files(tmp_path / "files", *(shared_data / path for path in paths))

    return import_all


def read(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


def array_of(node):
    import slicer

    return slicer.util.arrayFromVolume(node)


def matrix_of(node):
    import slicer
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


@pytest.mark.parametrize(
    ("path", "modality", "name"),
    [
        (f"{PLAN}/rtss.dcm", "RTSTRUCT", "3: RTSTRUCT: RT Structure Set [CT_1]"),
        (f"{PLAN}/rtdose.dcm", "RTDOSE", "14: RTDOSE: RT Dose"),
        (f"{PLAN}/rtplan.dcm", "RTPLAN", "4: RTPLAN: RT Plan [B1]"),
        (
            "pynetdicom/pynetdicom/tests/dicom_files/RTImageStorage.dcm",
            "RTIMAGE",
            "000000052637: RTIMAGE: B09: [iViewPortalImage]",
        ),
    ],
)
def test_offers(bring, path, modality, name):
    bring(path)
    (uid,) = series_with(modality)
    (loadable,) = offers(PLUGIN, uid)
    assert loadable.name.startswith(name)
    assert (loadable.confidence, loadable.selected, loadable.warning) == (1.0, True, "")


def test_relative_dose_is_warned_about(bring):
    bring("pydicom/src/pydicom/data/test_files/rtdose.dcm")
    (loadable,) = offers(PLUGIN, series_with("RTDOSE")[0])
    assert "not in Gy" in loadable.warning


# -- structure sets


@pytest.mark.parametrize("kind", ["CT", "MR_T1", "PET"])
def test_masks_are_those_of_ibsi(bring, shared_data, kind):
    """The contours fill the voxels of the NIfTI masks that IBSI publishes with them; none more, none less."""
    bring(f"{IBSI}/{kind}")
    (image_uid,) = series_with({"CT": "CT", "MR_T1": "MR", "PET": "PT"}[kind])
    (volume,) = of_class(load_series(image_uid), "vtkMRMLScalarVolumeNode")
    (node,) = of_class(load_series(*series_with("RTSTRUCT")), "vtkMRMLSegmentationNode")
    ((name, pair),) = masks_in_world(node).items()
    assert name == f"GTV_Mass_{kind}"
    masks = shared_data / "ibsi-sts-001/_ref/ibsi_validation/nifti/STS_001"
    expected = nifti(masks / f"{kind}_mask.nii.gz")[0][0] > 0
    assert expected.shape == array_of(volume).shape
    assert pair[0].sum() == expected.sum()
    assert points_of(*pair) == points_of(expected, matrix_of(volume))
    segment = node.GetSegmentation().GetNthSegment(0)
    assert segment.GetColor() == (1.0, 0.0, 0.0)
    assert node.GetNodeReference("referenceImageGeometryRef") is volume
    assert study_uid_of(node) == study_uid_of(volume)


def test_images_are_loaded_before_what_refers_to_them(bring):
    """With its references asked for, a structure set finds its volume in the scene."""
    import slicer

    from DICOMLib.core.jobs import run
    from DICOMLib.plugins.load import load_series as load_job

    bring("rt-utils/tests/mock_data")
    struct = next(uid for uid in series_with("RTSTRUCT") if offers(PLUGIN, uid)[0].referencedInstanceUIDs)
    report = run(load_job([struct], references=True))
    assert not report.failed
    (node,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    (volume,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    assert node.GetNodeReference("referenceImageGeometryRef") is volume


def polygon_volume(dataset, number, thickness):
    """Sum of the areas of the contours of one structure by the shoelace formula, times the thickness."""
    (drawn,) = [item for item in dataset.ROIContourSequence if item.ReferencedROINumber == number]
    total = 0.0
    for contour in drawn.ContourSequence:
        x, y = np.array(contour.ContourData, float).reshape(-1, 3)[:, :2].T
        total += abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    return total * thickness


def test_structure_set_without_images(bring, shared_data):
    """Volumes of structures by the shoelace formula; contours are 3 mm apart, pixels are 1 mm."""
    bring(f"{PLAN}/rtss.dcm")
    (node,) = of_class(load_series(*series_with("RTSTRUCT")), "vtkMRMLSegmentationNode")
    dataset = read(shared_data / PLAN / "rtss.dcm")
    names = {item.ROIName: item.ROINumber for item in dataset.StructureSetROISequence}
    masks = masks_in_world(node)
    assert list(masks) == list(names)
    for name in ("Breast", "Heart", "Tumor Bed"):
        voxels, matrix = masks[name]
        found = voxels.sum() * abs(np.linalg.det(matrix[:3, :3]))
        assert found == pytest.approx(polygon_volume(dataset, names[name], 3.0), rel=0.02)
    assert not masks["Areola"][0].any()
    segmentation = node.GetSegmentation()
    heart = segmentation.GetSegment(f"ROI_{names['Heart']}")
    assert tuple(round(255 * part) for part in heart.GetColor()) == (255, 128, 0)
    # the body does not hide dose and image
    display = node.GetDisplayNode()
    assert not display.GetSegmentVisibility2DFill("ROI_1")
    assert display.GetSegmentVisibility2DFill("ROI_5")
    assert display.GetSegmentOpacity3D("ROI_1") == pytest.approx(0.2)


def test_contours_and_surfaces(bring, shared_data):
    import vtk

    bring("rt-utils/tests/mock_data")
    dataset = read(shared_data / "rt-utils/tests/mock_data/rt.dcm")
    (node,) = of_class(load_series(dataset.SeriesInstanceUID), "vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    names = [name for name in ("Planar contour", "Binary labelmap", "Closed surface")
             if segmentation.ContainsRepresentation(name)]  # fmt: skip
    assert len(names) == 3
    lines = segmentation.GetNthSegment(0).GetRepresentation("Planar contour")
    contours = dataset.ROIContourSequence[0].ContourSequence
    assert lines.GetNumberOfLines() == len(contours)
    first = np.array(contours[0].ContourData, float).reshape(-1, 3) * (-1, -1, 1)
    assert np.allclose([lines.GetPoint(index) for index in range(len(first))], first)
    mass = vtk.vtkMassProperties()
    mass.SetInputData(segmentation.GetNthSegment(0).GetRepresentation("Closed surface"))
    ((voxels, matrix),) = masks_in_world(node).values()
    assert mass.GetVolume() == pytest.approx(voxels.sum() * abs(np.linalg.det(matrix[:3, :3])), rel=0.25)


@pytest.mark.parametrize("name", ["Breast", "Heart"])
def test_surface_of_a_large_structure(bring, shared_data, name):
    """It holds what its contours hold, by the shoelace formula; contours are 3 mm apart."""
    import vtk

    bring(f"{PLAN}/rtss.dcm")
    (node,) = of_class(load_series(*series_with("RTSTRUCT")), "vtkMRMLSegmentationNode")
    dataset = read(shared_data / PLAN / "rtss.dcm")
    (number,) = [item.ROINumber for item in dataset.StructureSetROISequence if item.ROIName == name]
    segment = node.GetSegmentation().GetSegment(f"ROI_{number}")
    mass = vtk.vtkMassProperties()
    mass.SetInputData(segment.GetRepresentation("Closed surface"))
    assert mass.GetVolume() == pytest.approx(polygon_volume(dataset, number, 3.0), rel=0.05)


def test_marked_points_become_a_point_list(bring):
    import slicer

    bring("pydicom/src/pydicom/data/test_files/rtstruct.dcm")
    nodes = load_series(*series_with("RTSTRUCT"))
    (points,) = of_class(nodes, "vtkMRMLMarkupsFiducialNode")
    labels = [points.GetNthControlPointLabel(index) for index in range(points.GetNumberOfControlPoints())]
    assert labels == ["Isocenter 1", "Isocenter 2"]
    assert points.GetNthControlPointPosition(0)[:] == (0, 0, 0)
    (segmentation,) = of_class(nodes, "vtkMRMLSegmentationNode")
    assert segmentation.GetSegmentation().GetNumberOfSegments() == 1
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    items = [tree.GetItemByDataNode(node) for node in (points, segmentation)]
    assert tree.GetItemParent(items[0]) == tree.GetItemParent(items[1])


# -- dose


def test_dose_in_gray(bring, shared_data):
    bring(f"{PLAN}/rtdose.dcm")
    (node,) = of_class(load_series(*series_with("RTDOSE")), "vtkMRMLScalarVolumeNode")
    dataset = read(shared_data / PLAN / "rtdose.dcm")
    assert np.allclose(array_of(node), dataset.pixel_array * 1.4e-5, rtol=1e-12, atol=0)
    expected = [[-2.5, 0, 0, 228.6541915], [0, -2.5, 0, 419.2444776], [0, 0, 3, -122.4407], [0, 0, 0, 1]]
    assert np.allclose(matrix_of(node), expected)
    assert node.GetVoxelValueUnits().GetCodeValue() == "Gy"
    assert node.GetAttribute("DicomRtImport.DoseVolume") == "1"
    assert node.GetAttribute("DicomRtImport.DoseUnitName") == "Gy"


def test_dose_planes_from_above(bring, shared_data, tmp_path):
    """Offsets that fall: the last frame is the lowest slice, and each value stays where it was."""
    dataset = read(shared_data / "pydicom/src/pydicom/data/test_files/rtdose.dcm")
    dataset.GridFrameOffsetVector = [-float(value) for value in dataset.GridFrameOffsetVector]
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5"
    dataset.save_as(tmp_path / "dose.dcm")
    import_files(tmp_path / "files", tmp_path / "dose.dcm")
    (node,) = of_class(load_series(*series_with("RTDOSE")), "vtkMRMLScalarVolumeNode")
    assert np.allclose(array_of(node), dataset.pixel_array[::-1] * float(dataset.DoseGridScaling))
    x, y, z = map(float, dataset.ImagePositionPatient)
    assert np.allclose(matrix_of(node)[:3, 3], (-x, -y, z - 14 * 5))
    assert matrix_of(node)[2, 2] == pytest.approx(5)


def test_isodose_colours_follow_the_prescription(bring):
    bring(f"{PLAN}/rtdose.dcm", f"{PLAN}/rtplan.dcm")
    (node,) = of_class(load_series(*series_with("RTDOSE")), "vtkMRMLScalarVolumeNode")
    table = node.GetNodeReference("DicomRtImport.IsodoseColorTable")
    names = [table.GetColorName(index) for index in range(table.GetNumberOfColors())]
    # 14 Gy are prescribed
    assert names == ["1.4", "4.2", "7", "9.8", "11.2", "12.6", "13.3", "14", "14.7", "15.4"]
    display = node.GetDisplayNode()
    assert display.GetLowerThreshold() == pytest.approx(1.4)
    assert display.GetApplyThreshold()
    assert display.GetWindowLevelMin() == 0
    function = display.GetColorNode().GetColorTransferFunction()
    assert [round(part, 3) for part in function.GetColor(14)] == [1.0, 0.3, 0.0]


def test_isodoses_of_a_relative_dose_follow_its_highest(bring, shared_data, tmp_path):
    """The prescription of 14 Gy says nothing of a dose from 0 to 1.0486 of it."""
    dataset = read(shared_data / PLAN / "rtdose.dcm")
    dataset.DoseUnits, dataset.DoseGridScaling = "RELATIVE", "1e-6"
    dataset.save_as(tmp_path / "dose.dcm")
    import_files(tmp_path / "relative", tmp_path / "dose.dcm")
    bring(f"{PLAN}/rtplan.dcm")
    (node,) = of_class(load_series(*series_with("RTDOSE")), "vtkMRMLScalarVolumeNode")
    highest = float(dataset.pixel_array.max()) * 1e-6
    assert highest == pytest.approx(1.0486, abs=1e-4)
    display = node.GetDisplayNode()
    assert display.GetLowerThreshold() == pytest.approx(highest / 10, rel=1e-4)
    assert display.GetWindowLevelMax() == pytest.approx(1.1 * highest, rel=1e-4)


def test_dose_lies_over_the_anatomy(bring):
    import slicer

    bring(f"{PLAN}/rtdose.dcm", f"{PLAN}/ct.0.dcm")
    (ct,) = of_class(load_series(*series_with("CT")), "vtkMRMLScalarVolumeNode")
    (node,) = of_class(load_series(*series_with("RTDOSE")), "vtkMRMLScalarVolumeNode")
    selection = slicer.app.applicationLogic().GetSelectionNode()
    assert selection.GetActiveVolumeID() == ct.GetID()
    assert selection.GetSecondaryVolumeID() == node.GetID()


def test_histograms(bring):
    import slicer

    bring(f"{PLAN}/rtdose.dcm", f"{PLAN}/rtplan.dcm", f"{PLAN}/rtss.dcm")
    (table,) = of_class(load_series(*series_with("RTDOSE")), "vtkMRMLTableNode")
    assert table.GetNumberOfColumns() == 18
    volumes = slicer.util.arrayFromTableColumn(table, "BODY volume [CM3]")
    assert volumes[:2] == pytest.approx([13944.4228874521, 11996.0667335077])
    doses = slicer.util.arrayFromTableColumn(table, "BODY dose [GY]")
    assert doses[:3] == pytest.approx([0.0, 0.01, 0.02])


@pytest.mark.parametrize("name", ["rtdose_rle", "rtdose_expb", "rtdose_rle_1frame"])
def test_encodings_of_dose(bring, shared_data, name):
    bring(f"pydicom/src/pydicom/data/test_files/{name}.dcm")
    (node,) = of_class(load_series(*series_with("RTDOSE")), "vtkMRMLScalarVolumeNode")
    dataset = read(shared_data / f"pydicom/src/pydicom/data/test_files/{name}.dcm")
    expected = dataset.pixel_array.astype(float) * float(dataset.DoseGridScaling)
    assert np.allclose(array_of(node), expected.reshape(array_of(node).shape), rtol=1e-12, atol=0)


# -- plans and portal images


def test_plan(bring, shared_data):
    import slicer

    bring(f"{PLAN}/rtplan.dcm")
    nodes = load_series(*series_with("RTPLAN"))
    (table,) = of_class(nodes, "vtkMRMLTableNode")
    assert [table.GetCellText(0, column) for column in (1, 3, 4, 6)] == ["3 RAO", "PHOTON", "10", "327"]
    assert table.GetCellText(3, 14) == "94"
    (points,) = of_class(nodes, "vtkMRMLMarkupsFiducialNode")
    assert points.GetNumberOfControlPoints() == 1
    assert points.GetNthControlPointLabel(0) == "Isocenter: 3 RAO, 4 AP, 5 LAO, 6 LPO"
    isocentre = np.array([-72.5304715048, 304.3445582552, -9.3092401018882])
    assert np.allclose(points.GetNthControlPointPosition(0), isocentre)
    beams = of_class(nodes, "vtkMRMLModelNode")
    assert [node.GetName() for node in beams] == ["Beam 3 RAO", "Beam 4 AP", "Beam 5 LAO", "Beam 6 LPO"]
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    folders = {tree.GetItemParent(tree.GetItemByDataNode(node)) for node in (table, points, *beams)}
    assert [tree.GetItemName(folder) for folder in folders] == [table.GetName()]
    assert study_uid_of(beams[0]) == read(shared_data / PLAN / "rtplan.dcm").StudyInstanceUID


def test_ion_plan(database, shared_data, tmp_path):
    """The beams of a plan, told as those of ions, come from the same place."""
    dataset = read(shared_data / PLAN / "rtplan.dcm")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = RT_ION_PLAN
    dataset.IonBeamSequence = dataset.BeamSequence
    for beam in dataset.IonBeamSequence:
        beam.IonControlPointSequence = beam.ControlPointSequence
        beam.VirtualSourceAxisDistances = [2300.0, 2300.0]
        beam.RadiationType = "PROTON"
        del beam.ControlPointSequence, beam.SourceAxisDistance
    del dataset.BeamSequence
    dataset.save_as(tmp_path / "plan.dcm")
    import_files(tmp_path / "files", tmp_path / "plan.dcm")
    (loadable,) = offers(PLUGIN, dataset.SeriesInstanceUID)
    assert loadable.name.startswith("4: RTPLAN: RT Plan [B1]")
    nodes = load_series(dataset.SeriesInstanceUID)
    (table,) = of_class(nodes, "vtkMRMLTableNode")
    assert [table.GetCellText(0, column) for column in (1, 3)] == ["3 RAO", "PROTON"]
    (model,) = [node for node in nodes if node.GetName() == "Beam 4 AP"]
    isocentre = np.array([-72.5304715048, 304.3445582552, -9.3092401018882])
    assert np.allclose(model.GetPolyData().GetPoint(0) - isocentre, [0, 2300, 0], atol=1e-3)


def test_beams_come_from_where_the_gantry_stands(bring):
    """The anterior beam comes from 1 m in front; its jaws are at 4, 73, -43 and 40 mm."""
    bring(f"{PLAN}/rtplan.dcm")
    nodes = load_series(*series_with("RTPLAN"))
    (model,) = [node for node in nodes if node.GetName() == "Beam 4 AP"]
    points = np.array([model.GetPolyData().GetPoint(index) for index in range(5)])
    isocentre = np.array([-72.5304715048, 304.3445582552, -9.3092401018882])
    assert np.allclose(points[0] - isocentre, [0, 1000, 0], atol=1e-3)
    # at 1.25 of the distance; x of the device is to the patient's left, that is -R
    assert np.allclose(points[1] - isocentre, [-5, -250, -53.75], atol=1e-3)
    assert np.allclose(points[3] - isocentre, [-91.25, -250, 50], atol=1e-3)


def test_the_highest_dose_lies_in_all_fields(bring, shared_data):
    """The dose was calculated by the planning system: what it says of the beams must fit to our geometry."""
    from DICOMLib.mrml.radiotherapy.beams import read_beams

    dataset = read(shared_data / PLAN / "rtdose.dcm")
    k, j, i = np.unravel_index(dataset.pixel_array.argmax(), dataset.pixel_array.shape)
    hottest = np.add(np.array(dataset.ImagePositionPatient, float), (2.5 * i, 2.5 * j, 3.0 * k))
    beams = read_beams(read(shared_data / PLAN / "rtplan.dcm"))
    assert len(beams) == 4
    for beam in beams:
        x, y, z = beam.rotation.T @ (hottest - beam.isocentre_lps)
        scale = beam.source_axis_distance / (beam.source_axis_distance - z)
        assert beam.jaws_x[0] <= scale * x <= beam.jaws_x[1], beam.name
        assert beam.jaws_y[0] <= scale * y <= beam.jaws_y[1], beam.name


def test_a_dose_leads_to_its_images(bring, shared_data):
    """By way of the plan and the structure set, so that all of it can be loaded together."""
    names = ("rtdose", "rtplan", "rtss", "ct.0")
    bring(*(f"{PLAN}/{name}.dcm" for name in names))
    (loadable,) = offers(PLUGIN, series_with("RTDOSE")[0])
    uids = {name: read(shared_data / PLAN / f"{name}.dcm").SOPInstanceUID for name in names[1:]}
    assert set(uids.values()) <= set(loadable.referencedInstanceUIDs)


def test_portal_image(bring, shared_data):
    """The receptor is 600 mm below the isocentre; its 1024 pixels of 0.402 mm are centred on the beam."""
    path = "pynetdicom/pynetdicom/tests/dicom_files/RTImageStorage.dcm"
    bring(path)
    (node,) = of_class(load_series(*series_with("RTIMAGE")), "vtkMRMLScalarVolumeNode")
    assert np.array_equal(array_of(node)[0], read(shared_data / path).pixel_array)
    half = 0.402 * 1023 / 2
    # columns go to the patient's left, rows to the feet, the receptor lies behind the back
    expected = [[-0.402, 0, 0, half], [0, 0, -1, -600], [0, -0.402, 0, half], [0, 0, 0, 1]]
    assert np.allclose(matrix_of(node), expected)
