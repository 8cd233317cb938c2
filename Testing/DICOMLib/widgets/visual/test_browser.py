"""The visual browser as users meet it: patients, cards, pictures, filters, selection, actions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import QFileDialog, QMessageBox

from DICOMLib.database import storage
from DICOMLib.widgets.files.deidentify_dialog import DeidentifyDialog
from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog
from DICOMLib.widgets.visual.filters import COMMON_MODALITIES, OTHER_MODALITIES
from Testing.DICOMLib.widgets.conftest import SERIES, slice_dataset
from Testing.DICOMModule.driving import answer_file_dialog, click, click_menu, open_menu, type_into

pytestmark = pytest.mark.gui

BOB = "2"


def shown_studies(browser):
    patient = browser._shown.get(browser.patientList.current())
    return [browser._cards[study.uid] for study in patient.studies] if patient else []


def shown_series(browser):
    return {card.study.uid: [one.uid for one in card.study.series] for card in shown_studies(browser)}


def click_tile(qtbot, card, uid, modifier=Qt.NoModifier, double=False):
    """Click the tile of a series."""
    uids = [one.uid for one in card.study.series]
    at = card.grid.visualRect(card.grid.model().index(uids.index(uid), 0)).center()
    qtbot.mouseClick(card.grid.viewport(), Qt.LeftButton, modifier, at)
    if double:
        qtbot.mouseDClick(card.grid.viewport(), Qt.LeftButton, modifier, at)


def menu_of_tile(qtbot, browser, uid):
    """Choose a series of Anna's head and right-click it."""
    card = browser._cards["1.2.1"]
    click_tile(qtbot, card, uid)
    uids = [one.uid for one in card.study.series]
    at = card.grid.visualRect(card.grid.model().index(uids.index(uid), 0)).center()
    return open_menu(qtbot, card.grid.viewport(), at)


def test_defaults_are_those_of_ctk(visual):
    assert visual.filteringPatientID == visual.filteringPatientName == ""
    assert visual.filteringModalities == ["Any", *COMMON_MODALITIES, *OTHER_MODALITIES]
    assert visual.filteringDate == visual.Any == 0
    assert visual.numberOfOpenedStudiesPerPatient == 2
    assert visual.thumbnailSizePreset == visual.ThumbnailSizePresetOption.Small
    assert visual.deleteActionVisible
    assert not visual.sendActionVisible


def test_an_empty_database_says_what_to_do(visual):
    assert "Press Import" in visual._empty.text()
    assert visual._stack.currentWidget() is visual._empty


def test_patients_and_their_studies_newest_first(filled):
    names = [filled.patientList.item(row).text() for row in range(filled.patientList.count())]
    assert sorted(names) == ["Adams, Anna", "Brown, Bob"]
    assert shown_series(filled) == {"1.2.2": ["1.2.2.1"], "1.2.1": ["1.2.1.1", "1.2.1.2"]}
    first, second = shown_studies(filled)
    assert first.geometry().top() < second.geometry().top()
    assert second.titleLabel.text() == "Head"
    assert second.detailLabel.text() == "2 Jan 2020 · 2 series"
    assert filled.countLabel.text() == "2 studies, 3 series"


def test_few_patients_are_tabs_and_the_button_makes_them_a_list(qtbot, filled):
    page, view = filled.patientPage, filled.patientView()
    assert view.displayMode == view.TabMode
    assert page.tabs.isVisible()
    assert not view.isVisible()
    tabs = {page.tabs.tabText(place): place for place in range(page.tabs.count())}
    assert page.tabs.currentIndex() == tabs["Adams, Anna"]
    qtbot.mouseClick(page.tabs, Qt.LeftButton, pos=page.tabs.tabRect(tabs["Brown, Bob"]).center())
    assert shown_series(filled) == {"1.2.3": ["1.2.3.1"]}
    assert page.detailLabel.text().startswith("B2 · 1 study · added 20")
    click(qtbot, page.modeButton)
    assert view.displayMode == view.ListMode
    assert view.isVisible()
    assert not page.tabs.isVisible()
    click(qtbot, page.modeButton)
    type_into(qtbot, filled.filterBar.patientName, "adams")
    qtbot.waitUntil(lambda: page.tabs.count() == 1)
    assert shown_series(filled) == {"1.2.2": ["1.2.2.1"], "1.2.1": ["1.2.1.1", "1.2.1.2"]}


