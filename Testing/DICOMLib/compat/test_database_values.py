"""ctkDICOMDatabase: values of tags, cached or read."""

from __future__ import annotations

from pathlib import Path

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from Testing.DICOMLib.compat.datasets import ABSENT, NOT_STORED, dataset, write


def test_cached_and_uncached_values(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = str(tmp_path / "1.dcm")
    assert filled.cachedTag("9.1", "0020,0013") == ""
    assert filled.fileValue(path, "0020,0013") == "1"
    assert filled.cachedTag("9.1", "0020,0013") == "1"
    assert filled.fileValue(path, 0x0008, 0x0060) == filled.instanceValue("9.1", 8, 0x60) == "CT"
    assert filled.fileValue(path, "0008,103e") == filled.instanceValue("9.1", "0008,103e") == "Head"
    assert filled.instanceValue("9.1", "9999,9999") == ""
    assert filled.cachedTag("9.1", "9999,9999") == ABSENT
    assert filled.instanceValue("unknown", "0008,0060") == ""
    assert filled.fileValue("/no/such/file", "00ff,eeee") == ""
    assert filled.fileValue(path, "no tag") == filled.fileValue(path, "") == ""
    # what is cached needs no file any more
    Path(path).unlink()
    assert filled.fileValue(path, "0020,0013") == "1"
    assert filled.fileValue(path, "0018,0050") == ""
    assert filled.cachedTag("9.1", "0018,0050") == ""


def test_the_first_look_is_as_good_as_the_second(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    with_pixels = dataset(PixelData=bytes(12), BitsAllocated=16, BitsStored=16, HighBit=15,
                          PixelRepresentation=0,
                          SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2")  # fmt: skip
    with_pixels["PixelData"].VR = "OW"
    path = write(tmp_path / "a.dcm", with_pixels)
    other = write(tmp_path / "b.dcm", dataset("9.2"))
    for one in (path, other):
        database.insert(one, False, False)
    for _ in range(2):
        assert database.fileValue(path, "7FE0,0010") == ""
        assert database.fileValueExists(path, "7FE0,0010") is True
        assert database.fileValueExists(other, "7FE0,0010") is False
        assert database.instanceValueExists("9.2", "0018,0050") is False
        assert database.instanceValueExists("9.2", "0008,1030") is False  # there, but empty
        assert database.instanceValueExists("9.2", "0008,0060") is True
    assert database.cachedTag("9.1", "7FE0,0010") == NOT_STORED
    assert database.cachedTag("9.2", "7FE0,0010") == ABSENT


def test_files_outside_the_database_do_not_mix(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    one = write(tmp_path / "x.dcm", dataset("9.8", Modality="MR"))
    two = write(tmp_path / "y.dcm", dataset("9.9", Modality="PT"))
    assert (filled.fileValue(one, "0008,0060"), filled.fileValue(two, "0008,0060")) == ("MR", "PT")
    assert filled.fileValueExists(two, "0008,0060")
    assert not filled.fileValueExists(two, "0018,0050")
    assert filled.cachedTag("", "0008,0060") == ""


def test_values_of_all_kinds(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    made = dataset(SpecificCharacterSet="ISO_IR 192", PatientName="Möller^Jürgen",
                   ImageType=["ORIGINAL", "PRIMARY"],
                   PixelSpacing=["0.50", "0.25"])  # fmt: skip
    path = write(tmp_path / "a.dcm", made)
    database.insert(path, False, False)
    assert database.fileValue(path, "0010,0010") == "Möller^Jürgen"
    assert database.nameForPatient("1") == "Möller^Jürgen"
    assert database.fileValue(path, "0008,0008") == "ORIGINAL\\PRIMARY"
    assert database.fileValue(path, "0028,0030") == "0.50\\0.25"
    assert database.fileValue(path, "0028,0010") == "2"


def test_many_values(filled: ctkDICOMDatabase) -> None:
    sops = ["9.0", "9.1", "unknown"]
    assert filled.instanceValues(sops, "0008,103e") == {"9.0": "Head", "9.1": "Head"}
    assert filled.instanceValues(sops, "0008,1030") == {}


def test_bad_input_is_answered_by_something_empty(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = str(tmp_path / "1.dcm")
    for bad_tag in [(None,), ("",), (8,), (-1, -1), (0x10000, 0), (None, None), ("x", "y")]:
        assert filled.instanceValue("9.1", *bad_tag) == filled.fileValue(path, *bad_tag) == ""
        assert filled.instanceValueExists("9.1", *bad_tag) is False
        assert filled.fileValueExists(path, *bad_tag) is False
    assert filled.instanceValue(None, "0008,0060") == filled.fileValue(None, "0008,0060") == ""
    assert filled.instanceValues(None, "0008,0060") == {}
    assert filled.instanceValuesOfTags(None, ["0008,0060"]) == {}
    assert filled.fileValuesOfTags(None, ["0008,0060"]) == {}
    assert filled.instanceForFile(None) == filled.seriesForFile(None) == filled.fileForInstance(None) == ""
    assert filled.descriptionsForFile(None) == filled.descriptionsForFile("/no/such/file")
    assert filled.fileExistsAndUpToDate(None) is False
    filled.loadFileHeader(None)
    assert filled.headerKeys() == []


def test_what_is_no_tag_is_not_cached(filled: ctkDICOMDatabase) -> None:
    assert filled.cacheTags(["9.1", "9.1"], ["0018,0050", "bad"], ["2.5", "v"]) is False
    assert filled.cacheTag("9.1", None, "v") is False
    assert filled.cachedTag("9.1", "0018,0050") == filled.cachedTag("9.1", "bad") == ""


def test_the_cache_itself(filled: ctkDICOMDatabase) -> None:
    assert filled.tagCacheExists()
    assert filled.initializeTagCache()
    assert filled.cachedTag("9.1", "0008,103E") == ""
    assert filled.cacheTag("9.1", "0008,103e", "text")
    assert filled.cachedTag("9.1", "0008,103E") == "text"
    assert filled.cacheTags(["9.1", "9.2"], ["0008,1030", "0008,1030"], ["", "Study"])
    assert (filled.cachedTag("9.1", "0008,1030"), filled.cachedTag("9.2", "0008,1030")) == (ABSENT, "Study")
    assert not filled.cacheTags(["9.1"], ["0008,1030"], [])
    filled.removeCachedTags("9.1")
    assert filled.cachedTag("9.1", "0008,103E") == ""
    assert filled.instanceValue("9.1", "0008,103E") == "Head"


def test_tags_to_precache(database: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    database.setTagsToPrecache(["0008,103e"])
    assert database.tagsToPrecache == ["0008,103e"]
    database.tagsToPrecache = ["0008,103e"]
    database.setTagsToExcludeFromStorage(["7fe0,0010"])
    database.tagsToExcludeFromStorage = ["7FE0,0010", "0008,0060"]
    assert heard == [("tagsToPrecacheChanged",), ("tagsToExcludeFromStorageChanged",)]
    database.tagsToPrecache = ["0008,103e", "0008,0060", "nonsense"]
    database.insert(write(tmp_path / "a.dcm", dataset()), False, False)
    assert database.cachedTag("9.1", "0008,103e") == "Head"
    assert database.cachedTag("9.1", "0008,0060") == NOT_STORED
    assert database.cachedTag("9.1", "0008,0018") == ""


def test_tags_as_text_and_numbers(database: ctkDICOMDatabase) -> None:
    assert database.groupElementToTag(0x0008, 0x103E) == "0008,103E"
    for text, is_tag in {
        "0008,103E": True,
        "0008,103e": True,
        "0008": False,
        "0008,10,3E": False,
        "x,y": False,
        "-1,-1": False,
        "0008,-1": False,
        "10000,0000": False,
        ",": False,
    }.items():
        assert database.tagToGroupElement(text, 0, 0) is is_tag


def test_whole_headers(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    filled.loadInstanceHeader("9.1")
    keys = filled.headerKeys()
    assert keys == sorted(keys)
    assert filled.headerValue("0010,0010").startswith("(0010,0010) PN [Doe^Jane]")
    assert filled.headerValue("0010,0010").endswith("1 PatientName")
    assert filled.headerValue("0028,0010").startswith("(0028,0010) US 2 ")
    assert filled.headerValue("0008,0016").startswith("(0008,0016) UI =CTImageStorage")
    assert filled.headerValue("0008,1030").startswith("(0008,1030) LO (no value available)")
    assert filled.headerValue("9999,9999") == ""
    filled.loadFileHeader("/no/such/file")
    assert filled.headerKeys() == []


def test_values_that_are_kept_at_hand_are_those_of_the_cache(
    database: ctkDICOMDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.tagsToPrecache = ["0020,0013", "0018,0050", "0008,103e"]
    paths = [write(tmp_path / f"{n}.dcm", dataset(f"9.{n}", InstanceNumber=n)) for n in range(2)]
    for path in paths:
        database.insert(path, False, False)
    tags = ("0020,0013", "0018,0050", "0008,103E", "0010,0010", "9999,9999")
    expected = [[database.fileValue(path, tag) for tag in tags] for path in paths]
    assert expected[1] == ["1", "", "Head", "Doe^Jane", ""]
    database.keepAtHand([*paths, "/no/such/file"])
    assert [[database.fileValue(path, tag) for tag in tags] for path in paths] == expected
    assert not database.fileValueExists(paths[0], "0018,0050")
    asked: list[str] = []
    known = database.core.sop_of_file
    monkeypatch.setattr(database.core, "sop_of_file", lambda path: asked.append(path) or known(path))
    for tag in ("0020,0013", "0018,0050", "0008,103E"):
        database.fileValue(paths[0], tag)
    assert asked == []  # the database was not asked
    database.forgetAtHand()
    assert database.fileValue(paths[0], "0020,0013") == "0"
    assert asked == [paths[0]]


def test_values_of_several_files_with_their_instance_uids(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    database.tagsToPrecache = ["0020,0013", "0008,0018"]
    paths = [write(tmp_path / f"{n}.dcm", dataset(f"9.{n}", InstanceNumber=n)) for n in range(2)]
    for path in paths:
        database.insert(path, False, False)
    asked = [*paths, "/no/such/file"]
    assert database.fileValuesOfTags(asked, ["0008,0018"]) == {
        path: {"0008,0018": f"9.{n}"} for n, path in enumerate(paths)
    }
    assert database.fileValuesOfTags(asked, ["0020,0013", "0008,0018"]) == {
        path: {"0008,0018": f"9.{n}", "0020,0013": str(n)} for n, path in enumerate(paths)
    }
