"""What the module is once the application has started, and how it puts its browser into the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtCore import QCoreApplication, QSettings, QStandardPaths, Qt
from qtpy.QtWidgets import QDockWidget, QLabel, QWidget

from Testing.DICOMModule.driving import click

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SERIES = "1.2.1.1"
LAYOUT = 41


@pytest.fixture
def imported(dicom, dicom_folder):
    """The module with the files of the folder."""
    dicom.browser.dicomBrowser.importDirectory(str(dicom_folder))
    dicom.browser.dicomBrowser.waitForImportFinished()
    return dicom


@pytest.fixture
def start(dicom):
    """Opens the database as the start of the application does; the one that was open is back afterwards."""
    before = dicom.database.databaseFilename
    key = slicer.dicomDatabaseDirectorySettingsKey

    def begin():
        dicom.database.closeDatabase()
        dicom.instance.initializeDICOMDatabase()

    yield begin
    dicom.database.openDatabase(before)
    slicer.dicomDatabaseDirectorySettingsKey = key


def test_attributes_of_the_module(dicom):
    from DICOM import DICOM

    from DICOMModule.Host.modules import ModuleParent

    new = DICOM(ModuleParent("DICOM", ""))
    names = ("viewWidget", "browserWidget", "browserSettingsWidget", "dockWidget")
    assert [getattr(new, name) for name in names] == [None] * 4
    flags = ("isDockMode", "databaseChanged", "dataProbeHasBeenTemporarilyHidden")
    assert [getattr(new, name) for name in flags] == [False] * 3
    assert new.currentViewArrangement == 0
    assert not new.postModuleDiscoveryTasksPerformed
    assert new.parent.title == "DICOM"
    assert new.parent.categories == ["", "Informatics"]
    assert new.parent.dependencies == ["SubjectHierarchy"]


def test_tasks_run_once(dicom):
    assert dicom.instance.postModuleDiscoveryTasksPerformed
    heard = len(dicom.database.databaseChanged)
    slicer.app.startupCompleted()
    assert len(dicom.database.databaseChanged) == heard


def test_nodes_of_scripted_modules_can_be_made(scene):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
    node.SetParameter("threshold", "7")
    assert node.GetParameter("threshold") == "7"


def test_the_database_of_a_test_run(dicom, start, kept_settings, monkeypatch):
    monkeypatch.setattr(slicer.app, "databaseDirectoryOfThisRun", "")
    keys = set(kept_settings.allKeys())
    start()
    assert slicer.dicomDatabaseDirectorySettingsKey == "DatabaseDirectoryTest_0.8.1"
    name = f"temp{slicer.app.applicationName}DICOMDatabase_0.8.1"
    assert Path(dicom.database.databaseFilename) == Path(slicer.app.temporaryPath, name, "ctkDICOM.sql")
    assert set(kept_settings.allKeys()) == keys


def test_the_database_of_a_user(dicom, start, kept_settings, monkeypatch, tmp_path):
    monkeypatch.setattr(slicer.app, "databaseDirectoryOfThisRun", "")
    monkeypatch.setattr(slicer.app._options, "testingEnabled", False)
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _kind: str(tmp_path))
    kept_settings.remove("DatabaseDirectory_0.8.1")
    start()
    folder = tmp_path / f"{QCoreApplication.applicationName()}DICOMDatabase"
    assert Path(dicom.database.databaseFilename) == folder / "ctkDICOM.sql"
    assert kept_settings.value("DatabaseDirectory_0.8.1") == str(folder)
    kept_settings.setValue("DatabaseDirectory_0.8.1", str(tmp_path / "chosen"))
    start()
    assert Path(dicom.database.databaseFilename) == tmp_path / "chosen" / "ctkDICOM.sql"


def test_an_older_database_is_left_to_the_user(dicom, tmp_path):
    import sqlite3

    dicom.database.openDatabase(str(tmp_path / "ctkDICOM.sql"))
    dicom.database.closeDatabase()
    with sqlite3.connect(tmp_path / "ctkDICOM.sql") as connection:
        connection.execute("UPDATE SchemaInfo SET Version = '0.6.2'")
    connection.close()
    dicom.instance._openDatabase(tmp_path, dicom.database.schemaVersion())
    assert not dicom.database.isOpen


def test_layout_and_dock(dicom):
    node = dicom.window.layoutManager().layoutLogic().GetLayoutNode()
    (item,) = node.GetLayoutDescription(LAYOUT).replace(" ", "").split("<item>")[1:]
    assert item.startswith("<dicombrowser></dicombrowser></item></layout>")
    assert dicom.instance.place.factory.tagName() == "dicombrowser"
    assert dicom.instance.place.factory.widget() is dicom.instance.viewWidget
    title = QWidget.findChildren(dicom.instance.viewWidget, QLabel)[0]
    assert (QLabel.text(title), QLabel.font(title).bold(), QLabel.font(title).pointSize()) == (
        "DICOM database",
        True,
        12,
    )
    dock = dicom.instance.dockWidget
    assert QDockWidget.objectName(dock) == "DICOMBrowserDockWidget"
    assert QDockWidget.windowTitle(dock) == "DICOM Database"
    assert QDockWidget.allowedAreas(dock) == Qt.AllDockWidgetAreas
    assert dicom.window.dockWidgetArea(dock) == Qt.RightDockWidgetArea
    assert QWidget.isHidden(dock)


def test_settings_have_a_page(dicom):
    from DICOMModule.dicom_settings_panel import DICOMSettingsPanel

    assert isinstance(slicer.app.settingsDialog().panel("DICOM"), DICOMSettingsPanel)


def test_no_listener_without_a_database(dicom):
    dicom.database.closeDatabase()
    assert dicom.instance.startListener() is False
    assert not hasattr(slicer, "dicomListener")
    dicom.instance.stopListener()  # nothing to stop


@pytest.mark.network
def test_unloading_stops_the_listener(dicom, kept_settings):
    from Testing.orthanc import free_port

    kept_settings.setValue("StoragePort", str(free_port()))
    assert dicom.instance.startListener() is not False
    manager = slicer.app.moduleManager()
    manager.moduleAboutToBeUnloaded("DICOMPatcher")
    assert hasattr(slicer, "dicomListener")
    try:
        manager.moduleAboutToBeUnloaded("DICOM")
        assert not hasattr(slicer, "dicomListener")
    finally:
        manager.moduleAboutToBeUnloaded.connect(dicom.instance.onModuleAboutToBeUnloaded)
        dicom.database.databaseChanged.connect(dicom.instance.onDatabaseChanged)


def test_a_browser_of_an_extension(qtbot, dicom):
    from DICOMLib import SlicerDICOMBrowser

    ours, other = dicom.browser, SlicerDICOMBrowser()
    try:
        dicom.instance.setBrowserWidgetInDICOMLayout(other)
        assert dicom.instance.browserWidget is other
        assert dicom.panel.browserWidget is other
        assert QWidget.parentWidget(other) is dicom.instance.viewWidget
        dicom.instance.setBrowserWidgetInDICOMLayout(other)  # it is there already
        ours.closed.emit()
        assert dicom.instance.browserShown()  # nobody hears the former one
        other.close()
        assert not dicom.instance.browserShown()
        dicom.instance.configureDockablePanel(other)
        assert dicom.instance.isDockMode
        qtbot.waitUntil(other.isVisible)
        dicom.instance.switchToLayoutMode()
    finally:
        dicom.instance.setBrowserWidgetInDICOMLayout(ours)
        other.deleteLater()


@pytest.mark.parametrize(("stored", "expected"), [("6", 6), (str(LAYOUT), 0), ("", 0)])
def test_the_layout_to_return_to(dicom, kept_settings, stored, expected):
    place, layout = dicom.instance.place, dicom.window.layoutManager()
    assert layout.layout == LAYOUT
    assert slicer.vtkMRMLLayoutNode.SlicerLayoutInitialView == 0
    place.previous_layout = None  # as if the application had begun with the browser
    if stored:
        kept_settings.setValue("MainWindow/layout", stored)
    else:
        kept_settings.remove("MainWindow/layout")
    dicom.browser.close()
    assert layout.layout == expected


def test_showing_data_closes_the_browser(qtbot, imported):
    from DICOMLib import DICOMUtils

    (node,) = DICOMUtils.loadSeriesByUID([SERIES])
    tree = imported.panel.ui.subjectHierarchyTree
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(slicer.mrmlScene.GetNodeByID(node))
    imported.instance.showBrowser(True)
    tree.refresh()
    tree.setItemVisible(item, True)
    assert not imported.instance.browserShown()
    imported.instance.switchToDockMode()
    tree.setItemVisible(item, False)
    assert imported.instance.browserShown()


def test_another_database_is_chosen(imported, tmp_path):
    (tmp_path / "other").mkdir()
    imported.panel.ui.directoryButton.directoryChanged.emit(str(tmp_path / "other"))
    assert Path(imported.database.databaseDirectory) == tmp_path / "other"
    assert imported.database.patientsCount() == 0
    imported.browser.setDatabaseDirectory(str(tmp_path / "database"))
    assert imported.database.patientsCount() == 3
    assert str(imported.panel.ui.directoryButton.directory) == str(tmp_path / "database")


def test_names_of_the_browser(qtbot, dicom, kept_settings):
    import ctk

    browser = dicom.browser
    assert isinstance(browser.dicomBrowser, ctk.ctkDICOMBrowser)
    assert isinstance(browser.dicomVisualBrowser, ctk.ctkDICOMVisualBrowserWidget)
    assert QWidget.objectName(browser.actionButtonsFrame) == "ActionButtonsFrame"
    assert QWidget.objectName(browser.advancedViewButton) == "AdvancedViewCheckBox"
    assert QWidget.isAncestorOf(browser, browser.loadableTable)
    assert QWidget.isAncestorOf(browser.loadableTableFrame, browser.loadableTable)
    buttons = (browser.examineButton, browser.loadButton, browser.uncheckAllButton)
    assert all(QWidget.isAncestorOf(browser.actionButtonsFrame, button) for button in buttons)
    assert isinstance(browser.settings, QSettings)
    click(qtbot, browser.advancedViewButton)
    assert int(kept_settings.value("DICOM/advancedView")) == browser.advancedView == 1
    click(qtbot, dicom.panel.ui.showVisualBrowserButton)
    assert browser.useVisualDICOMBrowser
    assert str(kept_settings.value("DICOM/UseVisualDICOMBrowser")).lower() == "true"
    click(qtbot, dicom.panel.ui.showVisualBrowserButton)
    assert not browser.useVisualDICOMBrowser


def test_a_new_browser_has_nothing_chosen(dicom, kept_settings):
    from DICOMLib import SlicerDICOMBrowser

    kept_settings.remove("DICOM/advancedView")
    new = SlicerDICOMBrowser()
    assert (new.loadablesByPlugin, new.referencedLoadables, new.pluginInstances) == ({}, {}, {})
    assert new.fileLists == []
    assert new.enabledPluginClassNames is None
    assert (new.browserPersistent, new.advancedView, new.horizontalTables) == (False, 0, 0)
    new.deleteLater()


def test_file_lists_by_role(imported):
    database, browser = imported.database, imported.browser
    one = [list(database.filesForSeries(SERIES))]
    assert browser.getFileListsForRole(SERIES, "Series") == one
    assert browser.getFileListsForRole([f"'{SERIES}'"], "SeriesUIDList") == one  # as SQL quotes it
    study = database.studyForSeries(SERIES)
    both = [list(database.filesForSeries(uid)) for uid in database.seriesForStudy(study)]
    assert len(both) == 2
    assert browser.getFileListsForRole(study, "Study") == both
    patient = database.patientForStudy(study)
    assert sum(map(len, browser.getFileListsForRole(patient, "Patient"))) == 7
