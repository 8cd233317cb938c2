"""Import through the main window: by buttons, by drop, with progress and cancel, and its account."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from zipfile import ZipFile

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog

from DICOMLib.widgets.files.account_dialog import AccountDialog
from Testing.DICOMLib.widgets.conftest import SERIES, slice_dataset
from Testing.DICOMModule.driving import (
    answer_file_dialog,
    click,
    click_action,
    click_menu,
    drop,
    shown_texts,
)

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

ALL = (3, 4, 5, 14)


def totals(dicom):
    database = dicom.database
    return (
        database.patientsCount(),
        database.studiesCount(),
        database.seriesCount(),
        database.imagesCount(),
    )


def information(dicom):
    return dicom.tasks.information.label.text()


@pytest.mark.parametrize("button", ["of the panel", "of the browser"])
def test_import_by_a_button(qtbot, dicom, dicom_folder, button):
    table_browser = dicom.browser.dicomBrowser
    if button == "of the panel":
        click(qtbot, dicom.panel.ui.importButton)
    else:
        click_action(qtbot, table_browser.toolBar, table_browser.toolBar.importAction)
    with qtbot.waitSignal(table_browser.directoryImported):
        answer_file_dialog(qtbot, table_browser.importDialog(), dicom_folder)
    assert totals(dicom) == ALL
    names = [row[0] for row in shown_texts(dicom.tables.patientsTable())]
    assert sorted(names) == ["Adams, Anna", "Brown, Bob", "Shade, Sam"]
    assert "Added: 3 patients, 4 studies, 5 series, 14 images. 1 file was not taken." in information(dicom)


def test_the_import_dialog_tells_how_archives_and_files_are_imported(qtbot, dicom, dicom_folder, tmp_path):
    """It chooses folders only; what it tells is tried."""
    table_browser = dicom.browser.dicomBrowser
    click_action(qtbot, table_browser.toolBar, table_browser.toolBar.importAction)
    dialog = table_browser.importDialog()
    qtbot.waitUntil(dialog.isVisible)
    assert dialog.hint.isVisible()
    assert dialog.hint.text() == "To import zip archives or single files, drop them on the browser."
    qtbot.keyClick(dialog, Qt.Key_Escape)
    first, second, *_others = sorted(dicom_folder.glob("*.dcm"))
    archive = tmp_path / "one.zip"
    with ZipFile(archive, "w") as file:
        file.write(first, first.name)
    with qtbot.waitSignal(table_browser.directoryImported):
        assert drop(table_browser, [archive, second])
    assert dicom.database.imagesCount() == 2


def test_the_import_button_shows_the_browser(qtbot, dicom):
    dicom.instance.showBrowser(False)
    click(qtbot, dicom.panel.ui.importButton)
    dialog = dicom.browser.dicomBrowser.importDialog()
    qtbot.waitUntil(dialog.isVisible)
    assert dicom.browser.isVisible()
    dialog.reject()
    assert totals(dicom) == (0, 0, 0, 0)


def test_files_are_copied_if_the_menu_of_the_button_says_so(qtbot, dicom, dicom_folder):
    menu, copying = dicom.panel.ui.importButton.menu(), "Copy imported files to DICOM database"
    click_menu(qtbot, menu, copying)
    table_browser = dicom.browser.dicomBrowser
    click(qtbot, dicom.panel.ui.importButton)
    with qtbot.waitSignal(table_browser.directoryImported):
        answer_file_dialog(qtbot, table_browser.importDialog(), dicom_folder)
    click_menu(qtbot, menu, copying)
    folder = Path(dicom.database.databaseDirectory)
    files = dicom.database.allFiles()
    assert len(files) == ALL[3]
    assert all(Path(path).is_relative_to(folder) for path in files)


@pytest.mark.parametrize("place", ["patients", "browser"])
@pytest.mark.parametrize("what", ["folder", "files"])
def test_drop_on_the_browser(qtbot, dicom, dicom_folder, place, what):
    table_browser = dicom.browser.dicomBrowser
    rows = dicom.tables.patientsTable().tableView().viewport()
    files = [dicom_folder / "1.2.1.1.1.dcm", dicom_folder / "1.2.3.1.1.dcm"]
    with qtbot.waitSignal(table_browser.directoryImported):
        assert drop(
            rows if place == "patients" else table_browser, [dicom_folder] if what == "folder" else files
        )
    assert totals(dicom) == (ALL if what == "folder" else (2, 2, 2, 2))


def test_drop_of_a_folder_on_the_window_shows_the_browser(qtbot, dicom, dicom_folder):
    dicom.window.moduleSelector().selectModule("DICOMPatcher")
    assert not dicom.browser.isVisible()
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.window, [dicom_folder])
    assert dicom.window.moduleSelector().selectedModule == "DICOM"
    assert dicom.browser.isVisible()
    assert totals(dicom) == ALL


def test_drop_of_a_file_on_the_window_imports_its_folder(qtbot, dicom, dicom_folder):
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.window, [dicom_folder / "1.2.1.1.1.dcm"])
    assert totals(dicom) == ALL


def test_what_nothing_reads_is_not_taken_by_the_window(dicom, tmp_path):
    path = tmp_path / "film.unknown"
    path.write_bytes(b"\0\1\2")
    assert not drop(dicom.window, [path])


def write_many(folder: Path, count: int) -> None:
    """Write files of one series quickly: only the last digits of the instance's UID differ."""
    dataset = slice_dataset(SERIES[3], 0)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.1.1000000"
    first = folder / "000000.dcm"
    dataset.save_as(first, enforce_file_format=True)
    content = first.read_bytes()
    assert content.count(b"1.2.3.1.1000000") == 2
    for number in range(1, count):
        uid = b"1.2.3.1.%d" % (1_000_000 + number)
        (folder / f"{number:06d}.dcm").write_bytes(content.replace(b"1.2.3.1.1000000", uid))


