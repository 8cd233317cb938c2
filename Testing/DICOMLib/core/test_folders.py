"""Folders that are made, and go again."""

from __future__ import annotations

import pytest

from DICOMLib.core.errors import FolderError
from DICOMLib.core.folders import make_folders, remove_folders


def test_what_was_made_is_told_and_goes_again(tmp_path):
    assert make_folders(tmp_path / "a" / "b") == [tmp_path / "a" / "b", tmp_path / "a"]
    assert make_folders(tmp_path / "a" / "b") == []
    remove_folders([tmp_path / "a" / "b", tmp_path / "a"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "reason"), [("file/out", "Not a directory"), ("file", "File exists")])
def test_a_folder_that_cannot_be_made_is_named_with_the_reason(tmp_path, name, reason):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FolderError) as raised:
        make_folders(tmp_path / name)
    assert str(raised.value) == f"The folder {tmp_path / name} cannot be made: {reason}."
    assert raised.value.reason == reason
    assert (tmp_path / "file").read_text() == "no folder"
