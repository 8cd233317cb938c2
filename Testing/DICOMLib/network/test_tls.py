"""TLS with DCMTK and Orthanc, in both directions: server and mutual certificates, and what goes wrong."""

from __future__ import annotations

import ssl
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.doctor import diagnose
from DICOMLib.network.echo import echo
from DICOMLib.network.find import find
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer
from DICOMLib.network.query import identifier
from DICOMLib.network.retrieve import retrieve
from DICOMLib.network.send import send
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web import exchange
from Testing import dcmtk, factories
from Testing.certificates import Certificates
from Testing.DICOMLib.network import files
from Testing.orthanc import Orthanc

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls") / "strangers")


@pytest.fixture
def sources(tmp_path):
    return factories.write(factories.ct_series(3), tmp_path / "source")


def secured_storescp(servers, folder, ours, *options):
    return servers(dcmtk.storescp(folder, "+tls", ours.key, ours.certificate, "+cf", ours.ca, *options))


def test_send_to_storescp(servers, tmp_path, ours, sources):
    server = secured_storescp(servers, tmp_path, ours, "-ic")
    peer = Peer("localhost", server.port, tls=ours.client())
    assert run(echo(peer)).seconds
    assert run(send(peer, sources)).complete
    received = files.by_sop((tmp_path / "received").iterdir())
    assert all(files.same_data(received[sop], path) for sop, path in files.by_sop(sources).items())


def test_storescp_that_wants_our_certificate(servers, tmp_path, ours, strangers, sources):
    server = secured_storescp(servers, tmp_path, ours, "-rc")
    assert run(send(Peer("localhost", server.port, tls=ours.client(own=True)), sources)).complete
    without = Peer("localhost", server.port, tls=ours.client(), timeout_s=3)
    diagnosis = run(diagnose(without))
    assert (diagnosis.findings[-1].step, diagnosis.findings[-1].good) == ("TLS", False)
    assert "certificate" in diagnosis.findings[-1].text
    wrong = TLSOptions(ours.ca, strangers.certificate, strangers.key)
    with pytest.raises(NetworkError):
        run(echo(Peer("localhost", server.port, tls=wrong, timeout_s=3)))


def test_a_server_that_is_not_trusted(servers, tmp_path, ours, strangers):
    server = secured_storescp(servers, tmp_path, ours, "-ic")
    with pytest.raises(NetworkError, match="is not trusted"):
        run(echo(Peer("localhost", server.port, tls=strangers.client())))
    anyone = TLSOptions(verify=False)
    assert run(echo(Peer("localhost", server.port, tls=anyone))).seconds


@pytest.mark.parametrize(
    ("host", "until", "advice"),
    [
        ("localhost", datetime(2020, 1, 1), "administrator of the peer must renew it"),
        ("pacs.example", None, "by the host name that its certificate names"),
    ],
)
def test_what_to_do_about_a_certificate(tmp_path, host, until, advice):
    """It is that of the server, whose authority is known; over DICOMweb the same is told."""
    wrong = Certificates(tmp_path / "wrong", host, until)
    tls = TLSOptions(certificate=wrong.certificate, key=wrong.key, verify=False)
    receiver = FolderReceiver(tmp_path / "taken")
    with Listener(receiver, ListenerOptions(port=0, address="127.0.0.1", tls=tls)) as listener:
        for target in (
            Peer("localhost", listener.port, tls=wrong.client()),
            OriginServer(f"https://localhost:{listener.port}/dicom-web", ca_file=wrong.ca),
        ):
            with pytest.raises(NetworkError, match=advice):
                run(exchange.echo(target))


def test_tls_and_none_do_not_fit(servers, tmp_path, storescp, ours):
    with pytest.raises(NetworkError, match="without TLS"):
        run(echo(Peer("localhost", storescp.port, tls=ours.client(), timeout_s=2)))
    diagnosis = run(diagnose(Peer("localhost", storescp.port, tls=ours.client(), timeout_s=2)))
    assert diagnosis.findings[-1].step == "TLS"


