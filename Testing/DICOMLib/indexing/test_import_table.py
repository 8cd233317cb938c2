"""Files as they come from the field, and the rows that they become."""

from __future__ import annotations

import struct
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    AllTransferSyntaxes,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import ImportOptions, import_paths, reasons
from Testing import factories

TAGS = ("0010,0010", "0010,4000", "0009,1001", "0008,0016", "0029,1010")


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "database") as opened:
        yield opened


def take(database: Database, *paths: Path, **options):
    return run(import_paths(database, paths, ImportOptions(tags=TAGS, **options)))


# Specific Character Set, the name as it stands in the file, and as it must be read. Those with escape
# sequences are the examples of PS3.5 annexes H, I and K.
CHARACTER_SETS = [
    ("", b"Doe^Jane", "Doe^Jane"),
    ("ISO_IR 6", b"Doe^Jane", "Doe^Jane"),
    ("ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
    ("ISO_IR 101", b"Wa\xb3\xeasa^Lech", "Wałęsa^Lech"),
    ("ISO_IR 109", b"\xa6a\xe6o", "Ĥaĉo"),
    ("ISO_IR 110", b"\xa9\xf3\xbale", "Šķēle"),
    ("ISO_IR 144", b"\xbb\xee\xda\x63e\xdc\x62yp\xd3", "Люкceмbypг"),  # noqa: RUF001
    ("ISO_IR 127", b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار"),
    ("ISO_IR 126", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
    ("ISO_IR 138", b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"),
    ("ISO_IR 148", b"\xc7avu\xfeo\xf0lu^\xde\xfckr\xfc", "Çavuşoğlu^Şükrü"),
    ("ISO_IR 203", b"\xa4uro^\xbcuvre", "€uro^Œuvre"),
    ("ISO_IR 166", b"\xb9\xd2\xc1", "นาม"),
    ("ISO_IR 13", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    ("ISO_IR 192", "Wang^XiaoDong=王^小东".encode(), "Wang^XiaoDong=王^小东"),
    ("GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="),
    ("GBK", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="),
    (
        "\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    (
        "\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    (
        "\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
    ("ISO 2022 IR 100\\ISO 2022 IR 144", b"J\xe9r\xf4me^\x1b-L\xbb\xee\xda", "Jérôme^Люк"),
    # broken ones
    ("", b"M\xfcller", "Müller"),  # no set: Latin-1, as Slicer assumes
    ("ISO_IR 192", b"M\xfcller", "M?ller"),
    ("ISO_IR 999", b"M\xfcller", "M?ller"),
    ("GB18030", b"Wang\xff", "Wang?"),
]


def with_name(path: Path, raw: bytes) -> None:
    """Put bytes into the place of the patient's name, which is as long."""
    content = path.read_bytes()
    padded = raw + b" " * (len(raw) % 2)
    placeholder = b"X" * len(padded)
    assert content.count(placeholder) == 1
    path.write_bytes(content.replace(placeholder, padded))


@pytest.mark.filterwarnings("ignore:.*Unknown encoding")
@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(("character_set", "raw", "name"), CHARACTER_SETS)
def test_character_sets(
    database: Database, tmp_path: Path, character_set: str, raw: bytes, name: str, implicit: bool
) -> None:
    placeholder = "X" * (len(raw) + len(raw) % 2)
    dataset = factories.instance(PatientName=placeholder, SpecificCharacterSet=character_set.split("\\"))
    write = factories.write_implicit if implicit else factories.write
    (path,) = write([dataset], tmp_path / "files")
    with_name(Path(path), raw)
    report = take(database, tmp_path / "files")
    assert (report.instances, report.failed) == (1, [])
    (patient,) = database.rows("patients")
    assert patient["PatientsName"] == name
    assert database.value(path, "0010,0010") == name


@pytest.mark.parametrize(
    "raw", [b"A\x1b$B\x1b", b"\x1b$)C\xfb", b"A\x1b$B;", b"A\x1bxyz^B", b"\x1b(J\xff\xff", b"\x1b"]
)
def test_broken_escape_sequences_stop_no_import(database: Database, tmp_path: Path, raw: bytes) -> None:
    placeholder = "X" * (len(raw) + len(raw) % 2)
    sets = ["", "ISO 2022 IR 87", "ISO 2022 IR 149"]
    dataset = factories.instance(PatientName=placeholder, SpecificCharacterSet=sets)
    (path,) = factories.write([dataset], tmp_path / "files")
    content = Path(path).read_bytes()
    at = content.index(b"\x10\x00\x10\x00PN") + 8
    Path(path).write_bytes(content[:at] + raw + b" " * (len(raw) % 2) + content[at + len(placeholder) :])
    assert take(database, tmp_path / "files").instances == 1
    assert database.counts() == (1, 1, 1, 1)


LONG_UID = "1.2.826.0.1.3680043.8.498." + "1" * 38


@pytest.mark.parametrize(
    ("attributes", "patient", "counts"),
    [
        ({}, ("P1", "Doe^Jane"), (1, 1, 1, 1)),
        ({"PatientID": ""}, ("study", "Doe^Jane"), (1, 1, 1, 1)),
        ({"PatientID": None, "PatientName": None}, ("study", "study"), (1, 1, 1, 1)),
        ({"PatientName": ""}, ("P1", "P1"), (1, 1, 1, 1)),
        ({"PatientName": "^^^"}, ("P1", "^^^"), (1, 1, 1, 1)),
        ({"PatientID": "   "}, ("study", "Doe^Jane"), (1, 1, 1, 1)),
        ({"PatientID": "1'; DROP TABLE Images; --"}, ("1'; DROP TABLE Images; --", "Doe^Jane"), (1, 1, 1, 1)),
        ({"PatientID": "a/../../b\\c"}, ("a/../../b\\c", "Doe^Jane"), (1, 1, 1, 1)),
        ({"PatientID": "x" * 200}, ("x" * 200, "Doe^Jane"), (1, 1, 1, 1)),
    ],
)
@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.filterwarnings("ignore:.*(value length|Invalid value)")
def test_who_a_file_belongs_to(
    database: Database, tmp_path: Path, attributes: dict[str, object], patient: tuple[str, str],
    counts: tuple[int, ...], copy: bool,
) -> None:  # fmt: skip
    dataset = factories.instance(**attributes)
    factories.write([dataset], tmp_path / "files")
    report = take(database, tmp_path / "files", copy=copy)
    assert (report.failed, database.counts()) == ([], counts)
    (row,) = database.rows("patients")
    study = str(dataset.StudyInstanceUID)
    expected = tuple(study if text == "study" else text for text in patient)
    assert (row["PatientID"], row["PatientsName"]) == expected


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"StudyInstanceUID": None}, reasons.NO_STUDY_UID),
        ({"SeriesInstanceUID": None}, reasons.NO_SERIES_UID),
        ({"SeriesInstanceUID": ""}, reasons.NO_SERIES_UID),
        ({"SOPInstanceUID": None}, reasons.NO_SOP_UID),
    ],
)
def test_missing_identifiers(database: Database, tmp_path: Path, attributes, reason: str) -> None:
    dataset = factories.instance(**attributes)
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    (path,) = factories.write([dataset], tmp_path / "files")
    report = take(database, tmp_path / "files")
    assert report.failed == [(path, reason)]
    assert database.counts() == (0, 0, 0, 0)


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("uid", [LONG_UID, LONG_UID + "1" * 20, "1.2.abc", "1..2", "../../../escape", "a b"])
@pytest.mark.filterwarnings("ignore:.*(Invalid value|value length)")
def test_uids_of_all_kinds(database: Database, tmp_path: Path, uid: str, copy: bool) -> None:
    assert len(LONG_UID) == 64
    keys = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    dataset = factories.instance(**dict.fromkeys(keys, "1.2.3"))
    for key in keys:
        dataset[key]._value = uid  # past the checks of pydicom
    (path,) = factories.write([dataset], tmp_path / "files")
    report = take(database, tmp_path / "files", copy=copy, short_paths=True)
    assert (report.failed, report.instances) == ([], 1)
    (file,) = database.files(uid)
    assert Path(file).read_bytes() == Path(path).read_bytes()
    if copy:
        assert Path(file).resolve().is_relative_to(database.directory / "dicom")


@pytest.mark.parametrize("uid", ["../../../escape", "/tmp/escape", "..", "C:escape", "a\x01b", "x" * 300])
@pytest.mark.filterwarnings("ignore:.*(Invalid value|value length)")
def test_no_uid_leads_out_of_the_folder_by_its_name(database: Database, tmp_path: Path, uid: str) -> None:
    dataset = factories.instance(SOPInstanceUID="1.2.3")
    for key in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        dataset[key]._value = uid
    factories.write([dataset], tmp_path / "files")
    report = take(database, tmp_path / "files", copy=True, short_paths=False)
    assert (report.instances, report.failed) == (1, [])
    (file,) = database.files(uid)
    assert Path(file).resolve().is_relative_to((database.directory / "dicom").resolve())
    assert not list(tmp_path.rglob("*escape*"))


def test_one_patient_under_two_names(database: Database, tmp_path: Path) -> None:
    datasets = [
        *factories.ct_series(1, "first"),
        *factories.ct_series(1, "second", PatientName="Doe^J", StudyInstanceUID="1.2.3"),
        *factories.ct_series(1, "third", PatientBirthDate="19990101", StudyInstanceUID="1.2.4"),
    ]
    factories.write(datasets, tmp_path / "files")
    take(database, tmp_path / "files")
    names = [(row["PatientID"], row["PatientsName"]) for row in database.rows("patients")]
    assert names == [("P1", "Doe^Jane"), ("P1", "Doe^J")]  # the birth date is no part of who it is
    assert [len(database.studies(row["UID"])) for row in database.rows("patients")] == [2, 1]


@pytest.mark.parametrize(
    ("date", "stored", "shown"),
    [
        ("20240229", 20240229, "2024-02-29"),  # digits become a number in this column, as with Slicer
        ("20230229", 20230229, ""),
        ("20241301", 20241301, ""),
        ("2024.02.01", "2024.02.01", ""),
        ("00000000", 0, ""),
        ("20240115-20240116", "20240115-20240116", ""),
        ("today", "today", ""),
        ("", "", ""),
        (None, None, ""),
    ],
)
@pytest.mark.filterwarnings("ignore:.*Invalid value")
def test_dates_that_are_none(
    database: Database, tmp_path: Path, date: str | None, stored: object, shown: str
) -> None:
    dataset = factories.instance(StudyDate="20240101")
    if date is None:
        del dataset.StudyDate
    else:
        dataset["StudyDate"]._value = date
    factories.write([dataset], tmp_path / "files")
    report = take(database, tmp_path / "files")
    assert (report.failed, report.instances) == ([], 1)
    assert (database.rows("studies")[0]["StudyDate"] or None) == (stored or None)
    assert database.rows("patients")[0]["DisplayedLastStudyDate"] == shown


@pytest.mark.parametrize("depth", [1, 5, 30, 100])
@pytest.mark.parametrize("implicit", [False, True])
def test_nested_sequences(database: Database, tmp_path: Path, depth: int, implicit: bool) -> None:
    inner = Dataset()
    inner.PatientName = "Inner^Name"
    for level in range(depth):
        outer = Dataset()
        outer.PatientName = f"Level^{level}"
        outer.RequestAttributesSequence = [inner, Dataset()]
        outer["RequestAttributesSequence"].is_undefined_length = bool(level % 2)
        inner = outer
    dataset = factories.instance()
    dataset.RequestAttributesSequence = [inner]
    write = factories.write_implicit if implicit else factories.write
    (path,) = write([dataset], tmp_path / "files")
    assert take(database, tmp_path / "files").instances == 1
    assert database.value(path, "0010,0010") == "Doe^Jane"


def test_private_elements(database: Database, tmp_path: Path) -> None:
    dataset = factories.instance()
    dataset.private_block(0x0009, "ACME 1.0", create=True).add_new(0x01, "LO", "kept")
    dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", b"\1\2" * 40_000)
    (path,) = factories.write([dataset], tmp_path / "files")
    assert take(database, tmp_path / "files").instances == 1
    assert database.value(path, "0009,1001") == "kept"
    assert database.cached_tag(database.sop_of_file(path), "0029,1010") == "__TAG_NOT_IN_INSTANCE__"


NATIVE = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


@pytest.mark.parametrize("syntax", AllTransferSyntaxes, ids=lambda syntax: syntax.name)
def test_all_transfer_syntaxes(database: Database, tmp_path: Path, syntax: pydicom.uid.UID) -> None:
    (dataset,) = factories.ct_series(1, PatientName="Größe^Ä", SpecificCharacterSet="ISO_IR 192")
    dataset.PatientComments = "in every encoding"
    if syntax not in NATIVE and syntax.is_encapsulated:
        dataset.PixelData = (
            b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x04\x00\x00\x00\x01\x02\x03\x04"
        )
        dataset["PixelData"].is_undefined_length = True
    (path,) = factories.write([dataset], tmp_path / "files", transfer_syntax=syntax)
    report = take(database, tmp_path / "files")
    assert (report.failed, report.instances) == ([], 1)
    (patient,) = database.rows("patients")
    assert patient["PatientsName"] == "Größe^Ä"
    assert database.value(path, "0010,4000") == "in every encoding"
    (series,) = database.rows("series")
    assert (series["Modality"], series["SeriesNumber"]) == ("CT", 1)


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("start", ["nothing", "file meta", "preamble", "group length"])
def test_files_without_a_preamble(database: Database, tmp_path: Path, explicit: bool, start: str) -> None:
    (dataset,) = factories.ct_series(1)
    syntax = ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian
    (source,) = factories.write([dataset], tmp_path / "source", transfer_syntax=syntax)
    content = Path(source).read_bytes()
    body = 144 + struct.unpack("<I", content[140:144])[0]
    if start == "nothing":
        content = content[body:]
    elif start == "file meta":
        content = content[132:]
    elif start == "preamble":
        content = bytes(128) + b"DICM" + content[144:]  # no group length
    else:
        content = (struct.pack("<HH2sHI", 8, 0, b"UL", 4, 1000) if explicit
                   else struct.pack("<HHII", 8, 0, 4, 1000)) + content[body:]  # fmt: skip
    path = tmp_path / "files" / "old.ima"
    path.parent.mkdir()
    path.write_bytes(content)
    report = take(database, path.parent)
    assert (report.failed, report.instances) == ([], 1)
    assert database.rows("patients")[0]["PatientsName"] == "Doe^Jane"
    assert database.value(str(path), "0008,0016") == str(dataset.SOPClassUID)


def test_a_dicomdir_given_itself(database: Database, tmp_path: Path) -> None:
    dicomdir = factories.write_file_set(factories.ct_series(3), tmp_path / "disc")
    (tmp_path / "disc" / "unlisted.dcm").write_bytes(b"not listed")
    report = take(database, dicomdir)
    assert (report.instances, report.skipped, report.failed) == (3, [], [])


def test_a_dicomdir_that_leads_out_of_its_folder(database: Database, tmp_path: Path) -> None:
    dicomdir = factories.write_file_set(factories.ct_series(2), tmp_path / "disc")
    (outside,) = factories.write([factories.instance()], tmp_path / "outside")
    dataset = pydicom.dcmread(dicomdir)
    records = [item for item in dataset.DirectoryRecordSequence if "ReferencedFileID" in item]
    records[0]["ReferencedFileID"]._value = ["..", "outside", Path(outside).name]
    dataset.save_as(dicomdir)
    assert take(database, dicomdir.parent).instances == 1
    assert database.sop_of_file(outside) == ""
