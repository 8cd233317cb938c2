"""What arrives is kept in a folder, or told why not."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from DICOMLib.core.jobs import run
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import Arrival, ArrivingFile, FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.outgoing_header import begins_with_instance
from DICOMLib.network.peers import C_MOVE, Peer
from DICOMLib.network.retrieve import retrieve
from DICOMLib.network.send import send
from Testing import dcmtk, factories
from Testing.DICOMLib.network import files
from Testing.orthanc import free_port

pytestmark = pytest.mark.network

STUDY = str(factories.uid("study"))
CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.fixture
def receiver(tmp_path):
    return FolderReceiver(tmp_path / "taken")


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"])  # the other is unusual
def test_a_data_set_of_another_instance_is_not_kept_in_a_folder(receiver, tmp_path, syntax):
    (path,) = factories.write(factories.ct_series(1), tmp_path / "source", transfer_syntax=syntax)
    for sop, status in ((files.sop_of(path), 0x0000), ("1.2.3", 0xA900)):
        arriving = ArrivingFile(Arrival(receiver.temporary(), CT, sop, syntax))
        arriving.write(memoryview(files.data_set(path)))
        assert arriving.hand_over(receiver) == status
    assert list(receiver.files) == [files.sop_of(path)]
    assert len(list((tmp_path / "taken").iterdir())) == 1


def test_a_peer_that_knows_another_port_of_ours(tmp_path, servers, receiver):
    server = servers(dcmtk.dcmqrscp(tmp_path, {"US": free_port()}))
    peer = Peer("localhost", server.port, "QRSCP", "US", response_timeout_s=10, protocol=C_MOVE)
    assert run(send(peer, factories.write(factories.ct_series(2, "one"), tmp_path / "source"))).complete
    with Listener(receiver, ListenerOptions(0, "127.0.0.1", Acceptance("US"))) as listener:
        port = listener.port
        receipt = run(retrieve(peer, [Wanted(STUDY)], receiver, listener))
    assert (receipt.done, len(receipt.missing)) == (0, 2)
    (remark,) = receipt.remarks
    assert f"Nothing has come to our listener at port {port}." in remark
    assert "--doctor" in remark


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_the_instance_that_a_file_begins_with(tmp_path, syntax):
    series = factories.ct_series(2)
    first, second = factories.write(series, tmp_path / "source", transfer_syntax=syntax)
    start, sop = Path(first).read_bytes(), files.sop_of(first)
    assert begins_with_instance(start, sop)
    assert not begins_with_instance(start, sop[:-1])
    assert not begins_with_instance(start, f"{sop}1")
    assert not begins_with_instance(start, files.sop_of(second))


def with_item(tag):
    """A data set in which an item of a sequence comes first and names another instance."""
    dataset, nested = factories.ct_series(1)[0], pydicom.Dataset()
    nested.SOPInstanceUID = "1.2.3.4"
    dataset.add(pydicom.DataElement(tag, "SQ", [nested]))
    return dataset


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
@pytest.mark.parametrize("tag", [0x00080006, 0x00081115])
def test_an_item_does_not_name_the_instance(tmp_path, receiver, syntax, tag):
    (path,) = factories.write([with_item(tag)], tmp_path / "source", transfer_syntax=syntax)
    for sop, status in ((files.sop_of(path), 0x0000), ("1.2.3.4", 0xA900)):
        arriving = ArrivingFile(Arrival(receiver.temporary(), CT, sop, syntax))
        arriving.write(memoryview(files.data_set(path)))
        assert arriving.hand_over(receiver) == status


def test_a_class_does_not_name_the_instance(tmp_path, receiver):
    """Its UID, which is what a peer says, has the bytes of an element in it."""
    (path,) = factories.write(factories.ct_series(1), tmp_path / "source")
    odd = "1.2\x08\0\x18\0UI\x08\x001.2.3.4\0"
    arriving = ArrivingFile(Arrival(receiver.temporary(), odd, "1.2.3.4", "1.2.840.10008.1.2.1"))
    arriving.write(memoryview(files.data_set(path)))
    assert arriving.hand_over(receiver) == 0xA900
