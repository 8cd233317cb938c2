"""The settings page, recent series, and links to the viewer."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import QPushButton

from Testing.DICOMModule.conftest import SHADES_SERIES
from Testing.DICOMModule.driving import click, drop

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def page(qtbot, dicom):
    from DICOMModule.dicom_settings_panel import DICOMSettingsPanel

    page = DICOMSettingsPanel()
    qtbot.addWidget(page)
    page.show()
    return page


def test_the_place_of_the_database_is_shown_although_none_was_chosen(qtbot, dicom, kept_settings):
    from DICOMModule.dicom_settings_panel import DICOMSettingsPanel

    kept_settings.remove(slicer.dicomDatabaseDirectorySettingsKey)
    page = DICOMSettingsPanel()
    qtbot.addWidget(page)
    assert dicom.database.databaseDirectory
    assert QPushButton.text(page.ui.directoryButton) == dicom.database.databaseDirectory
    assert not kept_settings.contains(slicer.dicomDatabaseDirectorySettingsKey)  # showing is not choosing


def test_the_size_of_pictures_is_set_at_once(qtbot, dicom, page):
    box = page.ui.thumbnailSizeComboBox
    box.setCurrentIndex(box.findData("small"))
    qtbot.keyClick(box, Qt.Key_Down)
    assert QSettings().value("DICOM/thumbnailsSize") == "medium"
    assert dicom.browser.dicomVisualBrowser.thumbnailSizePreset == dicom.browser.dicomVisualBrowser.Medium


def test_the_answer_on_references_is_kept_as_in_slicer(qtbot, page):
    box = page.ui.loadReferencesComboBox
    box.setCurrentIndex(0)
    for expected in ("16384", "65536"):  # QMessageBox.Yes, No
        qtbot.keyClick(box, Qt.Key_Down)
        assert str(QSettings().value("DICOM/automaticallyLoadReferences")) == expected


def test_detailed_logging_ends_by_itself(qtbot, page):
    button = page.ui.detailedLoggingButton
    click(qtbot, button)
    assert QPushButton.text(button).startswith("Enabled until ")
    until = int(QSettings().value("DICOM/disableDetailedLoggingTime"))
    assert until > 0
    slicer.modules.DICOMInstance.checkAndDisableStaleDetailedLogging(QSettings())
    assert int(QSettings().value("DICOM/disableDetailedLoggingTime")) == until
    click(qtbot, button)
    assert int(QSettings().value("DICOM/disableDetailedLoggingTime", 0)) == 0


def test_series_that_came_of_late_are_listed_and_chosen(qtbot, dicom, dicom_folder):
    from DICOMLib import DICOMRecentActivityWidget

    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    recent = DICOMRecentActivityWidget(None, slicer.dicomDatabase, dicom.browser)
    qtbot.addWidget(recent)
    recent.show()
    count = slicer.dicomDatabase.seriesCount()
    assert recent.listWidget.count() == count
    assert recent.statusLabel.text() == f"{count} series were added within the last hour."
    item = next(
        one for one in map(recent.listWidget.item, range(count)) if one.data(Qt.UserRole) == SHADES_SERIES
    )
    assert item.text().startswith("Today: ")
    recent.listWidget.setCurrentItem(item)
    qtbot.keyClick(recent.listWidget, Qt.Key_Return)
    assert dicom.tables.currentSeriesSelection() == [SHADES_SERIES]
    slicer.dicomDatabase.removeSeries(SHADES_SERIES)
    click(qtbot, recent.refreshButton)
    assert recent.listWidget.count() == count - 1


@pytest.mark.network
def test_a_link_imports_a_study_and_chooses_its_series(qtbot, dicom, orthanc, dicom_folder):
    from pydicom import dcmread

    paths = sorted(dicom_folder.glob("*.dcm"))
    orthanc.upload(paths)
    study = next(
        str(one.StudyInstanceUID)
        for one in (dcmread(path, stop_before_pixels=True) for path in paths)
        if one.SeriesInstanceUID == SHADES_SERIES
    )
    endpoint = quote(quote(orthanc.web_url, safe=""), safe="")  # encoded twice, as servers write it
    slicer.modules.DICOMInstance.onURLReceived(
        f"slicer://elsewhere/?studyUID={study}&dicomweb_endpoint={endpoint}"
    )
    assert slicer.dicomDatabase.seriesCount() == 0
    slicer.app.urlReceived(f"slicer://viewer/?studyUID={study}&dicomweb_endpoint={endpoint}")
    assert SHADES_SERIES in slicer.dicomDatabase.seriesForStudy(study)
    assert SHADES_SERIES in dicom.tables.currentSeriesSelection()
