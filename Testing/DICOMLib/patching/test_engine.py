"""Rules applied to a whole folder."""

from __future__ import annotations

from typing import ClassVar

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset

from DICOMLib.core.jobs import run
from DICOMLib.patching import (
    RULES,
    DICOMPatcherRule,
    NormalizeFileNames,
    RemoveDICOMDIR,
    UseCharacterSet,
    patch_folder,
)


def write(path, **attributes):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    ds.file_meta.MediaStorageSOPInstanceUID = attributes.get("SOPInstanceUID", "1.2.3")
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, ds, enforce_file_format=True)
    return path


def tree(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_all_rules_on_one_file_and_a_text(tmp_path):
    write(tmp_path / "in" / "a file.dcm", PatientName="Test^Firstname", PatientID="123456")
    (tmp_path / "in" / "notes.txt").write_text("no DICOM")
    rules = [rule({"CharacterSet": "cp1251"}) for rule in RULES]
    report = run(patch_folder(tmp_path / "in", tmp_path / "out", rules))
    assert tree(tmp_path / "out") == ["pa000/st000/se000/000.dcm"]
    assert [reason for _, reason in report.skipped] == ["no DICOM file"]
    assert str(pydicom.dcmread(report.written[0]).PatientName) == "Unspecified Patient"


def test_names_count_patients_studies_series_and_files(tmp_path):
    for number, (patient, series) in enumerate([("A", "1.1"), ("A", "1.1"), ("A", "1.2"), ("B", "1.3")]):
        write(
            tmp_path / "in" / f"{number}",
            PatientID=patient,
            StudyInstanceUID="1",
            SeriesInstanceUID=series,
            Modality="CT",
        )
    run(patch_folder(tmp_path / "in", tmp_path / "out", [NormalizeFileNames()]))
    assert tree(tmp_path / "out") == [
        "pa000/st000/se000/ct000.dcm",
        "pa000/st000/se000/ct001.dcm",
        "pa000/st000/se001/ct000.dcm",
        "pa001/st000/se000/ct000.dcm",
    ]


def test_structure_is_kept_and_dicomdir_left_out(tmp_path):
    write(tmp_path / "in" / "sub" / "x.dcm")
    write(tmp_path / "in" / "dicomdir")
    report = run(patch_folder(tmp_path / "in", tmp_path / "out", [RemoveDICOMDIR()]))
    assert tree(tmp_path / "out") == ["sub/x.dcm"]
    assert [reason for _, reason in report.skipped] == ["left out by a rule"]


class Picky(DICOMPatcherRule):
    def processDataSet(self, ds):
        if ds.PatientID == "bad":
            raise KeyError(ds.PatientID)


def test_failing_rule_stops_only_its_file(tmp_path):
    write(tmp_path / "in" / "1.dcm", PatientID="bad")
    write(tmp_path / "in" / "2.dcm", PatientID="good")
    lines: list[str] = []
    report = run(patch_folder(tmp_path / "in", tmp_path / "out", [Picky()], lines.append))
    assert tree(tmp_path / "out") == ["2.dcm"]
    assert [reason for _, reason in report.failed] == ["KeyError in the rule Picky"]
    assert "  Failed: KeyError in the rule Picky" in lines
    assert not any("bad" in line for line in lines)


def test_cancel_keeps_what_is_written(tmp_path):
    for number in range(3):
        write(tmp_path / "in" / f"{number}.dcm")
    steps: list[int] = []
    job = patch_folder(tmp_path / "in", tmp_path / "out", [])
    report = run(job, lambda p: steps.append(p.done), lambda: len(steps) == 2)
    assert report.cancelled
    assert tree(tmp_path / "out") == ["0.dcm", "1.dcm"]


def test_output_inside_the_input_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(ValueError, match="must not be the input folder"):
        patch_folder(tmp_path / "in", tmp_path / "in" / "out", [])
    with pytest.raises(ValueError, match="is no folder"):
        patch_folder(tmp_path / "missing", tmp_path / "out", [])


def test_missing_parameter_stops_before_a_file_is_touched(tmp_path):
    write(tmp_path / "in" / "1.dcm")
    with pytest.raises(RuntimeError, match="Specify a character set"):
        run(patch_folder(tmp_path / "in", tmp_path / "out", [UseCharacterSet()]))
    assert not (tmp_path / "out").exists()


class Recorder(DICOMPatcherRule):
    """Writes down each call, with the name that its parameters give."""

    calls: ClassVar[list[tuple]] = []

    def _note(self, *what):
        self.calls.append((self.parameters["name"], *what))

    def processStart(self, inputRootDir, outputRootDir):
        self._note("start", inputRootDir, outputRootDir)

    def processDirectory(self, currentSubDir):
        self._note("directory", currentSubDir)

    def skipFile(self, filepath):
        self._note("skip", filepath)
        return False

    def processDataSet(self, ds):
        self._note("dataset", str(ds.PatientID))
        ds.PatientID += self.parameters["name"]
        self.addLog("seen")

    def generateOutputFilePath(self, ds, filepath):
        self._note("path", filepath)
        return f"{filepath}.{self.parameters['name']}"


def test_the_order_in_which_rules_are_asked(tmp_path):
    """All rules for each step; each gets what those before it made of the dataset and of the path."""
    source, target = tmp_path / "in", tmp_path / "out"
    write(source / "1", PatientID="P")
    write(source / "sub" / "2", PatientID="Q")
    Recorder.calls.clear()
    lines: list[str] = []
    report = run(
        patch_folder(source, target, [Recorder({"name": "a"}), Recorder({"name": "b"})], lines.append)
    )
    expected = [(name, "start", str(source), str(target)) for name in "ab"]
    for folder, file, patient in ((".", "1", "P"), ("sub", "sub/2", "Q")):
        expected += [(name, "directory", folder) for name in "ab"]
        expected += [(name, "skip", str(source / file)) for name in "ab"]
        expected += [("a", "dataset", patient), ("b", "dataset", f"{patient}a")]
        expected += [("a", "path", str(target / file)), ("b", "path", f"{target / file}.a")]
    assert Recorder.calls == expected
    assert report.written == [f"{target / '1'}.a.b", f"{target / 'sub' / '2'}.a.b"]
    assert pydicom.dcmread(report.written[1]).PatientID == "Qab"
    assert lines.count("  seen") == 4


def test_a_rule_changes_nothing_by_itself():
    rule = DICOMPatcherRule()
    ds = Dataset()
    rule.processStart("in", "out")
    rule.processDirectory(".")
    rule.processDataSet(ds)
    rule.addLog("nobody listens")
    assert (rule.parameters, rule.logCallback, len(ds)) == ({}, None, 0)
    assert rule.skipFile("x") is False
    assert rule.generateOutputFilePath(ds, "out/x") == "out/x"
