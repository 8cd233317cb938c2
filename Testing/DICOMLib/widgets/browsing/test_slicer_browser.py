"""From a series in the table to a node in the scene."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMessageBox

from Testing.DICOMLib.widgets.conftest import SERIES

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

BONE = np.arange(20).reshape(4, 5) + 100 * np.arange(3).reshape(3, 1, 1)


@pytest.fixture
def database(host, tmp_path, dicom_folder):
    """The application's database, in a folder of this test, with the files."""
    from DICOMLib import DICOMUtils

    folder = tmp_path / "main-database"
    folder.mkdir()
    before = slicer.dicomDatabase.databaseFilename
    assert DICOMUtils.openDatabase(str(folder))
    assert DICOMUtils.importDicom(str(dicom_folder), slicer.dicomDatabase)
    yield slicer.dicomDatabase
    slicer.dicomDatabase.openDatabase(before)


@pytest.fixture
def window(qtbot, host, scene, database):
    """The browser of the module, shown."""
    from DICOMLib.DICOMBrowser import SlicerDICOMBrowser

    browser = SlicerDICOMBrowser(parent=None)
    qtbot.addWidget(browser)
    browser.resize(900, 700)
    browser.setBrowserPersistence(True)
    browser.onAdvancedViewToggled(False)
    browser.show()
    qtbot.waitExposed(browser)
    yield browser
    browser._stepper.stop()


@pytest.fixture
def asking(host, monkeypatch):
    """The application asks, as it does outside of tests."""
    monkeypatch.setattr(host.slicer_app._options, "testingEnabled", False)
    monkeypatch.setattr(slicer.app, "testingEnabled", lambda: False)


def double_click(qtbot, table, uid):
    view = table.tableView()
    row = table.uidsForAllRows().index(uid)
    column = view.horizontalHeader().logicalIndexAt(10)
    at = view.visualRect(view.model().index(row, column)).center()
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=at)
    qtbot.mouseDClick(view.viewport(), Qt.LeftButton, pos=at)


def volumes():
    return slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")


def series_table(window):
    return window.dicomBrowser.dicomTableManager().seriesTable()


def test_double_click_loads_the_series(qtbot, window):
    with qtbot.waitSignal(window.loadingFinished) as finished:
        double_click(qtbot, series_table(window), "1.2.1.1")
        assert not volumes()  # the click returned at once; the work comes step by step
    (volume,) = volumes()
    assert finished.args[0].node_ids == [volume.GetID()]
    assert volume.GetName() == "1: Bone"
    assert np.array_equal(slicer.util.arrayFromVolume(volume), BONE)
    assert "Loaded “1: Bone”" in window._result.label.text()


def test_the_button_loads_all_selected_series(qtbot, window):
    assert not window.loadButton.isEnabled()
    window.dicomBrowser.setSelectedItems(2, ["1.2.1"])
    assert window.loadButton.isEnabled()
    with qtbot.waitSignal(window.loadingFinished):
        qtbot.mouseClick(window.loadButton, Qt.LeftButton)
    assert sorted(volume.GetName() for volume in volumes()) == ["1: Bone", "2: T1"]


def test_a_script_waits_for_nothing(window):
    window.dicomBrowser.dicomTableManager().patientsTable().selectFirst()
    window.examineForLoading()
    window.loadCheckedLoadables()
    patient = window.dicomBrowser.selectedItems(1)[0]
    expected = {"Adams^Anna": 3, "Brown^Bob": 1}[slicer.dicomDatabase.nameForPatient(patient)]
    assert len(volumes()) == expected


def test_the_browser_closes_after_loading_unless_it_shall_stay(qtbot, window):
    window.setBrowserPersistence(False)
    window.dicomBrowser.setSelectedItems(3, ["1.2.3.1"])
    with qtbot.waitSignal(window.closed):
        window.loadCheckedLoadables()
    assert not window.isVisible()
    window.setBrowserPersistence(True)


