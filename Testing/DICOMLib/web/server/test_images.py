"""Frames, bulk data, rendered images and thumbnails, with the requests that viewers send."""

from __future__ import annotations

import email
import email.policy
import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient
from PIL import Image
from pydicom.encaps import encapsulate, generate_frames

from DICOMLib.database import Database
from DICOMLib.web.server.origin_server import OriginServer
from Testing.DICOMLib.web.server.files import ENCODINGS, MULTI, SERIES, STUDY, SYNTAX_STUDY, noise
from Testing.factories import ct_series, uid

pytestmark = pytest.mark.network
MULTI_PATH = f"/studies/{SYNTAX_STUDY}/series/{uid('multi')}/instances/{MULTI}"
CT_PATH = f"/studies/{STUDY}/series/{SERIES}/instances/{uid('series', 1)}"
# What the viewers OHIF and cornerstone send.
OHIF = "multipart/related; type=application/octet-stream; transfer-syntax=*"


@pytest.fixture
def client(server: OriginServer) -> DICOMwebClient:
    return DICOMwebClient(server.url)


def get(server: OriginServer, path: str, accept: str = "", **parameters: object) -> requests.Response:
    headers = {"Accept": accept} if accept else {}
    return requests.get(f"{server.url}{path}", parameters, headers=headers, timeout=30)


def shown(answer: requests.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)))


@pytest.mark.parametrize("name", ENCODINGS)
def test_frames_are_decoded_by_default(client: DICOMwebClient, name: str) -> None:
    [frame] = client.retrieve_instance_frames(SYNTAX_STUDY, str(uid(name)), str(uid(name, 0)), [1])
    assert frame == noise()[0].tobytes()


def test_some_frames_of_many(client: DICOMwebClient) -> None:
    frames = client.retrieve_instance_frames(SYNTAX_STUDY, str(uid("multi")), MULTI, [3, 1])
    assert frames == [noise(3)[2].tobytes(), noise(3)[0].tobytes()]


def test_frames_as_they_are_stored(server: OriginServer, files: dict[str, Path]) -> None:
    stored = list(generate_frames(pydicom.dcmread(files[MULTI]).PixelData, number_of_frames=3))
    for accept, media_type in (
        (OHIF, "application/octet-stream"),
        ('multipart/related; type="image/jls"', "image/jls"),
    ):
        answer = get(server, f"{MULTI_PATH}/frames/2", accept)
        assert answer.status_code == 200
        head, _blank, rest = answer.content.partition(b"\r\n\r\n")
        assert f"Content-Type: {media_type}; transfer-syntax=1.2.840.10008.1.2.4.80".encode() in head
        assert rest.startswith(stored[1])


def test_one_frame_without_parts(server: OriginServer) -> None:
    answer = get(server, f"{MULTI_PATH}/frames/3", "application/octet-stream")
    assert answer.content == noise(3)[2].tobytes()


@pytest.mark.parametrize(
    ("frames", "accept", "status"),
    [
        ("4", "", 404),
        ("0", "", 400),
        ("1,", "", 400),
        ("one", "", 400),
        ("1", "image/gif", 406),
        ("1", 'multipart/related; type="image/jpeg"', 406),
    ],
)
def test_frames_that_cannot_be_given(server: OriginServer, frames: str, accept: str, status: int) -> None:
    assert get(server, f"{MULTI_PATH}/frames/{frames}", accept).status_code == status


def test_bulk_data_of_pixels(client: DICOMwebClient, server: OriginServer) -> None:
    url = client.retrieve_instance_metadata(SYNTAX_STUDY, str(uid("multi")), MULTI)["7FE00010"]["BulkDataURI"]
    [everything] = client.retrieve_bulkdata(url)
    assert everything == noise(3).tobytes()
    assert get(server, f"{MULTI_PATH}/bulkdata/7FE00010", "application/octet-stream").content == everything


