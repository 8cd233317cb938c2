"""A real nginx on loopback that speaks HTTPS for a server behind it, for tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from Testing.certificates import Certificates
from Testing.orthanc import free_port

START_SECONDS = 10.0
_CONFIGURATION = """
daemon off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 0;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {own.certificate};
        ssl_certificate_key {own.key};
        {clients}
        location / {{
            proxy_pass {behind};
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


class Nginx:
    """Takes HTTPS and passes it on; `close` ends it.

    Parameters
    ----------
    folder
        For its files.
    behind
        Root of the server behind it, such as "http://127.0.0.1:8042".
    own
        Its certificate.
    mutual
        Whether clients need a certificate of the same authority.

    Attributes
    ----------
    url
        Its root.
    """

    def __init__(self, folder: Path, behind: str, own: Certificates, mutual: bool = False) -> None:
        path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
        executable = shutil.which("nginx", path=path)
        if executable is None:
            pytest.skip("the program nginx is not installed")
        folder.mkdir()
        self._port = free_port()
        self.url = f"https://127.0.0.1:{self._port}"
        clients = f"ssl_client_certificate {own.ca}; ssl_verify_client on;" if mutual else ""
        settings = folder / "nginx.conf"
        settings.write_text(
            _CONFIGURATION.format(folder=folder, port=self._port, own=own, clients=clients, behind=behind)
        )
        command = [executable, "-c", str(settings), "-p", str(folder), "-e", str(folder / "error.log")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait(folder)

    def _wait(self, folder: Path) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.02)
        self.close()
        raise RuntimeError(f"nginx did not start: {(folder / 'error.log').read_text()}")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
