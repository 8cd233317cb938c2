"""Loading through the main window: from a double click to the views and the tree of loaded data."""

from __future__ import annotations

import time

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from DICOMLib import DICOMLoadable, DICOMPlugin, DICOMUtils
from Testing.DICOMModule.conftest import LEVEL, SHADES_SERIES, SHAPE, SPACING, WINDOW, shades
from Testing.DICOMModule.driving import click, double_click_row, drop

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def filled(qtbot, dicom, dicom_folder):
    """The module with the files of the folder."""
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    return dicom


def load_by_double_click(qtbot, dicom, uid):
    with qtbot.waitSignal(dicom.browser.loadingFinished) as finished:
        double_click_row(qtbot, dicom.tables.seriesTable(), uid)
    return finished.args[0]


def test_what_was_loaded_is_chosen_in_the_tree_and_shown_in_its_window(qtbot, filled):
    report = load_by_double_click(qtbot, filled, SHADES_SERIES)
    (volume,) = (slicer.mrmlScene.GetNodeByID(node_id) for node_id in report.node_ids)
    assert np.array_equal(slicer.util.arrayFromVolume(volume), shades())
    assert (volume.GetDisplayNode().GetWindow(), volume.GetDisplayNode().GetLevel()) == (WINDOW, LEVEL)
    for color in ("Red", "Green", "Yellow"):
        composite = slicer.app.layoutManager().sliceWidget(color).mrmlSliceCompositeNode()
        assert composite.GetBackgroundVolumeID() == volume.GetID()
    tree = filled.panel.ui.subjectHierarchyTree
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    assert tree.currentItem() == hierarchy.GetItemByDataNode(volume)
    assert not filled.browser.isVisible()
    assert filled.red.canvas.isVisible()


def test_the_second_one_loaded_is_the_one_that_is_chosen(qtbot, filled):
    filled.browser.setBrowserPersistence(True)
    load_by_double_click(qtbot, filled, SHADES_SERIES)
    load_by_double_click(qtbot, filled, "1.2.1.1")
    tree = filled.panel.ui.subjectHierarchyTree
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    assert hierarchy.GetItemName(tree.currentItem()) == "1: Bone"


def test_advanced_view_loads_what_is_checked_under_the_edited_name(qtbot, filled):
    browser = filled.browser
    click(qtbot, browser.advancedViewButton)
    tables = filled.tables
    tables.setCurrentSeriesSelection(["1.2.1.1", "1.2.3.1"])
    qtbot.mouseClick(browser.examineButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: browser.loadableTable.rowCount() >= 2)
    table = browser.loadableTable
    names = [table.item(row, 0).text() for row in range(table.rowCount())]
    bone, lung = names.index("1: Bone"), names.index("3: Lung")
    at = table.visualItemRect(table.item(bone, 0))
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=at.topLeft() + _box(at))
    assert table.item(bone, 0).checkState() == Qt.Unchecked
    table.item(lung, 0).setText("My lung")
    with qtbot.waitSignal(browser.loadingFinished):
        click(qtbot, browser.loadButton)
    volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    assert [volume.GetName() for volume in volumes] == ["My lung"]


