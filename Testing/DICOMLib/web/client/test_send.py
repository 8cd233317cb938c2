"""STOW-RS: to a real Orthanc, and to servers that refuse."""

from __future__ import annotations

import io
import tempfile
import threading
import time
from pathlib import Path

import pydicom
import pytest
import requests

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import JobCancelled, Progress, run
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.web.client.multipart import MultipartReader, content_type
from DICOMLib.web.client.send import StowOptions, send
from DICOMLib.web.client.session import Access
from Testing import factories
from Testing.DICOMLib.network import files
from Testing.DICOMLib.web.client.faulty import Answer, json_answer

pytestmark = pytest.mark.network

FAST = Access(retries=2, first_wait_s=0.01)
COMPRESSED = (files.DEFLATED, files.JPEG_LS, files.JPEG_2000, files.RLE)
ONE_BY_ONE = StowOptions(batch_files=1)


@pytest.fixture
def sources(tmp_path):
    return factories.write(factories.ct_series(4), tmp_path / "source")


def sent(server, paths, options=None, on_sent=lambda _uid: None):
    return run(send(server, paths, options or StowOptions(), on_sent, FAST))


def test_every_transfer_syntax_arrives_as_it_is(orthanc, pacs, tmp_path):
    sources = files.by_sop(files.write_all(tmp_path / "source"))
    told: list[str] = []
    receipt = sent(pacs, sources.values(), on_sent=told.append)
    assert (receipt.asked, receipt.done, receipt.complete) == (7, 7, True)
    assert set(told) == set(sources)
    for stored in requests.get(f"{orthanc.url}/instances?expand", timeout=10).json():
        path = tmp_path / "stored.dcm"
        path.write_bytes(requests.get(f"{orthanc.url}/instances/{stored['ID']}/file", timeout=10).content)
        assert files.same_data(path, sources[stored["MainDicomTags"]["SOPInstanceUID"]])


@pytest.mark.parametrize(
    "options",
    [StowOptions(batch_bytes=3000), StowOptions(batch_files=5, connections=3)],
    ids=["bytes", "connections"],
)
def test_batches(orthanc, pacs, tmp_path, options):
    series = [*factories.ct_series(12), *factories.ct_series(3, "b", StudyInstanceUID=factories.uid("b"))]
    paths = factories.write(series, tmp_path / "source")
    receipt = sent(pacs, paths, options)
    assert [(len(one.asked), len(one.done)) for one in receipt.series.values()] == [(12, 12), (3, 3)]
    assert len(requests.get(f"{orthanc.url}/instances", timeout=10).json()) == 15