def test_more_than_five_patients_are_a_list(filled):
    view = filled.patientView()
    card = view.patients()[0]
    view.show_patients([replace(card, uid=str(number)) for number in range(6)])
    assert view.displayMode == view.ListMode
    view.show_patients([card])
    assert view.displayMode == view.TabMode


def test_patients_without_a_name(qtbot, filled):
    view, page = filled.patientView(), filled.patientPage
    card = replace(view.patients()[0], name="", patient_id="X1")
    view.show_patients([card, replace(card, uid="9", patient_id="")])
    assert [page.tabs.tabText(place) for place in range(2)] == ["X1", "No name"]
    assert [view.item(row).text() for row in range(2)] == ["X1", "No name"]
    view.displayMode = view.ListMode
    view.show_patients([card])
    row = view.visualItemRect(view.item(0))
    drawn = view.viewport().grab(row).toImage()
    view.show_patients([replace(card, name="No name")])
    assert view.viewport().grab(row).toImage() == drawn
    view.show_patients([replace(card, name="Some name")])
    assert view.viewport().grab(row).toImage() != drawn


def test_another_patient_is_chosen_by_the_mouse(qtbot, filled):
    filled.patientView().displayMode = filled.patientView().ListMode
    row = next(r for r in range(2) if filled.patientList.item(r).data(Qt.UserRole) == BOB)
    at = filled.patientList.visualItemRect(filled.patientList.item(row)).center()
    qtbot.mouseClick(filled.patientList.viewport(), Qt.LeftButton, pos=at)
    assert shown_series(filled) == {"1.2.3": ["1.2.3.1"]}


def picture_of(browser, sop):
    """Where the database keeps the picture of an instance."""
    series = sop.rpartition(".")[0]
    study = series.rpartition(".")[0]
    return Path(storage.thumbnail_path(browser.databaseDirectory, study, series, sop))


def test_pictures_are_made_of_the_middle_instance_and_kept(qtbot, filled):
    qtbot.waitUntil(lambda: all(picture_of(filled, sop).exists() for sop in ("1.2.1.1.2", "1.2.1.2.2")))
    assert not picture_of(filled, "1.2.1.1.1").exists()
    qtbot.waitUntil(lambda: filled._pictures.pixmap("1.2.1.1", "CT", 128) is not None)
    pixmap = filled._pictures.pixmap("1.2.1.1", "CT", 128)
    assert max(pixmap.width(), pixmap.height()) == 128
    kept = QImage(str(picture_of(filled, "1.2.1.1.2")))
    assert max(kept.width(), kept.height()) == 256
    assert kept.pixelColor(0, 0).value() < kept.pixelColor(kept.width() - 1, kept.height() - 1).value()


def test_pictures_that_were_forgotten_are_made_again_where_they_are_seen(qtbot, filled):
    """Also one that was at work when all were forgotten, and is waited for by what was painted before."""
    pictures = filled._pictures
    shown = {"1.2.2.1", "1.2.1.1", "1.2.1.2"}
    for _time in range(3):
        qtbot.waitUntil(lambda: set(pictures._pictures) >= shown)
        pictures.forget()
        assert not pictures._pictures
    qtbot.waitUntil(lambda: set(pictures._pictures) >= shown)


def test_a_browser_that_was_closed_by_its_slot_makes_pictures_when_it_is_shown_again(qtbot, filled):
    pictures, shown = filled._pictures, {"1.2.2.1", "1.2.1.1", "1.2.1.2"}
    qtbot.waitUntil(lambda: set(pictures._pictures) >= shown)
    pictures.forget()
    filled.onClose()  # while some are at work or wait
    filled.hide()
    filled.show()
    qtbot.waitUntil(lambda: set(pictures._pictures) >= shown)


