"""C-GET and C-MOVE from DCMTK and Orthanc; retrievals that go wrong."""

from __future__ import annotations

import copy
import errno
import time
import warnings
from dataclasses import replace

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, evt

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.models import FIND_MODELS, GET_MODELS, MOVE_MODELS
from DICOMLib.network.peers import C_MOVE, Peer
from DICOMLib.network.retrieve import RetrieveOptions, retrieve
from DICOMLib.network.send import send
from Testing import dcmtk, factories
from Testing.DICOMLib.network import files
from Testing.orthanc import Orthanc, free_port

pytestmark = pytest.mark.network

STUDY, ONE = str(factories.uid("study")), str(factories.uid("one"))
CT = "1.2.840.10008.5.1.4.1.1.2"
PORT = free_port()  # where both servers move to


@pytest.fixture
def receiver(tmp_path):
    return FolderReceiver(tmp_path / "taken")


@pytest.fixture
def listener(receiver):
    options = ListenerOptions(port=PORT, address="127.0.0.1", acceptance=Acceptance("US"))
    with Listener(receiver, options) as running:
        yield running


@pytest.fixture(params=["dcmtk", "orthanc"])
def pacs(request, tmp_path, servers):
    if request.param == "dcmtk":
        server = servers(dcmtk.dcmqrscp(tmp_path, {"US": PORT}))
        yield Peer("localhost", server.port, "QRSCP", "US", response_timeout_s=10)
        return
    server = Orthanc(tmp_path, DicomModalities={"us": ["US", "127.0.0.1", PORT]})
    yield Peer("localhost", server.dicom_port, "ORTHANC", "US", response_timeout_s=10)
    server.close()


@pytest.fixture
def filled(pacs, tmp_path):
    """Sources by SOP Instance UID: series "one" of 5 and "two" of 3, in what each server keeps as it is."""
    datasets = [*factories.ct_series(5, "one"), *factories.ct_series(3, "two")]
    sources = factories.write(datasets, tmp_path / "source")
    assert run(send(pacs, sources)).complete
    return files.by_sop(sources)


@pytest.mark.parametrize("protocol", ["CGET", "CMOVE"])
def test_a_study_comes_whole(pacs, filled, receiver, listener, protocol):
    receipt = run(retrieve(replace(pacs, protocol=protocol), [Wanted(STUDY)], receiver, listener))
    assert receipt.complete, receipt.as_text()
    assert {uid: len(one.done) for uid, one in receipt.series.items()} == {
        ONE: 5,
        str(factories.uid("two")): 3,
    }
    assert receiver.files.keys() == filled.keys()
    assert all(files.same_data(receiver.files[sop], path) for sop, path in filled.items())


@pytest.mark.parametrize("protocol", ["CGET", "CMOVE"])
def test_one_series_and_one_instance(pacs, filled, receiver, listener, protocol):
    peer = replace(pacs, protocol=protocol)
    receipt = run(retrieve(peer, [Wanted(STUDY, ONE)], receiver, listener))
    assert (receipt.complete, receipt.done, len(receiver.files)) == (True, 5, 5)
    before = receiver.files.keys()
    sop = str(factories.uid("two", 1))
    wanted = Wanted(STUDY, str(factories.uid("two")), (sop,))
    receipt = run(retrieve(peer, [wanted], receiver, listener))
    assert receipt.complete
    assert receiver.files.keys() - before == {sop}


def test_what_is_here_is_not_asked_for_again(pacs, filled, receiver):
    have = frozenset(
        {str(factories.uid("one", 0)), *(str(factories.uid("two", number)) for number in range(3))}
    )
    receipt = run(retrieve(pacs, [Wanted(STUDY)], receiver, options=RetrieveOptions(have=have)))
    assert receipt.complete
    assert receiver.files.keys() == filled.keys() - have


def test_orthanc_gives_every_encoding_as_it_is(orthanc, receiver, tmp_path):
    sources = files.write_all(tmp_path / "source")
    orthanc.upload(sources)
    peer = Peer("localhost", orthanc.dicom_port, "ORTHANC")
    receipt = run(retrieve(peer, [Wanted(STUDY)], receiver))
    assert receipt.complete, receipt.as_text()
    for sop, path in files.by_sop(sources).items():
        assert files.same_data(receiver.files[sop], path), files.syntax_of(path)


def test_into_a_database(pacs, filled, tmp_path):
    with Database.open(tmp_path / "db") as database:
        with Receiver(database) as receiver:
            assert run(retrieve(pacs, [Wanted(STUDY)], receiver)).complete
        assert len(database.rows("instances")) == 8
        assert {row["DisplayedCount"] for row in database.rows("series")} == {3, 5}


def test_move_to_somebody_else(pacs, filled, listener, receiver):
    """The receipt tells what the peer says; the files are where they were sent."""
    peer = replace(pacs, protocol=C_MOVE, move_destination="US")
    receipt = run(retrieve(peer, [Wanted(STUDY)]))
    assert receipt.done == 8
    assert len(receiver.files) == 8


