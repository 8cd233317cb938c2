"""How fast instances come and go by DICOMweb on loopback, against bare requests and Orthanc in the same run.

    python -m Testing.Benchmarks.benchmark_dicomweb --files 1000

CT slices of 512 KB and of 20 KB. Orthanc runs with TCP_NODELAY=1, at its best.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from DICOMLib.core.jobs import run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.outgoing import read_outgoing
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.web.client.retrieve import retrieve
from DICOMLib.web.client.send import StowOptions, send
from DICOMLib.web.client.stow import RequestBody, in_batches
from DICOMLib.web.client.wado import INSTANCES
from Testing import factories
from Testing.orthanc import Orthanc, free_port

SIZES = {"512 KB": 512, "20 KB": 100}
STUDY = str(factories.uid("study"))


class Table:
    """Rows of one comparison, with the ratio to the first."""

    def __init__(self, title: str, files: int) -> None:
        print(f"\n{title}")
        self._files = files
        self._first = 0.0

    def row(self, name: str, work: Callable[[], object], rounds: int = 1) -> None:
        """Time some work, the best of so many rounds, and print its row."""
        seconds = float("inf")
        for _ in range(rounds):
            begin = time.perf_counter()
            work()
            seconds = min(seconds, time.perf_counter() - begin)
        rate = self._files / seconds
        self._first = self._first or rate
        print(f"  {name:<44} {rate:>8.0f} files/s   {rate / self._first:>5.2f} x", flush=True)


def with_orthanc(folder: Path, paths: list[str]) -> None:
    """STOW-RS and WADO-RS with Orthanc, against bare requests that carry the same bytes."""
    orthanc = Orthanc(folder)
    server = OriginServer(orthanc.web_url)
    files = [read_outgoing(path) for path in paths]

    def upload() -> None:
        for batch in in_batches(files, StowOptions().batch_bytes, StowOptions().batch_files):
            body = RequestBody(batch)
            url = f"{orthanc.web_url}/studies"
            requests.post(url, b"".join(body), headers=body.headers, timeout=600).raise_for_status()

    def download() -> None:
        headers = {"Accept": INSTANCES[0]}
        url = f"{orthanc.web_url}/studies/{STUDY}"
        with requests.get(url, headers=headers, stream=True, timeout=600) as answer:
            for _piece in answer.iter_content(1 << 18):
                pass

    def split() -> None:
        """In memory, as a script of a few lines does it."""
        (folder / "split").mkdir()
        url, headers = f"{orthanc.web_url}/studies/{STUDY}", {"Accept": INSTANCES[0]}
        answer = requests.get(url, headers=headers, timeout=600)
        boundary = answer.headers["Content-Type"].rpartition("boundary=")[2].strip('"').encode()
        for number, part in enumerate(answer.content.split(b"--" + boundary)[1:-1]):
            content = part.partition(b"\r\n\r\n")[2][:-2]
            (folder / "split" / f"{number}.dcm").write_bytes(content)

    table = Table("STOW-RS to Orthanc", len(paths))
    table.row("bare requests", upload)
    orthanc.clear()
    table.row("our sender", lambda: run(send(server, paths)))
    table = Table("WADO-RS from Orthanc", len(paths))
    table.row("bare requests, split and written", split)
    table.row("bare requests, thrown away", download)
    receiver = FolderReceiver(folder / "web", durable=False)
    plain = RetrieveOptions(list_first=False)
    table.row("ours, into a folder", lambda: run(retrieve(server, [Wanted(STUDY)], receiver, plain)))
    table.row("ours, with a receipt", lambda: run(retrieve(server, [Wanted(STUDY)], receiver)))
    orthanc.close()


@contextmanager
def serving(folder: Path) -> Iterator[OriginServer]:
    """Our server of an empty database in a process of its own, as Orthanc is one."""
    where = ["--database", str(folder), "--http-port", str(free_port())]
    command = [sys.executable, "-m", "DICOMLib.cli", "serve", "--writable", "--no-dimse", "--json", *where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield OriginServer(json.loads(process.stdout.readline())["dicomweb"])
        finally:
            process.terminate()


def with_our_server(folder: Path, paths: list[str]) -> None:
    """STOW-RS to, and WADO-RS from, Orthanc and our server, by our client."""
    orthanc = Orthanc(folder)
    with serving(folder / "web-db") as ours:
        peers = {"Orthanc": OriginServer(orthanc.web_url), "our server": ours}
        table = Table("STOW-RS in, sent by our client", len(paths))
        for name, server in peers.items():
            table.row(name, lambda server=server: run(send(server, paths)))
        table = Table("WADO-RS out, to our client, the best of three", len(paths))
        plain = RetrieveOptions(list_first=False)
        for name, server in peers.items():

            def fetch(server: OriginServer = server) -> None:
                kept = FolderReceiver(Path(tempfile.mkdtemp(dir=folder)), durable=False)
                assert run(retrieve(server, [Wanted(STUDY)], kept, plain)).done == len(paths)

            table.row(name, fetch, rounds=3)
    orthanc.close()


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where to work; best in memory")
    options = parser.parse_args()
    os.environ["TCP_NODELAY"] = "1"  # for Orthanc
    for name, size in SIZES.items():
        folder = Path(tempfile.mkdtemp(prefix="network-", dir=options.folder))
        try:
            print(f"\n=== {options.files} files of {name}")
            paths = factories.write(factories.ct_series(options.files, size=size), folder / "source")
            with_orthanc(folder, paths)
            (folder / "web server").mkdir()
            with_our_server(folder / "web server", paths)
        finally:
            shutil.rmtree(folder)
    print(f"\nhighest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


if __name__ == "__main__":
    sys.exit(main())
