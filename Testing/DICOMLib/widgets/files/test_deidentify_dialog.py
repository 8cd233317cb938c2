"""Export without identity through the dialog: preview, options, copies, map, report."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from qtpy.QtWidgets import QFileDialog

from DICOMLib.core.jobs import run
from DICOMLib.deidentification import deidentify
from Testing.DICOMModule.driving import answer_file_dialog, click, click_menu, type_into

pytestmark = pytest.mark.gui


@pytest.fixture
def dialog(qtbot, filled):
    """The dialog for all that Anna has, opened by the menu of the patients' table."""
    tables = filled.dicomTableManager()
    tables.setCurrentPatientsSelection(["1"])
    click_menu(qtbot, filled.contextMenu(1), "deidentify")
    from DICOMLib.widgets.files.deidentify_dialog import DeidentifyDialog

    (dialog,) = filled.findChildren(DeidentifyDialog)
    qtbot.waitExposed(dialog)
    yield dialog
    dialog.reject()


def previewed(dialog):
    """(section, attribute) → (before, after)."""
    found = {}
    for number in range(dialog.changes.topLevelItemCount()):
        section = dialog.changes.topLevelItem(number)
        for row in range(section.childCount()):
            texts = [section.child(row).text(column) for column in range(4)]
            found[section.text(0), texts[1]] = (texts[2], texts[3])
    return found


def test_the_preview_shows_what_is_removed_and_replaced(qtbot, dialog):
    qtbot.waitUntil(lambda: len(previewed(dialog)) > 0)
    changes = previewed(dialog)
    assert changes["Bone", "Patient's Name"][0] == "Adams^Anna"
    assert "Adams" not in changes["Bone", "Patient's Name"][1]
    assert changes["Bone", "Patient ID"][0] == "A1"
    assert changes["Bone", "Study Instance UID"][0] == "1.2.1"
    assert changes["Bone", "Study Date"][0] == "20200102"
    assert {section for section, _name in changes} == {"Bone", "T1", "Soft tissue"}


def test_options_change_the_preview(qtbot, dialog):
    qtbot.waitUntil(lambda: ("Bone", "Study Date") in previewed(dialog))
    dialog.optionBoxes["retain-dates"].click()
    qtbot.waitUntil(lambda: ("Bone", "Study Date") not in previewed(dialog))
    dialog.optionBoxes["shift-dates"].click()
    assert dialog.changes.topLevelItem(0).text(0)
    assert not dialog.exportButton.isEnabled()


def test_copies_without_identity_are_written_with_a_map_and_a_report(qtbot, dialog, filled, tmp_path):
    assert not dialog.exportButton.isEnabled()
    type_into(qtbot, dialog.folderEdit, str(tmp_path / "copies"))
    dialog.mapBox.click()
    with qtbot.waitSignal(dialog.finishedExport):
        click(qtbot, dialog.exportButton)
    copies = sorted((tmp_path / "copies").rglob("*.dcm"))
    assert len(copies) == 7
    datasets = [pydicom.dcmread(path) for path in copies]
    assert {str(dataset.PatientName) for dataset in datasets} & {"Adams^Anna"} == set()
    assert len({dataset.PatientID for dataset in datasets}) == 1
    assert len({dataset.StudyInstanceUID for dataset in datasets}) == 2
    assert all(dataset.PatientIdentityRemoved == "YES" for dataset in datasets)
    assert dialog.textLabel.text().startswith("7 files de-identified")
    kept = json.loads((tmp_path / "copies-identities.json").read_text())
    assert "1.2.1" in json.dumps(kept)
    click(qtbot, dialog.saveButton)
    answer_file_dialog(qtbot, dialog.findChild(QFileDialog), tmp_path / "report.txt")
    qtbot.waitUntil((tmp_path / "report.txt").exists)
    assert (tmp_path / "report.txt").read_text().startswith("7 files de-identified")
    original = pydicom.dcmread(filled.database().filesForSeries("1.2.1.1")[0])
    assert original.PatientName == "Adams^Anna"


def test_a_folder_with_copies_of_an_unknown_run_is_refused(qtbot, dialog, filled, tmp_path):
    original = filled.database().filesForSeries("1.2.1.1")[0]
    run(deidentify([original], tmp_path / "copies"))
    earlier = sorted((tmp_path / "copies").rglob("*"))
    type_into(qtbot, dialog.folderEdit, str(tmp_path / "copies"))
    click(qtbot, dialog.exportButton)
    assert "copies of an earlier run" in dialog.textLabel.text()
    assert "another folder" in dialog.textLabel.text()
    assert sorted((tmp_path / "copies").rglob("*")) == earlier


def test_the_folder_of_the_originals_is_refused(qtbot, dialog, filled):
    original = Path(filled.database().filesForSeries("1.2.1.1")[0])
    type_into(qtbot, dialog.folderEdit, str(original.parent))
    click(qtbot, dialog.exportButton)
    assert "Choose another folder" in dialog.textLabel.text()
    assert not list(original.parent.glob("ANON-*"))


def test_a_map_beside_the_folder_is_used_again(qtbot, dialog, tmp_path):
    from DICOMLib.deidentification import IdentityMap

    known = IdentityMap()
    known.save(tmp_path / "copies-identities.json")
    type_into(qtbot, dialog.folderEdit, str(tmp_path / "copies"))
    with qtbot.waitSignal(dialog.finishedExport):
        click(qtbot, dialog.exportButton)
    names = {pydicom.dcmread(path).PatientID for path in tmp_path.glob("copies/ANON-*/**/*.dcm")}
    assert names == {known.patient("A1")}


def test_what_fails_is_named_and_the_report_has_all(qtbot, dialog, filled, tmp_path):
    """The preview tells of it, and goes on with the others."""
    broken = filled.database().filesForSeries("1.2.1.1")[0]
    Path(broken).write_text("gone")
    dialog.optionBoxes["retain-dates"].click()
    qtbot.waitUntil(
        lambda: any(
            "no DICOM file" in dialog.changes.topLevelItem(number).text(0)
            for number in range(dialog.changes.topLevelItemCount())
        )
    )
    assert {section for section, _name in previewed(dialog)} >= {"T1", "Soft tissue"}
    type_into(qtbot, dialog.folderEdit, str(tmp_path / "copies"))
    with qtbot.waitSignal(dialog.finishedExport):
        click(qtbot, dialog.exportButton)
    told = dialog.textLabel.text()
    assert f"1 failed: no DICOM file.\n  {broken}\n" in told
    assert "“Save report…”" in told
    dialog.saveReport(str(tmp_path / "report.txt"))
    assert f"{broken}: no DICOM file" in (tmp_path / "report.txt").read_text()


@pytest.mark.parametrize(
    ("series", "text"),
    [
        (["1.2.1.1"], "Copies of 3 files are"),
        (["1.2.1.1", "1.2.1.2"], "Copies of 5 files of 2 series are"),
    ],
)
def test_what_is_copied_is_counted_in_words(qtbot, filled, series, text):
    dialog = filled._actions.deidentify(series)
    assert dialog.textLabel.text().startswith(text)
    dialog.close()
