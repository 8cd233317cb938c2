"""A real Orthanc with its DICOMweb plugin on loopback, for tests."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import requests

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
AE_TITLE = "ORTHANC"
START_SECONDS = 20.0


def free_port() -> int:
    """A TCP port of loopback that nobody uses now.

    It lies below those that the system gives to connections, one of which might take it before it is used.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("There is no free port.")


def program(name: str) -> str:
    """Path of a program; the test is skipped where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"the program {name} is not installed")
    return path


class Orthanc:
    """A server with an empty store in a folder; `close` ends it.

    Attributes
    ----------
    url
        Root of its REST interface.
    web_url
        Root of its DICOMweb services.
    dicom_port
        Port of its DIMSE services, called with `AE_TITLE`.
    """

    def __init__(self, folder: Path, **options: Any) -> None:
        if not PLUGIN.exists():
            pytest.skip("the DICOMweb plugin of Orthanc is not installed")
        executable = program("Orthanc")
        self.dicom_port, http_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{http_port}"
        self.web_url = f"{self.url}/dicom-web"
        configuration = {
            "StorageDirectory": str(folder / "store"),
            "IndexDirectory": str(folder / "store"),
            "HttpPort": http_port,
            "DicomPort": self.dicom_port,
            "DicomAet": AE_TITLE,
            "DicomCheckCalledAet": False,
            "AuthenticationEnabled": False,
            "DicomAlwaysAllowEcho": True,
            "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowGet": True,
            "DicomAlwaysAllowMove": True,
            "DicomAlwaysAllowStore": True,
            "Plugins": [str(PLUGIN)],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            **options,
        }
        settings = folder / "orthanc.json"
        settings.write_text(json.dumps(configuration))
        self._log = (folder / "orthanc.log").open("wb")
        self._process = subprocess.Popen([executable, str(settings)], stdout=self._log, stderr=self._log)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.05)
        self.close()
        raise RuntimeError("Orthanc did not start; see its log beside orthanc.json.")

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/system", timeout=1).status_code in (200, 401)
        except requests.ConnectionError:
            return False

    def upload(self, paths: Iterable[str | Path]) -> None:
        """Store files."""
        for path in paths:
            answer = requests.post(f"{self.url}/instances", Path(path).read_bytes(), timeout=10)
            answer.raise_for_status()

    def remove_series(self, uid: str) -> None:
        """Delete the series of that UID."""
        found = requests.post(f"{self.url}/tools/lookup", uid, timeout=10).json()
        for entry in found:
            requests.delete(f"{self.url}{entry['Path']}", timeout=10).raise_for_status()

    def clear(self) -> None:
        """Delete all patients."""
        for identifier in requests.get(f"{self.url}/patients", timeout=10).json():
            requests.delete(f"{self.url}/patients/{identifier}", timeout=10).raise_for_status()

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(10)
        self._log.close()
