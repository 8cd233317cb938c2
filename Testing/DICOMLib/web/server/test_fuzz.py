"""Whatever a client sends is answered or refused: never a failure of the server, never a file elsewhere."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.web.server.origin_server import OriginServer, ServerOptions
from DICOMLib.web.server.services import Services
from Testing.DICOMLib.web.server.files import MULTI, SERIES, STUDY, SYNTAX_STUDY
from Testing.DICOMLib.web.server.test_stow import body, left_behind, raw
from Testing.factories import ct_series, uid

pytestmark = pytest.mark.network
Store = tuple[OriginServer, Database]
often = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def words(text: str) -> st.SearchStrategy[str]:
    """One of some words."""
    return st.sampled_from(text.split())


UIDS = st.sampled_from([STUDY, SERIES, SYNTAX_STUDY, MULTI, str(uid("multi")), str(uid("series", 1))])
TEXTS = st.text(max_size=12) | st.text(alphabet="0123456789.,-*?\\/%^=\"';:{}", max_size=12)
NAMES = words(
    "studies series instances metadata frames rendered thumbnail bulkdata wado capabilities .. 1 7FE00010 "
    "00081140 etc"
)
PATHS = st.lists(UIDS | NAMES | TEXTS, max_size=8)
# Places that exist, so that what follows them is looked at.
PLACES = st.sampled_from(
    [
        f"studies/{SYNTAX_STUDY}",
        f"studies/{SYNTAX_STUDY}/series/{uid('multi')}/instances/{MULTI}",
        f"studies/{STUDY}/series/{SERIES}/instances/{uid('series', 1)}",
    ]
)
KEYS = words(
    "limit offset includefield fuzzymatching accept charset window viewport quality PatientID PatientName "
    "StudyDate StudyTime ModalitiesInStudy StudyInstanceUID 00100020 Rows InstanceNumber SeriesNumber "
    "RequestAttributesSequence 00400275.00400009 PixelData 7FE00010 00000000 FFFFFFFF PatientAge requestType "
    "studyUID seriesUID objectUID contentType transferSyntax frameNumber rows columns imageQuality "
    "windowCenter windowWidth"
)
VALUES = UIDS | TEXTS | words("WADO image/png application/dicom 1 1e400 nan inf all * 20240115-")
QUERIES = st.lists(st.tuples(KEYS | TEXTS, VALUES), max_size=6)
WADO = [("requestType", "WADO"), ("studyUID", SYNTAX_STUDY), ("seriesUID", str(uid("multi")))]
WADO += [("objectUID", MULTI)]
TYPES = words(
    "*/* image/* image/png image/jls application/dicom application/dicom+json application/octet-stream "
    "application/dicom+xml multipart/related"
)
PARAMETERS = words(
    'type="application/dicom" type="application/dicom+xml" type=image/jls transfer-syntax=* '
    'transfer-syntax=1.2.840.10008.1.2.1 transfer-syntax=1.2.840.10008.1.2.4.90 q=0.1 q=nan q=" boundary=x ='
)
LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20)
ACCEPTS = LATIN | st.lists(st.lists(TYPES | PARAMETERS, max_size=4).map(";".join), max_size=3).map(",".join)


def answered(server: OriginServer, method: str, path: str, content: bytes = b"", **headers: str) -> int:
    """Send something, read all of the answer; its status, which is not that of a failure."""
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=20)
    try:
        connection.request(
            method, path, content or None, {k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    assert answer.status < 500, f"{method} {path} {headers}: {answer.status}"
    return answer.status


def path_of(parts: list[str]) -> str:
    return "/dicom-web/" + "/".join(quote(part, safe=".", errors="replace") for part in parts)


@often
@given(PATHS, QUERIES, ACCEPTS)
@example(["studies"], [("limit", "999999999")], "")
def test_any_path(server: OriginServer, parts: list[str], query: list[tuple[str, str]], accept: str) -> None:
    answered(server, "GET", f"{path_of(parts)}?{urlencode(query, errors='replace')}", Accept=accept.strip())


@often
@given(st.sampled_from(["studies", "series", "instances"]), QUERIES)
def test_any_query(server: OriginServer, level: str, query: list[tuple[str, str]]) -> None:
    answered(server, "GET", f"/dicom-web/{level}?{urlencode(query, errors='replace')}")


@often
@given(PLACES, st.lists(NAMES | TEXTS, max_size=3), QUERIES, ACCEPTS)
def test_anything_below_what_is_here(
    server: OriginServer, place: str, parts: list[str], query: list[tuple[str, str]], accept: str
) -> None:
    path = f"{path_of(place.split('/') + parts)}?{urlencode(query, errors='replace')}"
    answered(server, "GET", path, Accept=accept.strip())


@often
@given(QUERIES, ACCEPTS)
def test_any_wado_uri(server: OriginServer, query: list[tuple[str, str]], accept: str) -> None:
    answered(server, "GET", f"/wado?{urlencode(query + WADO, errors='replace')}", Accept=accept.strip())


@pytest.fixture(scope="module")
def taking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A writable server, in a folder with nothing else."""
    folder = tmp_path_factory.mktemp("fuzz")
    with Database.open(folder / "store") as database, Receiver(database, durable=False) as receiver:
        services = Services(database, receiver, receiver.settle, min_free_bytes=0)
        with OriginServer(services, ServerOptions(port=0)) as server:
            yield server, database


