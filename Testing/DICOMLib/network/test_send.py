"""C-STORE to DCMTK and Orthanc: all encodings, faults, cancel, resume."""

from __future__ import annotations

import time
from pathlib import Path

import pydicom
import pytest
import requests

from DICOMLib.core.errors import AssociationRefused, NetworkError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import SendOptions, send
from Testing import dcmtk, factories
from Testing.DICOMLib.network import files
from Testing.DICOMLib.network.raw_peer import accept, raw_peer, read_pdu
from Testing.orthanc import free_port

pytestmark = pytest.mark.network


def received(folder: Path) -> dict[str, str]:
    return files.by_sop((folder / "received").iterdir())


def test_every_encoding_arrives_byte_for_byte(storescp, tmp_path):
    sources = files.write_all(tmp_path / "source")
    receipt = run(send(Peer("localhost", storescp.port), sources))
    assert (receipt.complete, receipt.asked, receipt.done, receipt.notes) == (True, 7, 7, [])
    found = received(tmp_path)
    assert {
        sop: files.same_data(found[sop], path) for sop, path in files.by_sop(sources).items()
    } == dict.fromkeys(found, True)


def test_a_peer_that_knows_only_implicit_gets_that(tmp_path, servers):
    port = free_port()
    (tmp_path / "received").mkdir()
    server = servers(dcmtk.Server("storescp", ["+xi", "-od", tmp_path / "received", port], tmp_path, port))
    sources = files.write_all(tmp_path / "source")
    receipt = run(send(Peer("localhost", server.port), sources))
    assert receipt.complete, receipt.as_text()
    assert len(receipt.notes) == 6
    found = received(tmp_path)
    assert {files.syntax_of(path) for path in found.values()} == {files.IMPLICIT}
    for sop, path in files.by_sop(sources).items():
        assert files.same_pixels(found[sop], path)


def test_without_transcoding_they_are_named(tmp_path, servers):
    port = free_port()
    (tmp_path / "received").mkdir()
    server = servers(dcmtk.Server("storescp", ["+xi", "-od", tmp_path / "received", port], tmp_path, port))
    sources = files.write_all(tmp_path / "source")
    receipt = run(send(Peer("localhost", server.port), sources, SendOptions(transcode=False)))
    assert receipt.done == 1
    assert {reason for _uid, reason in receipt.missing} == {
        "The peer takes this kind of object not at all, or in no encoding of it."
    }


def test_orthanc_gives_back_what_it_was_sent(orthanc, tmp_path):
    sources = files.write_all(tmp_path / "source", (files.EXPLICIT, files.JPEG_LS, files.RLE))
    receipt = run(send(Peer("localhost", orthanc.dicom_port, "ORTHANC"), sources))
    assert receipt.complete, receipt.as_text()
    stored = requests.get(f"{orthanc.url}/instances", timeout=10).json()
    assert len(stored) == 3
    for number, identifier in enumerate(stored):
        (tmp_path / f"back{number}").write_bytes(
            requests.get(f"{orthanc.url}/instances/{identifier}/file", timeout=10).content
        )
    back = files.by_sop(tmp_path.glob("back*"))
    for sop, path in files.by_sop(sources).items():
        assert files.same_data(back[sop], path)


def test_a_peer_that_takes_fewer_associations(tmp_path):
    """The others go their way: what they cannot send is sent by the one that there is."""
    sources = factories.write(factories.ct_series(60, size=64), tmp_path / "source")
    receiver = FolderReceiver(tmp_path / "taken", durable=False)
    with Listener(receiver, ListenerOptions(0, "127.0.0.1", max_associations=1)) as listener:
        receipt = run(send(Peer("localhost", listener.port), sources, SendOptions(associations=4)))
        assert (receipt.asked, receipt.done, receipt.complete) == (60, 60, True)
        assert len(receiver.files) == 60
        (remark,) = receipt.remarks
    assert "Fewer connections were used" in remark
    assert "too many connections" in remark


def test_several_associations(storescp, tmp_path, servers):
    forking = servers(dcmtk.storescp(tmp_path / "forking", "--fork"))
    sources = factories.write(factories.ct_series(40), tmp_path / "source")
    receipt = run(send(Peer("localhost", forking.port), sources, SendOptions(associations=4)))
    assert (receipt.complete, receipt.done) == (True, 40)
    assert len(received(tmp_path / "forking")) == 40


def of_many_kinds(folder):
    """70 files of as many SOP classes, each with 3 presentation contexts, of which 128 fit."""
    datasets = []
    for number in range(70):
        dataset = files.in_syntax(files.picture(number), files.RLE)
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = (
            f"1.2.826.0.1.3680043.9.9999.{number}"
        )
        datasets.append(dataset)
    return factories.write(datasets, folder)


def test_more_kinds_than_one_association_can_negotiate(storescp, tmp_path):
    receipt = run(send(Peer("localhost", storescp.port), of_many_kinds(tmp_path / "source")))
    assert (receipt.complete, receipt.done) == (True, 70)


def test_a_peer_that_is_gone_before_the_second_association(storescp, tmp_path):
    """What it has of the first one is told."""
    taken = []

    def on_sent(sop_instance):
        taken.append(sop_instance)
        if len(taken) == 128 // 3:
            storescp.close()

    receipt = run(send(Peer("localhost", storescp.port), of_many_kinds(tmp_path / "source"), on_sent=on_sent))
    assert (receipt.asked, receipt.done, len(receipt.missing)) == (70, 42, 28)