def test_a_study_that_is_not_there(pacs, filled, receiver):
    receipt = run(retrieve(pacs, [Wanted("1.2.3.4")], receiver))
    assert (receipt.asked, receipt.complete) == (0, False)
    ((what, reason),) = receipt.faults
    assert (what, "nothing of it" in reason) == ("1.2.3.4", True)
    assert receiver.files == {}


def test_a_listener_that_is_not_there(pacs, filled):
    receipt = run(retrieve(replace(pacs, protocol=C_MOVE, move_destination="US"), [Wanted(STUDY)]))
    assert not receipt.complete
    assert receipt.done == 0


@pytest.mark.parametrize("steps", [1, 4])
def test_cancel(pacs, filled, receiver, steps):
    job = retrieve(pacs, [Wanted(STUDY)], receiver)
    for _ in range(steps):
        next(job)
    begin = time.monotonic()
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled
    assert time.monotonic() - begin < 30
    assert end.value.value.done <= len(receiver.files)


class Scripted:
    """A server whose C-GET and C-MOVE do what a test says; it tells of series "one" with its instances."""

    def __init__(self, datasets, handler, models=(*FIND_MODELS, *GET_MODELS)):
        self._datasets = datasets
        entity = AE("SCRIPTED")
        for model in models:
            entity.add_supported_context(model)
        entity.add_supported_context("1.2.840.10008.5.1.4.1.1.2", scu_role=True, scp_role=True)
        handlers = [(evt.EVT_C_FIND, self._find), (evt.EVT_C_GET, handler), (evt.EVT_C_MOVE, handler)]
        self.server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        port = self.server.server_address[1]
        self.peer = Peer("127.0.0.1", port, "SCRIPTED", timeout_s=2, response_timeout_s=2)

    def _find(self, event):
        series = event.identifier.QueryRetrieveLevel == "SERIES"
        for dataset in self._datasets[:1] if series else self._datasets:
            match = Dataset()
            match.SeriesInstanceUID = dataset.SeriesInstanceUID
            match.SOPInstanceUID, match.SOPClassUID = dataset.SOPInstanceUID, dataset.SOPClassUID
            yield 0xFF00, match


@pytest.fixture
def scripted():
    running = []

    def start(*arguments):
        running.append(Scripted(*arguments))
        return running[-1].peer

    yield start
    for one in running:
        one.server.shutdown()


def test_wrong_counts_do_not_deceive(scripted, receiver):
    datasets = factories.ct_series(3, "one")

    def lie(event):
        yield 2  # of three, and one of them never comes
        yield 0xFF00, datasets[0]
        yield 0x0000, None

    receipt = run(
        retrieve(scripted(datasets, lie), [Wanted(STUDY)], receiver, options=RetrieveOptions(retries=0))
    )
    assert (receipt.asked, receipt.done, receipt.complete) == (3, 1, False)
    assert {uid for uid, _reason in receipt.missing} == {str(factories.uid("one", n)) for n in (1, 2)}


def test_what_is_missing_is_asked_for_again(scripted, receiver):
    datasets = factories.ct_series(4, "one")
    asked = []

    def forgetful(event):
        level = event.identifier.QueryRetrieveLevel
        uids = event.identifier.get("SOPInstanceUID")
        asked.append((level, sorted(uids) if uids else None))
        given = datasets[:2] if level == "STUDY" else datasets[2:]
        yield len(given)
        for dataset in given:
            yield 0xFF00, dataset

    receipt = run(retrieve(scripted(datasets, forgetful), [Wanted(STUDY)], receiver))
    assert receipt.complete
    assert asked == [("STUDY", None), ("IMAGE", sorted(str(factories.uid("one", n)) for n in (2, 3)))]


def test_an_evil_uid_stays_in_the_folder(scripted, receiver, tmp_path):
    (dataset,) = factories.ct_series(1, "one")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "../../x"

    def give(event):
        yield 1
        yield 0xFF00, dataset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(retrieve(scripted([dataset], give), [Wanted(STUDY)], receiver))
    assert {path.parent for path in tmp_path.rglob("*.dcm")} <= {tmp_path / "taken"}
    assert not list(tmp_path.rglob("x"))


def test_a_peer_that_dies_in_the_middle(scripted, receiver):
    datasets = factories.ct_series(3, "one")

    def die(event):
        yield 3
        yield 0xFF00, datasets[0]
        event.assoc.abort()

    receipt = run(
        retrieve(scripted(datasets, die), [Wanted(STUDY)], receiver, options=RetrieveOptions(retries=0))
    )
    assert (receipt.done, len(receipt.missing), receipt.complete) == (1, 2, False)
    assert receipt.remarks == ["The peer stopped answering. The peer has aborted the association."]
    assert list(receiver.files) == [str(factories.uid("one", 0))]