def test_an_object_without_pixels_has_a_mark_instead(filled):
    assert filled._pictures.pixmap("9.9", "SR", 128).isNull()


def test_filters_hide_what_does_not_match_and_reset_shows_all(qtbot, filled):
    type_into(qtbot, filled.filterBar.seriesDescription, "bone")
    qtbot.waitUntil(lambda: shown_series(filled) == {"1.2.1": ["1.2.1.1"]})
    assert filled.patientList.count() == 1
    assert filled._cards["1.2.1"].detailLabel.text() == "2 Jan 2020 · 1/2 series"
    assert "· 1/2 studies ·" in filled.patientPage.detailLabel.text()
    click(qtbot, filled.filterBar.resetButton)
    qtbot.waitUntil(lambda: filled.patientList.count() == 2)
    assert filled.filteringSeriesDescription == ""


def test_a_filter_that_hides_everything_is_marked(qtbot, filled):
    type_into(qtbot, filled.filterBar.patientID, "nobody")
    qtbot.waitUntil(lambda: filled._stack.currentWidget() is filled._empty)
    assert filled._empty.text().startswith("No results found in the database.")
    assert filled.filterBar.patientID.styleSheet()
    assert not filled.filterBar.studyDescription.styleSheet()


def test_modalities_are_chosen_as_in_ctk(qtbot, filled):
    menu = filled.filterBar.modalityButton.menu()
    click_menu(qtbot, menu, "Any modality")
    assert filled.filteringModalities == list(COMMON_MODALITIES)
    click_menu(qtbot, menu, "MR")
    assert filled.filteringModalities == ["MR"]
    qtbot.waitUntil(lambda: shown_series(filled) == {"1.2.1": ["1.2.1.2"]})
    click_menu(qtbot, menu, "Any modality")
    qtbot.waitUntil(lambda: filled.patientList.count() == 2)


def test_series_are_chosen_over_studies_and_loaded_by_the_button(qtbot, filled):
    first, second = shown_studies(filled)
    assert not filled.loadButton.isEnabled()
    click_tile(qtbot, second, "1.2.1.2")
    assert filled.loadButton.text() == "Load"
    click_tile(qtbot, first, "1.2.2.1")
    click_tile(qtbot, second, "1.2.1.1", Qt.ControlModifier)
    assert filled.selectedSeries() == ["1.2.2.1", "1.2.1.1", "1.2.1.2"]
    assert filled.loadButton.text() == "Load (3)"
    assert "2 series (2 selected)" in second.detailLabel.text()
    with qtbot.waitSignal(filled.seriesRetrieved) as told:
        click(qtbot, filled.loadButton)
    assert told.args == [["1.2.2.1", "1.2.1.1", "1.2.1.2"]]


def test_a_double_click_and_enter_load_one_series(qtbot, filled):
    card = shown_studies(filled)[1]
    with qtbot.waitSignal(filled.seriesRetrieved) as told:
        click_tile(qtbot, card, "1.2.1.1", double=True)
    assert told.args == [["1.2.1.1"]]
    with qtbot.waitSignal(filled.seriesRetrieved) as told:
        qtbot.keyClick(card.grid, Qt.Key_Return)
    assert told.args == [["1.2.1.1"]]
    qtbot.keyClick(card.grid, Qt.Key_Escape)
    assert filled.selectedSeries() == []


def test_a_card_opens_closes_and_selects_all(qtbot, filled):
    card = shown_studies(filled)[1]
    height = card.height()
    click(qtbot, card.openButton)
    assert not card.grid.isVisible()
    qtbot.waitUntil(lambda: card.height() < height)
    click(qtbot, card.selectButton)
    assert card.grid.isVisible()
    assert card.selected() == ["1.2.1.1", "1.2.1.2"]
    click(qtbot, card.selectButton)
    assert card.selected() == []