def test_what_cannot_be_sent_is_in_the_receipt(storescp, tmp_path):
    (good,) = factories.write(factories.ct_series(1), tmp_path / "source")
    text = tmp_path / "readme.txt"
    text.write_text("no DICOM")
    receipt = run(send(Peer("localhost", storescp.port), [good, text, tmp_path / "gone.dcm"]))
    assert receipt.done == 1
    assert receipt.faults == [(str(text), "no DICOM file"), (str(tmp_path / "gone.dcm"), "does not exist")]
    assert not receipt.complete
    assert "1 x no DICOM file" in receipt.as_text()


def test_cut_off_files_are_named_and_the_others_sent(storescp, tmp_path):
    sources = files.write_all(tmp_path / "source", (files.EXPLICIT, files.JPEG_2000, files.RLE))
    for path in sources[1:]:
        raw = Path(path).read_bytes()
        Path(path).write_bytes(raw[: len(raw) - 200])
    receipt = run(send(Peer("localhost", storescp.port), sources))
    assert (receipt.done, receipt.complete) == (1, False)
    assert receipt.faults == [(path, "truncated") for path in sources[1:]]
    assert len(received(tmp_path)) == 1


def test_series_are_told_apart(storescp, tmp_path):
    sources = factories.write(
        [*factories.ct_series(2, "a"), *factories.ct_series(3, "b")], tmp_path / "source"
    )
    receipt = run(send(Peer("localhost", storescp.port), sources))
    assert {uid: (len(one.asked), len(one.done)) for uid, one in receipt.series.items()} == {
        str(factories.uid("a")): (2, 2),
        str(factories.uid("b")): (3, 3),
    }


def test_several_files_of_an_instance_are_told(storescp, tmp_path):
    sources = factories.write(factories.ct_series(3), tmp_path / "source")
    again = factories.write(factories.ct_series(2), tmp_path / "again")
    receipt = run(send(Peer("localhost", storescp.port), [*sources, *again]))
    assert (receipt.asked, receipt.done) == (3, 3)
    (remark,) = receipt.remarks
    assert remark.startswith("5 files hold 3 instances: 2 have the SOP Instance UID of another file")


def test_resume_sends_only_the_rest(storescp, tmp_path):
    sources = factories.write(factories.ct_series(5), tmp_path / "source")
    sent: list[str] = []
    run(send(Peer("localhost", storescp.port), sources[:2], on_sent=sent.append))
    assert len(sent) == 2
    for path in (tmp_path / "received").iterdir():
        path.unlink()
    options = SendOptions(done=frozenset(sent))
    receipt = run(send(Peer("localhost", storescp.port), sources, options))
    assert (receipt.complete, receipt.done) == (True, 5)
    assert len(received(tmp_path)) == 3


@pytest.mark.parametrize("steps", [1, 3, 20])
def test_cancel_leaves_nothing_half_sent(storescp, tmp_path, steps):
    sources = factories.write(factories.ct_series(200, size=128), tmp_path / "source")
    job = send(Peer("localhost", storescp.port), sources)
    for _ in range(steps):
        next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    receipt = end.value.value
    assert receipt.cancelled
    assert receipt.done < 200
    whole = [pydicom.dcmread(path).pixel_array.shape for path in (tmp_path / "received").iterdir()]
    assert whole == [(128, 128)] * len(whole)
    assert receipt.done <= len(whole)


def test_a_peer_that_hangs_is_left_at_once(storescp, tmp_path):
    sources = factories.write(factories.ct_series(3), tmp_path / "source")
    storescp.pause()
    try:
        job = send(Peer("localhost", storescp.port), sources)
        for _ in range(3):
            next(job)
        begin = time.monotonic()
        with pytest.raises(StopIteration) as end:
            job.throw(JobCancelled())
        assert end.value.value.cancelled
        assert time.monotonic() - begin < 30
    finally:
        storescp.resume()


def test_a_peer_that_hangs_is_given_up_in_time(storescp, tmp_path):
    sources = factories.write(factories.ct_series(3), tmp_path / "source")
    storescp.pause()
    begin = time.monotonic()
    try:
        with pytest.raises(NetworkError, match=r"Nothing comes from the peer for 0\.5 s"):
            run(send(Peer("localhost", storescp.port, timeout_s=0.5, response_timeout_s=0.5), sources))
    finally:
        storescp.resume()
    assert time.monotonic() - begin < 30


def test_a_peer_that_dies_in_the_middle(storescp, tmp_path):
    sources = factories.write(factories.ct_series(60, size=128), tmp_path / "source")
    job = send(Peer("localhost", storescp.port, timeout_s=1), sources)
    done = 0
    try:
        while True:
            progress = next(job)
            if progress.step == "Sending" and progress.done > done == 0:
                done = progress.done
                storescp.kill()
    except StopIteration as end:
        receipt = end.value
    assert 0 < receipt.done < 60
    assert receipt.done + len(receipt.missing) == 60
    # the last file may be cut off, as the peer was
    whole = [path for path in (tmp_path / "received").iterdir() if path.stat().st_size > 128 * 128 * 2]
    assert receipt.done <= len(whole) <= receipt.done + 1
    assert any("Nothing listens" in reason for _uid, reason in receipt.missing)


def test_a_peer_that_breaks_at_every_file_is_told_in_the_receipt(tmp_path):
    sources = factories.write(factories.ct_series(3), tmp_path / "source")

    def behave(connection):
        accept(connection)
        read_pdu(connection)

    with raw_peer(behave) as peer:
        receipt = run(send(peer, sources))
    assert (receipt.asked, receipt.done, len(receipt.missing)) == (3, 0, 3)
    assert all("connection" in reason for _uid, reason in receipt.missing), receipt.as_text()


def test_refused_titles(qrscp, tmp_path):
    sources = factories.write(factories.ct_series(1), tmp_path / "source")
    with pytest.raises(AssociationRefused, match="another AE title"):
        run(send(Peer("localhost", qrscp.port, "NOBODY"), sources))
