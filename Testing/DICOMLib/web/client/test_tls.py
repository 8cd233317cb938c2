"""HTTPS: all services at nginx before Orthanc and at our server, with certificates right and wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web.client.doctor import diagnose, echo
from DICOMLib.web.client.find import FindOptions, find
from DICOMLib.web.client.retrieve import retrieve
from DICOMLib.web.client.send import send
from DICOMLib.web.client.session import Access
from DICOMLib.web.server.origin_server import OriginServer as OurServer
from DICOMLib.web.server.origin_server import ServerOptions
from DICOMLib.web.server.services import Services
from Testing import factories
from Testing.certificates import Certificates
from Testing.DICOMLib.network import files
from Testing.nginx import Nginx

pytestmark = pytest.mark.network

ONCE = Access(retries=0)
Start = Callable[[bool], OriginServer]


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "certificates")


@pytest.fixture
def strangers(tmp_path: Path) -> Certificates:
    """Of another authority."""
    return Certificates(tmp_path / "strangers")


@pytest.fixture(params=["nginx", "ours"])
def secured(request: pytest.FixtureRequest, tmp_path: Path, certificates: Certificates) -> Iterator[Start]:
    """Starts a server with HTTPS; with True, one that asks its clients for a certificate."""
    with ExitStack() as stack:

        def start(mutual: bool) -> OriginServer:
            if request.param == "nginx":
                orthanc = request.getfixturevalue("orthanc")
                nginx = Nginx(tmp_path / "nginx", orthanc.url, certificates, mutual)
                stack.callback(nginx.close)
                url = f"{nginx.url}/dicom-web"
                return OriginServer(url, "pacs", ca_file=certificates.ca, timeout_s=20)
            database = stack.enter_context(Database.open(tmp_path / "db"))
            receiver = stack.enter_context(Receiver(database))
            tls = TLSOptions(certificates.ca, certificates.certificate, certificates.key, verify=mutual)
            services = Services(database, receiver, receiver.settle, min_free_bytes=0)
            ours = stack.enter_context(OurServer(services, ServerOptions(port=0, tls=tls)))
            return OriginServer(ours.url, "pacs", ca_file=certificates.ca, timeout_s=20)

        yield start


def with_certificate(server: OriginServer, own: Certificates) -> OriginServer:
    return replace(server, certificate=own.certificate, key=own.key)


def check_all_services(server: OriginServer, tmp_path: Path) -> None:
    sources = files.by_sop(files.write_all(tmp_path / "source"))
    assert run(send(server, sources.values())).complete
    (study,) = run(find(server, "STUDY", {"PatientID": "P1"})).matches
    receiver = FolderReceiver(tmp_path / "taken")
    assert run(retrieve(server, [Wanted(str(study.StudyInstanceUID))], receiver)).complete
    assert receiver.files.keys() == sources.keys()
    assert all(files.same_data(path, sources[uid]) for uid, path in receiver.files.items())
    assert [one.good for one in run(diagnose(server)).findings] == [True] * 6 + [None]


def test_https(secured: Start, tmp_path: Path) -> None:
    check_all_services(secured(False), tmp_path)


def test_mutual(secured: Start, tmp_path: Path, certificates: Certificates) -> None:
    check_all_services(with_certificate(secured(True), certificates), tmp_path)


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_a_server_that_wants_our_certificate_and_gets_none(
    secured: Start, tmp_path: Path, strangers: Certificates, who: str
) -> None:
    server = secured(True)
    if who == "stranger":
        server = with_certificate(server, strangers)
    sources = factories.write(factories.ct_series(20, size=256), tmp_path / "source")
    for job in (echo(server), find(server, "STUDY", {}, options=FindOptions(access=ONCE))):
        with pytest.raises(NetworkError, match=r"It may want a certificate|our certificate"):
            run(job)
    failed = [finding for finding in run(diagnose(server)).findings if finding.good is False]
    assert [finding for finding in failed if "certificate" in finding.text], failed
    assert all("certificate" in reason for reason in why_nothing_was_sent(server, sources))


def why_nothing_was_sent(server: OriginServer, paths: list[str]) -> list[str]:
    """The failure as a whole, or of each file: a proxy answers, a server ends the connection."""
    try:
        receipt = run(send(server, paths, access=ONCE))
    except NetworkError as error:
        return [str(error)]
    return [reason for _what, reason in receipt.missing]


def test_a_server_whom_we_do_not_trust(secured: Start, tmp_path: Path, strangers: Certificates) -> None:
    server = secured(False)
    sources = factories.write(factories.ct_series(1), tmp_path / "source")
    for ca_file in (strangers.ca, ""):
        unknown = replace(server, ca_file=ca_file)
        for job in (echo(unknown), find(unknown, "STUDY", {}), send(unknown, sources)):
            with pytest.raises(NetworkError, match=r"not trusted: .* Enter the file of the authority"):
                run(job)
    # who says so trusts anybody
    assert run(send(replace(server, ca_file="", verify=False), sources)).complete


def test_a_certificate_for_another_name(secured: Start) -> None:
    server = secured(False)
    other = replace(server, url=server.url.replace("127.0.0.1", "127.0.0.2"))
    with pytest.raises(NetworkError, match=r"nothing listens|not trusted: .*127\.0\.0\.2"):
        run(echo(other))


def test_http_where_https_is_spoken(secured: Start) -> None:
    server = secured(False)
    with pytest.raises(NetworkError, match=r"ended the connection|does not understand"):
        run(echo(replace(server, url=server.url.replace("https:", "http:"))))
