"""How fast instances come and go on loopback, against DCMTK and Orthanc in the same run.

    python -m Testing.Benchmarks.benchmark_network --files 1000

CT slices of 512 KB and of 20 KB. DCMTK's tools and Orthanc run with TCP_NODELAY=1, at their best; the rows
"Nagle" are with DCMTK as Debian ships it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.outgoing import read_outgoing
from DICOMLib.network.peers import Peer
from DICOMLib.network.retrieve import RetrieveOptions, retrieve
from DICOMLib.network.send import SendOptions, send
from DICOMLib.web.client.retrieve import retrieve as retrieve_over_web
from DICOMLib.web.client.send import StowOptions
from DICOMLib.web.client.send import send as send_over_web
from DICOMLib.web.client.stow import RequestBody, in_batches
from DICOMLib.web.client.wado import INSTANCES
from DICOMLib.web.server.origin_server import OriginServer as WebServer
from DICOMLib.web.server.origin_server import ServerOptions
from DICOMLib.web.server.services import Services
from Testing import dcmtk, factories
from Testing.orthanc import Orthanc

SIZES = {"512 KB": 512, "20 KB": 100}
LOOPBACK = ListenerOptions(port=0, address="127.0.0.1", min_free_bytes=0)
STUDY = str(factories.uid("study"))


class Table:
    """Rows of one comparison, with the ratio to the first."""

    def __init__(self, title: str, files: int) -> None:
        print(f"\n{title}")
        self._files = files
        self._first = 0.0

    def row(self, name: str, work: Callable[[], object], files: int = 0) -> None:
        """Time some work and print its row."""
        begin = time.perf_counter()
        work()
        rate = (files or self._files) / (time.perf_counter() - begin)
        self._first = self._first or rate
        print(f"  {name:<44} {rate:>8.0f} files/s   {rate / self._first:>5.2f} x", flush=True)


@contextmanager
def nagle() -> Iterator[None]:
    """DCMTK as Debian ships it."""
    kept = dcmtk.ENVIRONMENT.pop("TCP_NODELAY")
    try:
        yield
    finally:
        dcmtk.ENVIRONMENT["TCP_NODELAY"] = kept


def incoming(folder: Path, source: Path, count: int) -> None:
    """C-STORE in, all from the same sender."""
    table = Table("C-STORE in, sent by storescu", count)
    server = dcmtk.storescp(folder / "storescp")
    table.row("storescp", lambda: dcmtk.tool("storescu", "localhost", server.port, "+sd", source))
    server.close()
    for text, durable in (("", False), (", on the disk", True)):
        with Listener(FolderReceiver(folder / f"folder{text}", durable), LOOPBACK) as listener:
            port = listener.port
            table.row(
                f"our listener, into a folder{text}",
                lambda port=port: dcmtk.tool("storescu", "localhost", port, "+sd", source),
            )
    for text, durable in ((", on the disk", True), ("", False)):
        with (
            Database.open(folder / f"db{text}") as database,
            Receiver(database, durable=durable) as receiver,
            Listener(receiver, LOOPBACK) as listener,
        ):
            port = listener.port
            table.row(
                f"our listener, into the database, indexed{text}",
                lambda port=port, receiver=receiver: (
                    dcmtk.tool("storescu", "localhost", port, "+sd", source),
                    receiver.flush(),
                ),
            )
    with (
        Database.open(folder / "nagle") as database,
        Receiver(database, durable=False) as receiver,
        Listener(receiver, LOOPBACK) as listener,
        nagle(),
    ):
        port = listener.port
        table.row(
            "the same, from storescu with Nagle",
            lambda: dcmtk.tool("storescu", "localhost", port, "+sd", source),
        )
    orthanc = Orthanc(folder)
    table.row("Orthanc", lambda: dcmtk.tool("storescu", "localhost", orthanc.dicom_port, "+sd", source))
    orthanc.close()


def outgoing(folder: Path, source: Path, paths: list[str]) -> None:
    """C-STORE out, all to the same receiver."""
    table = Table("C-STORE out, to storescp", len(paths))
    server = dcmtk.storescp(folder / "out", "--fork")
    peer = Peer("localhost", server.port)
    table.row("storescu", lambda: dcmtk.tool("storescu", "localhost", server.port, "+sd", source))
    table.row("dcmsend", lambda: dcmtk.tool("dcmsend", "localhost", server.port, "+sd", source))
    table.row("our sender", lambda: run(send(peer, paths)))
    table.row("our sender, 2 associations", lambda: run(send(peer, paths, SendOptions(associations=2))))
    server.close()
    with nagle():
        server = dcmtk.storescp(folder / "nagle")
    peer = Peer("localhost", server.port)
    table.row("our sender, to storescp with Nagle", lambda: run(send(peer, paths)))
    server.close()


def retrieval(folder: Path, paths: list[str]) -> None:
    """C-GET and C-MOVE of one study."""
    table = Table("Retrieve from dcmqrscp", len(paths))
    with Listener(FolderReceiver(folder / "moved", durable=False), LOOPBACK) as listener:
        server = dcmtk.dcmqrscp(folder, {"SLICER": listener.port})
        peer = Peer("localhost", server.port, "QRSCP")
        run(send(peer, paths))
        (folder / "got").mkdir()
        keys = ("-S", "-k", "0008,0052=STUDY", "-k", f"0020,000D={STUDY}", "-aec", "QRSCP")
        table.row(
            "getscu", lambda: dcmtk.tool("getscu", *keys, "-od", folder / "got", "localhost", server.port)
        )
        receiver = FolderReceiver(folder / "ours", durable=False)
        plain = RetrieveOptions(list_first=False)
        table.row("ours, C-GET", lambda: run(retrieve(peer, [Wanted(STUDY)], receiver, options=plain)))
        table.row("ours, C-GET with a receipt", lambda: run(retrieve(peer, [Wanted(STUDY)], receiver)))
        moving = Peer("localhost", server.port, "QRSCP", protocol="CMOVE", move_destination="SLICER")
        table.row(
            "ours, C-MOVE with a receipt",
            lambda: run(retrieve(moving, [Wanted(STUDY)], receiver, listener)),
        )
        server.close()


def serving(folder: Path, source: Path, paths: list[str]) -> None:
    """C-GET from an archive by DCMTK's client: from dcmqrscp and from our database."""
    table = Table("Retrieve with getscu", len(paths))
    (folder / "serving").mkdir()
    server = dcmtk.dcmqrscp(folder / "serving")
    run(send(Peer("localhost", server.port, "QRSCP"), paths))
    keys = (
        "-S",
        "-k",
        "0008,0052=STUDY",
        "-k",
        f"0020,000D={STUDY}",
        "-aec",
        "QRSCP",
        "-od",
        folder / "got2",
    )
    (folder / "got2").mkdir()
    table.row("dcmqrscp", lambda: dcmtk.tool("getscu", *keys, "localhost", server.port))
    server.close()
    with Database.open(folder / "serving-db") as database:
        run(import_paths(database, [source]))
        with DimseServer(database, LOOPBACK) as ours:
            port = ours.port
            table.row("our server", lambda: dcmtk.tool("getscu", *keys, "localhost", port))


