"""Files without preamble or file meta information go every way that others go."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import ListenerOptions
from DICOMLib.network.origin_servers import OriginServer as Origin
from DICOMLib.network.peers import Peer
from DICOMLib.network.receipt import Receipt
from DICOMLib.web import exchange
from DICOMLib.web.server.origin_server import OriginServer, ServerOptions
from DICOMLib.web.server.services import Services
from Testing import dcmtk
from Testing.DICOMLib.network import files
from Testing.factories import uid
from Testing.orthanc import AE_TITLE, Orthanc

pytestmark = pytest.mark.network

STUDY, SERIES = str(uid("study")), str(uid("bare"))
AT_SERIES = ("-k", "0008,0052=SERIES", "-k", f"0020,000D={STUDY}", "-k", f"0020,000E={SERIES}")
HERE = ListenerOptions(port=0, address="127.0.0.1", acceptance=Acceptance("HERE"), min_free_bytes=0)
ANYWHERE = ServerOptions(port=0)
TOLD: list[str] = []


@pytest.fixture
def bare(tmp_path: Path) -> list[str]:
    TOLD.clear()
    return files.write_bare(tmp_path / "bare")


@pytest.fixture
def database(tmp_path: Path, bare: list[str]) -> Iterator[Database]:
    with Database.open(tmp_path / "database") as opened:
        run(import_paths(opened, bare))
        assert opened.counts()[3] == 4
        yield opened


def note(fault: object) -> None:
    TOLD.append(str(fault))


@pytest.fixture
def web(database: Database) -> Iterator[OriginServer]:
    with OriginServer(Services(database, on_unreadable=note), ANYWHERE) as server:
        yield server


@pytest.fixture
def dimse(database: Database, orthanc: Orthanc) -> Iterator[DimseServer]:
    there = [Peer("localhost", orthanc.dicom_port, AE_TITLE)]
    with DimseServer(database, HERE, there, on_unreadable=note) as server:
        yield server


def held_by(orthanc: Orthanc) -> dict[str, pydicom.Dataset]:
    found = {}
    for one in requests.get(f"{orthanc.url}/instances", timeout=10).json():
        content = requests.get(f"{orthanc.url}/instances/{one}/file", timeout=10).content
        dataset = pydicom.dcmread(io.BytesIO(content))
        found[str(dataset.SOPInstanceUID)] = dataset
    return found


def same_pictures(datasets: dict[str, pydicom.Dataset]) -> bool:
    """Whether these are the four pictures, by their pixels and the names in them."""
    sources = {str(uid("bare", number)): files.picture(number, "bare") for number in range(4)}
    return datasets.keys() == sources.keys() and all(
        (datasets[sop].pixel_array == source.pixel_array).all()
        and datasets[sop].PatientName == source.PatientName
        for sop, source in sources.items()
    )


# Sent


def test_c_store_to_dcmtk(bare: list[str], tmp_path: Path, servers) -> None:
    there = servers(dcmtk.storescp(tmp_path))
    receipt = run(exchange.send(Peer("localhost", there.port, "THERE"), bare))
    assert receipt.complete, receipt.as_text()
    received = files.by_sop((tmp_path / "received").iterdir())
    assert len(received) == 4
    for number, path in enumerate(bare):
        assert files.same_bare_data(received[str(uid("bare", number))], path)


def test_c_store_to_orthanc(bare: list[str], orthanc: Orthanc) -> None:
    receipt = run(exchange.send(Peer("localhost", orthanc.dicom_port, AE_TITLE), bare))
    assert receipt.complete, receipt.as_text()
    assert same_pictures(held_by(orthanc))


def test_stow_to_orthanc(bare: list[str], orthanc: Orthanc) -> None:
    receipt = run(exchange.send(Origin(orthanc.web_url), bare))
    assert receipt.complete, receipt.as_text()
    assert same_pictures(held_by(orthanc))


def test_stow_to_us_is_kept_with_meta_information(bare: list[str], tmp_path: Path) -> None:
    """By a client that sends the files as they are, too."""
    from DICOMLib.indexing.receiver import Receiver

    parts = [
        b"--b\r\nContent-Type: application/dicom\r\n\r\n" + Path(path).read_bytes() + b"\r\n" for path in bare
    ]
    with Database.open(tmp_path / "other") as other, Receiver(other) as receiver:
        services = Services(other, receiver, receiver.settle, min_free_bytes=0)
        with OriginServer(services, ANYWHERE) as server:
            answer = requests.post(
                f"{server.url}/studies",
                b"".join(parts) + b"--b--",
                headers={"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'},
                timeout=30,
            )
            assert answer.status_code == 200, answer.text
        kept = {str(row["SOPInstanceUID"]): other.absolute_path(str(row["Filename"])) for row in
                other.rows("instances")}  # fmt: skip
        for number, path in enumerate(bare):
            assert files.same_bare_data(kept[str(uid("bare", number))], path)
            assert files.syntax_of(kept[str(uid("bare", number))]) == (*files.BARE, files.EXPLICIT)[number]


# Served


def test_c_get_by_dcmtk(dimse: DimseServer, tmp_path: Path) -> None:
    (tmp_path / "got").mkdir()
    keys = ("-S", "-aec", "HERE", *AT_SERIES, "-od", tmp_path / "got")
    dcmtk.tool("getscu", *keys, "localhost", dimse.port)
    got = files.by_sop((tmp_path / "got").iterdir())
    assert same_pictures({sop: pydicom.dcmread(path) for sop, path in got.items()})
    assert TOLD == []


def test_c_move_to_orthanc(dimse: DimseServer, orthanc: Orthanc) -> None:
    output = dcmtk.tool(
        "movescu", "-v", "-S", "-aec", "HERE", "-aem", AE_TITLE, *AT_SERIES, "localhost", dimse.port
    )
    assert "Success" in output
    assert same_pictures(held_by(orthanc))


def test_wado_with_dicomweb_client(web: OriginServer, bare: list[str], tmp_path: Path) -> None:
    client = DICOMwebClient(web.url)
    found = client.retrieve_series(STUDY, SERIES, media_types=(("application/dicom", "*"),))
    assert same_pictures({str(one.SOPInstanceUID): one for one in found})
    # a single file, byte for byte behind its new meta information
    url = f"{web.url}/studies/{STUDY}/series/{SERIES}/instances/{uid('bare', 2)}"
    whole = requests.get(url, headers={"Accept": "application/dicom; transfer-syntax=*"}, timeout=10).content
    (tmp_path / "whole.dcm").write_bytes(whole)
    assert files.same_bare_data(tmp_path / "whole.dcm", bare[2])
    assert files.syntax_of(tmp_path / "whole.dcm") == files.BIG_ENDIAN


@pytest.mark.parametrize("number", range(4))
def test_metadata_frames_and_pictures(web: OriginServer, number: int) -> None:
    client, sop = DICOMwebClient(web.url), str(uid("bare", number))
    [metadata] = client.retrieve_series_metadata(STUDY, SERIES)[number : number + 1]
    assert metadata["00080018"]["Value"] == [sop]
    assert metadata["00100010"]["Value"] == [{"Alphabetic": "Doe^Jane"}]
    [frame] = client.retrieve_instance_frames(STUDY, SERIES, sop, [1])
    assert frame == files.picture(number, "bare").PixelData
    assert client.retrieve_instance_rendered(STUDY, SERIES, sop, media_types=("image/png",))[:4] == b"\x89PNG"


def test_orthanc_retrieves_over_dicomweb(web: OriginServer, orthanc: Orthanc) -> None:
    place = f"{orthanc.web_url}/servers/slicer"
    requests.put(place, json={"Url": web.url}, timeout=10).raise_for_status()
    wanted = {"Resources": [{"Study": STUDY}], "Synchronous": True}
    requests.post(f"{place}/retrieve", json=wanted, timeout=60).raise_for_status()
    assert same_pictures(held_by(orthanc))


# Retrieved by ourselves, and what really cannot be read


@pytest.mark.parametrize("kind", ["web", "dimse"])
def test_we_retrieve(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> None:
    taken, receipt = retrieved(request, kind, tmp_path)
    assert receipt.complete, receipt.as_text()
    assert same_pictures({sop: pydicom.dcmread(path) for sop, path in taken.files.items()})


@pytest.mark.parametrize("kind", ["web", "dimse"])
def test_a_damaged_file_is_one_failure_and_named_by_the_server(
    request: pytest.FixtureRequest, kind: str, bare: list[str], database: Database, tmp_path: Path
) -> None:
    Path(bare[1]).write_text("this was an image once, and it is none any more")
    _taken, receipt = retrieved(request, kind, tmp_path)
    assert (receipt.asked, receipt.done) == (4, 3), receipt.as_text()
    assert [uid_ for uid_, _reason in receipt.missing] == [str(uid("bare", 1))]
    assert (receipt.faults, receipt.summary()) == ([], "3 of 4 instances in 1 series received, 1 failed.")
    assert "log" in receipt.missing[0][1]
    assert set(TOLD) == {f"{bare[1]}: no DICOM file"}


@pytest.mark.parametrize("kind", ["web", "dimse"])
def test_the_only_file_is_damaged(
    request: pytest.FixtureRequest, kind: str, bare: list[str], database: Database, tmp_path: Path
) -> None:
    for path in bare[1:]:
        Path(path).unlink()
    Path(bare[0]).write_bytes(b"")
    _taken, receipt = retrieved(request, kind, tmp_path)
    assert (receipt.asked, receipt.done, len(receipt.missing), receipt.faults) == (4, 0, 4, [])
    assert set(TOLD) == {
        f"{bare[0]}: no DICOM file", *(f"{path}: does not exist" for path in bare[1:])
    }  # fmt: skip


def retrieved(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> tuple[FolderReceiver, Receipt]:
    server = request.getfixturevalue(kind)
    target = (
        Origin(server.url) if kind == "web" else Peer("localhost", server.port, "HERE", response_timeout_s=10)
    )
    taken = FolderReceiver(tmp_path / "taken")
    return taken, run(exchange.retrieve(target, [Wanted(STUDY, SERIES)], taken))
