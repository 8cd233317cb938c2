"""One list of servers, whatever they speak."""

from __future__ import annotations

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.core.settings import MemorySettings
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.origin_servers import OriginServer, save_origin_servers
from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.network.secrets import MemorySecrets
from DICOMLib.web import exchange
from Testing import dcmtk, factories
from Testing.orthanc import AE_TITLE, free_port

STUDY = str(factories.uid("study"))
DIMSE = Peer("localhost", 104, "A", "B", "dimse")
WEB = OriginServer("http://127.0.0.1:1", "web", token="hidden")


@pytest.fixture
def stores():
    settings, secrets = MemorySettings(), MemorySecrets()
    save_peers(settings, [DIMSE])
    save_origin_servers(settings, secrets, [WEB])
    return settings, secrets


def test_one_list(stores):
    settings, secrets = stores
    assert exchange.load_targets(settings, secrets) == [DIMSE, WEB]
    assert exchange.find_target(settings, "web", secrets) == WEB
    assert exchange.find_target(settings, "dimse", secrets) == DIMSE
    with pytest.raises(NetworkError, match="Known: dimse, web"):
        exchange.find_target(settings, "other", secrets)


@pytest.mark.network
@pytest.mark.parametrize("kind", ["dimse", "web"])
def test_the_same_calls_for_both(orthanc, tmp_path, kind):
    target = {
        "dimse": Peer("localhost", orthanc.dicom_port, AE_TITLE),
        "web": OriginServer(orthanc.web_url),
    }[kind]
    paths = factories.write(factories.ct_series(3), tmp_path / "source")
    assert run(exchange.send(target, paths)).done == 3
    assert run(exchange.echo(target)).seconds > 0
    assert run(exchange.diagnose(target)).healthy
    (study,) = run(exchange.find(target, "STUDY", {"PatientID": "P1"})).matches
    assert str(study.StudyInstanceUID) == STUDY
    receiver = FolderReceiver(tmp_path / "got")
    assert run(exchange.retrieve(target, [Wanted(STUDY)], receiver)).complete
    assert len(receiver.files) == 3


def test_a_web_server_moves_nothing():
    with pytest.raises(NetworkError, match="cannot move"):
        run(exchange.retrieve(WEB, [Wanted(STUDY)]))


@pytest.mark.network
def test_a_listener_that_runs_already_takes_what_is_moved(tmp_path, servers):
    port = free_port()
    qrscp = servers(dcmtk.dcmqrscp(tmp_path, {"STORE": port}))
    target = Peer("localhost", qrscp.port, "QRSCP", protocol="CMOVE")
    assert run(exchange.send(target, factories.write(factories.ct_series(3), tmp_path / "source"))).done == 3
    running, other = FolderReceiver(tmp_path / "got"), FolderReceiver(tmp_path / "other")
    options = ListenerOptions(port=port, acceptance=Acceptance("STORE"), folder=tmp_path / "got")
    with (
        Listener(running, options),
        exchange.listening(target, other, port, folder=tmp_path / "got") as listener,
    ):
        assert run(exchange.retrieve(target, [Wanted(STUDY)], other, listener)).complete
        assert listener.port == port
    assert (len(running.files), len(other.files)) == (3, 0)
    with exchange.listening(target, other, port, "STORE", tmp_path / "got") as listener:
        assert run(exchange.retrieve(target, [Wanted(STUDY)], other, listener)).complete
    assert len(other.files) == 3


@pytest.mark.network
@pytest.mark.parametrize("folder", [None, "elsewhere"])
def test_a_listener_for_something_else_takes_nothing_of_it(tmp_path, folder):
    options = ListenerOptions(port=0, folder=folder and tmp_path / folder)
    peer = Peer("localhost", protocol="CMOVE")
    with (
        Listener(FolderReceiver(tmp_path / "got"), options) as listener,
        pytest.raises(NetworkError, match="Another program listens"),
        exchange.listening(
            peer, FolderReceiver(tmp_path / "other"), listener.port, folder=tmp_path / "other"
        ),
    ):
        pass