def test_advanced_view_chooses_and_names(qtbot, window):
    window.advancedViewButton.setChecked(True)
    assert window.loadableTable.isVisible()
    double_click(qtbot, series_table(window), "1.2.1.1")
    qtbot.waitUntil(lambda: window.loadableTable.rowCount() > 0)
    assert not volumes()
    table = window.loadableTable
    assert table.item(0, 0).checkState() == Qt.Checked
    assert table.item(0, 1).text() == "Scalar Volume"
    qtbot.mouseClick(window.uncheckAllButton, Qt.LeftButton)
    assert table.getNumberOfCheckedItems() == 0
    assert not window.loadButton.isEnabled()
    table.item(0, 0).setCheckState(Qt.Checked)
    table.item(0, 0).setText("My skull")
    with qtbot.waitSignal(window.loadingFinished):
        qtbot.mouseClick(window.loadButton, Qt.LeftButton)
    assert [volume.GetName() for volume in volumes()] == ["My skull"]


def test_a_new_selection_forgets_what_was_examined(window):
    window.onAdvancedViewToggled(True)
    window.dicomBrowser.setSelectedItems(3, ["1.2.1.1"])
    window.examineForLoading()
    assert window.loadableTable.rowCount() > 0
    window.dicomBrowser.setSelectedItems(3, ["1.2.3.1"])
    assert window.loadableTable.rowCount() == 0
    assert [len(files) for files in window.fileLists] == [2]


def test_missing_files_are_counted(window, dicom_folder):
    (dicom_folder / "1.2.1.1.2.dcm").unlink()
    loadables, enabled = window.getLoadablesFromFileLists(
        window.getFileListsForRole(["'1.2.1.1'"], "SeriesUIDList")
    )
    assert enabled
    assert loadables
    assert "1 of 3 files are not on the disk" in window._result.label.text()


def test_nothing_is_examined_if_all_files_are_gone(qtbot, window, dicom_folder):
    for path in dicom_folder.glob("1.2.3.1.*.dcm"):
        path.unlink()
    double_click(qtbot, series_table(window), "1.2.3.1")
    qtbot.waitUntil(window._result.isVisible)
    assert "2 of 2 files are not on the disk" in window._result.label.text()
    assert not volumes()


class Offer:
    """A plugin that offers one loadable with a warning, and may fail."""

    loadType = "Made up"
    warning = "The scanner was upside down."
    fails = False
    tags: dict = {}  # noqa: RUF012

    def examineForImport(self, fileLists):
        from DICOMLib import DICOMLoadable

        loadable = DICOMLoadable()
        loadable.files, loadable.name, loadable.confidence = fileLists[0], "Odd", 0.99
        loadable.selected, loadable.warning = True, self.warning
        return [loadable]

    examine = examineForImport

    def load(self, loadable):
        if self.fails:
            raise RuntimeError("no such voxel")
        return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", loadable.name)


@pytest.fixture
def offer(window):
    plugin = Offer()
    window.pluginInstances["OfferPlugin"] = plugin
    window.enabledPluginClassNames = ["OfferPlugin"]
    window.dicomBrowser.setSelectedItems(3, ["1.2.3.1"])
    return plugin


@pytest.mark.parametrize("answer", [QMessageBox.Ok, QMessageBox.Cancel])
def test_warnings_are_shown_before_loading(qtbot, window, offer, asking, answer):
    qtbot.mouseClick(window.loadButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(QMessageBox, "LoadWarningsDialog") is not None)
    box = window.findChild(QMessageBox, "LoadWarningsDialog")
    assert "Odd [Made up]: The scanner was upside down." in box.informativeText()
    box.button(answer).click()
    if answer == QMessageBox.Ok:
        qtbot.waitUntil(lambda: slicer.mrmlScene.GetFirstNodeByName("Odd") is not None)
    else:
        qtbot.waitUntil(lambda: "cancelled" in window._result.label.text())
        assert slicer.mrmlScene.GetFirstNodeByName("Odd") is None


def test_a_failing_plugin_is_named(qtbot, window, offer):
    offer.fails = True
    with qtbot.waitSignal(window.loadingFinished):
        qtbot.mouseClick(window.loadButton, Qt.LeftButton)
    assert "Could not load: Odd as a Made up" in window._result.label.text()
    assert "no such voxel" in window._result.label.text()


