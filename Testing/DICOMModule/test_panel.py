"""The panel of the DICOM module: its buttons, as a user presses them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QPoint, QSettings, Qt
from qtpy.QtWidgets import QMessageBox, QToolButton, QWidget

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.widgets.network.query_window import QueryRetrieveWindow
from Testing.DICOMLib.widgets.conftest import slice_dataset
from Testing.DICOMModule.conftest import SHADES_SERIES
from Testing.DICOMModule.driving import click, click_action, double_click_row, drop, shown_texts
from Testing.orthanc import free_port

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def filled(qtbot, dicom, dicom_folder):
    """The module with the files of the folder, the sections of the panel open."""
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    dicom.panel.ui.browserSettingsFrame.setCollapsed(False)
    yield dicom
    dicom.panel.ui.browserSettingsFrame.setCollapsed(True)


def test_all_data_are_removed_after_a_question(qtbot, filled, dicom_folder):
    files = len(list(dicom_folder.iterdir()))
    qtbot.waitUntil(filled.panel.ui.clearDatabaseButton.isVisible)
    click(qtbot, filled.panel.ui.clearDatabaseButton)
    (box,) = filled.browser.dicomBrowser.findChildren(QMessageBox)
    assert "3 selected patients" in box.text()
    accept = next(button for button in box.buttons() if box.buttonRole(button) == QMessageBox.AcceptRole)
    click(qtbot, accept)
    qtbot.waitUntil(lambda: filled.database.patientsCount() == 0)
    qtbot.waitUntil(lambda: not filled.tasks.busy)
    assert len(list(dicom_folder.iterdir())) == files  # linked files stay on the disk
    click(qtbot, filled.panel.ui.clearDatabaseButton)
    assert filled.tasks.information.label.text() == "The database is empty already."


def test_repair_finds_series_whose_files_are_gone(qtbot, filled, dicom_folder):
    for path in dicom_folder.glob("1.2.3.1.*"):
        path.unlink()
    qtbot.waitUntil(filled.panel.ui.repairDatabaseButton.isVisible)
    click(qtbot, filled.panel.ui.repairDatabaseButton)
    from DICOMLib.widgets.files.missing_dialog import MissingDialog

    qtbot.waitUntil(lambda: bool(filled.browser.dicomBrowser.findChildren(MissingDialog)))
    (dialog,) = filled.browser.dicomBrowser.findChildren(MissingDialog)
    assert dialog.chosen() == ["1.2.3.1"]
    click(qtbot, dialog.removeButton)
    qtbot.waitUntil(lambda: filled.database.seriesCount() == 4)


def test_hide_after_loading_is_chosen_in_the_panel(qtbot, filled):
    box = filled.panel.ui.browserAutoHideCheckBox
    box.setChecked(True)  # however it was before
    assert str(QSettings().value("DICOM/BrowserPersistent")).lower() == "false"
    box.setChecked(False)
    assert str(QSettings().value("DICOM/BrowserPersistent")).lower() == "true"
    with qtbot.waitSignal(filled.browser.loadingFinished):
        double_click_row(qtbot, filled.tables.seriesTable(), SHADES_SERIES)
    assert filled.browser.isVisible()
    box.setChecked(True)
    with qtbot.waitSignal(filled.browser.loadingFinished):
        double_click_row(qtbot, filled.tables.seriesTable(), SHADES_SERIES)
    assert not filled.browser.isVisible()


def test_the_browser_goes_to_the_side_panel_and_back(qtbot, filled):
    click(qtbot, filled.panel.ui.dockToRightPushButton)
    qtbot.waitUntil(filled.browser.isVisible)
    assert filled.instance.isDockMode
    assert filled.red.canvas.isVisible()
    click(qtbot, filled.panel.ui.dockToRightPushButton)
    assert not filled.instance.isDockMode


def test_the_side_panel_leaves_the_views_their_room_and_keeps_what_a_user_gave_it(qtbot, filled):
    place = filled.instance.place
    window, before = filled.window, QWidget.size(filled.window)
    window.resize(1800, 800)
    place._sized = False  # as in a window that has just been opened
    button = filled.panel.ui.dockToRightPushButton
    click(qtbot, button)
    qtbot.waitUntil(lambda: abs(QWidget.width(place.dock) - 720) < 10)  # 40 % of 1800
    window.resizeDocks([place.dock], [900], Qt.Horizontal)
    qtbot.waitUntil(lambda: abs(QWidget.width(place.dock) - 900) < 10)
    click(qtbot, button)
    click(qtbot, button)
    qtbot.waitUntil(lambda: abs(QWidget.width(place.dock) - 900) < 10)
    click(qtbot, button)
    window.resize(before)
    place._sized = False  # the tests that follow find the width of a new window


@pytest.mark.parametrize("visual", [False, True])
def test_on_a_laptop_the_side_panel_takes_no_more_than_its_share(qtbot, filled, visual):
    place, window = filled.instance.place, filled.window
    before = QWidget.size(window)
    window.resize(1280, 800)
    place._sized = False  # as in a window that has just been opened
    buttons = [filled.panel.ui.dockToRightPushButton]
    if visual:
        buttons.insert(0, filled.panel.ui.showVisualBrowserButton)
    for button in buttons:
        click(qtbot, button)
    try:
        assert filled.browser.minimumSizeHint().width() <= 512
        qtbot.waitUntil(lambda: abs(QWidget.width(place.dock) - 512) < 10)  # 40 % of 1280
    finally:
        for button in reversed(buttons):
            click(qtbot, button)
        window.resize(before)
        place._sized = False  # the tests that follow find the width of a new window


def test_a_panel_that_is_made_again_leaves_nothing_of_the_one_before(qtbot, dicom):
    widget = slicer.modules.dicom.widgetRepresentation()
    widget.rebuild()
    QCoreApplication.sendPostedEvents(None, QEvent.DeferredDelete)
    texts = [button.text for button in QWidget.findChildren(widget, QToolButton)]
    assert texts.count("Side panel") == texts.count("Visual browser") == 1


def test_a_port_that_is_taken_is_told_beside_the_switch(qtbot, dicom, kept_settings):
    import socket

    dicom.panel.ui.networkingFrame.setCollapsed(False)
    with socket.create_server(("", 0)) as taken:
        kept_settings.setValue("StoragePort", str(taken.getsockname()[1]))
        qtbot.mouseClick(dicom.panel.ui.toggleListener, Qt.LeftButton)
        text = str(dicom.panel.ui.listenerStateLabel.text)
        assert str(taken.getsockname()[1]) in text
        assert not dicom.panel.ui.toggleListener.checked
    dicom.instance.stopListener()
    dicom.panel.updateListenerState()
    assert dicom.panel.ui.listenerStateLabel.text == "not started"


@pytest.fixture
def networking(dicom):
    """The module with the section of networking open; its window of queries is made anew."""
    dicom.panel.ui.networkingFrame.setCollapsed(False)
    discard_query_window(dicom.browser.dicomBrowser)  # it may know the servers of another test
    yield dicom
    discard_query_window(dicom.browser.dicomBrowser)
    dicom.panel.ui.networkingFrame.setCollapsed(True)
    dicom.instance.stopListener()
    dicom.panel.updateListenerState()


def discard_query_window(browser):
    window, browser._query_window = browser._query_window, None
    if window is not None:
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(window, QEvent.DeferredDelete)


@pytest.mark.network
@pytest.mark.parametrize("place", ["panel", "tool bar"])
def test_the_query_buttons_open_the_window_that_finds_and_retrieves(
    qtbot, networking, kept_settings, orthanc, dicom_folder, place
):
    orthanc.upload(sorted(dicom_folder.glob("1.2.3.1.*")))
    save_peers(kept_settings, [Peer("localhost", orthanc.dicom_port, "ORTHANC", "SLICER", "Archive")])
    browser = networking.browser.dicomBrowser
    if place == "panel":
        qtbot.waitUntil(networking.panel.ui.queryServerButton.isVisible)
        click(qtbot, networking.panel.ui.queryServerButton)
    else:
        click_action(qtbot, browser.toolBar, browser.toolBar.queryAction)
    (window,) = QWidget.findChildren(networking.window, QueryRetrieveWindow)
    qtbot.waitUntil(window.isVisible)
    with qtbot.waitSignal(window.widget.queried, timeout=20_000):
        click(qtbot, window.widget.form.queryButton)
    tree = window.widget.results
    study = tree.topLevelItem(0)
    assert study.text(0) == "Brown, Bob"
    qtbot.mouseClick(tree.viewport(), Qt.LeftButton, pos=tree.visualItemRect(study).center())
    click(qtbot, window.widget.retrieveButton)
    qtbot.waitUntil(lambda: networking.tables.seriesTable().uidsForAllRows() == ["1.2.3.1"], timeout=30_000)
    qtbot.waitUntil(lambda: len(networking.database.filesForSeries("1.2.3.1")) == 2, timeout=30_000)


def test_the_box_stores_whether_receiving_starts_with_the_application(qtbot, networking, kept_settings):
    box = networking.panel.ui.runListenerAtStart
    qtbot.waitUntil(box.isVisible)
    for _time in range(2):
        before = box.checked
        qtbot.mouseClick(box, Qt.LeftButton)
        assert str(kept_settings.value("DICOM/RunListenerAtStart")) == str(not before).lower()


PROGRAM = """
from qtpy.QtCore import QSettings
from DICOMModule.Host.application import boot
import pathlib
home = pathlib.Path({home!r})
settings = {settings!r}
application = boot(gui=True, testing=False, settings_path=home, database_directory=home / "database")
import slicer
print(getattr(getattr(slicer, "dicomListener", None), "port", "none"))
for key, value in settings.items():
    QSettings().setValue(key, value)
