"""The dialog that asks what to import."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtCore import QItemSelectionModel
from qtpy.QtWidgets import QTreeView

from DICOMLib.widgets.files.import_dialog import ImportDialog
from Testing.DICOMLib.widgets.conftest import totals
from Testing.DICOMModule.driving import answer_file_dialog

pytestmark = pytest.mark.gui


def test_dates_are_shown_as_a_whole(qtbot, browser, dicom_folder):
    browser.openImportDialog()
    dialog = browser.importDialog()
    qtbot.waitUntil(dialog.isVisible)
    dialog.setDirectory(str(dicom_folder))
    table = dialog.findChild(QTreeView, "treeView")
    assert table.isVisible()
    qtbot.waitUntil(lambda: table.model().rowCount(table.rootIndex()) == 10)
    header = table.header()
    for column in range(1, header.count()):
        texts = [table.model().index(row, column, table.rootIndex()).data() for row in range(10)]
        widest = max(table.fontMetrics().horizontalAdvance(text) for text in texts)
        qtbot.waitUntil(lambda column=column, widest=widest: table.columnWidth(column) > widest)
    assert header.length() <= table.viewport().width()
    dialog.reject()


def test_several_folders_are_imported_together(qtbot, browser, dicom_folder, tmp_path):
    for number in (1, 3):
        folder = tmp_path / "several" / str(number)
        folder.mkdir(parents=True)
        for path in dicom_folder.glob(f"1.2.{number}.*.dcm"):
            path.rename(folder / path.name)
    browser.openImportDialog()
    dialog = browser.importDialog()
    qtbot.waitUntil(dialog.isVisible)
    dialog.setDirectory(str(tmp_path / "several"))
    table = dialog.findChild(QTreeView, "treeView")
    qtbot.waitUntil(lambda: table.model().rowCount(table.rootIndex()) == 2)
    for row in range(2):
        table.selectionModel().select(
            table.model().index(row, 0, table.rootIndex()),
            QItemSelectionModel.Select | QItemSelectionModel.Rows,
        )
    with qtbot.waitSignal(browser.directoryImported):
        dialog.accept()
    assert totals(browser) == (2, 2, 3, 7)


def test_the_next_session_begins_where_the_last_one_imported_from(qtbot, browser, dicom_folder, tmp_path):
    browser.openImportDialog()
    with qtbot.waitSignal(browser.directoryImported):
        answer_file_dialog(qtbot, browser.importDialog(), dicom_folder)
    parent = ImportDialog()
    qtbot.addWidget(parent)
    assert Path(parent.directory().absolutePath()) == dicom_folder.parent
    dicom_folder.parent.rename(tmp_path.with_name("gone"))
    elsewhere = ImportDialog()
    qtbot.addWidget(elsewhere)
    assert Path(elsewhere.directory().absolutePath()).is_dir()
    tmp_path.with_name("gone").rename(tmp_path)
