"""C-ECHO to real servers, and to those who are none."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from DICOMLib.core.errors import AssociationRefused, NetworkError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.echo import echo
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.peers import Peer
from Testing.orthanc import free_port

pytestmark = pytest.mark.network


def test_storescp_answers(storescp):
    report = run(echo(Peer("localhost", storescp.port)))
    assert 0 < report.seconds < 5
    assert not report.cancelled


def test_orthanc_answers(orthanc):
    assert run(echo(Peer("127.0.0.1", orthanc.dicom_port, "ORTHANC"))).seconds > 0


def test_a_host_with_several_addresses(tmp_path, monkeypatch):
    """Its service need not listen at the first of them."""
    with Listener(FolderReceiver(tmp_path), ListenerOptions(0, "127.0.0.1")) as listener:
        here = socket.getaddrinfo("127.0.0.1", listener.port, type=socket.SOCK_STREAM)
        nobody = socket.getaddrinfo("127.0.0.2", listener.port, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_of, **_how: [*nobody, *here])
        assert run(echo(Peer("both.example", listener.port))).seconds > 0


def test_wrong_title_is_named(qrscp):
    with pytest.raises(AssociationRefused, match="another AE title than 'NOBODY'"):
        run(echo(Peer("localhost", qrscp.port, "NOBODY")))


def test_nobody_listens():
    port = free_port()
    with pytest.raises(NetworkError, match=f"Nothing listens at port {port} of localhost"):
        run(echo(Peer("localhost", port)))


def test_unknown_name():
    with pytest.raises(NetworkError, match="is not known"):
        run(echo(Peer("pacs.invalid", 104)))


@pytest.fixture
def silent():
    """Port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_silent_server_is_given_up_in_time(silent):
    begin = time.monotonic()
    with pytest.raises(NetworkError, match=r"Nothing comes from the peer for 0\.5 s"):
        run(echo(Peer("127.0.0.1", silent, timeout_s=0.5)))
    assert time.monotonic() - begin < 30


def test_cancel_does_not_wait_for_the_peer(storescp):
    storescp.pause()
    try:
        job = echo(Peer("127.0.0.1", storescp.port, timeout_s=5))
        next(job)
        next(job)
        begin = time.monotonic()
        with pytest.raises(StopIteration) as end:
            job.throw(JobCancelled())
        assert end.value.value.cancelled
        assert time.monotonic() - begin < 30
    finally:
        storescp.resume()


def test_no_thread_is_left(storescp):
    before = set(threading.enumerate())
    run(echo(Peer("localhost", storescp.port)))
    for thread in set(threading.enumerate()) - before:
        thread.join(2)
    assert set(threading.enumerate()) <= before
