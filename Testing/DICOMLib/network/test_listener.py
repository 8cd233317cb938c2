"""The listener with real senders: DCMTK, Orthanc, ourselves."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from DICOMLib.core.errors import AssociationRefused, NetworkError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.echo import echo
from DICOMLib.network.listener import Listener, ListenerOptions, listen
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import SendOptions, send
from Testing import dcmtk, factories
from Testing.DICOMLib.network import files

pytestmark = pytest.mark.network


@pytest.fixture
def receiver(tmp_path):
    return FolderReceiver(tmp_path / "taken")


def loopback(**options) -> ListenerOptions:
    return ListenerOptions(**{"port": 0, "address": "127.0.0.1", **options})


@pytest.fixture
def listener(receiver):
    with Listener(receiver, loopback()) as running:
        yield running


def test_storescu_in_every_encoding(listener, receiver, tmp_path):
    sources = files.write_all(tmp_path / "source")
    for syntax, option in ((files.JPEG_LS, "-xt"), (files.JPEG_2000, "-xv"), (files.RLE, "-xr")):
        path = next(path for path in sources if files.syntax_of(path) == syntax)
        dcmtk.tool("storescu", option, "localhost", listener.port, path)
    for syntax, option in (
        (files.EXPLICIT, "-xe"),
        (files.IMPLICIT, "-xi"),
        (files.BIG_ENDIAN, "-xb"),
        (files.DEFLATED, "-xd"),
    ):
        path = next(path for path in sources if files.syntax_of(path) == syntax)
        dcmtk.tool("storescu", option, "localhost", listener.port, path)
    assert len(receiver.files) == 7
    for sop, path in files.by_sop(sources).items():
        taken = receiver.files[sop]
        assert files.same_pixels(taken, path)
        # DCMTK makes the lengths of sequences anew, but of these files there are none
        assert files.syntax_of(taken) == files.syntax_of(path)


def test_dcmsend(listener, receiver, tmp_path):
    sources = factories.write(factories.ct_series(10), tmp_path / "source")
    output = dcmtk.tool("dcmsend", "-v", "localhost", listener.port, *sources)
    assert "with status SUCCESS : 10" in " ".join(output.split())
    assert all(files.same_data(receiver.files[sop], path) for sop, path in files.by_sop(sources).items())


def test_echoscu(listener):
    dcmtk.tool("echoscu", "localhost", listener.port)


def test_own_sender_byte_for_byte(listener, receiver, tmp_path):
    sources = files.write_all(tmp_path / "source")
    receipt = run(send(Peer("localhost", listener.port), sources, SendOptions(associations=3)))
    assert receipt.complete
    assert all(files.same_data(receiver.files[sop], path) for sop, path in files.by_sop(sources).items())


def test_orthanc_sends(listener, receiver, orthanc, tmp_path):
    sources = files.write_all(tmp_path / "source", (files.EXPLICIT, files.JPEG_LS))
    orthanc.upload(sources)
    modality = {"AET": "SLICER", "Host": "127.0.0.1", "Port": listener.port}
    requests.put(f"{orthanc.url}/modalities/us", json=modality, timeout=10).raise_for_status()
    requests.post(f"{orthanc.url}/modalities/us/echo", json={}, timeout=10).raise_for_status()
    stored = requests.get(f"{orthanc.url}/instances", timeout=10).json()
    requests.post(f"{orthanc.url}/modalities/us/store", json=stored, timeout=10).raise_for_status()
    for sop, path in files.by_sop(sources).items():
        assert files.same_pixels(receiver.files[sop], path)


def test_any_class_even_a_private_one(listener, receiver, tmp_path):
    dataset = files.picture(0)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.826.0.1.3680043.9.9999.1"
    sources = factories.write([dataset, factories.text_report(), factories.rt_plan()], tmp_path / "source")
    assert run(send(Peer("localhost", listener.port), sources)).complete
    assert len(receiver.files) == 3


@pytest.mark.parametrize("size", [1, 1 << 20, 40 << 20])
def test_sizes(listener, receiver, tmp_path, size):
    dataset = factories.instance(
        EncapsulatedDocument=bytes(range(256)) * (size // 256) + bytes(size % 256 + 1)
    )
    (source,) = factories.write([dataset], tmp_path / "source")
    assert run(send(Peer("localhost", listener.port), [source])).complete
    assert files.same_data(receiver.files[files.sop_of(source)], source)


def test_a_query_is_told_that_it_is_not_offered(listener):
    output = dcmtk.tool("findscu", "-S", "-k", "0008,0052=STUDY", "localhost", listener.port, check=False)
    assert "No Acceptable Presentation Contexts" in output


def test_titles_that_are_not_served(receiver, tmp_path):
    sources = factories.write(factories.ct_series(1), tmp_path / "source")
    acceptance = Acceptance("HERE", check_called=True, calling_ae_titles=frozenset({"FRIEND"}))
    with Listener(receiver, loopback(acceptance=acceptance)) as listener:
        with pytest.raises(AssociationRefused, match="does not know our AE title"):
            run(send(Peer("localhost", listener.port, "HERE", "FOE"), sources))
        with pytest.raises(AssociationRefused, match="another AE title than 'THERE'"):
            run(send(Peer("localhost", listener.port, "THERE", "FRIEND"), sources))
        assert run(send(Peer("localhost", listener.port, "HERE", "FRIEND"), sources)).complete


def test_addresses_that_are_not_served(receiver):
    with Listener(receiver, loopback(addresses=("10.0.0.0/8",))) as listener, pytest.raises(NetworkError):
        run(echo(Peer("127.0.0.1", listener.port)))
    with Listener(receiver, loopback(addresses=("127.0.0.0/8",))) as listener:
        assert run(echo(Peer("127.0.0.1", listener.port))).seconds


def test_a_taken_port_is_named(listener, receiver):
    with pytest.raises(NetworkError, match=f"listens at port {listener.port}"):
        Listener(receiver, loopback(port=listener.port)).start()


def test_a_full_disk_is_told_and_nothing_is_kept(receiver, tmp_path):
    sources = factories.write(factories.ct_series(2), tmp_path / "source")
    with Listener(receiver, loopback(min_free_bytes=1 << 60)) as listener:
        receipt = run(send(Peer("localhost", listener.port), sources))
    assert [reason for _uid, reason in receipt.missing] == ["Refused: out of resources (status 0xA700)"] * 2
    assert list((tmp_path / "taken").iterdir()) == []


def test_a_disk_is_not_filled_between_two_looks_at_it(receiver, tmp_path, monkeypatch):
    sources = factories.write(factories.ct_series(20, size=64), tmp_path / "source")
    spare = 10 * Path(sources[0]).stat().st_size
    keeps, taken = 1 << 20, tmp_path / "taken"

    def usage(folder):
        return SimpleNamespace(free=keeps + spare - sum(path.stat().st_size for path in taken.glob("*.dcm")))

    monkeypatch.setattr("shutil.disk_usage", usage)
    monkeypatch.setattr("DICOMLib.network.listener._ROOM_S", 3600.0)
    with Listener(receiver, loopback(min_free_bytes=keeps)) as listener:
        receipt = run(send(Peer("localhost", listener.port), sources))
    assert 9 <= receipt.done <= 11  # each file has other file meta information than its source


def test_too_large_an_instance_is_refused(receiver, tmp_path):
    sources = factories.write(factories.ct_series(1, size=256), tmp_path / "source")
    with Listener(receiver, loopback(acceptance=Acceptance(max_instance_bytes=1 << 16))) as listener:
        receipt = run(send(Peer("localhost", listener.port), sources))
    assert receipt.done == 0
    assert list((tmp_path / "taken").iterdir()) == []


def test_more_peers_than_are_served_are_told_so(receiver, tmp_path):
    with (
        Listener(receiver, loopback(max_associations=1)) as listener,
        socket.create_connection(("127.0.0.1", listener.port)),
    ):
        while not listener.associations:
            pass
        with pytest.raises(AssociationRefused, match="too many connections"):
            run(echo(Peer("127.0.0.1", listener.port)))


def test_a_hundred_associations_at_once(receiver, tmp_path):
    sources = factories.write(factories.ct_series(100), tmp_path / "source")
    with Listener(receiver, loopback(max_associations=100)) as listener:
        receipt = run(send(Peer("localhost", listener.port), sources, SendOptions(associations=100)))
    assert receipt.complete, receipt.as_text()
    assert len(receiver.files) == 100


def test_listening_is_a_job(receiver, tmp_path):
    sources = factories.write(factories.ct_series(2), tmp_path / "source")
    job = listen(receiver, loopback())
    port = int(next(job).detail.removeprefix("port "))
    sender = threading.Thread(target=lambda: run(send(Peer("localhost", port), sources)))
    sender.start()
    while next(job).done < 2:
        pass
    sender.join(10)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    report = end.value.value
    assert (report.stored, report.refused, report.associations) == (2, 0, 1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)