def test_an_import_shows_its_progress_is_cancelled_and_completed(qtbot, dicom, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    write_many(folder, 2500)
    table_browser, progress = dicom.browser.dicomBrowser, dicom.tasks.progress
    # somebody else writes: the import waits at its first batch until the test lets it go on
    writer = sqlite3.connect(dicom.database.databaseFilename, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert drop(table_browser, [folder])
    qtbot.waitUntil(lambda: progress.isVisible() and progress.bar.value() > 0)
    assert progress.bar.maximum() == 100
    assert progress.detailLabel.text().startswith(str(folder))
    click(qtbot, progress.cancelButton)
    assert progress.cancelButton.text() == "Cancelling…"
    with qtbot.waitSignal(table_browser.directoryImported):
        writer.execute("ROLLBACK")
        writer.close()
    assert not progress.isVisible()
    assert information(dicom).startswith("Import cancelled.")
    taken = dicom.database.imagesCount()
    assert 0 < taken < 2500
    assert taken % 100 == 0  # whole batches
    with qtbot.waitSignal(table_browser.directoryImported):
        assert drop(table_browser, [folder])
    assert dicom.database.imagesCount() == 2500
    assert information(dicom).startswith("Import finished.")


def test_the_account_of_an_import_is_shown_and_saved(qtbot, dicom, dicom_folder, tmp_path):
    whole = (dicom_folder / "1.2.3.1.1.dcm").read_bytes()
    (dicom_folder / "cut.dcm").write_bytes(whole[:200])
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    assert "2 files were not taken." in information(dicom)
    click(qtbot, dicom.tasks.information.actionButton)
    (dialog,) = (one for one in QApplication.topLevelWidgets() if isinstance(one, AccountDialog))
    qtbot.waitExposed(dialog)
    lines = [dialog.tree.topLevelItem(i) for i in range(dialog.tree.topLevelItemCount())]
    files = {line.child(i).text(0) for line in lines for i in range(line.childCount())}
    assert files == {str(dicom_folder / "readme.txt"), str(dicom_folder / "cut.dcm")}
    assert [line.text(1) for line in lines] == ["1", "1"]

    click(qtbot, dialog.exportButton)
    qtbot.waitUntil(lambda: dialog.findChild(QFileDialog) is not None)
    answer_file_dialog(qtbot, dialog.findChild(QFileDialog), tmp_path / "account.json")
    qtbot.waitUntil((tmp_path / "account.json").exists)
    saved = json.loads((tmp_path / "account.json").read_text())
    assert saved["instances"] == ALL[3]
    assert [Path(one["path"]).name for one in saved["failed"]] == ["cut.dcm"]
    qtbot.keyClick(dialog, Qt.Key_Escape)
    assert not dialog.isVisible()


class InstalledExtensions:
    """What Slicer's manager of extensions tells; this host has none."""

    def __init__(self, names):
        self.names = names

    def isExtensionInstalled(self, name):
        return name in self.names


PROPOSED = "Extensions that can load this data: PETDICOMExtension."


@pytest.fixture
def extensions(kept_settings, monkeypatch):
    """Says which extensions are installed, and whether to propose others."""
    import slicer

    def set_up(installed, wanted):
        kept_settings.setValue("DICOM/PromptForExtensions", wanted)
        model = InstalledExtensions(installed)
        monkeypatch.setattr(slicer.app, "extensionsManagerModel", lambda: model, raising=False)

    return set_up


@pytest.mark.parametrize(
    "case",
    [([], True, PROPOSED), (["PETDICOMExtension"], True, None), ([], False, None)],
)
@pytest.mark.parametrize("visual", [False, True])
def test_after_an_import_extensions_are_proposed(qtbot, dicom, extensions, tmp_path, visual, case):
    installed, wanted, told = case
    extensions(installed, wanted)
    (tmp_path / "pet").mkdir()
    pet = slice_dataset(("Clark^Cleo", "C3", "1.2.8", "20200101", "Body", "1.2.8.1", 1, "PT", "PET", 1), 0)
    pet.save_as(tmp_path / "pet" / "1.dcm", enforce_file_format=True)
    dicom.panel.ui.showVisualBrowserButton.setChecked(visual)
    shown = dicom.browser.dicomVisualBrowser if visual else dicom.browser.dicomBrowser
    try:
        with qtbot.waitSignal(shown.directoryImported):
            assert drop(shown, [tmp_path / "pet"])
        result = dicom.browser._result
        assert (result.label.text() if result.isVisible() else None) == told
    finally:
        dicom.panel.ui.showVisualBrowserButton.setChecked(False)
