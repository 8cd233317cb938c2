"""The other main states, to be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
from pictures.camera import Camera
from pictures.samples import write_failing_module

from DICOMLib.standard.phantom import SERIES_UID


def empty_browsers(camera: Camera) -> None:
    """What is said where there is nothing yet."""
    camera.window.moduleSelector().selectModule("DICOM")
    camera.save("empty-browser")
    camera.panel().ui.showVisualBrowserButton.setChecked(True)
    camera.save("empty-visual-browser", seconds=1)
    camera.panel().ui.showVisualBrowserButton.setChecked(False)


def advanced(camera: Camera) -> None:
    """What the plugins offer to load, and why."""
    camera.window.moduleSelector().selectModule("DICOM")
    camera.module().showBrowser(True)
    browser = camera.panel().browserWidget
    browser.advancedViewButton.setChecked(True)
    camera.tables().setCurrentSeriesSelection([SERIES_UID])
    browser.examineForLoading()
    camera.save("advanced")
    browser.explainSeries(SERIES_UID)
    camera.wait(1)
    for dialog in camera.dialogs():
        camera.save_and_close("explanation", dialog)
    browser.advancedViewButton.setChecked(False)


def metadata(camera: Camera) -> None:
    """The elements of a slice of the phantom, with its picture; two slices compared."""
    import slicer

    from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog

    dialog = ctkDICOMMetadataDialog()
    dialog.setFileList(slicer.dicomDatabase.filesForSeries(SERIES_UID))
    dialog.objectList.fileSlider.setValue(64)
    camera.save("metadata", dialog, seconds=2)
    dialog.tabs.setCurrentWidget(dialog.comparison)
    camera.save("metadata-compare", dialog, seconds=1)
    dialog.objectList.preview.stop()
    dialog.close()


def export(camera: Camera) -> None:
    """The export dialog: what can be written, its tags, and what differs from the images of origin."""
    import slicer

    from DICOMLib import DICOMUtils

    volume = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
    if volume is None:
        volume = slicer.mrmlScene.GetNodeByID(DICOMUtils.loadSeriesByUID([SERIES_UID])[0])
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    dialog = slicer.qSlicerDICOMExportDialog()
    dialog.openFor(hierarchy.GetItemByDataNode(volume))
    camera.save("export", dialog, seconds=1)
    dialog.tabs.setCurrentWidget(dialog.changes)
    camera.save_and_close("export-changes", dialog, seconds=1)


def file_dialogs(camera: Camera) -> None:
    """Import, send, de-identify."""
    import slicer

    browser = camera.panel().browserWidget
    camera.save_and_close("send", browser.onSend(slicer.dicomDatabase.filesForSeries(SERIES_UID)))
    dialog = camera.browser()._actions.deidentify([SERIES_UID])
    camera.save_and_close("deidentify", dialog, seconds=1.5)
    camera.save_and_close("import", camera.browser().importDialog())


def account(camera: Camera) -> None:
    """What an import did not take."""
    import slicer

    from DICOMLib.core.jobs import run
    from DICOMLib.indexing import import_paths
    from DICOMLib.widgets.files.account_dialog import AccountDialog

    files = Path(pydicom.__file__).parent / "data" / "test_files"
    report = run(import_paths(slicer.dicomDatabase.core, [files]))
    camera.save_and_close("account", AccountDialog(report, camera.window))


def settings(camera: Camera) -> None:
    """Each page of the settings."""
    import slicer

    dialog = slicer.app.settingsDialog()
    for label in list(dialog._panels):
        dialog.setCurrentPanel(label)
        camera.save(f"settings-{label}", dialog)
    dialog.hide()


def side_panel(camera: Camera) -> None:
    """The browser beside the views."""
    camera.window.moduleSelector().selectModule("DICOM")
    camera.module().switchToDockMode()
    camera.save("side-panel", seconds=1)
    camera.module().switchToLayoutMode()


def patcher_and_console(camera: Camera) -> None:
    """The patcher, and the Python console in use."""
    from qtpy.QtCore import Qt

    camera.show_four_views()
    camera.window.moduleSelector().selectModule("DICOMPatcher")
    dock = camera.window.consoleDock()
    dock.show()
    camera.window.resizeDocks([dock], [260], Qt.Vertical)
    for line in (
        "series = slicer.dicomDatabase.seriesForStudy(slicer.dicomDatabase.studiesForPatient('1')[0])",
        "[slicer.dicomDatabase.descriptionForSeries(uid) for uid in series]",
        "slicer.util.getNode('no such node')",
    ):
        dock.console().execute(line)
    camera.save("patcher-and-console", seconds=1)
    dock.hide()


def self_tests(camera: Camera) -> None:
    """A self-test that passes, and one that fails, run from the panel."""
    from qtpy.QtCore import QSettings
    from qtpy.QtWidgets import QPushButton

    import slicer

    camera.show_four_views()
    QSettings().setValue("Developer/DeveloperMode", True)
    camera.application.modules.discover([write_failing_module(camera.home)])
    slicer.modules.dicom.widgetRepresentation().rebuild()
    for name, picture in (("DICOM", "self-test-passed"), ("ToBeMended", "self-test-failed")):
        camera.window.moduleSelector().selectModule(name)
        camera.wait(0.3)
        panel: Any = getattr(slicer.modules, name.lower()).widgetRepresentation()
        panel.findChild(QPushButton, "TestButton").click()
        camera.save(picture, seconds=1)
    QSettings().remove("Developer/DeveloperMode")
    slicer.modules.dicom.widgetRepresentation().rebuild()


ALL = (advanced, metadata, export, file_dialogs, account, settings, side_panel, patcher_and_console, self_tests)