@pytest.mark.parametrize("path", ["00100010", "7FE00011", "x", "00081140/0/x", "../../../../etc/passwd"])
def test_bulk_data_that_are_none(server: OriginServer, path: str) -> None:
    assert get(server, f"{CT_PATH}/bulkdata/{path}").status_code in (400, 404)


def test_rendered_with_a_window(server: OriginServer) -> None:
    """Noise n is n - 1024; a window of 2000 around 1000 shows values from 0.5 on (PS3.3 C.11.2.1.2)."""
    picture = shown(get(server, f"{MULTI_PATH}/frames/2/rendered", "image/png", window="1000,2000,linear"))
    real = noise(3)[1].astype(float) - 1024
    expected = np.clip((real - 999.5) / 1999 + 0.5, 0, 1) * 255
    assert np.abs(picture - expected).max() <= 0.51


def test_rendered_as_jpeg_in_a_size(server: OriginServer) -> None:
    small = get(server, f"{MULTI_PATH}/rendered", "image/jpeg", viewport="32,20", quality=50)
    assert small.headers["Content-Type"] == "image/jpeg"
    assert shown(small).shape == (20, 20)
    cut = get(server, f"{MULTI_PATH}/rendered", "image/png", viewport="64,64,0,0,32,16")
    assert shown(cut).shape == (32, 64)


@pytest.mark.parametrize(
    "parameters",
    [
        {"window": "1"},
        {"window": "a,b,linear"},
        {"window": "nan,1"},
        {"window": "1,0"},
        {"viewport": "0,0"},
        {"viewport": "99999,1"},
        {"viewport": "1,2,3"},
        {"quality": "0"},
        {"quality": "good"},
    ],
)
def test_views_that_are_none(server: OriginServer, parameters: dict[str, str]) -> None:
    assert get(server, f"{MULTI_PATH}/rendered", **parameters).status_code == 400


@pytest.mark.parametrize("path", [f"/studies/{STUDY}", f"/studies/{STUDY}/series/{SERIES}", MULTI_PATH])
def test_thumbnails(server: OriginServer, path: str) -> None:
    assert max(shown(get(server, f"{path}/thumbnail")).shape) == 128


def test_no_pixels_no_picture(server: OriginServer) -> None:
    report = f"/studies/{STUDY}/series/{uid('report')}"
    assert get(server, f"{report}/thumbnail").status_code == 404
    assert get(server, f"{report}/instances/{uid('report', 0)}/frames/1").status_code == 404
    assert get(server, f"{report}/instances/{uid('report', 0)}/rendered").status_code == 404


def pictures(answer: requests.Response) -> dict[str, np.ndarray]:
    """The parts of an answer by their URLs, as the library of Python reads them."""
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.content, policy=email.policy.HTTP)
    assert not message.defects
    return {
        str(part["Content-Location"]): np.asarray(Image.open(io.BytesIO(part.get_content())))
        for part in message.iter_parts()
    }


