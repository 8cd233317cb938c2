"""Instances of one association, one after the other."""

from __future__ import annotations

import io
import socket

import pytest

from DICOMLib.core.errors import PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.acceptor import Acceptance, Acceptor, Request
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.inbox import Inbox
from DICOMLib.network.store_scp import Storage
from DICOMLib.network.store_scu import store_request
from DICOMLib.network.wire import Wire
from Testing import factories
from Testing.DICOMLib.network import files

CT = "1.2.840.10008.5.1.4.1.1.2"
CONTEXT = 1


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "taken"


@pytest.fixture
def inbox(folder):
    return Inbox(FolderReceiver(folder))


@pytest.fixture
def wires():
    pair = [Wire(end, 5) for end in socket.socketpair()]
    yield pair
    for wire in pair:
        wire.close()


@pytest.fixture
def sources(tmp_path):
    return factories.write(factories.ct_series(3), tmp_path / "source")


def send(wire, path, sop_class=CT):
    """Send a file as a C-STORE request."""
    data = files.data_set(path)
    command = store_request(sop_class, files.sop_of(path), 7)
    wire.send_message(CONTEXT, command, io.BytesIO(data), len(data))


def take(inbox, wire):
    """Status of the instance that comes next."""
    number, command = wire.read_command()
    return inbox.receive(wire, Request(number, CT, files.EXPLICIT, command))[1]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("ahead", [True, False])
def test_each_instance_is_kept(inbox, wires, folder, sources, ahead):
    for path in sources:
        if ahead:
            inbox.prepare()
        send(wires[0], path)
        assert take(inbox, wires[1]) == 0x0000
        assert files.same_data(path, folder / f"{files.sop_of(path)}.dcm")
    inbox.close()
    assert names(folder) == sorted(f"{files.sop_of(path)}.dcm" for path in sources)


def test_what_was_opened_ahead_goes_away_at_the_end(inbox, folder):
    inbox.prepare()
    inbox.prepare()  # once is enough
    assert len(names(folder)) == 1
    inbox.close()
    assert names(folder) == []
    inbox.close()


def test_an_instance_that_is_refused_leaves_nothing(inbox, wires, folder, sources):
    inbox.prepare()
    send(wires[0], sources[0], "1.2.840.10008.5.1.4.1.1.4")
    assert take(inbox, wires[1]) == 0xA900
    assert names(folder) == []
    inbox.prepare()
    send(wires[0], sources[1])
    assert take(inbox, wires[1]) == 0x0000
    assert names(folder) == [f"{files.sop_of(sources[1])}.dcm"]


def test_an_instance_that_does_not_come_whole_leaves_nothing(inbox, wires, folder, sources):
    inbox.prepare()
    data = files.data_set(sources[0])
    wires[0].send_command(CONTEXT, store_request(CT, files.sop_of(sources[0]), 7))
    half = memoryview(data)[: len(data) // 2]
    wires[0].send(pdu.pdu(pdu.DATA_TF, (len(half) + 2).to_bytes(4, "big") + bytes((CONTEXT, 0)) + half))
    wires[0].close()
    with pytest.raises(PeerAborted):
        take(inbox, wires[1])
    assert names(folder) == []


def test_a_folder_that_is_gone_is_told_with_the_instance(inbox, wires, folder, sources):
    inbox.prepare()
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    send(wires[0], sources[0])
    assert take(inbox, wires[1]) == 0x0110
    inbox.prepare()
    folder.mkdir()
    inbox.prepare()
    send(wires[0], sources[0])
    assert take(inbox, wires[1]) == 0x0000


@pytest.mark.parametrize("is_rude", [True, False])
def test_an_association_that_ends_leaves_only_what_was_stored(wires, folder, sources, is_rude):
    peer, ours = wires
    acceptor = Acceptor(ours, [Storage(FolderReceiver(folder))], Acceptance())
    context = pdu.Context(CONTEXT, CT, (files.EXPLICIT,))
    peer.send(pdu.encode_request(pdu.AssociateRequest("US", "THEM", (context,))))
    send(peer, sources[0])
    peer.send(pdu.abort() if is_rude else pdu.RELEASE_REQUEST)
    if is_rude:
        with pytest.raises(PeerAborted):
            acceptor.serve(5)
    else:
        acceptor.serve(5)
    assert acceptor.served.stored == 1
    assert names(folder) == [f"{files.sop_of(sources[0])}.dcm"]
