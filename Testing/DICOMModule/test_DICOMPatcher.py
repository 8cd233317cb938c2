"""The DICOM Patcher as a module: functions, panel, self-test."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pydicom
import pytest

from DICOMLib.patching import RULES
from Testing import factories

pytestmark = [pytest.mark.mrml, pytest.mark.gui]


LABELS = [
    "Fix invalid exposure tags",
    "Split ultrasound series by instance number",
    "Fix compressed ultrasound photometric interpretation",
    "Force same patient name and ID in each directory",
    "Force same series instance UID in each directory",
    "Generate missing patient/study/series IDs",
    "Generate slice position for multi-frame volumes",
    "Specify character set",
    "Partially anonymize",
    "Normalize file names",
]


@pytest.fixture
def folder(tmp_path):
    """Two images without a Series Instance UID, and a text."""
    datasets = factories.ct_series(2)
    for dataset in datasets:
        del dataset.SeriesInstanceUID
    factories.write(datasets, tmp_path / "in")
    (tmp_path / "in" / "readme.txt").write_text("no DICOM")
    return tmp_path


def run_in_panel(panel, source: Path, target: Path | str) -> str:
    panel.inputDirSelector.currentPath = str(source)
    panel.outputDirSelector.currentPath = str(target)
    panel.patchButton.click()
    assert panel.wait(30)
    return panel.statusLabel.plainText


@pytest.fixture
def panel(main_window, kept_settings):
    import slicer

    representation = slicer.modules.dicompatcher.createNewWidgetRepresentation()
    yield representation.self().panel
    representation.close_panel()
    representation.deleteLater()


def test_functions_for_scripts(host, folder):
    from DICOMPatcher import DICOMPatcherLogic

    logic = DICOMPatcherLogic()
    lines: list[str] = []
    logic.logCallback = lines.append
    logic.addRule("GenerateMissingIDs")
    logic.addRule("UseCharacterSet", {"CharacterSet": "cp1251"})
    logic.patchDicomDir(str(folder / "in"), str(folder / "out"))
    written = sorted(path.name for path in (folder / "out").iterdir())
    assert written == ["0000.dcm", "0001.dcm"]
    assert len({pydicom.dcmread(folder / "out" / name).SeriesInstanceUID for name in written}) == 1
    texts = [re.sub(r" \S*$", "", line.strip()) if "Created" in line else line.strip() for line in lines]
    start = texts.index("Examining 0000.dcm")
    steps = [text for text in texts[start : texts.index("Examining 0001.dcm")] if "converted" not in text]
    assert steps == ["Examining 0000.dcm", "Patching", "Writing", "Created"]
    assert lines[-1] == f"Patching completed: {folder / 'out'}"
    logic.clearRules()
    assert logic.patchingRules == []


def test_rules_are_looked_up_by_name_also_those_of_scripts(host, folder):
    import DICOMPatcher

    logic = DICOMPatcher.DICOMPatcherLogic()
    with pytest.raises(AttributeError, match=r"no patching rule named FixAll.*NormalizeFileNames"):
        logic.addRule("FixAll")

    class SetModality(DICOMPatcher.DICOMPatcherRule):
        def processDataSet(self, ds):
            ds.Modality = self.parameters["Modality"]

    DICOMPatcher.SetModality = SetModality
    try:
        logic.addRule("SetModality", {"Modality": "OT"})
    finally:
        del DICOMPatcher.SetModality
    report = logic.patchDicomDir(str(folder / "in"), str(folder / "out"))
    assert [pydicom.dcmread(path).Modality for path in report.written] == ["OT", "OT"]


def test_what_the_panel_offers(panel):
    offered = {name: (box.text, box.checked) for name, box in panel.ruleCheckBoxes.items()}
    assert list(offered) == [rule.__name__ for rule in RULES if not rule.always_applied]
    off = {name for name, (_, checked) in offered.items() if not checked}
    assert off == {
        "SplitUltrasoundSeriesByInstanceNumber",
        "ForceSamePatientNameIdInEachDirectory",
        "ForceSameSeriesInstanceUidInEachDirectory",
        "UseCharacterSet",
        "Anonymize",
    }
    assert [text for text, _checked in offered.values()] == LABELS
    assert panel.statusLabel.readOnly
    assert panel.patchButton.text == "Patch"
    assert panel.importButton.text == "Import to DICOM database"


def test_patch_in_the_panel(panel, folder, kept_settings):
    text = run_in_panel(panel, folder / "in", folder / "out")
    assert text.endswith("2 written, 1 skipped, 0 failed.")
    assert sorted(path.name for path in (folder / "out").rglob("*.dcm")) == ["ct000.dcm", "ct001.dcm"]
    assert panel.importButton.enabled
    assert str(folder / "in") in kept_settings.value("DICOMPatcherInputDir")
    assert str(folder / "out") in kept_settings.value("DICOMPatcherOutputDir")


def test_without_an_output_folder_a_temporary_one_is_used(panel, folder, host):
    text = run_in_panel(panel, folder / "in", "")
    created = Path(re.search(r"Created (.*)", text)[1])
    assert created.is_relative_to(Path(host.slicer_app.temporaryPath).resolve())
    assert "DICOMPatcher-" in str(created)


def test_no_temporary_folder_is_left_where_nothing_is_written(panel, folder, host, monkeypatch):
    """No folder chosen, none there, a rule without its parameter, a folder without images."""
    monkeypatch.chdir(folder / "in")
    temporary = Path(host.slicer_app.temporaryPath)
    before = set(temporary.iterdir())
    assert run_in_panel(panel, "", "") == "Choose the folder with the files."
    assert "is no folder" in run_in_panel(panel, folder / "nowhere", "")
    (folder / "empty").mkdir()
    assert run_in_panel(panel, folder / "empty", "").endswith("0 written, 0 skipped, 0 failed.")
    panel.ruleCheckBoxes["UseCharacterSet"].checked = True
    panel.characterSetEdit.text = ""
    assert "Specify a character set" in run_in_panel(panel, folder / "in", "")
    assert set(temporary.iterdir()) == before


def test_misuse_is_told(panel, folder):
    assert "is no folder" in run_in_panel(panel, folder / "nowhere", folder / "out")
    panel.ruleCheckBoxes["UseCharacterSet"].checked = True
    panel.characterSetEdit.text = ""
    assert "Specify a character set" in run_in_panel(panel, folder / "in", folder / "out")
    assert panel.patchButton.enabled
    assert not panel.importButton.enabled
    assert not (folder / "out").exists()


def test_the_character_set_is_kept_for_the_next_time(panel, folder, kept_settings):
    panel.ruleCheckBoxes["UseCharacterSet"].checked = True
    panel.characterSetEdit.text = "cp1251"
    assert run_in_panel(panel, folder / "in", folder / "out").endswith("2 written, 1 skipped, 0 failed.")
    assert kept_settings.value("DICOMPatcher/CharacterSet") == "cp1251"
    (first, _second) = sorted((folder / "out").rglob("*.dcm"))
    assert pydicom.dcmread(first).SpecificCharacterSet == "ISO_IR 192"


def test_import_of_the_copies(panel, dicom, folder, qtbot):
    run_in_panel(panel, folder / "in", folder / "out")
    panel.importButton.click()
    dicom.browser.dicomBrowser.waitForImportFinished()
    assert dicom.window.moduleSelector().selectedModule == "DICOM"
    paths = {Path(path) for path in dicom.database.allFiles()}
    assert paths == set((folder / "out").rglob("*.dcm"))


def test_cancel_stops_after_the_file_at_work(panel, folder, monkeypatch):
    import DICOMPatcher

    cancelled = threading.Event()

    class WaitAtTheSecondFile(DICOMPatcher.RemoveDICOMDIR):
        def skipFile(self, filepath):
            return filepath.endswith("0001.dcm") and not cancelled.wait(20)

    def cancel_at_first(progress):
        panel.progress.cancelButton.click()
        cancelled.set()

    monkeypatch.setattr(DICOMPatcher, "RemoveDICOMDIR", WaitAtTheSecondFile)
    monkeypatch.setattr(panel, "_on_progress", cancel_at_first)
    text = run_in_panel(panel, folder / "in", folder / "out")
    assert f"Patching stopped: {folder / 'out'}" in text
    assert "Examining 0001.dcm" in text
    assert "Examining readme.txt" not in text
    assert panel.patchButton.enabled


def test_self_test(host):
    from DICOMModule.Host.window.developer_section import run_self_test

    passed, log = run_self_test("DICOMPatcher")
    assert passed, log
