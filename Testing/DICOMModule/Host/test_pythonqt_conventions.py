"""Conventions of PythonQt that Slicer's DICOM code and its scripts rely on."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def qt(host):
    import qt

    return qt


def test_a_widget_with_signals_that_observes_nodes(qt, scene):
    import slicer
    import vtk
    from slicer.util import VTKObservationMixin

    class Panel(VTKObservationMixin, qt.QWidget):
        closed = qt.Signal()

        def __init__(self, parent=None):
            VTKObservationMixin.__init__(self)
            qt.QWidget.__init__(self, parent)
            self.seen = 0

        def onModified(self, caller, event):
            self.seen += 1

        def closeEvent(self, event):
            qt.QWidget.closeEvent(self, event)
            self.closed.emit()

    outer = qt.QWidget()
    before = len(qt.QApplication.allWidgets())
    panel = Panel(outer)
    assert len(qt.QApplication.allWidgets()) == before + 1  # the mix-in has called Qt's constructor before
    assert panel.parent() is outer
    panel.setParent(None)
    heard = []
    panel.closed.connect(lambda: heard.append(1))
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode")
    panel.addObserver(node, vtk.vtkCommand.ModifiedEvent, panel.onModified)
    node.Modified()
    panel.removeObservers()
    node.Modified()
    panel.show()
    panel.close()
    assert (panel.seen, heard) == (1, [1])


def test_dates_times_urls(qt):
    assert len(qt.QDate().currentDate().toString("yyyyMMdd")) == 8
    assert qt.QDate(2024, 1, 15).addDays(-15).toString("yyyyMMdd") == "20231231"
    assert qt.QDateTime.currentDateTime().toString("yyyy") > "2000"
    query = qt.QUrlQuery(qt.QUrl("slicer://viewer/?studyUID=1.2%2C3&n=1"))
    assert dict(query.queryItems(qt.QUrl.FullyDecoded)) == {"studyUID": "1.2,3", "n": "1"}
    assert qt.QUrl.fromPercentEncoding(qt.QByteArray(b"a%20b")) == "a b"
    locale = qt.QLocale(qt.QLocale.English, qt.QLocale.UnitedStates)
    assert locale.toString(qt.QDate(2024, 1, 2), "yyyyMMdd") == "20240102"


def test_settings_with_arrays(qt, kept_settings):
    settings = qt.QSettings()
    settings.beginWriteArray("Testing/list")
    for index, name in enumerate(("a", "b")):
        settings.setArrayIndex(index)
        settings.setValue(name, "disabled")
    settings.endArray()
    count = settings.beginReadArray("Testing/list")
    names = []
    for index in range(count):
        settings.setArrayIndex(index)
        names += settings.allKeys()
    settings.endArray()
    assert names == ["a", "b"]
    assert settings.value("Testing/nothing", 7) == 7
    assert not settings.contains("Testing/nothing")


def test_enumerations_are_numbers(qt):
    assert int(qt.QMessageBox.Yes) == 16384
    assert int(qt.QMessageBox.No) == 65536
    assert int(qt.QMessageBox.InvalidRole) == -1
    dialog = qt.QProgressDialog()
    dialog.setWindowModality(1)
    assert dialog.windowModality == qt.Qt.WindowModal
    dialog.close()
    box = qt.QCheckBox()
    assert box.checkState() == 0
    box.setCheckState(2)
    assert box.checked
    box.setCheckState(False)
    assert not box.checked


def test_items_of_a_table(qt):
    table = qt.QTableWidget(1, 2)
    table.setSelectionBehavior(qt.QTableView.SelectRows)
    item = qt.QTableWidgetItem("CT")
    item.setCheckState(qt.Qt.Checked)
    item.setFlags(item.flags() & ~qt.Qt.ItemIsEditable)
    table.setItem(0, 0, item)
    table.setHorizontalHeaderLabels(["DICOM Data", "Reader"])
    header = table.horizontalHeader()
    header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
    header.setSectionResizeMode(1, qt.QHeaderView.ResizeToContents)
    table.horizontalScrollMode = qt.QAbstractItemView.ScrollPerPixel
    assert table.rowCount == 1
    assert table.item(0, 0).checkState() == qt.Qt.Checked
    assert table.horizontalScrollMode == qt.QAbstractItemView.ScrollPerPixel
    widget = qt.QListWidget()
    entry = qt.QListWidgetItem("today", widget)
    entry.setData(qt.Qt.UserRole, "1.2.3")
    assert widget.item(0).data(qt.Qt.UserRole) == "1.2.3"


def test_processes(qt, tmp_path):
    import sys

    process = qt.QProcess()
    states = []
    process.connect("stateChanged(QProcess::ProcessState)", states.append)
    process.start(sys.executable, ["-c", "print('out')"])
    assert process.waitForFinished(20000)
    output = process.readAllStandardOutput()
    assert output.data().strip() == b"out"
    assert (process.exitStatus(), process.exitCode()) == (qt.QProcess.NormalExit, 0)
    assert states[-1] == qt.QProcess.NotRunning


def test_folders_and_paths(qt, tmp_path):
    folder = qt.QDir(str(tmp_path))
    assert folder.mkpath("a/b")
    assert qt.QFileInfo(folder, "a/b").absoluteFilePath() == str(tmp_path / "a" / "b")
    assert qt.QFileInfo(str(tmp_path / "a")).isDir()
    assert qt.QDir.toNativeSeparators("a/b") in ("a/b", "a\\b")
    temporary = qt.QTemporaryDir()
    assert temporary.isValid()
    assert qt.QDir(temporary.path()).exists()


def test_layouts_and_geometry(qt):
    widget = qt.QWidget()
    form = qt.QFormLayout(widget)
    form.addRow("Name:", qt.QLineEdit())
    assert widget.layout().rowCount() == 1
    policy = qt.QSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
    widget.setSizePolicy(policy)
    assert widget.sizePolicy.horizontalPolicy() == qt.QSizePolicy.Expanding
    widget.resize(120, 80)
    assert (widget.width, widget.height, widget.size.width()) == (120, 80, 120)
    assert (widget.rect.width(), widget.geometry.height()) == (120, 80)
    metrics = qt.QFontMetrics(qt.QApplication.font())
    assert metrics.width("text") > 0


def test_actions_and_menus(qt):
    heard = []
    menu = qt.QMenu("File")
    action = qt.QAction("Import", menu)
    action.checkable = True
    action.connect("triggered()", lambda: heard.append("triggered"))
    action.connect("toggled(bool)", heard.append)
    menu.addAction(action)
    action.trigger()
    assert heard == [True, "triggered"]
    assert [one.text for one in menu.actions()] == ["Import"]
    menu.connect("aboutToShow()", lambda: heard.append("shown"))
    menu.aboutToShow.emit()
    assert heard[-1] == "shown"


def test_signals_of_the_application_and_the_database(host, tmp_path):
    import ctk
    import slicer

    heard = []
    slicer.app.connect("urlReceived(QString)", heard.append)
    slicer.app.urlReceived("slicer://nowhere")
    slicer.app.disconnect("urlReceived(QString)", heard.append)
    database = ctk.ctkDICOMDatabase()
    database.connect("databaseChanged()", lambda: heard.append("changed"))
    database.databaseChanged()
    assert heard == ["slicer://nowhere", "changed"]
    assert database.isOpen is False


def test_what_scripts_reach_of_the_browser_has_the_manners(main_window):
    import slicer

    browser = slicer.modules.DICOMInstance.browser()
    assert browser.loadButton.enabled is False
    assert browser.examineButton.text == "Examine"
    before = browser.advancedViewButton.checked
    browser.advancedViewButton.checked = not before
    assert browser.advancedView == int(not before)
    browser.advancedViewButton.checked = before
    names = [one.className() for one in (browser.dicomBrowser, slicer.app.dicomDatabase())]
    assert names == ["ctkDICOMBrowser", "ctkDICOMDatabase"]


def test_libraries_by_the_package(host):
    import logging

    import ctk
    import qt

    import DICOMLib

    assert (DICOMLib.ctk, DICOMLib.qt, DICOMLib.logging) == (ctk, qt, logging)


def test_a_message_is_not_shown_again(qtbot, main_window):
    import ctk
    import qt

    key = "Testing/DoNotShow"
    settings = qt.QSettings()

    def box():
        made = ctk.ctkMessageBox(main_window)
        made.text = "Sure?"
        made.dontShowAgainSettingsKey = key
        made.setIcon(qt.QMessageBox.Warning)  # lays the box out anew, the check box with it
        made.setStandardButtons(qt.QMessageBox.Yes | qt.QMessageBox.No)
        return made

    def answer(check):
        shown = qt.QApplication.activeModalWidget()
        shown.dontShowAgain = check
        shown.button(qt.QMessageBox.Yes).click()

    try:
        for check in (False, True):
            qt.QTimer.singleShot(0, lambda check=check: answer(check))
            assert box().exec_() == qt.QMessageBox.Yes
            assert settings.contains(key) is check
        assert box().exec_() == qt.QMessageBox.Yes  # nobody was asked
        assert ctk.ctkMessageBox().dontShowAgainVisible is False
    finally:
        settings.remove(key)
