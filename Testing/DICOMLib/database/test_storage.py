"""Paths of the files of a database. Digests are expected as `md5sum` gives them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from DICOMLib.database import storage
from DICOMLib.indexing.copying import name_by_content


@pytest.mark.parametrize(
    ("directory", "path", "stored"),
    [
        ("/data/db", "/data/db/dicom/a.dcm", "dicom/a.dcm"),
        ("/data/db", "/data/db/./x/../dicom/a.dcm", "dicom/a.dcm"),
        ("/data/db", "/data/db2/a.dcm", "/data/db2/a.dcm"),
        ("/data/db", "/data/db", "/data/db"),
        ("/data/db", "dicom/a.dcm", "dicom/a.dcm"),
        ("/data/db", "", ""),
        ("", "/data/a.dcm", "/data/a.dcm"),
        ("/", "/data/a.dcm", "data/a.dcm"),
    ],
)
def test_stored_paths(directory: str, path: str, stored: str) -> None:
    assert storage.internal_path(directory, path) == stored


@pytest.mark.parametrize(
    ("directory", "stored", "path"),
    [
        ("/data/db", "dicom/a.dcm", "/data/db/dicom/a.dcm"),
        ("/data/db", "../a.dcm", "/data/a.dcm"),
        ("/data/db", "/x/a.dcm", "/x/a.dcm"),
        ("/data/db", "", ""),
        ("", "a.dcm", "a.dcm"),
    ],
)
def test_absolute_paths(directory: str, stored: str, path: str) -> None:
    assert storage.absolute_path(directory, stored) == path


def test_names_of_copies_and_thumbnails() -> None:

    digests: dict[str, str] = {}
    import subprocess

    for uid in ("1.2", "1.2.3", "9.1"):
        done = subprocess.run(["md5sum"], input=uid.encode(), capture_output=True, check=True)
        digests[uid] = done.stdout.decode().split()[0]
    expected = f"{digests['1.2'][:8]}/{digests['1.2.3'][:8]}/{digests['9.1']}"
    assert storage.copy_name("1.2", "1.2.3", "9.1") == f"dicom/{expected}.dcm"
    assert storage.copy_name("1.2", "1.2.3", "9.1", short=False) == "dicom/1.2/1.2.3/9.1.dcm"
    assert storage.thumbnail_path("/db", "1.2", "1.2.3", "9.1") == f"/db/thumbs/{expected}.png"


def test_copies_of_a_database_by_ctk_have_these_names(shared: Path) -> None:
    path = storage.copy_name(
        "1.2.826.0.1.3680043.2.1125.1.73379483469717886505187028001198162",
        "1.2.826.0.1.3680043.2.1125.1.65375240934815452318141136507497058",
        "1.2.826.0.1.3680043.2.1125.1.36939979591613832714338314756668754",
    )
    assert (shared / "ctk-database" / path).is_file()


@pytest.mark.parametrize("in_kernel", [True, False])
def test_a_copy_is_whole(tmp_path: Path, in_kernel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not in_kernel:
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    source = tmp_path / "source"
    source.write_bytes(os.urandom(3_000_001))
    for _ in range(2):  # an older copy is replaced
        assert storage.copy_in(tmp_path / "db", str(source), "dicom/a/b.dcm") == "dicom/a/b.dcm"
    assert (tmp_path / "db/dicom/a/b.dcm").read_bytes() == source.read_bytes()
    assert [path.name for path in (tmp_path / "db/dicom/a").iterdir()] == ["b.dcm"]


def test_a_copy_of_itself_is_nothing_to_do(tmp_path: Path) -> None:
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom/a.dcm").write_bytes(b"content")
    assert storage.copy_in(tmp_path, str(tmp_path / "dicom/a.dcm"), "dicom/a.dcm") == "dicom/a.dcm"
    assert (tmp_path / "dicom/a.dcm").read_bytes() == b"content"


def test_a_failing_copy_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        storage.copy_in(tmp_path, str(tmp_path / "missing"), "dicom/a.dcm")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("stored", "copy"),
    [
        (storage.copy_name("1.2", "1.2.3", "1.2.3.4"), True),
        (storage.copy_name("1.2", "1.2.3", "1.2.3.4", short=False), True),
        (storage.copy_name("1.2", "../..", "?", short=False), True),
        (name_by_content(storage.copy_name("1.2", "1.2.3", "1.2.3.4"), __file__), True),
        ("dicom/1.2/1.2.3/1.2.3.4", True),
        ("dicom/a.dcm", False),
        ("dicom/IM0001", False),
        ("dicom/patient/head/0001.dcm", False),
        ("incoming/a.dcm", True),
        ("DICOMweb/20240115/0.dcm", True),
        ("", False),
        ("dicom", False),
        ("a.dcm", False),
        ("patient/a.dcm", False),
        ("patient/dicom/a.dcm", False),
        ("dicom/../patient/a.dcm", False),
        ("http://dicom/a.dcm", False),
        ("../a.dcm", False),
        ("dicom/../../a.dcm", False),
        ("/a.dcm", False),
    ],
)
def test_what_is_a_copy(stored: str, copy: bool) -> None:
    assert storage.is_copy(stored) is copy
