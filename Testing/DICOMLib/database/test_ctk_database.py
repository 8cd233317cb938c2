"""A database that CTK wrote: opened as it is, with the answers of its own tables."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database, displayed_fields, storage
from DICOMLib.indexing import import_paths
from Testing import factories


@pytest.fixture
def copy(shared: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "ctk"
    shutil.copytree(shared / "ctk-database", folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@pytest.fixture
def raw(shared: Path) -> Iterator[sqlite3.Connection]:
    names = [shared / "ctk-database" / name for name in ("ctkDICOM.sql", "ctkDICOMTagCache.sql")]
    with closing(sqlite3.connect(f"{names[0].as_uri()}?immutable=1", uri=True)) as connection:
        connection.execute("ATTACH ? AS cache", (f"{names[1].as_uri()}?immutable=1",))
        yield connection


def test_lists_and_files(copy: Path, raw: sqlite3.Connection) -> None:
    with Database.open(copy) as database:
        assert database.counts() == (10, 13, 28, 125)
        assert database.patients() == [uid for (uid,) in raw.execute("SELECT UID FROM Patients")]
        for uid, study in raw.execute("SELECT PatientsUID, StudyInstanceUID FROM Studies"):
            assert study in database.studies(uid)
        for series, count in raw.execute("SELECT SeriesInstanceUID, DisplayedCount FROM Series"):
            files = database.files(series)
            assert len(files) == count
            assert all(Path(path).is_file() for path in files)
    assert not list(copy.glob("*.backup*"))
    assert all(storage.is_copy(name) for (name,) in raw.execute("SELECT Filename FROM Images"))


def test_every_cached_value(copy: Path, raw: sqlite3.Connection) -> None:
    stored = raw.execute("SELECT SOPInstanceUID, Tag, Value FROM cache.TagCache").fetchall()
    files = dict(raw.execute("SELECT SOPInstanceUID, Filename FROM Images"))
    with Database.open(copy) as database:
        many = database.values(files, {tag for _, tag, _ in stored})
        for sop, tag, value in stored:
            assert database.cached_tag(sop, tag) == value
            expected = "" if value == "__TAG_NOT_IN_INSTANCE__" else value
            assert many[sop].get(tag, "") == expected
        for sop, filename in files.items():
            assert database.sop_of_file(str(copy / filename)) == sop


def test_the_rows_that_ctk_wrote_come_out_of_the_same_files(
    copy: Path, raw: sqlite3.Connection, tmp_path: Path
) -> None:
    """Import CTK's copies again: what is stored at insertion equals what CTK stored."""
    from DICOMLib.compat.headers import record_of_file
    from DICOMLib.database.stored_values import COLUMN_TAGS

    tags = [tag for (tag,) in raw.execute("SELECT DISTINCT Tag FROM cache.TagCache")]
    wanted = sorted({*tags, *COLUMN_TAGS})
    order = "SELECT Filename FROM Images ORDER BY rowid"
    with Database.open(tmp_path / "new") as database:
        for (filename,) in raw.execute(order):
            database.insert_records([record_of_file(str(copy / filename), wanted)], tags)
        key = "SELECT SOPInstanceUID, Tag, Value FROM TagCache ORDER BY SOPInstanceUID, Tag"
        ours = database.read_tags(lambda connection: connection.execute(key).fetchall())
        theirs = raw.execute(
            "SELECT SOPInstanceUID, Tag, Value FROM cache.TagCache"
            " WHERE SOPInstanceUID IN (SELECT SOPInstanceUID FROM Images)"
            " ORDER BY SOPInstanceUID, Tag"
        ).fetchall()
        assert [row for row in ours if row not in set(theirs)] == []
        assert len(ours) == len(theirs)
        for table, columns in {
            "Patients": "PatientsName, PatientID, PatientsBirthDate, PatientsBirthTime, PatientsSex,"
            " PatientsComments, Connections",
            "Studies": "StudyInstanceUID, StudyID, StudyTime, AccessionNumber, PerformingPhysiciansName",
            "Series": "SeriesInstanceUID, StudyInstanceUID, SeriesNumber, SeriesDate, SeriesTime, Modality,"
            " BodyPartExamined,"
            " FrameOfReferenceUID, AcquisitionNumber, ContrastAgent, ScanningSequence,"
            " EchoNumber, TemporalPosition",
        }.items():
            query = f"SELECT {columns} FROM {table}"
            assert Counter(database.select(query)) == Counter(raw.execute(query))


# What CTK leaves empty for patients without ID or name, since it looks for them under another key.
EMPTY_IN_CTK = ("DisplayedPatientsName", "DisplayedNumberOfStudies", "DisplayedLastStudyDate")


def test_the_displayed_fields_are_those_of_ctk(copy: Path, raw: sqlite3.Connection, tmp_path: Path) -> None:
    """Import CTK's copies: every column of every row as CTK made it, but for times and numbers of rows."""
    raw.row_factory = sqlite3.Row
    files = [copy / name for (name,) in raw.execute("SELECT Filename FROM Images ORDER BY rowid")]
    own = ("UID", "PatientsUID", "InsertTimestamp", "DisplayedFieldsUpdatedTimestamp")
    with Database.open(tmp_path / "new") as database:
        run(import_paths(database, files))
        for level, key in (
            ("patients", "PatientID"),
            ("studies", "StudyInstanceUID"),
            ("series", "SeriesInstanceUID"),
        ):
            table = level.capitalize()
            theirs = {row[key]: dict(row) for row in raw.execute(f"SELECT * FROM {table}")}
            ours = {row[key]: row for row in database.rows(level)}
            assert ours.keys() == theirs.keys()
            for uid, row in theirs.items():
                for column, value in row.items():
                    if column in own or (value is None and column in EMPTY_IN_CTK):
                        continue
                    assert (ours[uid][column] or "") == (value or ""), f"{table}.{column}"


def structure(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Tables, indexes and so on; columns with their types; and the columns that have a heading."""
    parts = set(connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
    for table in [name for kind, name in parts if kind in ("table", "view")]:
        columns = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,))
        parts |= {(table, *column) for column in columns}
    headings = connection.execute("SELECT 'heading', TableName, FieldName FROM ColumnDisplayProperties")
    return parts | set(headings)


@pytest.mark.parametrize("switched_off", [False, True])
def test_the_tables_are_those_of_ctk_and_the_geometry(
    raw: sqlite3.Connection, tmp_path: Path, switched_off: bool
) -> None:
    factories.write(factories.ct_series(3), tmp_path / "files")
    with Database.open(tmp_path / "new") as database:
        if switched_off:
            with database.transaction() as connections:
                displayed_fields.set_rule_enabled(connections.main, "SliceGeometry", False)
        assert run(import_paths(database, [tmp_path / "files"])).instances == 3
        ours = database.read(structure)
    theirs = structure(raw)
    added = {("Series", "Geometry", "VARCHAR(255)"), ("heading", "Series", "Geometry")}
    assert ours - theirs == (set() if switched_off else added)
    assert theirs - ours == set()