application.shutdown()
"""


@pytest.mark.network
def test_receiving_starts_with_the_application_where_the_settings_say_so(tmp_path):
    port = str(free_port())
    told = []
    for wanted in ("true", "false", ""):  # what the next start finds
        settings = {"DICOM/RunListenerAtStart": wanted, "StoragePort": port}
        code = PROGRAM.format(home=str(tmp_path), settings=settings)
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
        )
        told.append(result.stdout.split()[-1])
    assert told == ["none", port, "none"]


@pytest.mark.parametrize("visual", [False, True])
def test_refresh_shows_what_another_program_imported(qtbot, filled, tmp_path, visual):
    folder = tmp_path / "more"
    folder.mkdir()
    dataset = slice_dataset(
        ("Clark^Cleo", "C3", "1.2.8", "20200101", "Foot", "1.2.8.1", 1, "CT", "Toe", 1), 0
    )
    dataset.save_as(folder / "toe.dcm", enforce_file_format=True)
    if visual:
        click(qtbot, filled.panel.ui.showVisualBrowserButton)
    with Database.open(filled.database.databaseDirectory) as other:
        run(import_paths(other, [folder]))

    def patients():
        if visual:
            return len(filled.browser.dicomVisualBrowser.patientList.patients())
        return len(shown_texts(filled.tables.patientsTable()))

    try:
        assert patients() == 3
        qtbot.waitUntil(filled.panel.ui.refreshBrowserButton.isVisible)
        click(qtbot, filled.panel.ui.refreshBrowserButton)
        qtbot.waitUntil(lambda: patients() == 4)
    finally:
        filled.panel.ui.showVisualBrowserButton.setChecked(False)


def disabled_plugins():
    """The plugins that the settings disable, as Slicer keeps them: an array, each entry a key."""
    settings = QSettings()
    names = []
    for index in range(settings.beginReadArray("DICOM/disabledPlugins")):
        settings.setArrayIndex(index)
        names += [key for key in settings.childKeys() if settings.value(key) == "disabled"]
    settings.endArray()
    return sorted(names)


def test_plugins_are_disabled_by_their_boxes(qtbot, dicom):
    before = disabled_plugins()
    section, selector = dicom.panel.ui.dicomPluginsFrame, dicom.panel.ui.pluginSelector
    section.setCollapsed(False)
    try:
        box = selector.checkBoxByPlugin["DICOMScalarVolumePlugin"]
        qtbot.waitUntil(selector.isVisible)
        for expected in (sorted([*before, "DICOMScalarVolumePlugin"]), before):
            qtbot.mouseClick(box, Qt.LeftButton, pos=QPoint(8, box.height() // 2))
            assert disabled_plugins() == expected
    finally:
        section.setCollapsed(True)