class Reference(Offer):
    """A plugin whose loadable refers to another series."""

    loadType = "Reference"
    warning = ""

    def examineForImport(self, fileLists):
        loadables = super().examineForImport(fileLists)
        if "1.2.3.1" in fileLists[0][0]:
            loadables[0].referencedInstanceUIDs = ["1.2.1.1.1", "1.2.1.1.2"]
        else:
            loadables[0].name = "Referenced"
        return loadables

    examine = examineForImport


def reference_dialog(qtbot, window):
    qtbot.waitUntil(lambda: window.findChild(QMessageBox, "DICOMReferencesDialog") is not None)
    return window.findChild(QMessageBox, "DICOMReferencesDialog")


@pytest.mark.parametrize(
    ("answer", "names"),
    [(QMessageBox.Yes, ["Odd", "Referenced"]), (QMessageBox.No, ["Odd"]), (QMessageBox.Cancel, [])],
)
def test_referenced_series_are_asked_for(qtbot, settings, window, asking, answer, names):
    plugin = Reference()
    window.pluginInstances["OfferPlugin"] = plugin
    window.enabledPluginClassNames = ["OfferPlugin"]
    window.dicomBrowser.setSelectedItems(3, ["1.2.3.1"])
    qtbot.mouseClick(window.loadButton, Qt.LeftButton)
    dialog = reference_dialog(qtbot, window)
    assert [box.text() for box in dialog.checkboxes.values()] == ["Referenced"]
    dialog.button(answer).click()
    qtbot.waitUntil(lambda: window._result.isVisible())
    nodes = slicer.util.getNodesByClass("vtkMRMLTextNode")
    assert sorted(node.GetName() for node in nodes) == names


def load_the_referring_one(qtbot, window):
    window.pluginInstances["OfferPlugin"] = Reference()
    window.enabledPluginClassNames = ["OfferPlugin"]
    window.dicomBrowser.setSelectedItems(3, ["1.2.3.1"])
    qtbot.mouseClick(window.loadButton, Qt.LeftButton)


def loaded_names(qtbot, window):
    qtbot.waitUntil(lambda: window._result.isVisible())
    assert window.findChild(QMessageBox, "DICOMReferencesDialog") is None
    return sorted(node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLTextNode"))


@pytest.mark.parametrize(
    ("setting", "names"), [(QMessageBox.Yes, ["Odd", "Referenced"]), (QMessageBox.No, ["Odd"])]
)
def test_referenced_series_always_or_never(qtbot, window, asking, setting, names):
    store = slicer.app.settings()
    store.setValue("DICOM/automaticallyLoadReferences", str(int(setting)))
    try:
        load_the_referring_one(qtbot, window)
        assert loaded_names(qtbot, window) == names
    finally:
        store.remove("DICOM/automaticallyLoadReferences")


def test_the_answer_on_references_is_remembered(qtbot, settings, window, asking):
    load_the_referring_one(qtbot, window)
    dialog = reference_dialog(qtbot, window)
    dialog.rememberChoiceAndStopAskingCheckbox.setChecked(True)
    with qtbot.waitSignal(window.loadingFinished):
        dialog.button(QMessageBox.No).click()
    assert int(settings.value("DICOM/automaticallyLoadReferences")) == int(QMessageBox.No)


def test_series_have_as_many_files_as_slices(window):
    for series in SERIES:
        (files,) = window.getFileListsForRole(series[5], "Series")
        assert len(files) == series[-1]
    assert len(window.getFileListsForRole("1.2.1", "Study")) == 2
    patient = slicer.dicomDatabase.patientForStudy("1.2.1")
    assert len(window.getFileListsForRole(patient, "Patient")) == 3


def test_temporary_data_are_kept_on_request(qtbot, window, dicom_folder, tmp_path):
    keep = tmp_path / "kept"
    keep.mkdir()
    window.showTemporaryDatabaseNotice([str(dicom_folder)], str(keep))
    assert window._notice.isVisible()
    with qtbot.waitSignal(window.dicomBrowser.directoryImported):
        qtbot.mouseClick(window._notice.actionButton, Qt.LeftButton)
    assert not window._notice.isVisible()
    assert slicer.dicomDatabase.databaseDirectory == str(keep)
    assert slicer.dicomDatabase.imagesCount() == 9
