"""slicer-dicom fields."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from DICOMLib.cli import main
from DICOMLib.database import Database
from DICOMLib.fields import registry

RULES = """
from typing import ClassVar
from DICOMLib.fields import DisplayedFieldRule, Merge

class Thickness(DisplayedFieldRule):
    name = "Thickness"
    required_tags = ("0018,0050",)
    merge: ClassVar = {"Series.Thickness": Merge.EXPECT_SAME_VALUE}

    def fields_for_instance(self, tags):
        return {"Series.Thickness": f"{float(tags['0018,0050']):.2f} mm"} if tags["0018,0050"] else {}
"""


@pytest.fixture
def rules(tmp_path: Path):
    file = tmp_path / "rules.py"
    file.write_text(RULES)
    yield file
    registry.unregister("Thickness")


def answer(capsys, database, *options) -> tuple[int, dict[str, dict]]:
    code = main(["fields", "--database", str(database), "--json", *map(str, options)])
    return code, {rule["rule"]: rule for rule in json.loads(capsys.readouterr().out)}


def test_rules_are_listed_and_switched(database, capsys):
    code, found = answer(capsys, database, "--disable", "SeriesImageCount")
    assert code == 0
    assert list(found)[:3] == ["Default", "RadiotherapySeriesDescription", "LastStudyDate"]
    assert not found["SeriesImageCount"]["enabled"]
    assert found["SeriesImageCount"]["fields"] == ["Series.DisplayedCount"]
    assert "300A,0003" in found["RadiotherapySeriesDescription"]["tags"]
    assert answer(capsys, database, "--enable", "SeriesImageCount")[1]["SeriesImageCount"]["enabled"]


def test_a_rule_of_ones_own(database, rules, capsys):
    code, found = answer(capsys, database, "--rules", rules, "--recompute")
    assert (code, found["Thickness"]["enabled"]) == (0, True)
    with Database.open(database) as opened:
        shown = {row["Modality"]: row["Thickness"] for row in opened.rows("series")}
        assert opened.search("series", "thickness:2.50*") == opened.search("series", "Modality:CT")
    assert shown == {"CT": "2.50 mm", "SR": None}


def test_a_tag_that_was_not_cached_can_be_searched_afterwards(database, capsys):
    where = ["list", "series", "--database", str(database), "--json", "--where", "KVP:120"]
    assert main(where) == 1
    program, *advice = shlex.split(capsys.readouterr().err.splitlines()[-1])
    assert (program, advice) == ("slicer-dicom", ["fields", "--database", str(database), "--tag", "KVP"])
    assert main([*advice, "--json"]) == 0
    capsys.readouterr()
    assert main(where) == 0
    assert json.loads(capsys.readouterr().out) == []  # the series of the tests do not tell it
    assert main(["list", "series", "--database", str(database), "--where", 'KVP:""', "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_table_for_people(database, capsys):
    assert main(["fields", "--database", str(database), "--recompute"]) == 0
    streams = capsys.readouterr()
    assert "2 series processed, 0 files read." in streams.err
    assert "StudyNumberOfSeries" in streams.out
    assert "Studies.DisplayedNumberOfSeries" in streams.out


def test_a_rule_that_fails_is_told(database, rules, capsys):
    rules.write_text(RULES.replace("if tags[", "if not tags["))
    assert main(["fields", "--database", str(database), "--rules", str(rules), "--recompute"]) == 1
    told = capsys.readouterr().err
    assert "The rule Thickness failed (ValueError) and was left out; its columns stay as they were." in told
    *_, advice = told[: told.index("\n", told.index("--disable"))].split(" with: ")
    assert advice == "slicer-dicom fields --disable Thickness"


def test_misuse_is_told(database, tmp_path, capsys):
    assert main(["fields", "--database", str(database), "--disable", "Nothing"]) == 2
    assert "there is no rule 'Nothing'" in capsys.readouterr().err
    empty = tmp_path / "empty.py"
    empty.write_text("")
    assert main(["fields", "--database", str(database), "--rules", str(empty)]) == 1
    assert "defines no displayed-field rule" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["fields"], ["import", "."]])
def test_what_is_no_tag_is_told_in_words(command, capsys):
    assert main([*command, "--database", "db", "--tag", "BanaNa"]) == 2
    assert "neither a DICOM keyword nor a tag. Say PatientName" in capsys.readouterr().err
