"""Windows, units and quantities that the frames of enhanced images tell, by their functional groups."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer
import vtk
from pydicom.sequence import Sequence

from DICOMLib import DICOMUtils
from Testing.DICOMLib.mrml.images.test_frames import enhanced, item
from Testing.DICOMPlugins.loading import offers
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml


def loaded(folder, dataset):
    """The volume node of one file."""
    write([dataset], folder)
    assert DICOMUtils.importDicom(folder)
    return slicer.util.getNode(DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])[0])


def coded(value, scheme, meaning):
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def test_window_of_the_middle_frame(database, shared_data, tmp_path):
    dataset = pydicom.dcmread(shared_data / "dcm_qa_enh/In/Siemens/XA10/6_1.dcm")
    node = loaded(tmp_path / "files", dataset)
    groups = dataset.PerFrameFunctionalGroupsSequence
    window = groups[len(groups) // 2].FrameVOILUTSequence[0]
    display = node.GetDisplayNode()
    assert display.GetNumberOfWindowLevelPresets() == 1
    assert (display.GetWindow(), display.GetLevel()) == (
        float(window.WindowWidth),
        float(window.WindowCenter),
    )


def test_shared_windows(database, tmp_path):
    dataset = enhanced([0, 3, 6])
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.FrameVOILUTSequence = Sequence([item(WindowCenter=["40", "600"], WindowWidth=["400", "1600"])])
    display = loaded(tmp_path / "files", dataset).GetDisplayNode()
    assert [
        (display.GetWindowPreset(index), display.GetLevelPreset(index))
        for index in range(display.GetNumberOfWindowLevelPresets())
    ] == [(400, 40), (1600, 600)]


@pytest.mark.parametrize(("slope", "is_told"), [(2.0, True), (3.0, False)])
def test_real_world_unit_and_quantity(database, tmp_path, slope, is_told):
    """They hold for the voxels only where mapping and rescaling are the same."""
    dataset = enhanced([0, 3, 6], slopes=[2, 2, 2])
    concept = item(
        ValueType="CODE",
        ConceptNameCodeSequence=Sequence([coded("246205007", "SCT", "Quantity")]),
        ConceptCodeSequence=Sequence([coded("113041", "DCM", "Apparent Diffusion Coefficient")]),
    )
    mapping = item(
        RealWorldValueSlope=slope,
        RealWorldValueIntercept=-5.0,
        MeasurementUnitsCodeSequence=Sequence([coded("um2/s", "UCUM", "um2/s")]),
        QuantityDefinitionSequence=Sequence([concept]),
    )
    dataset.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence = Sequence([mapping])
    node = loaded(tmp_path / "files", dataset)
    units, quantity = node.GetVoxelValueUnits(), node.GetVoxelValueQuantity()
    assert (units is not None and units.GetCodeValue() == "um2/s") == is_told
    assert (quantity is not None and quantity.GetCodeValue() == "113041") == is_told


def test_units_that_differ_between_frames_are_not_those_of_the_volume(database, tmp_path):
    dataset = enhanced([0, 3, 6], slopes=[1, 1, 1])
    units = [coded(value, "UCUM", value) for value in ("mm", "mm", "s")]
    for group, unit in zip(dataset.PerFrameFunctionalGroupsSequence, units, strict=True):
        mapping = item(RealWorldValueSlope=1.0, RealWorldValueIntercept=-5.0)
        mapping.MeasurementUnitsCodeSequence = Sequence([unit])
        group.RealWorldValueMappingSequence = Sequence([mapping])
    units = loaded(tmp_path / "files", dataset).GetVoxelValueUnits()
    assert units is None or units.GetCodeValue() not in ("mm", "s")


def test_frames_with_pixels_of_other_sizes_are_warned_of(database, tmp_path):
    dataset = enhanced([0, 3, 6])
    loaded(tmp_path / "files", dataset)
    (loadable,) = offers("DICOMScalarVolumePlugin", dataset.SeriesInstanceUID)
    assert loadable.warning == ""
    measures = item(PixelSpacing=[1.4, 1.6], SpacingBetweenSlices=9.0)
    dataset.PerFrameFunctionalGroupsSequence[1].PixelMeasuresSequence = Sequence([measures])
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5.6"
    dataset.SeriesInstanceUID = "1.2.3.4.5"
    loaded(tmp_path / "others", dataset)
    (loadable,) = offers("DICOMScalarVolumePlugin", dataset.SeriesInstanceUID)
    assert "The image has several frames." in loadable.warning


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 0, 3, 1)])
@pytest.mark.parametrize(
    "places", [[(-10, 0), (-10, 3), (-10, 9), (-10, 12)], [(-10, 0), (-5, 3), (-10, 6), (-10, 9)]]
)
def test_frames_that_lie_irregularly_are_put_right_by_a_transform(database, tmp_path, places, order):
    """A slice is missing, or lies 5 mm beside the others (LPS); the value tells which one it is."""
    dataset = enhanced([places[k][1] for k in order])
    dataset.PixelData = np.repeat(np.array(order, np.uint16), 20).tobytes()
    for group, k in zip(dataset.PerFrameFunctionalGroupsSequence, order, strict=True):
        x, z = places[k]
        group.PlanePositionSequence[0].ImagePositionPatient = [float(x), 5.0, float(z)]
    node = loaded(tmp_path / "files", dataset)
    matrix, transform = vtk.vtkMatrix4x4(), vtk.vtkGeneralTransform()
    node.GetIJKToRASMatrix(matrix)
    node.GetParentTransformNode().GetTransformToWorld(transform)
    for k, plane in enumerate(slicer.util.arrayFromVolume(node)):
        x, z = places[int(plane[0, 0])]
        point = transform.TransformPoint(matrix.MultiplyPoint((0, 0, k, 1))[:3])
        assert point == pytest.approx((-x, -5, z), abs=1e-4)


def test_a_modality_table_is_told_of(database, tmp_path, caplog):
    table = item(LUTDescriptor=[2, 0, 16], ModalityLUTType="OD", LUTData=[0, 1000])
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    loaded(tmp_path / "files", image(SeriesInstanceUID="1.2.3.4.9"))
    assert "Modality LUT" not in caplog.text
    loaded(tmp_path / "others", image(SeriesInstanceUID="1.2.3.4.8", ModalityLUTSequence=[table]))
    assert "The images have a Modality LUT, which is not applied" in caplog.text


def test_frames_that_are_shifted_sideways_are_warned_of(database, tmp_path):
    dataset = enhanced([0, 3, 6])
    place = dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0]
    place.ImagePositionPatient = [-5.0, 5.0, 3.0]  # 5 mm beside the others
    loaded(tmp_path / "files", dataset)
    (loadable,) = offers("DICOMScalarVolumePlugin", dataset.SeriesInstanceUID)
    assert "The image has several frames." in loadable.warning


@pytest.mark.parametrize(
    ("heights", "is_warned"), [([0, 3, 6], False), ([6, 0, 3], False), ([0, 3, 7], True), ([0, 0, 3], True)]
)
def test_frames_that_lie_regularly_need_no_warning(database, tmp_path, heights, is_warned):
    """Each frame tells where it lies, although the file as a whole does not."""
    files = write([enhanced(heights)], tmp_path / "files")
    assert DICOMUtils.importDicom(str(tmp_path / "files"))
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    (loadable,) = plugin.examineFiles(files)
    assert bool(loadable.warning) == is_warned
