"""Folders and files of an export, as people and file systems take them."""

from __future__ import annotations

import pydicom
import pytest

from DICOMLib.core.jobs import run
from DICOMLib.widgets.files.export_folder import export_series
from Testing.DICOMLib.widgets.conftest import slice_dataset

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("texts", "folder"),
    [
        (
            ("A/1", "Müller^Jörg", "20200102", "Head: old", "T1|T2?"),
            "A_1-M_ller^J_rg/20200102-Head_ old/1-T1_T2_",
        ),
        (("A1", "", "", "", ""), "A1-A1/_/1"),  # a patient without a name is named by the ID
        (("..", "", "20200102", 'a<b "c"', "<*>"), "..-/20200102-a_b _c_/1-___"),
    ],
)
def test_names_of_folders(browser, tmp_path, texts, folder):
    patient, name, date, study, series = texts
    dataset = slice_dataset((name, patient, "1.2.7", date, study, "1.2.7.1", 1, "CT", series, 1), 0)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.save_as(tmp_path / "file.dcm", enforce_file_format=True)
    browser.importFiles([str(tmp_path / "file.dcm")])
    browser.waitForImportFinished()
    target = tmp_path / "out"
    target.mkdir()
    report = run(export_series(browser.database(), ["1.2.7.1"], target))
    (copy,) = target.rglob("*.dcm")
    assert copy.relative_to(target).as_posix() == f"{folder}/000000.dcm"
    assert report.copies == [(str(tmp_path / "file.dcm"), str(copy))]
    assert pydicom.dcmread(copy) == pydicom.dcmread(tmp_path / "file.dcm")


def test_an_export_that_is_halted_tells_what_was_written(filled, dicom_folder, tmp_path):
    (dicom_folder / "1.2.3.1.2.dcm").unlink()
    target = tmp_path / "out"
    target.mkdir()
    report = run(export_series(filled.database(), ["1.2.2.1", "1.2.3.1"], target))
    assert "1.2.3.1.2.dcm is missing" in report.problem
    assert report.series == 1
    assert sorted(copy for _file, copy in report.copies) == sorted(
        str(path) for path in target.rglob("*.dcm")
    )
    assert len(report.copies) == 3
