"""Export of volumes: offered tags, identity, original tags, preview, round trips."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer
import vtk
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    MRImageStorage,
    NuclearMedicineImageStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
)

from DICOMLib import DICOMUtils
from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.plugins import registry
from DICOMLib.plugins.export import (
    examine_for_export,
    export,
    export_to_database,
    items_to_export,
    patient_and_study_tags,
)
from DICOMLib.plugins.export_preview import preview
from Testing.DICOMPlugins.exporting import (
    below_study,
    datasets,
    exported,
    hierarchy,
    ijk_to_ras,
    loaded_back,
    offered,
    volume_node,
)
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

PLUGIN = "DICOMScalarVolumePlugin"
AXIAL_RAS = np.array([[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 2.5, -30], [0, 0, 0, 1.0]])
VOXELS = np.random.default_rng(1).integers(-1000, 3000, (3, 6, 8)).astype(np.int16)


@pytest.fixture
def made(database):
    """Item of a volume that was not loaded from DICOM, below patient and study."""
    return below_study(volume_node(VOXELS, AXIAL_RAS))


@pytest.fixture
def loaded(database, tmp_path):
    """Item of a volume that was loaded from a series of three images with tags of a scanner."""
    files = stack(
        heights(0, 3, 6),
        StudyInstanceUID="1.2.99",
        AccessionNumber="A1",
        KVP="120",
        ConvolutionKernel="BONE",
        RescaleSlope="1",
        RescaleIntercept="-1024",
    )
    for number, dataset in enumerate(files):
        dataset.XRayTubeCurrent = 100 + number
        dataset.private_block(0x0019, "ACME 1", create=True).add_new(1, "LO", "private")
    write(files, tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    node = slicer.util.getNode(DICOMUtils.loadSeriesByUID(["1.2.3.4"])[0])
    return int(hierarchy().GetItemByDataNode(node))


def node_of(item):
    return hierarchy().GetItemDataNode(item)


def test_tags_that_are_offered(made):
    (exportable,) = offered(made, PLUGIN)

    assert exportable.confidence == 0.5
    assert exportable.pluginClass == PLUGIN
    assert exportable.subjectHierarchyItemID == made
    assert exportable.tags == {
        "SeriesDescription": "No series description",
        "Modality": "CT",
        "Manufacturer": "Unknown manufacturer",
        "Model": "Unknown model",
        "StudyDate": "",
        "StudyTime": "",
        "StudyInstanceUID": "",
        "SeriesDate": "",
        "SeriesTime": "",
        "ContentDate": "",
        "ContentTime": "",
        "SeriesNumber": "301",
        "SeriesInstanceUID": "",
        "FrameOfReferenceUID": "",
    }


def test_only_volumes_are_offered(database):
    model = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    assert offered(hierarchy().GetItemByDataNode(model), PLUGIN) == []


def test_types_are_grouped_by_plugin_and_sorted(made):
    types = run(examine_for_export([made]))

    confidences = [one.confidence for one in types.types]
    assert confidences == sorted(confidences, reverse=True)
    (mine,) = [one for one in types.types if one.plugin == PLUGIN]
    assert mine.text == f"{mine.name} (50%, 1 series) ({PLUGIN})"


def test_round_trip_is_exact(made, tmp_path):
    report = exported(made, PLUGIN, tmp_path / "out")

    assert len(report.files) == 3
    assert {path.rsplit("/", 2)[-2] for path in report.files} == {f"ScalarVolume_{made}"}
    assert dciodvfy_errors(report.files) == []
    node = loaded_back(tmp_path / "out", datasets(report)[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(node), VOXELS)
    assert np.abs(ijk_to_ras(node) - AXIAL_RAS).max() < 1e-6


def test_patient_and_study_are_those_of_the_items(made, tmp_path):
    dataset = datasets(exported(made, PLUGIN, tmp_path))[0]

    assert (dataset.PatientName, dataset.PatientID, dataset.PatientSex) == ("Doe^Jane", "P1", "F")
    assert dataset.StudyInstanceUID == "1.2.3.4"
    assert dataset.StudyDescription == "Trial"
    assert dataset.StudyID == "SLICER10001"
    assert dataset.SeriesNumber == 301


def test_tags_of_the_exportable_go_over_those_of_the_items(made, tmp_path):
    dataset = datasets(exported(made, PLUGIN, tmp_path, PatientName="Other^Name", Modality="MR"))[0]

    assert dataset.PatientName == "Other^Name"
    assert dataset.SOPClassUID.name == "MR Image Storage"


@pytest.mark.parametrize(
    ("modality", "sop_class"),
    [
        ("CR", ComputedRadiographyImageStorage),
        ("CT", CTImageStorage),
        ("MR", MRImageStorage),
        ("NM", NuclearMedicineImageStorage),
        ("OT", SecondaryCaptureImageStorage),
        ("PT", PositronEmissionTomographyImageStorage),
        ("US", SecondaryCaptureImageStorage),
    ],
)
def test_class_and_voxels_of_each_modality(database, tmp_path, modality, sop_class):
    """An ultrasound image would not tell where it lies."""
    voxels = VOXELS
    item = below_study(volume_node(voxels, AXIAL_RAS))
    report = exported(item, PLUGIN, tmp_path / "out", Modality=modality)
    assert dciodvfy_errors(report.files) == []
    for image, expected in zip(datasets(report), voxels, strict=True):
        assert (image.SOPClassUID, image.Modality) == (sop_class, modality)
        values = image.pixel_array * float(image.get("RescaleSlope", 1))
        assert np.allclose(values + float(image.get("RescaleIntercept", 0)), expected, atol=1e-6)


def test_exporting_twice_keeps_the_first_files(made, tmp_path):
    first = exported(made, PLUGIN, tmp_path)
    second = exported(made, PLUGIN, tmp_path)

    assert len(first.files) == len(second.files) == 3
    assert not set(first.files) & set(second.files)
    assert datasets(first)[0].SeriesInstanceUID != datasets(second)[0].SeriesInstanceUID


def plugin_export(item, folder, **tags):
    """As a script of Slicer does it."""
    plugin = slicer.modules.dicomPlugins[PLUGIN]()
    exportables = plugin.examineForExport(item)
    for exportable in exportables:
        exportable.directory = str(folder)
        for name, value in tags.items():
            exportable.setTag(name, value)
    return plugin.export(exportables)


def test_a_script_of_slicer(made, tmp_path):
    assert plugin_export(made, tmp_path, PatientName="Script") == ""
    assert len(list((tmp_path / f"ScalarVolume_{made}").iterdir())) == 3


def test_errors_are_told(made, loaded, tmp_path):
    assert "modality" in plugin_export(made, tmp_path, Modality="")
    assert "1.2.3.4 is in the database" in plugin_export(made, tmp_path, SeriesInstanceUID="1.2.3.4")
    alone = volume_node(VOXELS, AXIAL_RAS, "Alone")
    assert "no study" in plugin_export(hierarchy().GetItemByDataNode(alone), tmp_path)
    plugin = slicer.modules.dicomPlugins[PLUGIN]()
    (exportable,) = plugin.examineForExport(made)
    exportable.subjectHierarchyItemID = hierarchy().GetItemParent(made)
    assert "is no ScalarVolume" in plugin.export([exportable])
    assert not list(tmp_path.rglob("IMG*.dcm"))


def test_original_tags_are_kept(loaded, tmp_path):
    report = exported(loaded, PLUGIN, tmp_path / "out", SeriesDescription="Smoothed")
    written = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert [dataset.XRayTubeCurrent for dataset in written] == [100, 101, 102]
    assert {dataset.ConvolutionKernel for dataset in written} == {"BONE"}
    assert {dataset.AccessionNumber for dataset in written} == {"A1"}
    assert written[0].private_block(0x0019, "ACME 1")[1].value == "private"
    assert written[0].StudyInstanceUID == "1.2.99"
    assert written[0].FrameOfReferenceUID == "1.2.3.5"
    assert written[0].SeriesDescription == "Smoothed"
    assert list(written[0].ImageType) == ["DERIVED", "SECONDARY", "AXIAL"]
    assert written[0].ContributingEquipmentSequence[0].Manufacturer == "slicer-dicom"


def test_sources_are_named_and_identity_is_new(loaded, tmp_path):
    sources = [pydicom.dcmread(path) for path in sorted((tmp_path / "source").iterdir())]
    written = datasets(exported(loaded, PLUGIN, tmp_path / "out"))

    assert written[0].SeriesInstanceUID != "1.2.3.4"
    assert not {one.SOPInstanceUID for one in written} & {one.SOPInstanceUID for one in sources}
    named = [one.SourceImageSequence[0].ReferencedSOPInstanceUID for one in written]
    assert named == [one.SOPInstanceUID for one in sources]


def test_stored_values_of_the_source_are_kept(loaded, tmp_path):
    sources = [pydicom.dcmread(path) for path in sorted((tmp_path / "source").iterdir())]
    written = datasets(exported(loaded, PLUGIN, tmp_path / "out"))

    assert [float(one.RescaleIntercept) for one in written] == [-1024] * 3
    for one, source in zip(written, sources, strict=True):
        assert np.array_equal(one.pixel_array, source.pixel_array)


def test_a_changed_volume_round_trips(loaded, tmp_path):
    node = node_of(loaded)
    slicer.util.updateVolumeFromArray(node, slicer.util.arrayFromVolume(node) * 2 + 1)
    expected, matrix = slicer.util.arrayFromVolume(node).copy(), ijk_to_ras(node)
    report = exported(loaded, PLUGIN, tmp_path / "out")

    back = loaded_back(tmp_path / "out", datasets(report)[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(back), expected)
    assert np.abs(ijk_to_ras(back) - matrix).max() < 1e-6


def test_a_resampled_volume_keeps_what_all_images_have_in_common(loaded, tmp_path):
    node = node_of(loaded)
    node.SetSpacing(1.1, 1.2, 1.3)
    written = datasets(exported(loaded, PLUGIN, tmp_path / "out"))

    assert "XRayTubeCurrent" not in written[0]
    assert written[0].ConvolutionKernel == "BONE"
    assert len(written[0].SourceImageSequence) == 3


def test_preview_says_what_changes(loaded):
    exportables = offered(loaded, PLUGIN)
    exportables[0].setTag("SeriesDescription", "Smoothed")
    ((name, changes),) = preview(exportables)

    assert name == node_of(loaded).GetName()
    by_tag = {change.tag: change for change in changes}
    assert (by_tag["0008,103E"].before, by_tag["0008,103E"].after) == ("Axial", "Smoothed")
    assert by_tag["0008,2111"].kind == "added"
    assert by_tag["0020,000E"].before == "1.2.3.4"
    for unchanged in ("0010,0010", "0020,000D", "0018,1210", "0020,0032", "0028,1052"):
        assert unchanged not in by_tag


def test_nothing_is_compared_where_there_is_no_source(made):
    assert preview(offered(made, PLUGIN)) == []


def test_headers_of_another_patient_are_not_kept(loaded, made, tmp_path):
    hierarchy().SetItemAttribute(
        hierarchy().GetItemParent(hierarchy().GetItemParent(made)), "DICOM.PatientID", "P2"
    )
    hierarchy().SetItemParent(loaded, hierarchy().GetItemParent(made))
    report = exported(loaded, PLUGIN, tmp_path / "out")

    assert "ConvolutionKernel" not in datasets(report)[0]
    assert "another patient" in report.notes[0]


def test_tags_of_another_study_are_not_kept(loaded, made, tmp_path):
    hierarchy().SetItemParent(loaded, hierarchy().GetItemParent(made))
    written = datasets(exported(loaded, PLUGIN, tmp_path / "out"))

    assert written[0].StudyInstanceUID == "1.2.3.4"
    assert written[0].AccessionNumber == ""
    assert written[0].StudyDescription == "Trial"
    assert written[0].ConvolutionKernel == "BONE"


def test_a_series_of_the_database_can_lend_its_headers(loaded, made, tmp_path):
    (exportable,) = offered(made, PLUGIN)
    exportable.referenceSeriesUID = "1.2.3.4"
    report = run(export([exportable], tmp_path / "out"))

    assert datasets(report)[0].ConvolutionKernel == "BONE"


def test_a_linear_transform_moves_the_slices(made, tmp_path):
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()
    for row, shift in enumerate((1, 2, 3)):
        matrix.SetElement(row, 3, shift)
    transform.SetMatrixTransformToParent(matrix)
    node_of(made).SetAndObserveTransformNodeID(transform.GetID())
    report = exported(made, PLUGIN, tmp_path)

    # RAS (10, 20, -30) moves to (11, 22, -27), which is LPS (-11, -22, -27)
    assert [float(part) for part in datasets(report)[0].ImagePositionPatient] == [-11, -22, -27]
    assert "transform" in report.notes[0]


def test_a_warped_volume_is_refused(made, tmp_path):
    grid = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
    node_of(made).SetAndObserveTransformNodeID(grid.GetID())
    report = run(export(offered(made, PLUGIN), tmp_path))

    assert "Harden it first" in report.failed[0][1]
    assert not report.succeeded


def test_export_to_the_database(made):
    report = run(export_to_database(offered(made, PLUGIN)))

    assert report.succeeded
    (dataset, *_) = datasets(report)
    files = slicer.dicomDatabase.filesForSeries(dataset.SeriesInstanceUID)
    assert sorted(files) == sorted(report.files)
    assert all(slicer.dicomDatabase.databaseDirectory in path for path in report.files)
    shown = slicer.dicomDatabase.fieldForSeries("DisplayedCount", dataset.SeriesInstanceUID)
    assert int(shown) == len(report.files)  # the columns are filled at once


def test_one_that_fails_does_not_stop_the_others(made, tmp_path):
    broken = volume_node(np.full((2, 3, 4), np.nan, np.float32), AXIAL_RAS, "Broken")
    hierarchy().SetItemParent(hierarchy().GetItemByDataNode(broken), hierarchy().GetItemParent(made))
    study = hierarchy().GetItemParent(made)
    types = run(examine_for_export(items_to_export(study), [PLUGIN]))
    report = run(export(types.types[0].exportables, tmp_path))

    assert [name for name, _ in report.failed] == ["Broken"]
    assert len(report.files) == 3


def test_cancelled_export_says_so(made, tmp_path):
    job = export(offered(made, PLUGIN), tmp_path)
    for _ in range(3):
        next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled
    assert end.value.value.files == []


def test_a_failing_plugin_is_named(made, tmp_path):
    class Broken:
        def examineForExport(self, item):
            raise ValueError("no")

    registry.register("BrokenPlugin", Broken)
    try:
        types = run(examine_for_export([made]))
    finally:
        del slicer.modules.dicomPlugins["BrokenPlugin"]
    assert [failure.plugin for failure in types.failed] == ["BrokenPlugin"]
    assert any(one.plugin == PLUGIN for one in types.types)


def test_what_can_be_exported(made):
    study = hierarchy().GetItemParent(made)
    assert items_to_export(made) == [made]
    assert items_to_export(study) == [made]
    with pytest.raises(ExportError, match="Only a study or data"):
        items_to_export(hierarchy().GetItemParent(study))


def test_tags_of_patient_and_study(made):
    patient, study = patient_and_study_tags(made)
    assert patient["PatientName"] == "Doe^Jane"
    assert patient["PatientComments"] == ""
    assert study["StudyInstanceUID"] == "1.2.3.4"
