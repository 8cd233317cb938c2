"""How fast instances come and go by DIMSE on loopback, against DCMTK and Orthanc in the same run.

    python -m Testing.Benchmarks.benchmark_dimse --files 1000

CT slices of 512 KB and of 20 KB, on files in memory. Each way takes its turn in each of three rounds, every
other round backwards, and its best counts. DCMTK's tools and Orthanc run with TCP_NODELAY=1, at their best,
except in the row "Nagle", with DCMTK as Debian ships it.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.peers import Peer
from DICOMLib.network.retrieve import RetrieveOptions, retrieve
from DICOMLib.network.send import SendOptions, send
from Testing import dcmtk, factories
from Testing.Benchmarks.contest import contest, folder_in_memory
from Testing.orthanc import Orthanc, free_port

SIZES = {"512 KB": 512, "20 KB": 100}
LOOPBACK = ListenerOptions(port=0, address="127.0.0.1", min_free_bytes=0)
STUDY, SERIES = str(factories.uid("study")), str(factories.uid("series"))
Work = Iterator[Callable[[], object]]


class Contests:
    """The contests with one set of files.

    Parameters
    ----------
    source
        Folder of the files.
    paths
        The files.
    rounds
        Of each contest.
    """

    def __init__(self, source: Path, paths: list[str], rounds: int) -> None:
        self._source = source
        self._paths = paths
        self._rounds = rounds

    def incoming(self) -> None:
        """C-STORE in, all from the same sender."""
        self._contest(
            "C-STORE in, sent by storescu",
            {
                "storescp": self._into_storescp,
                "our listener, into a folder": lambda folder: self._into_folder(folder, False),
                "our listener, into a folder, synchronized": lambda folder: self._into_folder(folder, True),
                "our listener, into the database, all answered": lambda folder: self._into_database(
                    folder, False, indexed=False
                ),
                "our listener, into the database, indexed": lambda folder: self._into_database(folder, False),
                "our listener, into the database, synchronized": lambda folder: self._into_database(
                    folder, True
                ),
                "the same, unsynchronized, from storescu with Nagle": self._from_nagle,
                "Orthanc": self._into_orthanc,
            },
        )

    def outgoing(self) -> None:
        """C-STORE out, all to the same receiver."""
        self._contest(
            "C-STORE out, to storescp",
            {
                "storescu": lambda folder: self._out_of_tool(folder, "storescu"),
                "dcmsend": lambda folder: self._out_of_tool(folder, "dcmsend"),
                "our sender": lambda folder: self._out_of_ours(folder, 1),
                "our sender, 2 associations": lambda folder: self._out_of_ours(folder, 2),
            },
        )

    def retrieval(self) -> None:
        """C-GET and C-MOVE of one study from the same archive."""
        port = free_port()
        with folder_in_memory() as archive:
            server = dcmtk.dcmqrscp(archive, {"SLICER": port, "STORESCP": port})
            peer = Peer("localhost", server.port, "QRSCP")
            run(send(peer, self._paths))
            plain = RetrieveOptions(list_first=False)
            whole = RetrieveOptions()
            self._contest(
                "C-GET from dcmqrscp",
                {
                    "getscu": lambda folder: _getscu(folder, server.port),
                    "findscu, which lists the instances, then getscu": lambda folder: _listed_getscu(
                        folder, server.port
                    ),
                    "ours, C-GET": lambda folder: _get(folder, peer, plain),
                    "ours, C-GET with a receipt": lambda folder: _get(folder, peer, whole),
                },
            )
            self._contest(
                "C-MOVE from dcmqrscp to the one who asks",
                {
                    "movescu": lambda folder: _movescu(folder, server.port, port),
                    "ours, C-MOVE": lambda folder: _move(folder, server.port, port, plain),
                    "ours, C-MOVE with a receipt": lambda folder: _move(folder, server.port, port, whole),
                },
            )
            server.close()

    def serving(self) -> None:
        """C-GET by DCMTK's client from dcmqrscp and from our database."""
        with folder_in_memory() as archive, Database.open(archive / "db") as database:
            theirs = dcmtk.dcmqrscp(archive)
            run(send(Peer("localhost", theirs.port, "QRSCP"), self._paths))
            run(import_paths(database, [self._source]))
            with DimseServer(database, LOOPBACK) as ours:
                self._contest(
                    "C-GET by getscu",
                    {
                        "dcmqrscp": lambda folder: _getscu(folder, theirs.port),
                        "our archive": lambda folder: _getscu(folder, ours.port),
                    },
                )
            theirs.close()

    def _contest(self, title: str, entries: dict[str, Callable[[Path], object]]) -> None:
        contest(title, len(self._paths), self._rounds, entries)

    def _storescu(self, port: int) -> object:
        return dcmtk.tool("storescu", "localhost", port, "+sd", self._source)

    @contextmanager
    def _into_storescp(self, folder: Path) -> Work:
        server = dcmtk.storescp(folder)
        yield lambda: self._storescu(server.port)
        server.close()

    @contextmanager
    def _into_folder(self, folder: Path, durable: bool) -> Work:
        with Listener(FolderReceiver(folder, durable), LOOPBACK) as listener:
            yield lambda: self._storescu(listener.port)

    @contextmanager
    def _into_database(self, folder: Path, durable: bool, indexed: bool = True) -> Work:
        """Until the sender has all answers, and if asked for until all is in the database."""
        with (
            Database.open(folder / "db") as database,
            Receiver(database, durable=durable) as receiver,
            Listener(receiver, LOOPBACK) as listener,
        ):
            yield lambda: (self._storescu(listener.port), indexed and receiver.flush())

    @contextmanager
    def _from_nagle(self, folder: Path) -> Work:
        kept = dcmtk.ENVIRONMENT.pop("TCP_NODELAY")
        try:
            with self._into_database(folder, False) as work:
                yield work
        finally:
            dcmtk.ENVIRONMENT["TCP_NODELAY"] = kept

    @contextmanager
    def _into_orthanc(self, folder: Path) -> Work:
        orthanc = Orthanc(folder)
        yield lambda: self._storescu(orthanc.dicom_port)
        orthanc.close()

    @contextmanager
    def _out_of_tool(self, folder: Path, name: str) -> Work:
        server = dcmtk.storescp(folder)
        yield lambda: dcmtk.tool(name, "localhost", server.port, "+sd", self._source)
        server.close()

    @contextmanager
    def _out_of_ours(self, folder: Path, associations: int) -> Work:
        server = dcmtk.storescp(folder, *(["--fork"] if associations > 1 else []))
        peer = Peer("localhost", server.port)
        yield lambda: run(send(peer, self._paths, SendOptions(associations=associations)))
        server.close()


