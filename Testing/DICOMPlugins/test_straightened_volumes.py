"""Tilted gantries straightened, and PET with its factor to SUV: series loaded by the scalar volume plugin."""

from __future__ import annotations

import json

import numpy as np
import pydicom
import pytest

from Testing.DICOMLib.mrml.images.test_frames import enhanced
from Testing.DICOMLib.standard.test_suv import enhanced as enhanced_pet
from Testing.DICOMLib.standard.test_suv import group
from Testing.DICOMPlugins.conftest import SETTING
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

TILT = np.radians(18.5)
SIZE, SPACING, STEP = 32, 0.5, 3.0
LEANING = [1, 0, 0, 0, float(np.cos(TILT)), float(-np.sin(TILT))]


def tilted(value):
    """A CT of a tilted gantry: the table moves along z, each pixel holds `value` of its place (LPS, mm)."""
    row, column = np.array(LEANING).reshape(2, 3)
    j, i = np.mgrid[:SIZE, :SIZE]
    for number in range(12):
        origin = np.array([-5.0, -8.0, STEP * number])
        places = origin + i[..., None] * SPACING * row + j[..., None] * SPACING * column
        yield image(
            tuple(origin), InstanceNumber=number + 1, ImageOrientationPatient=LEANING,
            PixelSpacing=[SPACING, SPACING], pixels=np.rint(value(places)).astype(np.int16),
        )  # fmt: skip


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_straightened_within_a_tenth_of_a_millimetre(series, settings, axis):
    """Pixels are 100 times a coordinate, so that a voxel tells where its content was acquired."""
    import slicer

    from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

    settings.setValue(SETTING + "AcquisitionGeometryRegularization", "hardenTransform")
    plugin, files = series(list(tilted(lambda places: 100 * places[..., axis] + 5000)))
    node = plugin.load(plugin.examineFiles(files)[0])
    matrix = ijk_to_ras_of(node)
    axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    assert np.allclose(axes.T @ axes, np.eye(3), atol=1e-6)
    voxels = slicer.util.arrayFromVolume(node)
    k, j, i = np.meshgrid(*(np.arange(n) for n in voxels.shape), indexing="ij")
    ras = np.stack((i, j, k, np.ones_like(i)), axis=-1) @ matrix.T
    told = (voxels.astype(float) - 5000) / 100
    where = ras[..., axis] * (-1 if axis < 2 else 1)
    inside = voxels > voxels.min() + 200  # what lies in no slice has the lowest value
    assert inside.mean() > 0.4
    assert np.abs(told - where)[inside].max() < 0.1


