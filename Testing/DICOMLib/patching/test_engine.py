"""Rules applied to a whole folder."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import ClassVar

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset

from DICOMLib.core.jobs import run
from DICOMLib.indexing import reasons
from DICOMLib.patching import (
    RULES,
    DICOMPatcherRule,
    FixPrivateMediaStorageSOPClassUID,
    NormalizeFileNames,
    RemoveDICOMDIR,
    UseCharacterSet,
    patch_folder,
)
from DICOMLib.standard import part10
from Testing.DICOMLib.network import files as network_files
from Testing.ordinary_user import open_place as open_place
from Testing.ordinary_user import ordinary_user


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


def test_copies_of_an_earlier_run_stay_and_numbers_go_on(tmp_path):
    """Another patient has the first free number, and so has the same one in a third run."""
    for number, patient in enumerate("ABB"):
        write(tmp_path / f"in{number}" / "x.dcm", PatientID=patient, StudyInstanceUID="1", Modality="CT")
        report = run(patch_folder(tmp_path / f"in{number}", tmp_path / "out", [NormalizeFileNames()]))
        assert report.failed == []
    paths = [f"pa00{number}/st000/se000/ct000.dcm" for number in range(3)]
    assert tree(tmp_path / "out") == paths
    assert [pydicom.dcmread(tmp_path / "out" / path).PatientID for path in paths] == ["A", "B", "B"]


def test_a_copy_does_not_replace_a_file_of_its_name(tmp_path):
    write(tmp_path / "first" / "x.dcm", PatientID="A")
    write(tmp_path / "second" / "x.dcm", PatientID="B")
    other = write(tmp_path / "second" / "y.dcm", PatientID="B")
    run(patch_folder(tmp_path / "first", tmp_path / "out", []))
    report = run(patch_folder(tmp_path / "second", tmp_path / "out", []))
    assert report.failed == [(str(tmp_path / "second" / "x.dcm"), reasons.NAME_TAKEN)]
    assert [Path(path).name for path in report.written] == [other.name]
    assert pydicom.dcmread(tmp_path / "out" / "x.dcm").PatientID == "A"


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


def test_files_without_preamble_are_patched_as_others_are(tmp_path):
    """And are whole files afterwards, of the class and instance that the dataset tells."""
    bare = [Path(path) for path in network_files.write_bare(tmp_path / "in")]
    before = [path.read_bytes() for path in bare]
    report = run(patch_folder(tmp_path / "in", tmp_path / "out", [FixPrivateMediaStorageSOPClassUID()]))
    assert (report.skipped, report.failed) == ([], [])
    assert [Path(path).name for path in report.written] == [path.name for path in bare]
    for number, path in enumerate(report.written):
        found, original = pydicom.dcmread(path), network_files.picture(number, "bare")
        assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID == original.SOPInstanceUID
        assert found.file_meta.MediaStorageSOPClassUID == found.SOPClassUID == original.SOPClassUID
        assert np.array_equal(found.pixel_array, original.pixel_array)
        assert found.PatientName == original.PatientName
    assert [path.read_bytes() for path in bare] == before


def test_a_file_without_preamble_that_does_not_tell_what_it_is(tmp_path):
    """It stays as bare as it was."""
    path = write(tmp_path / "in" / "bare.dcm", PatientName="Doe^Jane", SOPInstanceUID="1.2")
    whole = pydicom.dcmread(path)
    whole.SOPClassUID = None
    whole.save_as(path)
    path.write_bytes(path.read_bytes()[132 + 12 + whole.file_meta.FileMetaInformationGroupLength :])
    report = run(patch_folder(tmp_path / "in", tmp_path / "out", []))
    assert (report.skipped, report.failed) == ([], [])
    assert part10.read_file(report.written[0]).PatientName == "Doe^Jane"


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="POSIX permissions and links")
def test_what_cannot_be_read_is_told_and_stops_nothing(open_place):
    """Damaged, cut off, locked, gone, no file at all, no DICOM; the good one is written."""
    source, target = open_place / "in", open_place / "out"
    good = write(source / "good.dcm", PatientID="P")
    deflated = pydicom.dcmread(good)
    deflated.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    deflated.save_as(source / "damaged.dcm")
    start = 132 + 12 + deflated.file_meta.FileMetaInformationGroupLength
    (source / "damaged.dcm").write_bytes((source / "damaged.dcm").read_bytes()[:start] + b"\xff" * 200)
    (source / "cut.dcm").write_bytes(good.read_bytes()[:-1])
    (source / "locked.dcm").write_bytes(good.read_bytes())
    (source / "gone.dcm").symlink_to(source / "nowhere")
    (source / "empty.dcm").touch()
    (source / "text.dcm").write_text("no DICOM")
    os.mkfifo(source / "pipe.dcm")
    run(patch_folder(source, target, []))  # modules that are read late may lie where others read nothing
    shutil.rmtree(target)
    target.mkdir()
    target.chmod(0o777)
    (source / "locked.dcm").chmod(0)
    with ordinary_user():
        report = run(patch_folder(source, target, []))
    assert tree(target) == ["good.dcm"]
    assert {Path(path).name: reason for path, reason in report.failed} == {
        "damaged.dcm": "damaged DICOM file",
        "cut.dcm": "truncated",
        "locked.dcm": "cannot be read",
        "gone.dcm": "does not exist",
    }
    assert {Path(path).name: reason for path, reason in report.skipped} == {
        "empty.dcm": "no DICOM file",
        "text.dcm": "no DICOM file",
        "pipe.dcm": "is no regular file",
    }


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="POSIX permissions")
def test_folders_that_cannot_be_read_are_told_and_stop_nothing(open_place):
    """One without a list of its names, one whose names are seen and whose files are not."""
    source, target = open_place / "in", open_place / "out"
    for name in ("good.dcm", "locked/a.dcm", "listed/b.dcm"):
        write(source / name, PatientID="P")
    run(patch_folder(source, target, []))  # modules that are read late may lie where others read nothing
    shutil.rmtree(target)
    target.mkdir()
    target.chmod(0o777)
    (source / "locked").chmod(0)
    (source / "listed").chmod(0o444)
    lines: list[str] = []
    with ordinary_user():
        report = run(patch_folder(source, target, [], lines.append))
    assert tree(target) == ["good.dcm"]
    unreadable = [str(source / "listed" / "b.dcm"), str(source / "locked")]
    assert sorted(report.failed) == [(path, reasons.UNREADABLE) for path in unreadable]
    assert "Failed: locked cannot be read" in lines


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


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (errno.ENOSPC, reasons.NO_ROOM),
        (errno.EFBIG, reasons.TOO_LARGE),
        (errno.EACCES, reasons.NOT_WRITTEN),
    ],
)
def test_a_copy_that_cannot_be_written(tmp_path, monkeypatch, fault, reason):
    """As pydicom tells it: by an error of its own, which names a tag."""

    def full(_file, _dataset, **_options):
        cause = OSError(fault, os.strerror(fault))
        raise OSError(f"With tag (7FE0,0010) got exception: {cause}") from cause

    path = write(tmp_path / "in" / "a.dcm", PatientName="Test^Firstname", PatientID="1")
    monkeypatch.setattr(pydicom, "dcmwrite", full)
    report = run(patch_folder(tmp_path / "in", tmp_path / "out", []))
    assert (report.written, report.failed) == ([], [(str(path), reason)])
    assert "log" not in reasons.advice(reason)
    assert tree(tmp_path / "out") == []
