"""The database of DICOM files: two SQLite files and a folder of copies."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import DatabaseUnavailable, reason_of
from DICOMLib.database import (
    bulk_values,
    columns,
    migrations,
    queries,
    removal,
    schema,
    search,
    second_files,
    storage,
    tag_cache,
    writer,
)
from DICOMLib.database.connections import PRIVATE_NAMES
from DICOMLib.database.records import Changes, Column, FileRecord, InsertReport, Row
from DICOMLib.database.second_files import SecondFile
from DICOMLib.database.session import Session
from DICOMLib.database.stored_values import SENTINELS


class Database(Session):
    """Patients, studies, series and instances, and the cached values of their elements.

    It may be used from any thread: each has its own connection. One writer at a time, in this process
    or another; others wait for it.
    """

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        create: bool = True,
        *,
        update: bool = True,
        read_only: bool = False,
        busy_timeout_s: float = 30.0,
    ) -> Database:
        """Open a database, and make it where there is none.

        One whose file or folder may not be written is opened to be read, see `read_only` of `Session`.

        Parameters
        ----------
        path
            The database file, or the folder that holds ctkDICOM.sql; ":memory:" for one that leaves
            nothing behind.
        create
            Whether a missing one is made; a missing folder, too.
        update
            Whether one with an older schema is updated; its file is copied first.
        read_only
            Whether it is opened to be read, though it could be written.
        busy_timeout_s
            How long to wait for another writer, seconds.

        Raises
        ------
        DatabaseUnavailable
            If it cannot be opened, made or updated; the text says why.
        DatabaseTooNew
            If a later version of the schema wrote it.
        """
        create = create and not read_only
        database = cls(_database_file(os.fspath(path), create), busy_timeout_s)
        database.start(create, read_only)
        try:
            if update and database.schema_version_loaded != schema.SCHEMA_VERSION:
                database.update_schema()
        except BaseException:
            database.close()
            raise
        return database

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def directory(self) -> Path | None:
        """Folder of the database; None for one that is not on disk."""
        return Path(self.folder) if self.folder else None

    # Schema

    @property
    def schema_version_loaded(self) -> str:
        """Schema version of the file, "" if it names none."""
        return self.read(schema.loaded_version)

    def update_schema(self, script: str = schema.DEFAULT_SCRIPT) -> Path | None:
        """Bring an older database to the schema of `script`, keeping every row.

        Returns the copy of the file that was made first; None for a database that is not on disk.

        Raises
        ------
        DatabaseError
            If it is no DICOM database, or the update failed; it is as it was then.
        """
        return migrations.update_schema(self, script)

    def initialize(self, script: str = schema.DEFAULT_SCRIPT) -> None:
        """Drop all tables and make them anew; the tag cache and the files on disk are kept."""
        text = schema.script(script)
        with self.transaction() as connections:
            schema.create_tables(connections.main, text)
            connections.main.execute(f"DROP TABLE IF EXISTS {second_files.TABLE}")

    # Writing

    def insert_records(
        self,
        records: Sequence[FileRecord],
        requested_tags: Sequence[str],
        *,
        overwrite: bool = False,
        connection_name: str = "",
        patients_only: bool = False,
    ) -> InsertReport:
        """Insert files in one transaction, all or nothing.

        Parameters
        ----------
        records
            The files; later ones win where they hold the same instance.
        requested_tags
            Tags whose values are cached, also when they are absent.
        overwrite
            Whether a file that is linked already and unchanged is written again.
        connection_name
            The peer that knows the patients, "" for files of this computer.
        patients_only
            Whether only patients are inserted, from records that have no study.

        Raises
        ------
        DatabaseUnavailable
            If nothing could be written.
        """
        changes = Changes()
        options = writer.InsertOptions(requested_tags, overwrite, connection_name, patients_only)
        with self.transaction(changes) as connections:
            report = writer.insert_records(connections, self.store, self.folder, records, options)
            changes.patients |= report.changed_patients
            changes.studies |= report.changed_studies
            changes.series |= report.changed_series
        return report

    def remove_series(
        self, *uids: str, clear_cached_tags: bool = False, cleanup: bool = True, short_paths: bool = True
    ) -> None:
        """Remove series with their instances, copies and thumbnails; linked files are left alone.

        Parameters
        ----------
        uids
            Series Instance UIDs; unknown ones are ignored.
        clear_cached_tags
            Whether the cached values go, too. They are of use if the files are imported again.
        cleanup
            Whether the row of the series itself goes.
        short_paths
            How thumbnails are named, see `storage.instance_path`.
        """
        with self.transaction(Changes(series=set(uids)), removing=True) as connections:
            removed = removal.remove_images(connections.main, uids)
            if cleanup:
                for uid in uids:
                    removal.remove_empty(connections.main, "Series", uid)
            if clear_cached_tags:
                self.store.remove(connections.cache, removed.sops)
        if self.folder:
            removal.delete_from_disk(self.folder, removed, short_paths)

    def remove_study(self, uid: str) -> None:
        """Remove a study with all its series."""
        self.remove_series(*self.series(uid))
        self.remove_if_empty("studies", uid)

    def remove_patient(self, uid: int | str) -> None:
        """Remove a patient with all studies."""
        for study in self.studies(uid):
            self.remove_study(study)
        self.remove_if_empty("patients", str(uid))

    def remove_if_empty(self, level: str, uid: str) -> bool:
        """Remove a row of "patients", "studies" or "series" if nothing is below it; False if something is."""
        with self.transaction() as connections:
            return removal.remove_empty(connections.main, schema.TABLES[level], uid)

    def cleanup(self, vacuum: bool = False) -> None:
        """Remove all rows that have nothing below them, and give the room back to the disk if asked."""
        with self.transaction() as connections:
            removal.remove_all_empty(connections.main)
            tag_cache.forget_unused_defaults(connections.cache)
        if vacuum:
            self.vacuum()

    def vacuum(self) -> None:
        """Give unused room in the files back to the disk."""
        self.read(sqlite3.Connection.execute, "VACUUM")
        self.read_tags(sqlite3.Connection.execute, "VACUUM")

    def data_version(self) -> int:
        """A number that differs once another connection, of any program, has changed the main file."""
        return int(self.read(lambda connection: connection.execute("PRAGMA data_version").fetchone()[0]))

    def copy_into(self, folder: str | os.PathLike[str]) -> None:
        """Write a copy of both files to another folder; DICOM files stay where they are.

        Raises
        ------
        DatabaseUnavailable
            If there is a database already, or it cannot be written.
        """
        migrations.copy_into(self, Path(folder))

    def set_patient_connections(self, patient: int | str, text: str) -> bool:
        """Store the JSON text of the peers that may be asked for a patient; False for an unknown patient."""
        with self.transaction() as connections:
            query = "UPDATE Patients SET Connections = ? WHERE UID = ?"
            return connections.main.execute(query, (text, patient)).rowcount > 0

    # Questions

    def patients(self) -> list[int]:
        """Numbers of the patients, in the order in which they came."""
        return [int(uid) for uid in self.read(queries.first_column, "SELECT UID FROM Patients ORDER BY UID")]

    def studies(self, patient: int | str) -> list[str]:
        """UIDs of the studies of a patient."""
        query = "SELECT StudyInstanceUID FROM Studies WHERE PatientsUID = ? ORDER BY rowid"
        return self.read(queries.first_column, query, (patient,))

    def series(self, study: str) -> list[str]:
        """UIDs of the series of a study."""
        query = "SELECT SeriesInstanceUID FROM Series WHERE StudyInstanceUID = ? ORDER BY rowid"
        return self.read(queries.first_column, query, (study,))

    def instances(self, series: str) -> list[str]:
        """SOP Instance UIDs of a series."""
        query = "SELECT SOPInstanceUID FROM Images WHERE SeriesInstanceUID = ? ORDER BY rowid"
        return self.read(queries.first_column, query, (series,))

    def files(self, series: str) -> list[str]:
        """Absolute paths of the instances of a series; "" for one without a file."""
        query = "SELECT Filename FROM Images WHERE SeriesInstanceUID = ? ORDER BY rowid"
        return [self.absolute_path(name) for name in self.read(queries.first_column, query, (series,))]

    def rows(self, level: str, **where: object) -> list[Row]:
        """All columns of the rows of "patients", "studies", "series" or "instances".

        `where` names columns: `rows("series", StudyInstanceUID=uid)`; a list stands for any of its items.
        """
        return self.read(queries.rows, level, where)

    def search(self, level: str, text: str) -> list[str]:
        """Identifiers of the "patients", "studies" or "series" that match all terms of a search.

        Parameters
        ----------
        level
            What is wanted: patients are named by their UID, the others by their DICOM UID.
        text
            `Modality:CT StudyDate:2020- head`: fields are columns, DICOM keywords or tags that are cached,
            and match as DICOM says (PS3.4 C.2.2.2); a mere word is looked for in all that is shown. See
            `search_terms`.

        Raises
        ------
        SearchError
            If the text cannot be understood; it says what to write.
        """
        return search.search(self, level, text)

    def select(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of the answer to a SELECT statement on the main file."""
        return self.read(lambda connection: connection.execute(sql, tuple(parameters)).fetchall())

    def field(self, table: str, column: str, key: str, value: object) -> str:
        """A column of the row in which `key` is `value`, as text; "" if there is none or it is NULL."""
        return self.read(queries.field, table, column, key, value)

    def field_names(self, table: str) -> list[str]:
        """Names of the columns of a table, in their order."""
        return self.read(schema.column_names, table)

    def counts(self) -> tuple[int, int, int, int]:
        """Numbers of patients, studies, series and instances."""
        return self.read(queries.counts)

    def insertion_times(self, paths: Sequence[str]) -> dict[str, float]:
        """Absolute path → time of insertion, seconds since the epoch, of those files that are known."""
        return self.read(queries.insertion_times, self.folder, paths)

    def second_files(self) -> list[SecondFile]:
        """Files that were set aside, since their instance has another file with other content."""
        return self.read(second_files.all_files)

    def sop_of_file(self, path: str) -> str:
        """SOP Instance UID of a file or URL, "" if it is not in the database."""
        return self.read(queries.sop_of_file, self.folder, path)

    def sops_of_files(self, paths: Sequence[str]) -> dict[str, str]:
        """Path → SOP Instance UID of those files that are in the database."""
        return self.read(queries.sops_of_files, self.folder, paths)

    def absolute_path(self, stored: str) -> str:
        """Path of the file that is remembered as `stored`."""
        return storage.absolute_path(self.folder, stored)

    # Columns of tables

    def columns(self, table: str) -> list[Column]:
        """How the columns of "Patients", "Studies" or "Series" are shown, in the order of the table."""
        return self.read(columns.columns, table)

    def set_column(self, table: str, field: str, **properties: object) -> None:
        """Change DisplayedName, Visibility, Weight or Format of a column."""
        with self.transaction() as connections:
            columns.set_properties(connections.main, table, field, properties)

    # Cached values

    def cached_tag(self, sop: str, tag: str) -> str | None:
        """The cached text, which may be a sentinel; None if nothing is known."""
        return self.read_tags(tag_cache.cached, sop, tag.upper())

    def cached_pairs(self, sops: Iterable[str], tags: Iterable[str]) -> list[tuple[str, str]]:
        """(SOP Instance UID, tag) of what is cached, with a value or as absent."""
        found = self.read_tags(tag_cache.cached_many, list(sops), list(tags))
        return [(sop, tag) for sop, tag, _text in found]

    def cached_tags(self, sop: str, tags: Iterable[str]) -> list[str]:
        """Which of the tags are cached for an instance, with a value or as absent."""
        return [tag for _sop, tag in self.cached_pairs([sop], tags)]

    def cache_tags(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Store (SOP Instance UID, tag, value); an empty value means that the element is absent."""
        with self.tag_transaction() as connections:
            tag_cache.cache(connections.cache, rows)

    def has_tag_cache(self) -> bool:
        """Whether the file of the tag cache holds one."""
        return self.read_tags(tag_cache.is_there)

    def clear_tag_cache(self) -> None:
        """Forget all cached values."""
        with self.tag_transaction() as connections:
            tag_cache.create(connections.cache)

    def forget_tags(self, sops: Sequence[str]) -> None:
        """Forget the cached values of some instances."""
        with self.tag_transaction() as connections:
            self.store.remove(connections.cache, sops)

    def value(self, file_or_sop: str, tag: str) -> str:
        """The cached value of an element, "" if it is absent or not cached."""
        is_path = "/" in file_or_sop or "\\" in file_or_sop
        sop = self.sop_of_file(file_or_sop) if is_path else file_or_sop
        text = self.cached_tag(sop, tag)
        return "" if text is None or text in SENTINELS else text

    def values(self, sops: Iterable[str], tags: Iterable[str]) -> dict[str, dict[str, str]]:
        """SOP Instance UID → tag → value of what is cached and not empty.

        Each instance that was asked for has an entry.
        """
        return self.read_tags(bulk_values.values_of, self.store, sops, tags)

    def texts(self, sops: Iterable[str], tags: Iterable[str]) -> dict[str, dict[str, str]]:
        """As `values`, of all that is cached; the text may be a sentinel."""
        return self.read_tags(bulk_values.texts_of, self.store, sops, tags)


def _database_file(path: str, create: bool) -> str:
    """The file that is meant by a path to it or to its folder."""
    if path in PRIVATE_NAMES:
        return path
    target = Path(path)
    if create and not target.suffix and not target.exists():
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            fault = f"The database folder {path} cannot be made ({reason_of(error)})."
            raise DatabaseUnavailable(fault) from error
    return str(target / schema.DATABASE_NAME) if target.is_dir() else path