def test_real_tilted_gantry(database, scene, settings, shared_data):
    """Bones are where they were acquired: their centre by the headers, and in the volume."""
    import slicer

    from DICOMLib import DICOMUtils
    from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

    settings.setValue(SETTING + "AcquisitionGeometryRegularization", "hardenTransform")
    folder = shared_data / "dcm_qa_ct_tilt" / "In" / "GE"
    datasets = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))][:13]  # evenly spaced
    for dataset in datasets:
        database.insert(dataset.filename, False)
    DICOMUtils.loadSeriesByUID([datasets[0].SeriesInstanceUID])
    (node,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    weights, moments = 0.0, np.zeros(3)
    for dataset in datasets[1:-1]:
        values = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
        values = np.clip(values, 0, None)
        cosines = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
        j, i = np.indices(values.shape)
        spacing = np.array(dataset.PixelSpacing, float)
        total = values.sum()
        middle = np.array(dataset.ImagePositionPatient, float)
        middle = middle + cosines[0] * spacing[1] * (values * i).sum() / total
        middle = middle + cosines[1] * spacing[0] * (values * j).sum() / total
        weights, moments = weights + total, moments + total * middle
    expected = moments / weights * (-1, -1, 1)
    voxels = np.clip(slicer.util.arrayFromVolume(node)[1:-1].astype(float), 0, None)
    k, j, i = (float((voxels * index).sum() / voxels.sum()) for index in np.indices(voxels.shape))
    found = (ijk_to_ras_of(node) @ (i, j, k + 1, 1))[:3]
    assert np.abs(found - expected).max() < 0.1


@pytest.mark.parametrize(
    ("name", "unit"), [("siemens_bqml_start", "Bq/ml"), ("philips_cnts", "{counts}"), ("gml", "g/ml")]
)
def test_pet(database, scene, shared_data, name, unit):
    import slicer

    from DICOMLib import DICOMUtils

    expected = json.loads((shared_data / "synthetic" / "pet_expected_suv.json").read_text())[name]
    assert DICOMUtils.importDicom(shared_data / "synthetic" / f"pet_{name}")
    (series,) = DICOMUtils.allSeriesUIDsInDatabase(database)
    DICOMUtils.loadSeriesByUID([series])
    (node,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    factor = float(node.GetAttribute("DICOM.SUVbwFactor"))
    assert factor == pytest.approx(expected["SUVbw_factor_per_stored_unit_after_rescale"], rel=1e-6)
    assert node.GetVoxelValueUnits().GetCodeValue() == unit


def test_enhanced_pet(database, scene, tmp_path):
    """74 kg, 370 MBq, one half life before the time of the decay correction: twice 74000 / 370e6."""
    import slicer
    from pydicom.uid import EnhancedPETImageStorage

    from DICOMLib import DICOMUtils

    image = enhanced([0, 3, 6], Modality="PT")
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = EnhancedPETImageStorage
    told = enhanced_pet()
    for keyword in ("PatientWeight", "DecayCorrected", "AttenuationCorrected", "DecayCorrectionDateTime"):
        setattr(image, keyword, told[keyword].value)
    image.RadiopharmaceuticalInformationSequence = told.RadiopharmaceuticalInformationSequence
    for frame in image.PerFrameFunctionalGroupsSequence:
        frame.update(group())
    write([image], tmp_path / "pet")
    assert DICOMUtils.importDicom(tmp_path / "pet")
    DICOMUtils.loadSeriesByUID([image.SeriesInstanceUID])
    (node,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    assert float(node.GetAttribute("DICOM.SUVbwFactor")) == pytest.approx(4e-4)
    assert node.GetVoxelValueUnits().GetCodeValue() == "Bq/ml"


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("siemens_bqml_start", "Bq/ml"),
        ("ge_bqml_admin", "Bq/ml"),
        ("ge_bqml_none_start", "Bq/ml"),
        ("philips_cnts", "{counts}"),
        ("gml", "g/ml"),
    ],
)
def test_legacy_converted_pet(database, scene, tmp_path, shared_data, name, unit):
    """What highdicom makes of a plain series keeps its factor and its unit."""
    import slicer
    from highdicom.legacy import LegacyConvertedEnhancedPETImage
    from pydicom.uid import LegacyConvertedEnhancedPETImageStorage, generate_uid

    from DICOMLib import DICOMUtils

    plain = [pydicom.dcmread(path) for path in sorted((shared_data / "synthetic" / f"pet_{name}").glob("*"))]
    uid = generate_uid()
    converted = LegacyConvertedEnhancedPETImage(
        legacy_datasets=plain,
        series_instance_uid=uid,
        series_number=5,
        sop_instance_uid=generate_uid(),
        instance_number=1,
    )
    assert converted.SOPClassUID == LegacyConvertedEnhancedPETImageStorage
    (tmp_path / "pet").mkdir()
    converted.save_as(tmp_path / "pet" / "converted.dcm")
    assert DICOMUtils.importDicom(tmp_path / "pet")
    DICOMUtils.loadSeriesByUID([uid])
    (node,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    expected = json.loads((shared_data / "synthetic" / "pet_expected_suv.json").read_text())[name]
    factor = float(node.GetAttribute("DICOM.SUVbwFactor"))
    assert factor == pytest.approx(expected["SUVbw_factor_per_stored_unit_after_rescale"], rel=1e-6)
    assert node.GetVoxelValueUnits().GetCodeValue() == unit