def over_web(folder: Path, paths: list[str]) -> None:
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
    table.row("our sender", lambda: run(send_over_web(server, paths)))
    table = Table("WADO-RS from Orthanc", len(paths))
    table.row("bare requests, split and written", split)
    table.row("bare requests, thrown away", download)
    receiver = FolderReceiver(folder / "web", durable=False)
    plain = RetrieveOptions(list_first=False)
    table.row("ours, into a folder", lambda: run(retrieve_over_web(server, [Wanted(STUDY)], receiver, plain)))
    table.row("ours, with a receipt", lambda: run(retrieve_over_web(server, [Wanted(STUDY)], receiver)))
    orthanc.close()


def serving_over_web(folder: Path, paths: list[str]) -> None:
    """STOW-RS to, and WADO-RS from, Orthanc and our server, by our client."""
    orthanc = Orthanc(folder)
    with (
        Database.open(folder / "web-db") as database,
        Receiver(database) as receiver,
        WebServer(Services(database, receiver, receiver.settle), ServerOptions(port=0)) as ours,
    ):
        peers = {
            "Orthanc": OriginServer(orthanc.web_url),
            "our server, on the disk": OriginServer(ours.url),
        }
        table = Table("STOW-RS in, sent by our client", len(paths))
        for name, server in peers.items():
            table.row(name, lambda server=server: run(send_over_web(server, paths)))
        table = Table("WADO-RS out, to our client", len(paths))
        plain = RetrieveOptions(list_first=False)
        for name, server in peers.items():
            kept = FolderReceiver(folder / f"taken from {name}", durable=False)
            table.row(
                name,
                lambda server=server, kept=kept: run(retrieve_over_web(server, [Wanted(STUDY)], kept, plain)),
            )
    orthanc.close()


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where to work; best in memory")
    parser.add_argument("--web", action="store_true", help="only DICOMweb")
    options = parser.parse_args()
    os.environ["TCP_NODELAY"] = "1"  # for Orthanc
    for name, size in SIZES.items():
        folder = Path(tempfile.mkdtemp(prefix="network-", dir=options.folder))
        try:
            print(f"\n=== {options.files} files of {name}")
            source = folder / "source"
            paths = factories.write(factories.ct_series(options.files, size=size), source)
            if not options.web:
                incoming(folder, source, options.files)
                outgoing(folder, source, paths)
                retrieval(folder, paths)
            over_web(folder, paths)
            (folder / "web server").mkdir()
            serving_over_web(folder / "web server", paths)
            serving(folder, source, paths)
        finally:
            shutil.rmtree(folder)
    print(f"\nhighest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


if __name__ == "__main__":
    sys.exit(main())