def test_pictures_grow_by_key_and_box(qtbot, filled):
    filled.activateWindow()
    qtbot.waitUntil(filled.isActiveWindow)
    card = shown_studies(filled)[1]
    height = card.grid.height()
    card.grid.setFocus()
    qtbot.keyClick(card.grid, Qt.Key_Plus, Qt.ControlModifier)
    assert filled.thumbnailSizePreset == filled.Medium
    assert card.grid.height() > height
    filled.thumbnailSizePreset = filled.Hidden
    assert card.grid.height() < height


def test_delete_asks_and_removes_with_the_picture(qtbot, filled):
    picture = picture_of(filled, "1.2.1.2.2")
    qtbot.waitUntil(picture.exists)
    menu = menu_of_tile(qtbot, filled, "1.2.1.2")
    texts = [action.text() for action in menu.actions()]
    assert texts == [
        "Load series",
        "Retrieve series from the servers",
        "View DICOM metadata",
        "Delete series from the database",
        "Export series to a folder…",
        "Export series without identity…",
    ]
    click_menu(qtbot, menu, "remove")
    (box,) = filled.findChildren(QMessageBox)
    accept = next(button for button in box.buttons() if box.buttonRole(button) == QMessageBox.AcceptRole)
    click(qtbot, accept)
    qtbot.waitUntil(lambda: shown_series(filled).get("1.2.1") == ["1.2.1.1"])
    assert not picture.exists()
    assert "1.2.1.2" not in filled.dicomDatabase().seriesForStudy("1.2.1")


def test_the_menu_shows_the_metadata_of_the_choice(qtbot, filled):
    click_menu(qtbot, menu_of_tile(qtbot, filled, "1.2.1.2"), "View DICOM metadata")
    (dialog,) = filled.window().findChildren(ctkDICOMMetadataDialog)
    qtbot.waitUntil(dialog.isVisible)
    assert dialog.objectList.fileList == list(filled.dicomDatabase().filesForSeries("1.2.1.2"))
    assert "1.2.1.2\t" in dialog.objectList.metadataAsText()
    dialog.close()


def test_the_menu_loads_the_choice(qtbot, filled):
    with qtbot.waitSignal(filled.seriesRetrieved) as told:
        click_menu(qtbot, menu_of_tile(qtbot, filled, "1.2.1.2"), "Load series")
    assert told.args == [["1.2.1.2"]]