def _box(rect):
    """Middle of the check box of a cell, from its upper left corner."""
    from qtpy.QtCore import QPoint

    return QPoint(10, rect.height() // 2)


class Unruly(DICOMPlugin):
    """Offers something that is no loadable, beside what cannot be loaded."""

    def examineForImport(self, fileLists):
        loadable = DICOMLoadable()
        loadable.files, loadable.name, loadable.confidence = fileLists[0], "Unruly", 0.1
        return [loadable, "text"]

    def load(self, loadable):
        raise SystemExit(3)


class Leaving(DICOMPlugin):
    """Ends the program, if it is let."""

    def examineFiles(self, files):
        raise SystemExit(3)


@pytest.fixture
def unruly():
    """Two plugins of others that misbehave."""
    plugins = {"Unruly": Unruly, "Leaving": Leaving}
    slicer.modules.dicomPlugins.update(plugins)
    yield
    for name in plugins:
        slicer.modules.dicomPlugins.pop(name)


def test_plugins_that_misbehave_are_named_and_the_others_load(qtbot, filled, unruly, caplog):
    report = load_by_double_click(qtbot, filled, SHADES_SERIES)
    (volume,) = (slicer.mrmlScene.GetNodeByID(node_id) for node_id in report.node_ids)
    assert np.array_equal(slicer.util.arrayFromVolume(volume), shades())
    assert "DICOM plugin Leaving failed while it examined files (SystemExit)" in caplog.text
    assert "DICOM plugin Unruly" in caplog.text
    told = filled.browser._result.label.text()
    assert told.startswith("Loaded “")
    assert "Plugin Leaving failed (SystemExit: 3)." in told
    assert "Plugin Leaving failed" in slicer.util.mainWindow().statusBar().currentMessage()


def test_a_load_that_would_end_the_program_is_a_failure(qtbot, filled, unruly):
    messages: list[str] = []
    assert DICOMUtils.loadSeriesByUID([SHADES_SERIES], enabledPluginClassNames=["Unruly"]) == []
    files = [filled.database.filesForSeries(SHADES_SERIES)]
    offered, _enabled = DICOMUtils.getLoadablesFromFileLists(files, ["Unruly", "Leaving"], messages)
    assert messages == ["Plugin failed: Unruly.", "Plugin failed: Leaving."]
    assert [loadable.name for loadables in offered.values() for loadable in loadables] == ["Unruly"]


def test_a_volume_loaded_while_the_views_are_hidden_fits_into_each_of_them(qtbot, filled):
    load_by_double_click(qtbot, filled, SHADES_SERIES)
    slices, rows, columns = SHAPE
    extents = {
        "Red": (columns * SPACING[2], rows * SPACING[1]),
        "Green": (columns * SPACING[2], slices * SPACING[0]),
        "Yellow": (rows * SPACING[1], slices * SPACING[0]),
    }
    qtbot.wait(50)
    for name, extent in extents.items():
        shown = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode().GetFieldOfView()
        assert all(seen >= needed for seen, needed in zip(shown, extent, strict=False)), name
        assert any(seen < 1.5 * needed for seen, needed in zip(shown, extent, strict=False)), name


def test_the_main_node_is_chosen_not_the_transform_beside_it(filled, scene):
    from types import SimpleNamespace

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Tilted")
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLGridTransformNode", "Geometry")
    ids = (volume.GetID(), transform.GetID())
    loaded = SimpleNamespace(node_ids=ids)
    filled.panel.onLoadingFinished(SimpleNamespace(loaded=[loaded], node_ids=list(ids)))
    tree = filled.panel.ui.subjectHierarchyTree
    assert tree.currentItem() == hierarchy.GetItemByDataNode(volume)


class Slow(DICOMPlugin):
    """Offers each series as a text, and takes its time for it."""

    def examineForImport(self, fileLists):
        return [self.offer(files) for files in fileLists]

    def offer(self, files):
        loadable = DICOMLoadable()
        loadable.files, loadable.confidence, loadable.selected = files, 1.0, True
        loadable.name = f"Slow {files[0].rpartition('/')[2]}"
        return loadable

    def load(self, loadable):
        slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", loadable.name)
        time.sleep(0.1)  # longer than the steps of one turn
        return True


def test_a_load_that_is_cancelled_tells_what_stays_and_begins_no_other(qtbot, filled, monkeypatch):
    monkeypatch.setitem(slicer.modules.dicomPlugins, "Slow", Slow)
    monkeypatch.setattr(filled.browser, "enabledPluginClassNames", ["Slow"])
    filled.tables.setCurrentSeriesSelection(
        [uid for table in filled.tables.tables()[-1:] for uid in table.uidsForAllRows()]
    )
    wanted = len(filled.browser.fileLists)

    def texts():
        return slicer.util.getNodesByClass("vtkMRMLTextNode")

    with qtbot.waitSignal(filled.browser.loadingFinished) as finished:
        click(qtbot, filled.browser.loadButton)
        qtbot.waitUntil(lambda: len(texts()) > 0)
        at_click = [node.GetID() for node in texts()]
        click(qtbot, filled.browser._progress.cancelButton)
    (report,) = finished.args
    assert 0 < len(at_click) < wanted
    assert [node.GetID() for node in texts()] == report.node_ids == at_click
    told = filled.browser._result.label.text()
    assert told.startswith(f"Cancelled: {len(at_click)} of {wanted} were loaded. What stays in the scene: “")
    assert f"“{texts()[0].GetName()}”" in told
    assert filled.browser._result.isVisible()
    assert not filled.browser._progress.isVisible()


class SlowToAnswer(Slow):
    """Takes its time to tell what it can load."""

    asked = 0

    def examineForImport(self, fileLists):
        type(self).asked += 1
        time.sleep(0.1)
        return super().examineForImport(fileLists)


def test_an_examination_that_is_cancelled_loads_nothing(qtbot, filled, monkeypatch):
    """The button stops it between two plugins; the next examination begins anew."""
    names = [f"Slow{number}" for number in range(5)]
    for name in names:
        monkeypatch.setitem(slicer.modules.dicomPlugins, name, SlowToAnswer)
    monkeypatch.setattr(SlowToAnswer, "asked", 0)
    monkeypatch.setattr(filled.browser, "enabledPluginClassNames", names)
    filled.tables.setCurrentSeriesSelection([SHADES_SERIES])

    click(qtbot, filled.browser.loadButton)
    qtbot.waitUntil(lambda: SlowToAnswer.asked > 0)
    at_click = SlowToAnswer.asked
    click(qtbot, filled.browser._progress.cancelButton)
    qtbot.waitUntil(lambda: not filled.browser._stepper.busy)

    assert SlowToAnswer.asked == at_click < len(names)
    assert slicer.util.getNodesByClass("vtkMRMLTextNode") == []
    assert not filled.browser._progress.isVisible()
    assert filled.browser.loadButton.isEnabled()


class Clicking(Slow):
    """While it loads the second one, the user clicks Cancel; the click waits until the window is served."""

    button = None

    def load(self, loadable):
        loaded = super().load(loadable)
        if len(slicer.util.getNodesByClass("vtkMRMLTextNode")) == 2:
            at = QPointF(self.button.rect().center())
            for kind in (QEvent.MouseButtonPress, QEvent.MouseButtonRelease):
                event = QMouseEvent(kind, at, at, Qt.LeftButton, Qt.LeftButton, Qt.NoModifier)
                QApplication.postEvent(self.button, event)
        return loaded


def test_a_click_on_cancel_that_has_waited_stops_the_next_one(qtbot, filled, monkeypatch):
    monkeypatch.setitem(slicer.modules.dicomPlugins, "Clicking", Clicking)
    monkeypatch.setattr(filled.browser, "enabledPluginClassNames", ["Clicking"])
    monkeypatch.setattr(Clicking, "button", filled.browser._progress.cancelButton)
    filled.tables.setCurrentSeriesSelection(
        [uid for table in filled.tables.tables()[-1:] for uid in table.uidsForAllRows()]
    )
    with qtbot.waitSignal(filled.browser.loadingFinished) as finished:
        click(qtbot, filled.browser.loadButton)
    assert (len(finished.args[0].node_ids), finished.args[0].cancelled) == (2, True)


class Hasty(Slow):
    """While it loads, the user double-clicks the same row; the click waits until the window is served."""

    view = None

    def load(self, loadable):
        loaded = super().load(loadable)
        at = QPointF(self.view.visualRect(self.view.currentIndex()).center())
        kinds = (QEvent.MouseButtonPress, QEvent.MouseButtonRelease, QEvent.MouseButtonDblClick)
        for kind in (*kinds, QEvent.MouseButtonRelease):
            event = QMouseEvent(kind, at, at, Qt.LeftButton, Qt.LeftButton, Qt.NoModifier)
            QApplication.postEvent(self.view.viewport(), event)
        return loaded


def test_a_double_click_that_waited_while_the_series_was_loaded_loads_nothing(qtbot, filled, monkeypatch):
    monkeypatch.setitem(slicer.modules.dicomPlugins, "Hasty", Hasty)
    monkeypatch.setattr(filled.browser, "enabledPluginClassNames", ["Hasty"])
    monkeypatch.setattr(Hasty, "view", filled.tables.seriesTable().tableView())
    clicks = []
    filled.tables.seriesDoubleClicked.connect(clicks.append)
    filled.browser.setBrowserPersistence(True)
    report = load_by_double_click(qtbot, filled, SHADES_SERIES)
    assert (len(clicks), len(report.node_ids)) == (2, 1)
    assert not filled.browser._stepper.busy
    assert len(slicer.util.getNodesByClass("vtkMRMLTextNode")) == 1

    monkeypatch.setattr(
        Hasty, "load", Slow.load
    )  # who asks again when it is done gets it again, as in Slicer
    load_by_double_click(qtbot, filled, SHADES_SERIES)
    assert len(slicer.util.getNodesByClass("vtkMRMLTextNode")) == 2
