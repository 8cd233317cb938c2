"""The visual browser in the module: its button, the choice taken over, loading, the settings."""

from __future__ import annotations

import pytest

from Testing.DICOMModule.conftest import SHADES_SERIES
from Testing.DICOMModule.driving import click, double_click_row, drop

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def visual(qtbot, dicom, dicom_folder):
    """The module with files, the visual browser shown by its button."""
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    dicom.tables.setCurrentSeriesSelection(["1.2.1.1"])
    click(qtbot, dicom.panel.ui.showVisualBrowserButton)
    dicom.visual = dicom.browser.dicomVisualBrowser
    qtbot.waitUntil(dicom.visual.isVisible)
    yield dicom
    dicom.panel.ui.showVisualBrowserButton.setChecked(False)
    dicom.visual.onClose()
    dicom.visual._tasks.stop()


def test_the_button_shows_it_with_the_same_series_chosen(qtbot, visual, kept_settings):
    assert not visual.browser.dicomBrowser.isVisible()
    assert not visual.browser.actionButtonsFrame.isVisible()
    assert visual.visual.selectedSeries() == ["1.2.1.1"]
    assert str(kept_settings.value("DICOM/UseVisualDICOMBrowser")).lower() == "true"
    visual.visual.setSelectedSeries(["1.2.3.1"])
    click(qtbot, visual.panel.ui.showVisualBrowserButton)
    assert visual.browser.dicomBrowser.isVisible()
    assert visual.tables.currentSeriesSelection() == ["1.2.3.1"]


def test_it_loads_into_the_scene_and_marks_what_was_loaded(qtbot, visual):
    visual.visual.setSelectedSeries([SHADES_SERIES])
    with qtbot.waitSignal(visual.browser.loadingFinished):
        click(qtbot, visual.visual.loadButton)
    (volume,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    assert volume.GetName() == "7: Blocks"
    assert list(visual.database.loadedSeriesInstanceUIDs) == [SHADES_SERIES]


def test_what_the_tables_loaded_is_marked_here_too(qtbot, dicom, dicom_folder):
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    with qtbot.waitSignal(dicom.browser.loadingFinished):
        double_click_row(qtbot, dicom.tables.seriesTable(), SHADES_SERIES)
    assert list(dicom.database.loadedSeriesInstanceUIDs) == [SHADES_SERIES]
    assert dicom.browser.dicomVisualBrowser._tile.loaded == {SHADES_SERIES}
    dicom.browser.dicomVisualBrowser.onClose()


def test_what_could_not_be_loaded_is_not_marked(qtbot, visual, monkeypatch):
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]
    monkeypatch.setattr(plugin, "load", lambda *_arguments: None)
    visual.visual.setSelectedSeries([SHADES_SERIES])
    with qtbot.waitSignal(visual.browser.loadingFinished) as told:
        click(qtbot, visual.visual.loadButton)
    assert told.args[0].failed
    assert list(visual.database.loadedSeriesInstanceUIDs) == []
    assert visual.visual._tile.loaded == set()


def test_the_import_button_of_the_panel_imports_into_it(qtbot, visual):
    click(qtbot, visual.panel.ui.importButton)
    dialog = visual.visual.importDialog()
    qtbot.waitUntil(dialog.isVisible)
    dialog.reject()


def test_its_close_button_brings_the_views_back(qtbot, visual):
    click(qtbot, visual.visual.closeButton)
    qtbot.waitUntil(visual.red.canvas.isVisible)
    assert not visual.browser.isVisible()
    assert not visual.panel.ui.showBrowserButton.checked
    click(qtbot, visual.panel.ui.showBrowserButton)
    qtbot.waitUntil(visual.visual.isVisible)


def test_in_the_side_panel_it_is_one_column(qtbot, visual):
    assert not visual.visual._arrangement.narrow
    click(qtbot, visual.panel.ui.dockToRightPushButton)
    qtbot.waitUntil(visual.visual.isVisible)
    qtbot.waitUntil(lambda: visual.visual.width() < 800)
    qtbot.waitUntil(lambda: visual.visual.closeButton.y() > visual.visual.filterBar.geometry().bottom())
