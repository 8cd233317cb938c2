"""The server itself: certificates, browsers, names, many clients at once."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
import requests

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web.server.application import Access
from DICOMLib.web.server.origin_server import OriginServer, ServerOptions
from DICOMLib.web.server.services import Services
from Testing.certificates import Certificates
from Testing.DICOMLib.web.server.files import STUDY, SYNTAX_STUDY
from Testing.DICOMLib.web.server.test_stow import body, post, raw
from Testing.factories import ct_series

pytestmark = pytest.mark.network
VIEWER = "http://localhost:3000"
CLIENTS = 50


@contextmanager
def serving(tmp_path: Path, **options: object) -> Iterator[OriginServer]:
    """A read-only server of one empty database."""
    how = replace(ServerOptions(port=0), **options)
    with Database.open(tmp_path / "db") as database, OriginServer(Services(database), how) as server:
        yield server


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "certificates")


def test_https(tmp_path: Path, certificates: Certificates) -> None:
    own = TLSOptions("", certificates.certificate, certificates.key, verify=False)
    with serving(tmp_path, tls=own) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert requests.get(f"{server.url}/studies", verify=certificates.ca, timeout=10).status_code == 204
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{server.url}/studies", timeout=10)
        pem = ssl.get_server_certificate(("127.0.0.1", server.port))
        assert pem == Path(certificates.certificate).read_text()
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{server.port}/", timeout=10)


def test_clients_need_a_certificate(tmp_path: Path, certificates: Certificates) -> None:
    own = TLSOptions(certificates.ca, certificates.certificate, certificates.key)
    stranger = Certificates(tmp_path / "strangers")
    with serving(tmp_path, tls=own) as server:
        url = f"{server.url}/studies"
        shown = certificates.certificate, certificates.key
        answer = requests.get(url, verify=certificates.ca, cert=shown, timeout=10)
        assert answer.status_code == 204
        for cert in (None, (stranger.certificate, stranger.key)):
            with pytest.raises(requests.ConnectionError):
                requests.get(url, verify=certificates.ca, cert=cert, timeout=10)


def test_a_browser_asks_first(tmp_path: Path) -> None:
    access = Access("secret", origins=(VIEWER,))
    asked = {
        "Origin": VIEWER,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,accept,range,cache-control,x-requested-with",
    }
    with serving(tmp_path, access=access) as server:
        url = f"{server.url}/studies"
        answer = requests.options(url, headers=asked, timeout=10)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == VIEWER
        allowed = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
        assert {"authorization", "accept", "range", "cache-control", "x-requested-with"} <= set(allowed)
        token = {"Authorization": "bearer secret", "Origin": VIEWER}
        told = requests.get(url, headers=token, timeout=10)
        assert (told.status_code, told.headers["Access-Control-Allow-Origin"]) == (204, VIEWER)
        assert "Content-Range" in told.headers["Access-Control-Expose-Headers"]
        refused = requests.get(url, headers={"Origin": VIEWER}, timeout=10)
        assert refused.status_code == 401
        assert refused.headers["Access-Control-Allow-Origin"] == VIEWER
        other = requests.options(url, headers={**asked, "Origin": "http://elsewhere"}, timeout=10)
        assert other.status_code == 400
        assert "Access-Control-Allow-Origin" not in other.headers


def test_pages_of_others_do_not_reach_it_by_a_name_of_theirs(server: OriginServer) -> None:
    for name, status in (("elsewhere.example", 400), ("localhost", 200), ("127.0.0.1:1", 200)):
        answer = requests.get(f"{server.url}/studies", headers={"Host": name}, timeout=10)
        assert answer.status_code == status
    answer = requests.get(f"{server.url}/studies", headers={"Origin": VIEWER}, timeout=10)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_capabilities(server: OriginServer, store: tuple[OriginServer, Database]) -> None:
    for one, methods in ((server, ["GET"]), (store[0], ["GET", "POST"])):
        for how in (requests.get, requests.options):
            told = how(one.url, timeout=10).json()
            offered = sorted(
                method
                for resource in told["resources"]
                for method in resource["methods"]
                if resource["path"] == "/dicom-web/studies"
            )
            assert (told["url"], told["readOnly"], offered) == (one.url, one is server, methods)
            assert "whole words in any order" in told["fuzzyMatching"]


@pytest.mark.parametrize("address", ["0.0.0.0", "::", ""])
def test_the_network_needs_a_secret(tmp_path: Path, address: str) -> None:
    services = Services(Database.open(tmp_path / "db"))
    with services.database, pytest.raises(NetworkError, match="Everybody who can reach"):
        OriginServer(services, ServerOptions(0, address))


def test_a_port_that_is_taken(tmp_path: Path, server: OriginServer) -> None:
    with Database.open(tmp_path / "db") as database:
        second = OriginServer(Services(database), ServerOptions(server.port))
        with pytest.raises(NetworkError, match=f"port {server.port}"):
            second.start()


def test_many_clients_at_once(store: tuple[OriginServer, Database], files: dict[str, Path]) -> None:
    """While half of them store, the others take what was there before, and miss none of it."""
    server, database = store
    run(import_paths(database, list(files.values())))
    sent = ct_series(CLIENTS // 2 * 4, "sent")
    kept = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
    studies: dict[str, list[bytes]] = {STUDY: [], SYNTAX_STUDY: []}
    for path in files.values():
        studies.setdefault(str(pydicom.dcmread(path).StudyInstanceUID), []).append(path.read_bytes())

    def store_some(number: int) -> int:
        return post(server, body(*map(raw, sent[number * 4 : number * 4 + 4]))).status_code

    def take(number: int) -> bool:
        study = (STUDY, SYNTAX_STUDY)[number % 2]
        content = requests.get(f"{server.url}/studies/{study}", headers=kept, timeout=60).content
        return all(one in content for one in studies[study])

    with ThreadPoolExecutor(CLIENTS) as pool:
        stored = pool.map(store_some, range(CLIENTS // 2))
        taken = pool.map(take, range(CLIENTS // 2))
        assert set(stored) == {200}
        assert all(taken)
    assert database.counts()[3] == len(files) + len(sent)
