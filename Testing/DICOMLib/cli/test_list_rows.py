"""slicer-dicom list."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime, timedelta

import pytest
from pydicom import Dataset

from DICOMLib.archive.query_answers import answers
from DICOMLib.cli import main
from DICOMLib.database import Database
from Testing import factories


def test_json_has_every_column_by_its_name(database, capsys):
    assert main(["list", "series", "--database", str(database), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    by_uid = {row["SeriesInstanceUID"]: row for row in rows}
    row = by_uid[factories.uid("ct")]
    assert len(rows) == 2
    assert (row["Modality"], row["SeriesDescription"], row["DisplayedCount"]) == ("CT", "Axial", 3)
    assert (row["StudyInstanceUID"], row["SeriesNumber"]) == (factories.uid("study"), 1)
    assert {"InsertTimestamp", "DisplayedSize", "FrameOfReferenceUID"} <= set(row)


@pytest.mark.parametrize(
    ("level", "count", "column"),
    [("patients", 1, "UID"), ("studies", 1, "StudyInstanceUID"), ("instances", 4, "SOPInstanceUID")],
)
def test_csv_has_the_same_columns(database, capsys, level, count, column):
    assert main(["list", level, "--database", str(database), "--csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert len(rows) == count
    assert len({row[column] for row in rows}) == count
    assert main(["list", level, "--database", str(database), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)[0]) == list(rows[0])


def test_table_for_people(database, capsys):
    assert main(["list", "patients", "--database", str(database)]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert re.split("  +", header) == ["UID", "Patient name", "Patient ID", "Birth date", "Studies"]
    assert "Doe, Jane" in row


def test_no_database(tmp_path, capsys):
    assert main(["list", "series", "--database", str(tmp_path)]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "There is no DICOM database" in streams.err
    assert not list(tmp_path.iterdir())


def listed(database, capsys, level, where):
    assert main(["list", level, "--database", str(database), "--json", "--where", where]) == 0
    return json.loads(capsys.readouterr().out)


def test_where(database, capsys):
    rows = listed(database, capsys, "series", "Modality:CT SeriesDescription:ax*")
    assert [row["SeriesInstanceUID"] for row in rows] == [factories.uid("ct")]
    assert len(listed(database, capsys, "patients", "PatientName:doe Modality:CT")) == 1
    assert len(listed(database, capsys, "instances", "Modality:CT")) == 3
    assert listed(database, capsys, "studies", "StudyDate:1800") == []


def test_where_may_begin_with_a_minus(database, capsys):
    assert [row["Modality"] for row in listed(database, capsys, "series", "-Modality:CT")] == ["SR"]
    with_options_after = ["list", "series", "--where", "-Modality:SR", "--database", str(database), "--json"]
    assert main(with_options_after) == 0
    assert [row["Modality"] for row in json.loads(capsys.readouterr().out)] == ["CT"]
    assert main(["list", "series", "--database", str(database), "--where", "--json"]) == 2


def test_where_tells_what_it_does_not_understand(database, capsys):
    assert main(["list", "series", "--database", str(database), "--where", "Modalty:CT"]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "Is it Modality" in streams.err


def test_a_search_in_another_language_says_why_nothing_is_found(database, capsys):
    where = ["list", "series", "--database", str(database), "--json", "--where"]
    assert main([*where, "(Modality:CT OR Modality:MR)"]) == 0
    streams = capsys.readouterr()
    assert json.loads(streams.out) == []
    assert "Modality:CT,MR" in streams.err
    assert "terms cannot be grouped" in streams.err
    assert main([*where, "Modality:PT"]) == 0
    assert capsys.readouterr().err == "Nothing matches.\n"
    assert main([*where, "StudyDate:2021-2019"]) == 2
    assert "StudyDate: a range in '2021-2019' ends before it begins" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["", "Doe"])
def test_patients_and_studies_without_series_are_left_out_as_for_peers(database, capsys, where):
    with Database.open(database) as opened:
        for study in opened.studies(opened.patients()[0]):
            for series in opened.series(study):
                opened.remove_series(series)
        assert opened.counts() == (1, 1, 0, 0)
        assert list(answers(opened, "PATIENT", Dataset())) == []
    for level in ("patients", "studies", "series", "instances"):
        assert main(["list", level, "--database", str(database), "--json", "--where", where]) == 0
        streams = capsys.readouterr()
        assert json.loads(streams.out) == []
        assert streams.err in ("There are none.\n", "Nothing matches.\n")


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_dates_and_times_have_one_form_whatever_the_database_holds(database, capsys, form):
    """It holds study dates as numbers, others as texts in two forms, as Slicer writes them."""

    def row(level):
        assert main(["list", level, "--database", str(database), form]) == 0
        text = capsys.readouterr().out
        return json.loads(text)[0] if form == "--json" else next(csv.DictReader(text.splitlines()))

    patient, study, series = row("patients"), row("studies"), row("series")
    assert patient["PatientsBirthDate"] == "1970-02-03"
    assert patient["DisplayedLastStudyDate"] == study["StudyDate"] == series["SeriesDate"] == "2024-01-15"
    assert study["StudyTime"] == "10:15:00"
    for one in (patient, study, series):
        for column in ("InsertTimestamp", "DisplayedFieldsUpdatedTimestamp"):
            assert abs(datetime.fromisoformat(one[column]) - datetime.now()) < timedelta(days=2)
            assert one[column][10] == "T"
