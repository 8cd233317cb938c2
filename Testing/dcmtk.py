"""Real DCMTK servers and tools on loopback, for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from Testing.orthanc import free_port, program

START_SECONDS = 10.0
# Debian's tools leave Nagle's algorithm on unless told otherwise; tests need not wait for it.
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}


class Server:
    """A program that listens at a port of loopback; `close` ends it.

    Attributes
    ----------
    port
        Where it listens.
    log
        File of what it prints.
    """

    def __init__(self, name: str, arguments: Sequence[object], folder: Path, port: int) -> None:
        self.port = port
        self.log = folder / f"{name}.log"
        self._output = self.log.open("wb")
        command = [program(name), *map(str, arguments)]
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=ENVIRONMENT,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        self.close()
        raise RuntimeError(f"A server did not start: {self.log.read_text(errors='replace')}")

    def pause(self) -> None:
        """Let it hang, with the processes that serve its associations."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.killpg(self._process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Let it die at once."""
        self._process.kill()
        self._process.wait(10)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
        self._output.close()


def storescp(folder: Path, *options: object) -> Server:
    """A `storescp` that takes everything into `folder/received`."""
    (folder / "received").mkdir(parents=True, exist_ok=True)
    port = free_port()
    return Server("storescp", [*options, "-pm", "+xa", "+B", "-od", folder / "received", port], folder, port)


def dcmqrscp(
    folder: Path, destinations: Mapping[str, int] | None = None, *options: object, port: int = 0
) -> Server:
    """A `dcmqrscp` with AE title QRSCP, which may move to the destinations (AE title → port of loopback)."""
    port = port or free_port()
    store = folder / "qr"
    store.mkdir(parents=True, exist_ok=True)
    hosts = "".join(
        f"host{number} = ({title}, localhost, {where})\n"
        for number, (title, where) in enumerate((destinations or {}).items())
    )
    (folder / "dcmqrscp.cfg").write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 131072\nMaxAssociations = 16\n"
        f"HostTable BEGIN\n{hosts}HostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nQRSCP {store} RW (2000, 4096mb) ANY\nAETable END\n"
    )
    return Server("dcmqrscp", [*options, "-c", folder / "dcmqrscp.cfg"], folder, port)


def tool(name: str, *arguments: object, check: bool = True) -> str:
    """Run a tool of DCMTK and return all that it prints."""
    command = [program(name), *map(str, arguments)]
    result = subprocess.run(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    output = result.stdout.decode(errors="replace")
    if check and result.returncode:
        raise AssertionError(f"{name} failed: {output}")
    return output