def test_what_is_no_dicom_and_what_was_sent_before(pacs, sources, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("hello")
    done = frozenset([files.sop_of(sources[0])])
    receipt = sent(pacs, [*sources, note, tmp_path / "gone.dcm"], StowOptions(done=done))
    assert (receipt.asked, receipt.done) == (4, 4)
    assert [reason for _path, reason in receipt.faults] == ["no DICOM file", "does not exist"]


def test_an_instance_that_orthanc_refuses(pacs, sources, tmp_path):
    """It ends in the middle of its pixels, which a VR hides from us; the others of its request are stored."""
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(Path(sources[0]).read_bytes()[:-40].replace(b"\x28\0\x10\0US", b"\x28\0\x10\0ZZ"))
    receipt = sent(pacs, [*sources[1:], bad])
    assert receipt.done == 3
    assert [what for what, _reason in receipt.missing] == [files.sop_of(sources[0])]


def test_what_is_cut_off_is_not_sent(orthanc, pacs, sources, tmp_path):
    bad = tmp_path / "bad.dcm"
    bad.write_bytes(Path(sources[0]).read_bytes()[:-40])
    receipt = sent(pacs, [*sources[1:], bad])
    assert (receipt.done, receipt.faults) == (3, [(str(bad), "truncated")])
    assert len(requests.get(f"{orthanc.url}/instances", timeout=10).json()) == 3


def stored(request) -> dict[str, bytes]:
    """SOP Instance UID and file of what a request holds."""
    _kind, boundary = content_type(request.headers["Content-Type"])
    found = {}
    for part in MultipartReader([request.body], boundary):
        data = part.read(1 << 20)
        found[next(uid for uid in UIDS if uid.encode() in data)] = data
    return found


UIDS = [str(factories.uid("series", number)) for number in range(4)]


def response(referenced=(), failed=(), **options) -> Answer:
    def items(uids, tag, code):
        return [
            {
                "00081155": {"vr": "UI", "Value": [uid]},
                **({tag: {"vr": "US", "Value": [code]}} if code else {}),
            }
            for uid in uids
        ]

    answer = {}
    if referenced:
        answer["00081199"] = {"vr": "SQ", "Value": items(referenced, "00081196", options.pop("warning", 0))}
    if failed:
        answer["00081198"] = {"vr": "SQ", "Value": items(failed, "00081197", options.pop("failure", 0x0122))}
    return json_answer(answer, **options)


def test_the_request_is_what_the_standard_says(faulty, sources):
    server = faulty(lambda request: response(stored(request)))
    assert sent(OriginServer(server.url + "/dicom"), sources).complete
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/dicom/studies")
    assert request.headers["Content-Type"].startswith(
        'multipart/related; type="application/dicom"; boundary='
    )
    assert request.headers["Content-Length"] == str(len(request.body))
    assert list(stored(request).values()) == [Path(path).read_bytes() for path in sources]


def test_outcomes_instance_by_instance(faulty, sources):
    server = faulty(lambda _request: response(UIDS[:2], UIDS[2:3], status=202, warning=0xB006))
    receipt = sent(OriginServer(server.url), sources)
    assert receipt.done == 2
    assert receipt.notes == [(uid, "Elements discarded (status 0xB006)") for uid in UIDS[:2]]
    assert dict(receipt.missing) == {
        UIDS[2]: "SOP class not supported (status 0x0122)",
        UIDS[3]: "the server does not say that it has stored it",
    }


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        (Answer(200, body=b""), 4),
        (Answer(200, kind="text/html", body=b"<html>"), 4),
        (Answer(202, body=b""), 0),
        (Answer(409, kind="text/plain", body=b"no"), 0),
        (json_answer({"00081199": "x", "00081198": {"Value": [1, None]}}), 4),
    ],
)
def test_answers_that_say_little(faulty, sources, answer, done):
    assert sent(OriginServer(faulty(lambda _request: answer).url), sources).done == done


def test_one_bad_file_does_not_hold_up_its_batch(faulty, sources):
    def answer(request):
        return Answer(500) if UIDS[2] in stored(request) else response(stored(request))

    receipt = sent(OriginServer(faulty(answer).url, "pacs"), sources)
    assert receipt.done == 3
    assert receipt.missing == [(UIDS[2], "pacs fails; its own log says why (HTTP 500).")]


def test_a_server_that_takes_little_at_once(faulty, sources):
    def answer(request):
        return Answer(413) if len(stored(request)) > 1 else response(stored(request))

    server = faulty(answer)
    assert sent(OriginServer(server.url), sources).complete
    assert [len(stored(request)) for request in server.requests] == [4, 2, 1, 1, 2, 1, 1]


def test_it_dies_and_comes_back(faulty, sources):
    answers = [Answer(body=b"x" * 100, cut=0), Answer(503, headers={"Retry-After": "0"})]

    def answer(request):
        return answers.pop(0) if answers else response(stored(request))

    server = faulty(answer)
    assert sent(OriginServer(server.url), sources).complete
    assert len(server.requests) == 3


def test_it_dies_for_good(faulty, sources):
    begun: list[int] = []

    def answer(request):
        begun.append(1)
        return response(stored(request)) if len(begun) == 1 else Answer(body=b"x" * 9, cut=0)

    receipt = sent(OriginServer(faulty(answer).url, "pacs"), sources, ONE_BY_ONE)
    assert (receipt.asked, receipt.done) == (4, 1)
    assert {reason for _uid, reason in receipt.missing} == {"pacs has ended the connection in the middle."}
    assert len(begun) == 1 + 3