def test_the_menu_exports_the_choice_to_a_folder(qtbot, filled, tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    click_menu(qtbot, menu_of_tile(qtbot, filled, "1.2.1.2"), "Export series to a folder…")
    answer_file_dialog(qtbot, filled.findChild(QFileDialog, "ExportDialog"), target)
    qtbot.waitUntil(lambda: "2 files of 1 series" in filled._tasks.information.label.text())
    copies = [dcmread(path).SOPInstanceUID for path in target.rglob("*.dcm")]
    assert sorted(copies) == ["1.2.1.2.1", "1.2.1.2.2"]


def test_the_menu_exports_the_choice_without_identity(qtbot, filled, tmp_path):
    click_menu(qtbot, menu_of_tile(qtbot, filled, "1.2.1.2"), "Export series without identity…")
    dialog = filled.findChild(DeidentifyDialog)
    qtbot.waitUntil(dialog.isVisible)
    type_into(qtbot, dialog.folderEdit, str(tmp_path / "copies"))
    with qtbot.waitSignal(dialog.finishedExport):
        click(qtbot, dialog.exportButton)
    copies = [dcmread(path) for path in (tmp_path / "copies").rglob("*.dcm")]
    assert [copy.Modality for copy in copies] == ["MR", "MR"]
    assert not any("Adams" in str(copy.PatientName) for copy in copies)
    dialog.close()


def test_the_menu_sends_the_files_of_the_choice(qtbot, filled):
    filled.sendActionVisible = True
    with qtbot.waitSignal(filled.sendRequested) as told:
        click_menu(qtbot, menu_of_tile(qtbot, filled, "1.2.1.2"), "Send series to a DICOM server…")
    assert [Path(path).name for path in told.args[0]] == ["1.2.1.2.1.dcm", "1.2.1.2.2.dcm"]


def test_what_is_imported_later_appears_and_the_choice_stays(qtbot, filled, tmp_path):
    click_tile(qtbot, shown_studies(filled)[1], "1.2.1.1")
    dataset = slice_dataset((*SERIES[0][:5], "1.2.1.3", 3, "CT", "New", 1), 0)
    dataset.save_as(tmp_path / "new.dcm", enforce_file_format=True)
    with qtbot.waitSignal(filled.directoryImported):
        filled.importFiles([str(tmp_path / "new.dcm")])
    assert filled.seriesAddedDuringImport() == 1  # counted anew at each import
    assert shown_series(filled)["1.2.1"] == ["1.2.1.1", "1.2.1.2", "1.2.1.3"]
    assert filled.selectedSeries() == ["1.2.1.1"]


def test_loaded_series_are_marked(filled):
    filled.showLoaded(["1.2.1.1"])
    assert filled.dicomDatabase().loadedSeriesInstanceUIDs == ["1.2.1.1"]


def test_a_menu_opens_at_the_button_of_a_study(qtbot, qapp, filled):
    card = shown_studies(filled)[1]
    told = []
    card.menuRequested.connect(lambda level, at: told.append((level, at)))
    click(qtbot, card.menuButton)
    assert told[0][0] == "Studies"
    assert isinstance(told[0][1], QPoint)
    popup = qapp.activePopupWidget()
    assert popup.actions()[0].text() == "Load study"
    popup.close()


def test_without_a_database_the_way_out_is_offered(visual, dicom_folder):
    visual.setDatabaseDirectory(str(dicom_folder))
    assert visual._stack.currentWidget() is visual._problem
    assert visual._problem.createNewDatabaseButton.isVisible()


def test_the_title_of_a_study_says_that_it_goes_on(qtbot, filled):
    card = shown_studies(filled)[0]
    title = "IBSI_1_STS_001_CT - IBSI_1_STS_001_CT, an image of the benchmark " * 3
    card.show_study(replace(card.study, study_id="", description=title))
    label = card.titleLabel
    drawn = label.grab().toImage()
    elided = label.fontMetrics().elidedText(title, Qt.ElideMiddle, label.width())
    assert "…" in elided
    label.setText(elided)
    assert label.grab().toImage() == drawn
    assert label.toolTip() == title
    assert label.geometry().right() < card.detailLabel.geometry().left() - 6


def painted(browser, monkeypatch, description="Bone"):
    """The tile of a series with a white picture, as an image."""
    white = QPixmap(128, 128)
    white.fill(Qt.white)
    monkeypatch.setattr(browser._pictures, "pixmap", lambda *_series: white)
    card = browser._cards["1.2.1"]
    series = replace(card.study.series[0], description=description, size="174x158", count=59)
    card.show_study(card.study.with_series([series]))
    index = card.grid.model().index(0, 0)
    return card.grid.viewport().grab(card.grid.visualRect(index)).toImage()


def test_numbers_can_be_read_on_a_white_picture(filled, monkeypatch):
    tile = painted(filled, monkeypatch)
    row = range(tile.width())
    middle = [tile.pixelColor(x, 70).lightness() for x in row]
    assert middle.count(255) >= 120
    lowest = [tile.pixelColor(x, 128).lightness() for x in row]  # the line of "174x158" and "59"
    assert sum(light < 100 for light in lowest) > 40
    assert lowest.count(255) > 20  # the band is no wider than its texts


def test_captions_of_one_prefix_differ(filled, monkeypatch):
    prefix = "IBSI_1_STS_001_a_long_name_of_a_benchmark_"
    first, second = (painted(filled, monkeypatch, prefix + end) for end in ("CT", "PET"))
    assert first != second
