"""Which folders are on this computer, by the table of mounts."""

from __future__ import annotations

import pytest

from DICOMLib.database import file_systems


@pytest.mark.parametrize(
    ("kind", "network"),
    [
        ("ext4", False), ("overlay", False), ("tmpfs", False), ("btrfs", False), ("fuse.gocryptfs", False),
        ("nfs", True), ("nfs4", True), ("cifs", True), ("smb3", True), ("9p", True), ("fuse.sshfs", True),
        ("ceph", True),
    ],
)  # fmt: skip
def test_kinds_of_mounts(kind: str, network: bool) -> None:
    assert file_systems._is_network(kind) is network


def test_the_nearest_mount_counts(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n"
        "/dev/sdb /home/me/local\\040disk ext4 rw 0 0\n"
    )
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    assert file_systems._mount_type("/data") == "ext4"
    assert file_systems._mount_type("/home/me") == "nfs4"
    assert file_systems._mount_type("/homework") == "ext4"
    assert file_systems._mount_type("/home/me/local disk/db") == "ext4"
    monkeypatch.setattr(file_systems, "MOUNTS", tmp_path / "missing")
    assert file_systems._mount_type("/data") == ""


def test_this_computer_is_local(tmp_path) -> None:
    assert file_systems.is_local(str(tmp_path))
