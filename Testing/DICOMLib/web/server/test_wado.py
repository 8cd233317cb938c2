"""WADO-RS with dicomweb-client: every file comes as it is, and decoded where that is asked for."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient
from pydicom.dataset import Dataset

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.web.server.origin_server import OriginServer
from Testing.DICOMLib.web.server.files import ENCODINGS, MULTI, SERIES, STUDY, SYNTAX_STUDY, noise
from Testing.factories import ct_series, uid, write

pytestmark = pytest.mark.network
EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.fixture
def client(server: OriginServer) -> DICOMwebClient:
    return DICOMwebClient(server.url)


def get(server: OriginServer, path: str, accept: str = "", **how: object) -> requests.Response:
    headers = {"Accept": accept} if accept else {}
    return requests.get(f"{server.url}{path}", headers=headers, timeout=30, **how)


def single(name: str) -> str:
    return f"/studies/{SYNTAX_STUDY}/series/{uid(name)}/instances/{uid(name, 0)}"


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_file_comes_byte_for_byte(server: OriginServer, files: dict[str, Path], name: str) -> None:
    answer = get(server, single(name), "application/dicom; transfer-syntax=*")
    assert answer.status_code == 200
    assert answer.content == files[str(uid(name, 0))].read_bytes()
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert ENCODINGS[name] in answer.headers["Content-Type"]


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_default_is_explicit_little_endian(server: OriginServer, name: str, tmp_path: Path) -> None:
    answer = get(server, single(name), "application/dicom")
    (tmp_path / "got.dcm").write_bytes(answer.content)
    got = pydicom.dcmread(tmp_path / "got.dcm")
    assert got.file_meta.TransferSyntaxUID == EXPLICIT
    assert (got.pixel_array == noise()[0]).all()
    assert (got.SOPInstanceUID, got.PatientName, got.StudyDescription) == (uid(name, 0), "Doe^Jane", name)


def test_a_study_comes_in_parts(client: DICOMwebClient, files: dict[str, Path]) -> None:
    found = client.retrieve_study(SYNTAX_STUDY, media_types=(("application/dicom", "*"),))
    assert len(found) == len(ENCODINGS) + 1
    for dataset in found:
        source = pydicom.dcmread(files[str(dataset.SOPInstanceUID)])
        assert dataset == source
        assert dataset.file_meta.TransferSyntaxUID == source.file_meta.TransferSyntaxUID


def test_the_length_of_a_study_is_told_where_files_come_as_they_are(server: OriginServer) -> None:
    stored, anew = (
        get(server, f"/studies/{SYNTAX_STUDY}", f'multipart/related; type="application/dicom"; {syntax}')
        for syntax in ("transfer-syntax=*", f"transfer-syntax={EXPLICIT}")
    )
    assert int(stored.headers["Content-Length"]) == len(stored.content)
    assert (anew.status_code, anew.headers["Transfer-Encoding"]) == (200, "chunked")


def test_a_study_of_which_a_file_shrinks_is_cut_off(
    store: tuple[OriginServer, Database], tmp_path: Path
) -> None:
    """The length was told before: whoever reads it sees that it does not come whole."""
    server, database = store
    run(import_paths(database, write(ct_series(3, size=2048), tmp_path / "large")))
    path = Path(database.files(str(uid("series")))[2])
    with requests.get(f"{server.url}/studies/{uid('study')}", stream=True, timeout=30) as answer:
        with path.open("r+b") as file:
            file.truncate(1000)
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            assert answer.content


def test_series_and_instance(client: DICOMwebClient, files: dict[str, Path]) -> None:
    assert sorted(one.InstanceNumber for one in client.retrieve_series(STUDY, SERIES)) == [1, 2, 3]
    sop = str(uid("series", 1))
    assert client.retrieve_instance(STUDY, SERIES, sop) == pydicom.dcmread(files[sop])


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ('multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.80', 200),
        ('multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.50', 406),
        ('multipart/related; type="application/dicom+xml"', 406),
        ("image/jpeg", 406),
        ("*/*", 200),
        ("text/html, */*;q=0.1", 200),
        ("application/dicom;q=0, text/html", 406),
    ],
)
def test_negotiation(server: OriginServer, accept: str, status: int) -> None:
    answer = get(server, single("jls"), accept)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["Content-Type"].startswith(
            'multipart/related; type="application/dicom"; boundary='
        )


def test_metadata_are_those_of_the_file(client: DICOMwebClient, files: dict[str, Path]) -> None:
    model = client.retrieve_instance_metadata(SYNTAX_STUDY, str(uid("multi")), MULTI)
    assert model["7FE00010"]["BulkDataURI"].endswith(f"/instances/{MULTI}/bulkdata/7FE00010")
    del model["7FE00010"]
    source = pydicom.dcmread(files[MULTI], stop_before_pixels=True)
    assert pydicom.Dataset.from_json(model) == source


@pytest.mark.parametrize("path", [f"/studies/{STUDY}", f"/studies/{STUDY}/series/{SERIES}"])
def test_metadata_of_many(server: OriginServer, path: str) -> None:
    answer = get(server, f"{path}/metadata", "application/dicom+json")
    assert answer.headers["Content-Type"] == "application/dicom+json"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()) == (4 if path.count("/") == 2 else 3)
    plain = requests.get(f"{server.url}{path}/metadata", headers={"Accept-Encoding": "identity"}, timeout=10)
    assert "Content-Encoding" not in plain.headers
    assert plain.json() == answer.json()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/studies/1.2.3", 404),
        ("/studies/1.2.3/metadata", 404),
        (f"/studies/{STUDY}/series/1.2/instances/1.2", 404),
        (f"/studies/{SYNTAX_STUDY}/series/{SERIES}", 404),
        ("/studies/..%2f..%2fetc", 404),
        ("/studies/abc", 400),
        ("/studies/...", 400),
        ("/studies/" + "1" * 65, 400),
        ("/patients", 404),
    ],
)
def test_what_is_not_here(server: OriginServer, path: str, status: int) -> None:
    answer = get(server, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_nothing_can_be_deleted_or_stored(server: OriginServer) -> None:
    url = f"{server.url}/studies/{STUDY}"
    assert requests.delete(url, timeout=10).status_code == 405
    assert requests.put(url, timeout=10).status_code == 405
    assert requests.post(f"{server.url}/studies", timeout=10).status_code == 403


def test_ranges_of_a_file(server: OriginServer, files: dict[str, Path]) -> None:
    """What a client has not got of a large file, it asks for alone (RFC 9110 section 14)."""
    url, content = f"{server.url}{single('j2k')}", files[str(uid("j2k", 0))].read_bytes()
    whole = {"Accept": "application/dicom; transfer-syntax=*"}
    answer = requests.get(url, headers={**whole, "Range": "bytes=100-299"}, timeout=10)
    assert (answer.status_code, answer.content) == (206, content[100:300])
    assert answer.headers["Content-Range"] == f"bytes 100-299/{len(content)}"
    rest = requests.get(
        url, headers={**whole, "Range": "bytes=300-", "If-Range": answer.headers["ETag"]}, timeout=10
    )
    assert (rest.status_code, rest.content) == (206, content[300:])
    beyond = {**whole, "Range": f"bytes={len(content)}-"}
    assert requests.get(url, headers=beyond, timeout=10).status_code == 416
    head = requests.head(url, headers=whole, timeout=10)
    assert (head.headers["Accept-Ranges"], int(head.headers["Content-Length"])) == ("bytes", len(content))


def test_what_is_gone_is_told(store: tuple[OriginServer, Database], files: dict[str, Path]) -> None:
    server, database = store
    run(import_paths(database, list(files.values())))
    path = files[str(uid("series", 1))]
    content = path.read_bytes()
    path.unlink()
    try:
        answer = get(server, f"/studies/{STUDY}/series/{SERIES}")
        gone = get(server, f"/studies/{STUDY}/series/{SERIES}/instances/{uid('series', 1)}")
    finally:
        path.write_bytes(content)
    assert answer.status_code == 206
    assert "1 instances cannot be given" in answer.headers["Warning"]
    assert answer.content.count(b"DICM") == 2
    assert gone.status_code == 410


def test_bulk_data_below_sequences(store: tuple[OriginServer, Database]) -> None:
    """Large values of any depth and length are told by URLs that lead to them."""
    server, _database = store
    client = DICOMwebClient(server.url)
    [dataset] = ct_series(1)
    contents = [bytes([number]) * size for number, size in ((1, 2000), (2, 100_000), (3, 200_000))]
    items = [Dataset(), Dataset()]
    for item, content in zip(items, contents[:2], strict=True):
        item.EncapsulatedDocument = content
    dataset.ReferencedImageSequence = items
    dataset.ICCProfile = contents[2]
    client.store_instances([dataset])
    model = client.retrieve_instance_metadata(STUDY, SERIES, str(dataset.SOPInstanceUID))
    told = [item["00420011"]["BulkDataURI"] for item in model["00081140"]["Value"]]
    told.append(model["00282000"]["BulkDataURI"])
    assert told[1].endswith("/bulkdata/00081140/1/00420011")
    for url, content in zip(told, contents, strict=True):
        assert client.retrieve_bulkdata(url) == [content]
        alone = requests.get(url, headers={"Accept": "application/octet-stream"}, timeout=10)
        assert alone.content == content