def test_storescu_sends_to_us(ours, sources, tmp_path):
    receiver = FolderReceiver(tmp_path / "taken")
    tls = TLSOptions(certificate=ours.certificate, key=ours.key, verify=False)
    with Listener(receiver, ListenerOptions(port=0, address="127.0.0.1", tls=tls)) as listener:
        dcmtk.tool("storescu", "+tla", "+cf", ours.ca, "localhost", listener.port, *sources)
        assert dcmtk.tool("echoscu", "localhost", listener.port, check=False)  # without TLS: an error
    assert all(files.same_data(receiver.files[sop], path) for sop, path in files.by_sop(sources).items())


def test_mutual_certificates(ours, strangers, sources, tmp_path):
    receiver = FolderReceiver(tmp_path / "taken")
    tls = TLSOptions(ours.ca, ours.certificate, ours.key)
    with Listener(receiver, ListenerOptions(port=0, address="127.0.0.1", tls=tls)) as listener:
        dcmtk.tool(
            "storescu",
            "+tls",
            ours.key,
            ours.certificate,
            "+cf",
            ours.ca,
            "localhost",
            listener.port,
            *sources,
        )
        assert len(receiver.files) == 3
        without = ("+tla", "+cf", ours.ca, "localhost", listener.port, sources[0])
        assert "Association Request Failed" in dcmtk.tool("storescu", *without, check=False)
        stranger = TLSOptions(ours.ca, strangers.certificate, strangers.key)
        with pytest.raises(NetworkError):
            run(send(Peer("localhost", listener.port, tls=stranger, timeout_s=3), sources))
        assert run(send(Peer("localhost", listener.port, tls=ours.client(own=True)), sources)).complete


def test_a_client_that_never_shakes_hands_blocks_nobody(ours, tmp_path):
    import socket

    tls = TLSOptions(certificate=ours.certificate, key=ours.key, verify=False)
    options = ListenerOptions(port=0, address="127.0.0.1", tls=tls, association_timeout_s=30)
    with (
        Listener(FolderReceiver(tmp_path / "taken"), options) as listener,
        socket.create_connection(("127.0.0.1", listener.port)),
    ):
        assert run(echo(Peer("localhost", listener.port, tls=ours.client()))).seconds < 5


def test_query_and_retrieve_from_orthanc(ours, sources, tmp_path):
    server = Orthanc(
        tmp_path,
        DicomTlsEnabled=True,
        DicomTlsCertificate=ours.certificate,
        DicomTlsPrivateKey=ours.key,
        DicomTlsTrustedCertificates=ours.ca,
        DicomTlsRemoteCertificateRequired=True,
    )
    try:
        server.upload(sources)
        peer = Peer("localhost", server.dicom_port, "ORTHANC", tls=ours.client(own=True))
        assert len(run(find(peer, identifier("STUDY", {}))).matches) == 1
        receiver = FolderReceiver(tmp_path / "taken")
        receipt = run(retrieve(peer, [Wanted(str(factories.uid("study")))], receiver))
        assert receipt.complete
        assert all(files.same_data(receiver.files[sop], path) for sop, path in files.by_sop(sources).items())
    finally:
        server.close()


def test_old_versions_are_not_spoken(ours):
    context = ours.client().client_context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    names = {cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] == "TLSv1.2"}
    assert all(name.startswith("ECDHE-") for name in names)
    assert "ECDHE-RSA-AES256-GCM-SHA384" in names


def test_files_that_are_no_certificates_are_named(tmp_path):
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    with pytest.raises(NetworkError, match=r"wrong\.pem"):
        TLSOptions(str(wrong)).client_context()
    with pytest.raises(NetworkError, match="needs a certificate"):
        TLSOptions().server_context()


@pytest.mark.parametrize("side", ["client_context", "server_context"])
def test_a_key_with_a_passphrase_is_told_and_not_asked_for(ours, tmp_path, side):
    """OpenSSL would wait for it at the terminal, also of a window."""
    key = serialization.load_pem_private_key(Path(ours.key).read_bytes(), None)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secured = tmp_path / "secured.key"
    secured.write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")))
    options = TLSOptions(ours.ca, ours.certificate, str(secured))
    with pytest.raises(NetworkError, match=r"secured\.key has a passphrase"):
        getattr(options, side)()