def test_a_connection_that_breaks_once_is_made_again(scripted, receiver):
    datasets = factories.ct_series(3, "one")
    broken = []

    def break_once(event):
        yield 3 if not broken else 2
        if not broken:
            broken.append(True)
            yield 0xFF00, datasets[0]
            event.assoc.abort()
        else:
            for dataset in datasets[1:]:
                yield 0xFF00, dataset

    receipt = run(retrieve(scripted(datasets, break_once), [Wanted(STUDY)], receiver))
    assert receipt.complete, receipt.as_text()
    assert len(receiver.files) == 3


@pytest.mark.parametrize("protocol", ["CGET", "CMOVE"])
def test_cancel_reaches_the_peer(scripted, receiver, listener, protocol):
    datasets = factories.ct_series(200, "one")
    told = []

    def slow(event):
        if protocol == "CMOVE":
            yield "127.0.0.1", PORT, {"contexts": [evt_context()]}
        yield len(datasets)
        for dataset in datasets:
            if event.is_cancelled:
                told.append(True)
                yield 0xFE00, None
                return
            time.sleep(0.02)
            yield 0xFF00, dataset

    peer = replace(scripted(datasets, slow, (*FIND_MODELS, *GET_MODELS, *MOVE_MODELS)), protocol=protocol)
    job = retrieve(peer, [Wanted(STUDY)], receiver, listener)
    while next(job).done < 3:
        pass
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    receipt = end.value.value
    assert told
    assert receipt.cancelled
    assert 3 <= receipt.done == len(receiver.files) < 200


def test_a_peer_that_stalls_is_given_up_in_time(scripted, receiver):
    datasets = factories.ct_series(2, "one")

    def stall(event):
        yield 2
        yield 0xFF00, datasets[0]
        time.sleep(4)
        yield 0xFF00, datasets[1]

    begin = time.monotonic()
    peer = scripted(datasets, stall)
    receipt = run(retrieve(peer, [Wanted(STUDY)], receiver, options=RetrieveOptions(retries=0)))
    assert time.monotonic() - begin < 30
    assert (receipt.done, receipt.remarks) == (
        1,
        ["The peer stopped answering. Nothing comes from the peer for 2 s."],
    )


def test_sub_operations_that_fail_are_named(scripted, receiver):
    datasets = factories.ct_series(2, "one")

    def fail(event):
        yield 2
        yield 0xFF00, datasets[0]
        answer = Dataset()
        answer.FailedSOPInstanceUIDList = [datasets[1].SOPInstanceUID]
        yield 0xA702, answer

    peer = scripted(datasets, fail)
    receipt = run(retrieve(peer, [Wanted(STUDY)], receiver, options=RetrieveOptions(retries=0)))
    reason = "the peer could not send it; its own log may say why (status 0xA702)"
    assert receipt.missing == [(str(datasets[1].SOPInstanceUID), reason)]
    assert receipt.faults == []  # it is one failure, not two


def test_a_peer_without_c_get_moves(scripted, receiver):
    datasets = factories.ct_series(2, "one")

    def move(event):
        yield "127.0.0.1", PORT, {"contexts": [evt_context()]}
        yield 2
        for dataset in datasets:
            yield 0xFF00, dataset

    peer = scripted(datasets, move, (*FIND_MODELS, *MOVE_MODELS))
    options = ListenerOptions(port=PORT, address="127.0.0.1", acceptance=Acceptance("US"))
    with Listener(receiver, options) as listener:
        receipt = run(retrieve(peer, [Wanted(STUDY)], receiver, listener))
    assert receipt.complete, receipt.as_text()
    assert receipt.remarks == ["The peer does not offer CGET: CMOVE was used."]


def evt_context():
    return build_context("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1")


def test_a_disk_that_fills_up(scripted, tmp_path):
    datasets = factories.ct_series(3, "one")

    class Full(FolderReceiver):
        def take(self, arrival):
            if self.files:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().take(arrival)

    def give(event):
        yield 3
        for dataset in datasets:
            yield 0xFF00, dataset

    receiver = Full(tmp_path / "full")
    receipt = run(
        retrieve(scripted(datasets, give), [Wanted(STUDY)], receiver, options=RetrieveOptions(retries=0))
    )
    assert (receipt.done, len(receipt.missing)) == (1, 2)
    assert {reason for _uid, reason in receipt.missing} == {
        "it could not be kept here: No space left on device"
    }
    assert [path.name for path in (tmp_path / "full").iterdir()] == [f"{factories.uid('one', 0)}.dcm"]


def test_instances_under_other_uids_than_were_asked_for_did_not_come(scripted, receiver):
    datasets = factories.ct_series(2, "one")

    def give(event):
        yield 2
        for dataset in datasets:
            mislabelled = copy.deepcopy(dataset)
            mislabelled.SOPInstanceUID += ".1"
            yield 0xFF00, mislabelled

    peer = scripted(datasets, give)
    receipt = run(retrieve(peer, [Wanted(STUDY)], receiver, options=RetrieveOptions(retries=0)))
    assert (receipt.done, receipt.complete) == (0, False)
