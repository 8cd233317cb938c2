"""Transfers go on after a restart, where they were."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import send
from DICOMLib.network.tls import TLSOptions
from DICOMLib.network.transfer_queue import Order, TransferQueue
from Testing import dcmtk, factories
from Testing.DICOMLib.network import files
from Testing.orthanc import free_port

pytestmark = pytest.mark.network

STUDY = str(factories.uid("study"))


@pytest.fixture
def queue(tmp_path):
    return TransferQueue(tmp_path / "queue")


def again(queue):
    """The queue after a restart."""
    return TransferQueue(queue._folder)


def test_orders_are_there_after_a_restart(queue):
    peer = Peer("h", 104, "A", "B", "Secured", tls=TLSOptions("ca.pem"))
    first = queue.add(Order("send", peer, ("a.dcm", "b.dcm")))
    second = queue.add(Order("retrieve", peer, wanted=(Wanted("1.2", "1.3", ("1.4",)),), retries=4))
    assert again(queue).orders() == [first, second]
    queue.remove(first)
    assert again(queue).orders() == [second]


def test_a_complete_transfer_is_forgotten(queue, storescp, tmp_path):
    sources = factories.write(factories.ct_series(2), tmp_path / "source")
    order = queue.add(Order("send", Peer("localhost", storescp.port), tuple(sources)))
    assert run(queue.run(order)).complete
    assert again(queue).orders() == []
    assert list((tmp_path / "queue").iterdir()) == []


def test_an_order_stays_while_the_peer_is_gone(queue, tmp_path):
    sources = factories.write(factories.ct_series(1), tmp_path / "source")
    order = queue.add(Order("send", Peer("localhost", free_port()), tuple(sources)))
    with pytest.raises(NetworkError):
        run(queue.run(order))
    assert again(queue).orders() == [order]


class Hesitating(FolderReceiver):
    """Takes its time for each file after the tenth, until it is told to go on."""

    def __init__(self, folder):
        super().__init__(folder, durable=False)
        self.go_on = threading.Event()

    def take(self, arrival):
        super().take(arrival)
        if len(self.names) > 10:
            self.go_on.wait(0.5)


def test_sending_goes_on_after_it_was_stopped(queue, tmp_path):
    sources = factories.write(factories.ct_series(60, size=128), tmp_path / "source")
    receiver = Hesitating(tmp_path / "received")
    with Listener(receiver, ListenerOptions(0, "127.0.0.1")) as listener:
        order = queue.add(Order("send", Peer("localhost", listener.port), tuple(sources)))
        job = queue.run(order)
        while (progress := next(job)).step != "Sending" or progress.done < 5:
            pass
        with pytest.raises(StopIteration) as end:
            job.throw(JobCancelled())
        done = end.value.value.done
        assert 5 <= done < 60
        (order,) = again(queue).orders()
        assert len(order.done) == done
        receiver.go_on.set()
        for path in (tmp_path / "received").iterdir():
            path.unlink()
        receipt = run(again(queue).run(order))
    assert (receipt.complete, receipt.done) == (True, 60)
    assert len(list((tmp_path / "received").iterdir())) == 60 - done


RETRIEVING = """
import os, signal, sys
from pathlib import Path
from DICOMLib.core.jobs import run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.transfer_queue import TransferQueue
queue = TransferQueue(Path(sys.argv[1]))
(order,) = queue.orders()
receiver = FolderReceiver(Path(sys.argv[2]))
def die(progress):
    if progress.step == "Retrieving" and progress.done >= 5:
        os.kill(os.getpid(), signal.SIGKILL)
with Listener(receiver, ListenerOptions(port=int(sys.argv[3]), address="127.0.0.1")) as listener:
    run(queue.run(order, receiver, listener), die)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("protocol", ["CGET", "CMOVE"])
def test_retrieving_goes_on_after_a_kill(queue, servers, tmp_path, protocol):
    """What was told as stored is there, whole, and comes no second time."""
    sources = factories.write(factories.ct_series(300, size=128), tmp_path / "source")
    port = free_port()
    server = servers(dcmtk.dcmqrscp(tmp_path, {"SLICER": port}))
    peer = Peer("localhost", server.port, "QRSCP", protocol=protocol)
    assert run(send(peer, sources)).complete
    queue.add(Order("retrieve", peer, wanted=(Wanted(STUDY),)))
    taken = tmp_path / "taken"
    root = str(Path(__file__).resolve().parents[3])
    command = [sys.executable, "-c", RETRIEVING, str(tmp_path / "queue"), str(taken), str(port)]
    result = subprocess.run(command, env={**os.environ, "PYTHONPATH": root}, timeout=60, check=False)
    assert result.returncode == -signal.SIGKILL
    (order,) = again(queue).orders()
    assert 5 <= len(order.done) < 300
    whole = files.by_sop(sources)
    for uid in order.done:
        assert files.same_data(str(taken / f"{uid}.dcm"), whole[uid])
    receiver = FolderReceiver(tmp_path / "rest")
    with Listener(receiver, ListenerOptions(port=port, address="127.0.0.1")) as listener:
        assert run(again(queue).run(order, receiver, listener)).complete
    assert receiver.files.keys() == whole.keys() - order.done
    assert again(queue).orders() == []


KILLED = """
import os, signal, sys
from pathlib import Path
from DICOMLib.core.jobs import run
from DICOMLib.network.transfer_queue import TransferQueue
queue = TransferQueue(Path(sys.argv[1]))
(order,) = queue.orders()
def die(progress):
    if progress.step == "Sending" and progress.done >= 5:
        os.kill(os.getpid(), signal.SIGKILL)
run(queue.run(order), die)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_sending_goes_on_after_a_kill(queue, tmp_path):
    """Everything arrives, and next to nothing twice."""
    sources = factories.write(factories.ct_series(40), tmp_path / "source")
    receiver = FolderReceiver(tmp_path / "taken")
    arrived = []
    with Listener(receiver, ListenerOptions(port=0, address="127.0.0.1")) as listener:
        listener.stored.connect(lambda arrival: arrived.append(arrival.sop_instance))
        queue.add(Order("send", Peer("127.0.0.1", listener.port), tuple(sources)))
        root = str(Path(__file__).resolve().parents[3])
        command = [sys.executable, "-c", KILLED, str(tmp_path / "queue")]
        result = subprocess.run(command, env={**os.environ, "PYTHONPATH": root}, timeout=60, check=False)
        assert result.returncode == -signal.SIGKILL
        (order,) = again(queue).orders()
        assert len(order.done) >= 5
        assert run(again(queue).run(order)).complete
    assert receiver.files.keys() == files.by_sop(sources).keys()
    assert len(arrived) <= 40 + 2


def test_retrieving_goes_on(queue, qrscp, tmp_path):
    sources = factories.write(factories.ct_series(5, "one"), tmp_path / "source")
    peer = Peer("localhost", qrscp.port, "QRSCP")
    assert run(send(peer, sources)).complete
    order = queue.add(Order("retrieve", peer, wanted=(Wanted(STUDY),)))
    queue.note(order, [str(factories.uid("one", 0)), str(factories.uid("one", 1))])
    receiver = FolderReceiver(tmp_path / "taken")
    (order,) = again(queue).orders()
    assert run(again(queue).run(order, receiver)).complete
    assert len(receiver.files) == 3
    assert again(queue).orders() == []