def test_a_server_that_takes_fewer_connections(faulty, sources):
    """It ends the second one at once, whatever it is asked; the first sends all."""
    begun, go_on = [], threading.Event()

    def answer(request):
        begun.append(1)
        if len(begun) == 1:
            go_on.wait(20)
        elif len(begun) < 5:
            if len(begun) == 4:
                go_on.set()
            return Answer(body=b"x" * 9, cut=0)
        return response(stored(request))

    options = StowOptions(batch_files=1, connections=2)
    receipt = sent(OriginServer(faulty(answer).url, "pacs"), sources, options)
    assert (receipt.asked, receipt.done, receipt.complete) == (4, 4, True)
    (remark,) = receipt.remarks
    assert remark.startswith("Fewer connections were used than asked for. pacs has ended")


def test_it_stays_busy(faulty, tmp_path):
    """Some files are tried; the others would wait as long, and are given up."""
    sources = factories.write(factories.ct_series(40), tmp_path / "many")
    always = faulty(lambda _request: Answer(503))
    with pytest.raises(NetworkError, match="is busy"):
        sent(OriginServer(always.url), sources)
    assert len(always.requests) < 40
    begun: list[int] = []

    def answer(request):
        begun.append(1)
        return response(stored(request)) if len(begun) == 1 else Answer(503)

    receipt = sent(OriginServer(faulty(answer).url, "pacs"), sources, ONE_BY_ONE)
    assert (receipt.asked, receipt.done) == (40, 1)
    assert {"is busy" in reason for _uid, reason in receipt.missing} == {True}
    assert len(begun) < 20


def test_a_gateway_that_waits_only_for_little_at_once(faulty, sources):
    def answer(request):
        return Answer(504) if len(stored(request)) > 1 else response(stored(request))

    assert sent(OriginServer(faulty(answer).url), sources).complete


def test_it_dies_while_a_refused_batch_is_sent_in_halves(faulty, orthanc, pacs, sources):
    """Each file has one outcome: what Orthanc has stored is told as stored, and not as failed besides."""

    def answer(request):
        held = stored(request)
        if len(held) == 1 and UIDS[1] in held:
            return Answer(500)
        if UIDS[0] in held and len(held) > 1:
            return Answer(413)
        if UIDS[0] not in held:
            return Answer(body=b"x" * 9, cut=0)
        kind = {"Content-Type": request.headers["Content-Type"], "Accept": "application/dicom+json"}
        reply = requests.post(f"{pacs.url}/studies", request.body, headers=kind, timeout=10)
        return Answer(reply.status_code, body=reply.content)

    told: list[str] = []
    progress: list[Progress] = []
    job = send(OriginServer(faulty(answer).url, "pacs"), sources, on_sent=told.append, access=FAST)
    (series,) = run(job, progress.append).series.values()
    kept = requests.get(f"{orthanc.url}/instances?expand", timeout=10).json()
    assert [one["MainDicomTags"]["SOPInstanceUID"] for one in kept] == told == list(series.done) == UIDS[:1]
    ended = "pacs has ended the connection in the middle."
    assert series.failed == {
        UIDS[1]: "pacs fails; its own log says why (HTTP 500).",
        UIDS[2]: ended,
        UIDS[3]: ended,
    }
    sending = [one for one in progress if one.step == "Sending"]
    assert (sending[-1].done, sending[-1].total) == (4, 4)


def refusing(request, refused: int, orthanc) -> Answer:
    """Of a server in front of Orthanc that takes uncompressed instances only, and says 415 or 0xC122."""
    held = {}
    _kind, boundary = content_type(request.headers["Content-Type"])
    for part in MultipartReader([request.body], boundary):
        data = part.read(1 << 20)
        held[str(pydicom.dcmread(io.BytesIO(data)).SOPInstanceUID)] = data
    syntaxes = {uid: pydicom.dcmread(io.BytesIO(data)).file_meta for uid, data in held.items()}
    bad = [uid for uid, meta in syntaxes.items() if meta.TransferSyntaxUID in COMPRESSED]
    if bad and refused == 415:
        return Answer(415)
    good = [uid for uid in held if uid not in bad]
    for uid in good:
        requests.post(f"{orthanc.url}/instances", held[uid], timeout=10).raise_for_status()
    return response(good, bad, status=202, failure=refused) if bad else response(good)


