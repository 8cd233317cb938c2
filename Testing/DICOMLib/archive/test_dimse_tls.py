"""The archive server over TLS, asked by DCMTK and by ourselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.find import find
from DICOMLib.network.peers import Peer
from DICOMLib.network.query import identifier
from DICOMLib.network.retrieve import retrieve
from DICOMLib.network.tls import TLSOptions
from Testing import dcmtk, factories
from Testing.certificates import Certificates
from Testing.DICOMLib.archive.conftest import TITLE, options
from Testing.DICOMLib.network import files

pytestmark = pytest.mark.network

STUDY = str(factories.uid("study"))
KEYS = ("-S", "-aec", TITLE, "-k", "0008,0052=STUDY", "-k", f"0020,000D={STUDY}")


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls") / "ours")


def test_findscu_and_ourselves(serve, ours, sources, tmp_path):
    server = serve(options(tls=TLSOptions(certificate=ours.certificate, key=ours.key, verify=False)))
    secured = ("+tla", "+cf", ours.ca)
    assert STUDY in dcmtk.tool("findscu", "-v", *secured, *KEYS, "localhost", server.port)
    plain = dcmtk.tool("findscu", *KEYS, "localhost", server.port, check=False)
    assert STUDY not in plain
    taken = FolderReceiver(tmp_path / "taken")
    peer = Peer("localhost", server.port, TITLE, tls=ours.client())
    receipt = run(retrieve(peer, [Wanted(STUDY)], taken))
    assert receipt.complete, receipt.as_text()
    assert all(files.same_data(taken.files[sop], path) for sop, path in files.by_sop(sources).items())


def test_mutual_certificates_and_a_secured_destination(serve, servers, ours, sources, tmp_path):
    storescp = servers(dcmtk.storescp(tmp_path, "+tls", ours.key, ours.certificate, "+cf", ours.ca))
    there = Peer("localhost", storescp.port, "THERE", tls=ours.client(own=True))
    server = serve(options(tls=TLSOptions(ours.ca, ours.certificate, ours.key)), destinations=[there])
    secured = ("+tls", ours.key, ours.certificate, "+cf", ours.ca)
    assert STUDY in dcmtk.tool("findscu", "-v", *secured, *KEYS, "localhost", server.port)
    peer = Peer("localhost", server.port, TITLE, tls=ours.client(own=True), protocol="CMOVE")
    receipt = run(retrieve(replace(peer, move_destination="THERE"), [Wanted(STUDY)]))
    assert receipt.complete, receipt.as_text()
    received = files.by_sop((tmp_path / "received").iterdir())
    assert all(files.same_data(received[sop], path) for sop, path in files.by_sop(sources).items())
    without = Peer("localhost", server.port, TITLE, tls=ours.client(), timeout_s=3)
    with pytest.raises(NetworkError):
        run(find(without, identifier("STUDY", {})))