INSTANCE = raw(ct_series(1)[0])
# Where UIDs lie in the instance: what becomes names of folders and files.
UIDS_WITHIN = (uid("study"), uid("series"), uid("series", 0))
UID_PLACES = [match.start() for one in UIDS_WITHIN for match in re.finditer(str(one).encode(), INSTANCE)]


@st.composite
def instances(draw: st.DrawFn) -> bytes:
    """An instance with wrong bytes, most of them in UIDs and the header."""
    content = bytearray(INSTANCE)
    places = st.sampled_from(UID_PLACES) | st.integers(128, len(content) - 40)
    wrong = st.sampled_from([b"../../../x", b"/etc/x\0", b"..", b"\0", b"C:\\x"]) | st.binary(max_size=8)
    for place, piece in draw(st.lists(st.tuples(places, wrong), max_size=4)):
        content[place : place + len(piece)] = piece
    return bytes(content[: draw(st.integers(0, len(content)) | st.just(len(content)))])


PIECES = st.sampled_from(
    [b"--frontier", b"--frontier--", b"--", b"\r\n", b"\n", b"Content-Type: ", b":", b"\0"]
)
BODIES = (
    st.lists(instances(), max_size=3).map(lambda contents: body(*contents))
    | st.lists(PIECES | st.binary(max_size=8) | instances(), max_size=8).map(b"".join)
    | st.tuples(instances(), st.integers(1, 60)).map(lambda one: body(one[0])[: -one[1]])
)


def around(database: Database) -> set[Path]:
    """What is in the folder beside that of the database."""
    assert database.directory is not None
    return set(database.directory.parent.iterdir())


@often
@given(BODIES, st.sampled_from(["", "", "", f"/{STUDY}", "/..", "/1.2"]))
def test_any_body(taking: Store, content: bytes, below: str) -> None:
    server, database = taking
    before = around(database)
    kind = 'multipart/related; type="application/dicom"; boundary=frontier'
    answered(server, "POST", f"/dicom-web/studies{below}", content, Content_Type=kind)
    assert around(database) == before
    assert not left_behind(database)
    for row in database.rows("instances"):
        path = Path(database.absolute_path(str(row["Filename"]))).resolve()
        assert database.directory in path.parents
        assert path.is_file()


@often
@given(LATIN | st.lists(TYPES | PARAMETERS | LATIN, max_size=4).map(";".join))
def test_any_content_type(taking: Store, media_type: str) -> None:
    answered(taking[0], "POST", "/dicom-web/studies", body(INSTANCE), Content_Type=media_type.strip())
