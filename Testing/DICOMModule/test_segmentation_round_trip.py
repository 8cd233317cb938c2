"""A segmentation is loaded with its images, exported by the dialog, and read back by highdicom."""

from __future__ import annotations

import highdicom
import numpy as np
import pydicom
import pytest
from qtpy.QtWidgets import QApplication, QDialog, QMessageBox

from DICOMLib.widgets.loading.references_dialog import DICOMReferencesDialog
from Testing.DICOMModule.driving import click, double_click_row, drop, type_into

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SEGMENTATIONS = "dcmqi/data/segmentations"


@pytest.fixture
def original(qtbot, dicom, shared_data, monkeypatch):
    """The file of a segmentation, which is in the database with its images."""
    monkeypatch.setattr(slicer.app, "testingEnabled", lambda: False)  # questions are asked
    path = shared_data / SEGMENTATIONS / "liver.dcm"
    for paths in ([path], [shared_data / SEGMENTATIONS / "ct-3slice"]):
        with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
            assert drop(dicom.browser.dicomBrowser, paths)
    return path


def answer_references(qtbot, button):
    """Wait for the question about referenced series and click an answer; the names that it shows."""

    def shown():
        return [one for one in QApplication.topLevelWidgets() if isinstance(one, DICOMReferencesDialog)]

    qtbot.waitUntil(lambda: any(QDialog.isVisible(one) for one in shown()))
    (question,) = (one for one in shown() if QDialog.isVisible(one))
    names = [box.text() for box in question.checkboxes.values()]
    click(qtbot, question.button(button))
    return names


def load_segmentation(qtbot, dicom, path, answer):
    """Double-click the series of the segmentation and answer the question; names of what was asked."""
    uid = str(pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID)
    with qtbot.waitSignal(dicom.browser.loadingFinished):
        double_click_row(qtbot, dicom.tables.seriesTable(), uid)
        return answer_references(qtbot, answer)


def nodes(kind):
    return slicer.util.getNodesByClass(f"vtkMRML{kind}Node")


def masks(path):
    """SOP Instance UID of each image to the voxels of the first segment, as highdicom reads them."""
    segmentation = highdicom.seg.segread(path)
    uids = [str(uid) for _study, _series, uid in segmentation.get_source_image_uids()]
    voxels = segmentation.get_pixels_by_source_instance(uids, ignore_spatial_locations=True)
    return {uid: voxels[index, :, :, 0].astype(bool) for index, uid in enumerate(uids)}


def export(qtbot, dicom, plugin, folder):
    """Export the segmentation of the scene by the dialog; the one file that was written."""
    tree = dicom.panel.ui.subjectHierarchyTree
    (segmentation,) = nodes("Segmentation")
    tree.setCurrentItem(slicer.mrmlScene.GetSubjectHierarchyNode().GetItemByDataNode(segmentation))
    dialog = tree.exportCurrentItem()
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: dialog.types.count() > 0 and not dialog._stepper.busy)
    try:
        (row,) = (n for n in range(dialog.types.count()) if plugin in dialog.types.item(n).text())
        dialog.types.setCurrentRow(row)
        dialog.folderButton.click()
        type_into(qtbot, dialog.folderEdit, str(folder))
        with qtbot.waitSignal(dialog.exported, timeout=60_000):
            click(qtbot, dialog.exportButton)
        assert dialog.report.succeeded, dialog.report.as_text()
        (path,) = dialog.report.files
        return path
    finally:
        dialog.reject()


def test_the_images_are_loaded_with_it_and_the_voxels_come_back(qtbot, dicom, original, tmp_path):
    (asked,) = load_segmentation(qtbot, dicom, original, QMessageBox.Yes)
    (volume,) = nodes("ScalarVolume")
    assert volume.GetName() in asked
    (segmentation,) = nodes("Segmentation")
    assert segmentation.GetNodeReference("referenceImageGeometryRef") is volume
    assert dicom.red.mrmlSliceNode() is not None
    composite = slicer.app.layoutManager().sliceWidget("Red").mrmlSliceCompositeNode()
    assert composite.GetBackgroundVolumeID() == volume.GetID()

    written = export(qtbot, dicom, "DICOMSegmentationPlugin", tmp_path / "seg")

    before, after = masks(original), masks(written)
    assert {uid for uid, mask in after.items() if mask.any()} == {
        uid for uid, mask in before.items() if mask.any()
    }
    assert all(np.array_equal(after[uid], before[uid]) for uid in after)


def test_its_contours_enclose_what_it_covers(qtbot, dicom, original, tmp_path):
    """Area of the contours of each image (shoelace formula, mm²) against that of its voxels."""
    load_segmentation(qtbot, dicom, original, QMessageBox.Yes)

    structures = pydicom.dcmread(export(qtbot, dicom, "DicomRtImportExportPlugin", tmp_path / "rtss"))

    areas = dict.fromkeys(masks(original), 0.0)
    for contour in structures.ROIContourSequence[0].ContourSequence:
        x, y, _z = np.asarray(contour.ContourData, float).reshape(-1, 3).T
        uid = str(contour.ContourImageSequence[0].ReferencedSOPInstanceUID)
        areas[uid] += abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    spacing = nodes("ScalarVolume")[0].GetSpacing()
    for uid, mask in masks(original).items():
        assert areas[uid] == pytest.approx(mask.sum() * spacing[0] * spacing[1], rel=0.05)


def test_without_its_images_it_is_loaded_alone(qtbot, dicom, original):
    load_segmentation(qtbot, dicom, original, QMessageBox.No)
    assert (len(nodes("Segmentation")), len(nodes("ScalarVolume"))) == (1, 0)


def test_cancel_loads_nothing(qtbot, dicom, original):
    uid = str(pydicom.dcmread(original, stop_before_pixels=True).SeriesInstanceUID)
    double_click_row(qtbot, dicom.tables.seriesTable(), uid)
    answer_references(qtbot, QMessageBox.Cancel)
    qtbot.waitUntil(lambda: not dicom.browser._stepper.busy)
    assert (len(nodes("Segmentation")), len(nodes("ScalarVolume"))) == (0, 0)
    assert dicom.browser.loadButton.isEnabled()
