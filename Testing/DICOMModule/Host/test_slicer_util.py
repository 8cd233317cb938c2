"""Functions of `slicer.util` that need an application behind them; the file itself comes with slicer-core."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def util(main_window, scene):
    import slicer

    return slicer.util


def test_parts_of_the_window_are_shown_and_hidden(util, main_window):
    import slicer

    bar = main_window.findChild("QToolBar", "MainToolBar")
    for show, part in (
        (util.setToolbarsVisible, bar),
        (util.setMenuBarsVisible, main_window.menuBar()),
        (util.setStatusBarVisible, main_window.statusBar()),
        (util.setPythonConsoleVisible, main_window.consoleDock()),
    ):
        for visible in (False, True):
            show(visible)
            assert part.isVisible() == visible, show.__name__
    util.setPythonConsoleVisible(False)
    with util.displayPythonShell():
        assert util.pythonShell() is slicer.app.pythonConsole()
    controller = slicer.app.layoutManager().sliceWidget("Red").sliceController()
    util.setViewControllersVisible(False)
    assert controller.isHidden()
    util.setViewControllersVisible(True)
    assert not controller.isHidden()


def test_widgets_are_found(util, main_window):
    assert util.mainWindow() is main_window
    assert util.findChild(main_window, "PanelDockWidget") is main_window.panelDock()
    assert main_window.findChild("QToolBar", "MainToolBar") in util.findChildren(className="QToolBar")
    with pytest.raises(RuntimeError, match="NoSuchWidget"):
        util.findChild(main_window, "NoSuchWidget")
    util.setModulePanelTitleVisible(False)
    util.setModulePanelTitleVisible(True)


def test_modules_are_chosen_by_name_and_by_object(util, main_window):
    import slicer

    util.selectModule("DICOMPatcher")
    assert util.selectedModule() == "DICOMPatcher"
    assert slicer.modules.dicompatcher.widgetRepresentation().isEntered
    util.selectModule(slicer.modules.dicom)
    assert util.selectedModule() == "DICOM"
    assert {"DICOM", "DICOMPatcher", "Volumes"} <= set(util.moduleNames())
    with pytest.raises(RuntimeError, match="Nowhere"):
        util.getModule("Nowhere")


def test_messages_are_logged_in_a_test_run(util, caplog):
    for show in (util.infoDisplay, util.warningDisplay, util.errorDisplay):
        with caplog.at_level("INFO"):
            show(f"by {show.__name__}")
        assert f"by {show.__name__}" in caplog.text
    assert (util.confirmYesNoDisplay("?"), util.confirmRetryCloseDisplay("?")) == (False, False)


def test_progress_dialog(util):
    import qt

    dialog = util.createProgressDialog(labelText="Loading", maximum=3, windowModality=qt.Qt.WindowModal)
    dialog.value = 2
    dialog.labelText = "Still loading"
    assert (dialog.value, dialog.maximum, dialog.labelText, dialog.wasCanceled) == (
        2,
        3,
        "Still loading",
        False,
    )
    dialog.cancel()
    assert dialog.wasCanceled
    dialog.close()


def test_settings_are_typed_by_a_converter(util, kept_settings):
    import qt

    qt.QSettings().setValue("Testing/flag", "false")
    assert util.settingsValue("Testing/flag", True, converter=util.toBool) is False
    assert util.settingsValue("Testing/missing", 7, converter=int) == 7


def test_context_managers(util, main_window):
    import qt

    with util.WaitCursor(), util.tryWithErrorDisplay("failed", waitCursor=True):
        assert qt.QApplication.overrideCursor().shape() == qt.Qt.WaitCursor
    assert qt.QApplication.overrideCursor() is None
    with pytest.raises(ZeroDivisionError), util.tryWithErrorDisplay("failed", waitCursor=True):
        1 / 0  # noqa: B018
    assert qt.QApplication.overrideCursor() is None
    with util.RenderBlocker(), util.MessageDialog("Working"):
        pass


def test_drags_by_script(util, main_window):
    import slicer

    layout = slicer.app.layoutManager()
    layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    util.addVolumeFromArray(np.arange(8**3, dtype=np.int16).reshape(8, 8, 8))
    slicer.app.processEvents()
    camera = layout.threeDWidget(0).threeDView().cameraNode().GetCamera()
    before = camera.GetPosition()
    util.clickAndDrag(layout.threeDWidget(0).threeDView(), start=(20, 20), end=(60, 20))
    assert np.linalg.norm(np.subtract(camera.GetPosition(), before)) > 1
    node = layout.sliceWidget("Red").mrmlSliceNode()
    before = node.GetFieldOfView()[0]
    util.clickAndDrag(layout.sliceWidget("Red"), button="Right", start=(20, 20), end=(20, 60))
    assert node.GetFieldOfView()[0] != before


def test_temporary_folders(util):
    import slicer

    first, second = util.tempDirectory(), util.tempDirectory(key="own", includeDateTime=False)
    assert first.startswith(slicer.app.temporaryPath)
    assert second == f"{slicer.app.temporaryPath}/own"


def test_subject_hierarchy_children(util, scene):
    hierarchy = scene.GetSubjectHierarchyNode()
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Doe^Jane")
    study = hierarchy.CreateStudyItem(patient, "Study")
    assert util.getSubjectHierarchyItemChildren(patient) == [study]
    assert util.getSubjectHierarchyItemChildren(recursive=True) == [patient, study]


def test_a_closed_scene_leaves_no_patients_and_studies(util, scene):
    hierarchy = scene.GetSubjectHierarchyNode()
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Doe^Jane")
    hierarchy.SetItemUID(patient, "DICOM", "D1")
    hierarchy.CreateStudyItem(patient, "Study")
    scene.Clear(0)
    hierarchy = scene.GetSubjectHierarchyNode()
    assert util.getSubjectHierarchyItemChildren(recursive=True) == []
    assert not hierarchy.GetItemByUID("DICOM", "D1")
