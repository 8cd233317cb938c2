"""Whether a folder is on a disk of this computer."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

_NETWORK_TYPES = ("nfs", "cifs", "smb", "afs", "9p", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "davfs")
_NETWORK_FUSE = ("sshfs", "s3fs", "gcsfuse", "rclone", "gvfs", "ceph", "gluster", "davfs")
_DRIVE_REMOTE = 4
MOUNTS = Path("/proc/self/mounts")


@lru_cache(maxsize=64)
def is_local(folder: str) -> bool:
    """False for network drives, as far as the operating system tells; True if in doubt on Linux."""
    folder = os.path.realpath(folder or ".")
    if sys.platform == "win32":
        return _is_local_on_windows(folder)
    if sys.platform == "darwin":
        # Network volumes are mounted there (removable disks, too: they only lose some speed).
        return not folder.startswith(("/Volumes/", "/Network/"))
    return not _is_network(_mount_type(folder))


def _is_local_on_windows(folder: str) -> bool:
    import ctypes

    if folder.startswith("\\\\"):
        return False
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  only there on Windows
    return bool(kernel.GetDriveTypeW(os.path.splitdrive(folder)[0] + "\\") != _DRIVE_REMOTE)


def _is_network(mount_type: str) -> bool:
    if mount_type.startswith("fuse."):
        return any(name in mount_type for name in _NETWORK_FUSE)
    return mount_type.startswith(_NETWORK_TYPES)


def _mount_type(folder: str) -> str:
    """Type of the file system that is mounted where `folder` lies; "" if unknown."""
    best, best_type = "", ""
    try:
        with MOUNTS.open(encoding="utf-8", errors="surrogateescape") as mounts:
            for line in mounts:
                point, kind = line.split(" ", 3)[1:3]
                point = point.replace("\\040", " ")
                inside = folder == point or folder.startswith(point.rstrip("/") + "/")
                if inside and len(point) >= len(best):
                    best, best_type = point, kind
    except OSError:
        return ""
    return best_type
