"""slicer-dicom patch."""

from __future__ import annotations

import json
import shutil

import pydicom
import pytest

from DICOMLib.cli import main
from DICOMLib.indexing import reasons
from DICOMLib.patching import RULES
from Testing import factories


@pytest.fixture
def folder(tmp_path):
    """Two images without a Series Instance UID, and a text."""
    datasets = factories.ct_series(2)
    for dataset in datasets:
        del dataset.SeriesInstanceUID
    factories.write(datasets, tmp_path / "in")
    (tmp_path / "in" / "readme.txt").write_text("no DICOM")
    return tmp_path


def test_patched_copies_and_an_account(folder, capsys):
    before = (folder / "in" / "0000.dcm").read_bytes()
    command = ["patch", str(folder / "in"), str(folder / "out"), "--rule", "GenerateMissingIDs", "--json"]
    assert main(command) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"written", "skipped", "failed"}
    assert len(document["written"]) == 2
    assert [entry["path"] for entry in document["skipped"]] == [str(folder / "in" / "readme.txt")]
    assert document["failed"] == []
    series = {pydicom.dcmread(path).SeriesInstanceUID for path in document["written"]}
    assert len(series) == 1
    assert (folder / "in" / "0000.dcm").read_bytes() == before


def test_text_for_people(folder, capsys):
    assert main(["patch", str(folder / "in"), str(folder / "out")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 written, 1 skipped, 0 failed.",
        "",
        "1 x no DICOM file. Nothing to do, unless it should be an image: then export it as DICOM again.",
        f"  {folder / 'in' / 'readme.txt'}",
    ]


def test_an_archive_is_to_be_unpacked_first(folder, capsys):
    archive = shutil.make_archive(str(folder / "in" / "more"), "zip", folder / "in")
    assert main(["patch", str(folder / "in"), str(folder / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    position = lines.index(
        "1 x zip archive, not unpacked. Unpack it, then do this with the folder of its files."
    )
    assert lines[position + 1] == f"  {archive}"


def test_folders_have_names(folder, capsys, monkeypatch):
    """An empty one would be the folder in which the program runs."""
    monkeypatch.chdir(folder / "in")
    for places in (("", str(folder / "out")), (str(folder / "in"), "")):
        assert main(["patch", *places]) != 0
    assert not (folder / "out").exists()
    assert len(list((folder / "in").iterdir())) == 3


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_file_that_is_cut_off_fails(folder, capsys, kept):
    """Both in the header and within the pixels, where pydicom lets it pass."""
    cut = folder / "in" / "0001.dcm"
    whole = cut.read_bytes()
    cut.write_bytes(whole[: int(len(whole) * kept)])
    (folder / "in" / "empty.dcm").touch()
    (folder / "in" / "DICOMDIR").write_bytes(whole)
    assert main(["patch", str(folder / "in"), str(folder / "out")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "1 written, 3 skipped, 1 failed.",
        "",
        "1 x truncated. The end is missing, usually after a broken copy or download. Copy it again.",
        f"  {cut}",
    ]
    assert f"  {folder / 'in' / 'empty.dcm'}" in lines[4:]
    position = lines.index("1 x left out by a rule. Nothing to do.")
    assert lines[position + 1] == f"  {folder / 'in' / 'DICOMDIR'}"
    assert len(list((folder / "out").rglob("*.dcm"))) == 1


def test_a_rule_that_fails_is_named_with_what_to_do(folder, capsys):
    """A fractional tube current that is none: the other file is written."""
    broken = pydicom.dcmread(folder / "in" / "0001.dcm")
    broken.add_new("XRayTubeCurrent", "LO", "a.b")
    broken.save_as(folder / "in" / "0001.dcm")
    assert main(["patch", str(folder / "in"), str(folder / "out")]) == 1
    told = capsys.readouterr().out
    assert "1 written, 1 skipped, 1 failed." in told
    assert (
        "1 x ValueError in the rule FixExposureFiasco. Correct the rule FixExposureFiasco, or apply the "
        "others by --rule NAME; --verbose before the sub-command tells where it failed."
    ) in told


@pytest.mark.parametrize(
    ("options", "names", "patient"),
    [
        ([], ["ct000.dcm", "ct001.dcm"], "Doe^Jane"),
        (["--also", "Anonymize"], ["ct000.dcm", "ct001.dcm"], "Unspecified Patient"),
        (["--rule", "Anonymize"], ["0000.dcm", "0001.dcm"], "Unspecified Patient"),
    ],
)
def test_choice_of_rules(folder, capsys, options, names, patient):
    (folder / "in" / "DICOMDIR").write_bytes((folder / "in" / "0000.dcm").read_bytes())
    assert main(["patch", str(folder / "in"), str(folder / "out"), *options]) == 0
    written = sorted((folder / "out").rglob("*.dcm"))
    assert [path.name for path in written] == names  # a DICOMDIR is left out whatever is asked for
    assert {str(pydicom.dcmread(path).PatientName) for path in written} == {patient}


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES])
def test_each_rule_by_its_name(folder, capsys, rule):
    """Alone, beside those that are always applied; what it does is tested with the rules."""
    options = ["--rule", rule, "--character-set", "cp1251", "--json"]
    assert main(["patch", str(folder / "in"), str(folder / "out"), *options]) == 0
    written = [pydicom.dcmread(path) for path in json.loads(capsys.readouterr().out)["written"]]
    (source, _second) = sorted((folder / "in").glob("*.dcm"))
    original = pydicom.dcmread(source)
    changed = {
        "ForceSameSeriesInstanceUidInEachDirectory": "SeriesInstanceUID",
        "GenerateMissingIDs": "SeriesInstanceUID",
        "UseCharacterSet": "SpecificCharacterSet",
        "Anonymize": "PatientID",
    }
    keywords = set(changed.values())
    different = {key for key in keywords if written[0].get(key) != original.get(key)}
    assert len(written) == 2
    assert different >= {changed[rule]} if rule in changed else different == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("in", "in"),
        ("in", "in/out"),
        ("in", "out", "--rule", "NoSuchRule"),
        ("in", "out", "--rule", "UseCharacterSet"),
    ],
)
def test_misuse(folder, monkeypatch, capsys, arguments):
    monkeypatch.chdir(folder)
    assert main(["patch", *arguments]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "slicer-dicom patch: " in streams.err


def test_a_folder_that_is_not_there(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert main(["patch", "nowhere", "out"]) == 1
    assert capsys.readouterr().err == "slicer-dicom: There is no folder nowhere.\n"


def test_a_file_is_told_as_such(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    shutil.make_archive("more", "zip", "in")
    for name, words in (
        ("more.zip", "is a zip archive. Unpack it, then patch the folder of its files."),
        ("in/readme.txt", "is no folder. Give the folder in which it lies."),
    ):
        assert main(["patch", name, "out"]) == 1
        assert capsys.readouterr().err == f"slicer-dicom: {name} {words}\n"


def test_a_folder_that_cannot_be_written_is_told_before(folder, capsys):
    (folder / "file").touch()
    assert main(["patch", str(folder / "in"), str(folder / "file" / "out")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"slicer-dicom: Nothing can be written to {folder / 'file' / 'out'}")


def test_what_an_import_advises_parts_a_series_of_two_studies(tmp_path, capsys):
    for name, dataset in zip("ab", factories.series_of_two_patients(), strict=True):
        factories.write([dataset], tmp_path / "in" / name)
    rule = "ForceSameSeriesInstanceUidInEachDirectory"
    assert rule in reasons.advice(reasons.ELSEWHERE)
    assert main(["patch", str(tmp_path / "in"), str(tmp_path / "out"), "--also", rule]) == 0
    assert main(["import", str(tmp_path / "out"), "--database", str(tmp_path / "db")]) == 0
    assert "2 patients, 2 studies, 2 series, 2 instances added." in capsys.readouterr().out