@pytest.mark.parametrize("refused", [415, 0xC122])
def test_what_a_server_does_not_take_as_it_is_comes_uncompressed(faulty, orthanc, tmp_path, refused):
    syntaxes = (*files.SYNTAXES, files.JPEG_LS, files.JPEG_LS)
    sources = files.by_sop(files.write_all(tmp_path / "source", syntaxes))
    server = faulty(lambda request: refusing(request, refused, orthanc))
    receipt = sent(OriginServer(server.url), sources.values(), StowOptions(batch_files=4))
    assert (receipt.done, receipt.complete) == (9, True)
    compressed = [uid for uid, path in sources.items() if files.syntax_of(path) in COMPRESSED]
    assert dict(receipt.notes) == {
        uid: f"encoded anew, from {files.syntax_of(sources[uid])} to {files.EXPLICIT}" for uid in compressed
    }
    for one in requests.get(f"{orthanc.url}/instances?expand", timeout=10).json():
        path = tmp_path / "stored.dcm"
        path.write_bytes(requests.get(f"{orthanc.url}/instances/{one['ID']}/file", timeout=10).content)
        source = sources[one["MainDicomTags"]["SOPInstanceUID"]]
        assert files.same_pixels(path, source)
        kept = files.syntax_of(source) not in COMPRESSED
        assert files.same_data(path, source) if kept else files.syntax_of(path) == files.EXPLICIT
    assert len(list(Path(tempfile.gettempdir()).glob("encoded-*"))) == 0
    # the last file is sent uncompressed at once, since its like was refused before
    assert sum(files.JPEG_LS.encode() in request.body for request in server.requests) <= 4


def test_nothing_is_encoded_anew_where_that_is_not_wanted(faulty, orthanc, tmp_path):
    (path,) = files.write_all(tmp_path / "source", (files.RLE,))
    server = faulty(lambda request: refusing(request, 415, orthanc))
    receipt = sent(OriginServer(server.url, "pacs"), [path], StowOptions(transcode=False))
    assert [text for _uid, text in receipt.missing] == ["pacs does not take this kind of content (HTTP 415)."]


def test_what_can_neither_be_taken_nor_decoded(faulty, orthanc, tmp_path):
    (path,) = files.write_all(tmp_path / "source", (files.JPEG_LS,))
    content = Path(path).read_bytes()
    start = content.index(b"\xff\xd8")
    Path(path).write_bytes(content[:start] + bytes(40) + content[start + 40 :])
    server = faulty(lambda request: refusing(request, 0xC122, orthanc))
    ((_uid, text),) = sent(OriginServer(server.url), [path]).missing
    way = f"from {files.JPEG_LS} to {files.EXPLICIT}"
    assert text == f"is not taken as {files.JPEG_LS}, and cannot be encoded anew, {way}"


@pytest.mark.parametrize(("status", "words"), [(401, "credentials"), (403, "permission"), (404, "URL")])
def test_no_way_in(faulty, sources, status, words):
    with pytest.raises(NetworkError, match=words):
        sent(OriginServer(faulty(lambda _request: Answer(status)).url), sources)


def test_a_server_that_has_moved_is_not_believed(faulty, sources):
    other = faulty(lambda _request: json_answer([]))
    server = faulty(lambda _request: Answer(302, headers={"Location": other.url}))
    receipt = sent(OriginServer(server.url), sources[:1])
    assert "has moved. Enter its new URL" in receipt.missing[0][1]
    assert other.requests == []


def test_a_file_that_changes_while_it_waits(faulty, sources):
    def answer(request):
        Path(sources[2]).unlink(missing_ok=True)
        return response(stored(request))

    receipt = sent(OriginServer(faulty(answer).url), sources, StowOptions(batch_files=2))
    assert receipt.done == 3
    assert receipt.missing == [(UIDS[2], "cannot be read (No such file or directory)")]


def test_a_hang_and_cancel(faulty, sources):
    never = threading.Event()
    server = faulty(
        lambda request: response(stored(request)) if UIDS[0] in stored(request) else Answer(wait=never)
    )
    job = send(OriginServer(server.url, timeout_s=60), sources, ONE_BY_ONE, access=FAST)
    while next(job).done < 1 or len(server.requests) < 2:
        pass
    begin = time.monotonic()
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    took = time.monotonic() - begin
    never.set()
    assert took < 2
    assert (end.value.value.cancelled, end.value.value.done) == (True, 1)