def test_a_rendered_study(server: OriginServer, files: dict[str, Path]) -> None:
    """One part for each image: what a window makes of its values, worked out by hand."""
    answer = get(
        server,
        f"/studies/{SYNTAX_STUDY}/rendered",
        'multipart/related; type="image/png"',
        window="1000,2000,linear",
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith('multipart/related; type="image/png"; boundary=')
    found = pictures(answer)
    sources = {sop: pydicom.dcmread(path) for sop, path in files.items()}
    wanted = {sop for sop, source in sources.items() if source.StudyInstanceUID == SYNTAX_STUDY}
    assert {url.split("/instances/")[1].split("/")[0] for url in found} == wanted
    real = noise()[0].astype(float) - 1024
    expected = np.clip((real - 999.5) / 1999 + 0.5, 0, 1) * 255
    for url, picture in found.items():
        if MULTI not in url:
            assert np.abs(picture - expected).max() <= 0.51
        alone = requests.get(url, headers={"Accept": "image/png"}, timeout=10)
        assert (shown(alone) == picture).all()


def test_a_rendered_series(server: OriginServer) -> None:
    answer = get(server, f"/studies/{STUDY}/series/{SERIES}/rendered", "*/*", viewport="16,16")
    found = pictures(answer)
    assert [picture.shape for picture in found.values()] == [(16, 16)] * 3
    assert answer.headers["Content-Type"].startswith('multipart/related; type="image/jpeg"')
    [series] = {url.partition("/instances/")[0] for url in found}
    assert series == f"{server.url}/studies/{STUDY}/series/{SERIES}"


def test_what_is_no_image_has_no_part(server: OriginServer) -> None:
    answer = get(server, f"/studies/{STUDY}/rendered", "image/png")  # of three images and a report
    assert (answer.status_code, len(pictures(answer))) == (200, 3)


@pytest.mark.parametrize(
    ("path", "accept", "parameters", "status"),
    [
        (f"/studies/{STUDY}/series/{uid('report')}", "", {}, 404),
        ("/studies/1.2.3", "", {}, 404),
        (f"/studies/{STUDY}", "image/gif", {}, 406),
        (f"/studies/{STUDY}", 'multipart/related; type="application/dicom"', {}, 406),
        (f"/studies/{STUDY}", "", {"window": "a"}, 400),
    ],
)
def test_rendered_refuses(
    server: OriginServer, path: str, accept: str, parameters: dict[str, str], status: int
) -> None:
    assert get(server, f"{path}/rendered", accept, **parameters).status_code == status


def test_a_damaged_image_stops_no_others(store: tuple[OriginServer, Database]) -> None:
    """One whose pixels are cut off, and one that nothing decodes, are counted as missing."""
    server, database = store
    slices = ct_series(3, size=16)
    slices[2].file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"  # MPEG-2
    slices[2].PixelData = encapsulate([b"\0\0\1\xb3"])
    slices[2]["PixelData"].VR = "OB"
    DICOMwebClient(server.url).store_instances(slices)
    [row] = database.rows("instances", SOPInstanceUID=str(slices[1].SOPInstanceUID))
    path = Path(database.absolute_path(str(row["Filename"])))
    path.write_bytes(path.read_bytes()[:-300])
    answer = get(server, f"/studies/{STUDY}/rendered")
    [url] = pictures(answer)
    assert f"/instances/{slices[0].SOPInstanceUID}/" in url
    assert answer.status_code == 206
    assert "2 instances cannot be given" in answer.headers["Warning"]


def wado(**parameters: object) -> dict[str, object]:
    given = {"requestType": "WADO", "studyUID": SYNTAX_STUDY, "seriesUID": uid("multi"), "objectUID": MULTI}
    return {**given, **parameters}


def test_wado_uri(server: OriginServer, files: dict[str, Path]) -> None:
    whole = get(server, "/wado", **wado(contentType="application/dicom", transferSyntax="*"))
    assert whole.content == files[MULTI].read_bytes()
    root = server.url.removesuffix("/dicom-web")
    picture = requests.get(f"{root}/wado", wado(contentType="image/png", frameNumber=2, rows=32), timeout=10)
    assert shown(picture).shape == (32, 32)
    plain = pydicom.dcmread(io.BytesIO(get(server, "/wado", **wado()).content))
    assert (plain.pixel_array == noise(3)).all()


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        (wado(requestType=""), 400),
        (wado(objectUID=""), 400),
        (wado(objectUID="../x"), 400),
        (wado(objectUID="1.2"), 404),
        (wado(contentType="text/html"), 406),
        (wado(contentType="image/png", frameNumber=9), 404),
        (wado(contentType="image/png", windowCenter=1), 400),
        (wado(contentType="application/dicom", transferSyntax="1.2.3"), 406),
    ],
)
def test_wado_uri_refuses(server: OriginServer, parameters: dict[str, object], status: int) -> None:
    assert get(server, "/wado", **parameters).status_code == status
