"""Parametric maps against the NRRD files that dcmqi wrote of them, and against pydicom."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from Testing.DICOMPlugins.loading import (
    import_files,
    load_series,
    of_class,
    offers,
    series_with,
    study_uid_of,
)
from Testing.nrrd import read_nrrd

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMParametricMapPlugin"


@pytest.fixture
def bring(database, shared_data, tmp_path):
    """Imports files of the shared data and gives the new series."""
    return lambda *paths: import_files(tmp_path / "files", *(shared_data / path for path in paths))


def array_of(node):
    import slicer

    return slicer.util.arrayFromVolume(node)


def matrix_of(node):
    import slicer
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def test_offer(bring):
    (uid,) = bring("dcmqi/generated/pm-example-3slices-256x256.dcm")
    (loadable,) = offers(PLUGIN, uid)
    assert loadable.name == "Unnamed Series Apparent Diffusion Coefficient - ParametricMap"
    assert loadable.tooltip == "Apparent Diffusion Coefficient - as a DICOM Parametric Map object"
    assert (loadable.confidence, loadable.selected) == (0.95, True)
    assert loadable.referencedInstanceUIDs == []  # its series is not in the database


def test_name_with_the_series_it_was_made_from(bring):
    uids = bring(
        "dcmqi/generated/pm-example-3slices-256x256.dcm",
        "dcmqi/data/paramaps/pm-example-dcm.zip.d/701-ADCb500",
    )
    (loadable,) = [loadable for uid in uids for loadable in offers(PLUGIN, uid)]
    source = "701: Apparent Diffusion Coefficient (mm?/s)"
    assert loadable.name == f"{source} Apparent Diffusion Coefficient - ParametricMap"
    assert len(set(loadable.referencedInstanceUIDs)) == 20


@pytest.mark.parametrize("size", ["256x256", "252x255"])
def test_values_and_geometry(bring, shared_data, size):
    (uid,) = bring(f"dcmqi/generated/pm-example-3slices-{size}.dcm")
    (node,) = of_class(load_series(uid), "vtkMRMLScalarVolumeNode")
    expected, matrix = read_nrrd(shared_data / f"dcmqi/_ref/data/paramaps/pm-example-3slices-{size}.nrrd")
    found = array_of(node)
    assert found.dtype == np.float32
    assert np.allclose(matrix_of(node), matrix, atol=1e-3)
    assert np.allclose(found, expected, rtol=1e-6)
    assert node.GetVoxelValueQuantity().GetCodeMeaning() == "Apparent Diffusion Coefficient"
    assert node.GetVoxelValueUnits().GetCodeValue() == "um2/s"
    dataset = pydicom.dcmread(shared_data / f"dcmqi/generated/pm-example-3slices-{size}.dcm")
    assert node.GetAttribute("DICOM.instanceUIDs") == dataset.SOPInstanceUID
    assert study_uid_of(node) == dataset.StudyInstanceUID


@pytest.mark.parametrize(("name", "kind"), [("float", np.float32), ("double_float", np.float64)])
def test_precision(bring, shared_data, name, kind):
    path = f"pydicom-data/parametric_map_{name}.dcm"
    (uid,) = bring(path)
    (node,) = of_class(load_series(uid), "vtkMRMLScalarVolumeNode")
    assert array_of(node).dtype == kind
    assert np.array_equal(array_of(node)[0], pydicom.dcmread(shared_data / path).pixel_array)


def source_images(shared_data):
    """Three CT slices, lowest first, with a name that highdicom takes."""
    folder = shared_data / "dcmqi/data/segmentations/ct-3slice"
    ct = [pydicom.dcmread(path) for path in folder.glob("*.dcm")]
    for image in ct:
        image.PatientName, image.SpecificCharacterSet = "Doe^Jane", "ISO_IR 100"
    return sorted(ct, key=lambda image: image.ImagePositionPatient[2])


def highdicom_map(ct, values, mappings):
    import highdicom

    return highdicom.pm.ParametricMap(
        ct, values, "1.2.3.7", 3, "1.2.3.7.1", 1, "Maker", "Model", "1", "Serial",
        contains_recognizable_visual_features=False, real_world_value_mappings=mappings,
        voi_lut_transformations=[highdicom.VOILUTTransformation(window_center=0.5, window_width=1)],
    )  # fmt: skip


def test_whole_numbers_are_mapped(database, shared_data, tmp_path):
    """Made by highdicom from whole numbers with a slope and an intercept."""
    import highdicom

    ct = source_images(shared_data)
    stored = np.arange(3 * 512 * 512, dtype=np.uint16).reshape(3, 512, 512)
    mapping = highdicom.pm.RealWorldValueMapping(
        lut_label="1",
        lut_explanation="half",
        unit=highdicom.sr.CodedConcept("mm", "UCUM", "millimeter"),
        value_range=(0, 65535),
        slope=0.5,
        intercept=-3.0,
        quantity_definition=highdicom.sr.CodedConcept("121322", "DCM", "Thickness"),
    )
    highdicom_map(ct, stored, [mapping]).save_as(tmp_path / "map.dcm")
    (uid,) = import_files(tmp_path / "files", tmp_path / "map.dcm")
    (node,) = of_class(load_series(uid), "vtkMRMLScalarVolumeNode")
    assert np.array_equal(array_of(node), stored * 0.5 - 3)
    assert node.GetVoxelValueUnits().GetCodeValue() == "mm"
    assert node.GetVoxelValueQuantity().GetCodeMeaning() == "Thickness"


def test_two_maps_in_one_object(database, shared_data, tmp_path):
    """Made by highdicom: the frames of both maps lie at the same places."""
    import highdicom

    ct = source_images(shared_data)
    values = np.random.default_rng(1).random((3, 512, 512, 2)).astype(np.float32)
    mappings = [
        [
            highdicom.pm.RealWorldValueMapping(
                lut_label=name,
                lut_explanation=name,
                unit=highdicom.sr.CodedConcept("1", "UCUM", "no units"),
                value_range=(0.0, 1.0),
                slope=1.0,
                intercept=0.0,
            )
        ]
        for name in ("a", "b")
    ]
    highdicom_map(ct, values, mappings).save_as(tmp_path / "map.dcm")
    (uid,) = import_files(tmp_path / "files", tmp_path / "map.dcm")
    nodes = of_class(load_series(uid), "vtkMRMLScalarVolumeNode")
    assert len(nodes) == 2
    for channel, node in enumerate(nodes):
        assert np.array_equal(array_of(node), values[..., channel])


def test_other_objects_are_declined(bring):
    bring("dcmqi/data/segmentations/ct-3slice")
    (uid,) = series_with("CT")
    assert offers(PLUGIN, uid) == []