_KEYS = ("-S", "-aec", "QRSCP", "-k", "0008,0052=STUDY", "-k", f"0020,000D={STUDY}")


@contextmanager
def _getscu(folder: Path, port: int) -> Work:
    yield lambda: dcmtk.tool("getscu", *_KEYS, "-od", folder, "localhost", port)


@contextmanager
def _listed_getscu(folder: Path, port: int) -> Work:
    """What DCMTK's tools need to know whether everything came, for a series that is known."""
    series = ("-k", "0008,0052=IMAGE", "-k", f"0020,000D={STUDY}", "-k", f"0020,000E={SERIES}")
    keys = ("-S", "-aec", "QRSCP", *series, "-k", "0008,0018", "localhost", port)
    with _getscu(folder, port) as get:
        yield lambda: (dcmtk.tool("findscu", *keys), get())


@contextmanager
def _movescu(folder: Path, port: int, back: int) -> Work:
    keys = (*_KEYS, "-aem", "STORESCP", "--port", back, "-od", folder)
    yield lambda: dcmtk.tool("movescu", *keys, "localhost", port)


@contextmanager
def _get(folder: Path, peer: Peer, options: RetrieveOptions) -> Work:
    receiver = FolderReceiver(folder, durable=False)
    yield lambda: run(retrieve(peer, [Wanted(STUDY)], receiver, options=options))


@contextmanager
def _move(folder: Path, port: int, back: int, options: RetrieveOptions) -> Work:
    peer = Peer("localhost", port, "QRSCP", protocol="CMOVE", move_destination="SLICER")
    receiver = FolderReceiver(folder, durable=False)
    here = ListenerOptions(port=back, address="127.0.0.1", min_free_bytes=0)
    with Listener(receiver, here) as listener:
        yield lambda: run(retrieve(peer, [Wanted(STUDY)], receiver, listener, options))


def main() -> None:
    """Run what is asked for."""
    parts = ("incoming", "outgoing", "retrieval", "serving")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", choices=SIZES, help="only one of them")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(parts)}; all if none is given")
    options = parser.parse_args()
    os.environ["TCP_NODELAY"] = "1"  # for Orthanc
    for size in [options.size] if options.size else SIZES:
        with folder_in_memory() as source:
            print(f"\n=== {options.files} files of {size}")
            paths = factories.write(factories.ct_series(options.files, size=SIZES[size]), source)
            contests = Contests(source, paths, options.rounds)
            for part in options.parts or parts:
                getattr(contests, part)()
    print(f"\nhighest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


if __name__ == "__main__":
    sys.exit(main())
