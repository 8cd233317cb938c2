"""WADO-RS to files: from a real Orthanc, and from servers that fail in every way."""

from __future__ import annotations

import errno
import threading
import time
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.web.client import wado
from DICOMLib.web.client.retrieve import retrieve
from DICOMLib.web.client.session import Access, WebSession
from Testing import factories
from Testing.DICOMLib.network import files
from Testing.DICOMLib.web.client.faulty import Answer, json_answer, multipart, uid_item

pytestmark = pytest.mark.network

STUDY, SERIES = str(factories.uid("study")), str(factories.uid("series"))
FAST = Access(retries=1, first_wait_s=0.01)


def get(server, wanted, receiver, access=FAST, **options):
    return run(retrieve(server, [wanted], receiver, RetrieveOptions(**options), access))


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.part")]


def test_every_transfer_syntax_comes_as_it_is_stored(orthanc, pacs, receiver, tmp_path):
    sources = files.by_sop(files.write_all(tmp_path / "source"))
    orthanc.upload(sources.values())
    receipt = get(pacs, Wanted(STUDY), receiver)
    assert (receipt.asked, receipt.done, receipt.complete) == (7, 7, True)
    assert {sop for sop, path in receiver.files.items() if files.same_data(path, sources[sop])} == set(
        sources
    )


def test_into_the_database(orthanc, pacs, tmp_path):
    sources = factories.write([*factories.ct_series(3), *factories.mr_series(2)], tmp_path / "source")
    orthanc.upload(sources)
    with Database.open(tmp_path / "db") as database:
        with Receiver(database) as receiver:
            receipt = get(pacs, Wanted(STUDY), receiver)
        assert [(len(one.asked), len(one.done)) for one in receipt.series.values()] == [(3, 3), (2, 2)]
        assert len(list(database.rows("instances"))) == 5
        here = frozenset(row["SOPInstanceUID"] for row in database.rows("instances"))
        with Receiver(database) as receiver:
            again = get(pacs, Wanted(STUDY), receiver, have=here)
        assert (again.done, again.complete) == (5, True)


def test_levels_and_what_is_here_already(orthanc, pacs, receiver, tmp_path):
    orthanc.upload(factories.write(factories.ct_series(4), tmp_path / "source"))
    uids = [str(factories.uid("series", number)) for number in range(4)]
    one = get(pacs, Wanted(STUDY, SERIES, (uids[2],)), receiver)
    assert (one.done, list(receiver.files)) == (1, [uids[2]])
    rest = get(pacs, Wanted(STUDY, SERIES), receiver, have=frozenset(uids[1:3]))
    assert (rest.asked, rest.done, rest.complete) == (4, 4, True)
    assert set(receiver.files) == {uids[0], uids[2], uids[3]}


def test_what_is_not_there_is_said(pacs, receiver):
    receipt = get(pacs, Wanted("1.2.3"), receiver, list_first=False)
    ((what, reason),) = receipt.faults
    assert (what, "does not have it" in reason) == ("1.2.3", True)
    assert not receipt.complete


def test_frames_metadata_and_pictures(orthanc, pacs, tmp_path):
    (source,) = files.write_all(tmp_path / "source", (files.EXPLICIT,))
    orthanc.upload([source])
    dataset = files.pydicom.dcmread(source)
    uids = (STUDY, str(dataset.SeriesInstanceUID), str(dataset.SOPInstanceUID))
    with WebSession(pacs) as session:
        assert wado.frames(session, uids, [1]) == [dataset.PixelData]
        (told,) = wado.metadata(session, *uids)
        assert told["00080018"]["Value"] == [uids[2]]
        assert png_size(wado.rendered(session, uids, 1, (64, 64))) == (64, 64)
        assert png_size(wado.thumbnail(session, uids, 128)) == (128, 128)
        with pytest.raises(NetworkError, match="does not have it"):
            wado.thumbnail(session, (*uids[:2], "1.2.3"))


def png_size(data: bytes) -> tuple[int, int]:
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


# Servers that fail


@pytest.fixture
def sources(tmp_path):
    return factories.write(factories.ct_series(4, size=512), tmp_path / "source")


class Pacs:
    """Answers as a PACS with the files does; `faults` are given instead of the first answers of a kind, or
    instead of all of them."""

    def __init__(self, sources, **faults):
        self.paths = {files.sop_of(path): path for path in sources}
        self.faults = faults

    def __call__(self, request):
        path = request.path.partition("?")[0]
        if path.endswith("/series"):
            return self._given("series", json_answer([uid_item("0020000E", SERIES)]), request)
        if path.endswith("/instances"):
            items = [uid_item("00080018", uid) for uid in self.paths]
            return self._given("instances", json_answer(items), request)
        uid = path.rpartition("/")[2]
        if uid in self.paths:
            return self._given("instance", multipart([self.paths[uid]]), request)
        return self._given("whole", multipart(list(self.paths.values())), request)

    def _given(self, kind, answer, request):
        if "offset=" in request.path:
            return json_answer([])
        given = self.faults.get(kind, [])
        if isinstance(given, Answer):
            return given
        return given.pop(0) if given else answer


def asked(server, kind):
    return [request.path for request in server.requests if kind in request.path and "?" not in request.path]


class Counting(Pacs):
    """Tells how many instances the series has, too."""

    count = 4

    def __call__(self, request):
        if request.path.partition("?")[0].endswith("/series") and "offset=" not in request.path:
            return json_answer(
                [{**uid_item("0020000E", SERIES), "00201209": {"vr": "IS", "Value": [self.count]}}]
            )
        return super().__call__(request)


def listings(server):
    return [request.path for request in server.requests if "/instances?" in request.path]


def test_what_is_counted_is_not_listed(faulty, sources, receiver):
    server = faulty(Counting(sources))
    receipt = get(OriginServer(server.url), Wanted(STUDY), receiver)
    assert (receipt.asked, receipt.done, receipt.complete) == (4, 4, True)
    assert listings(server) == []


def test_fewer_than_were_counted_are_listed_and_asked_for_again(faulty, sources, receiver):
    server = faulty(Counting(sources, whole=[multipart(sources[:3])]))
    receipt = get(OriginServer(server.url), Wanted(STUDY), receiver)
    assert (receipt.asked, receipt.done, receipt.complete) == (4, 4, True)
    assert len(asked(server, "/instances/")) == 1


def test_fewer_than_were_counted_and_no_list(faulty, sources, receiver):
    server = faulty(Counting(sources, whole=[multipart(sources[:3])], instances=Answer(501)))
    receipt = get(OriginServer(server.url), Wanted(STUDY), receiver)
    ((what, reason),) = receipt.faults
    assert (what, receipt.done, receipt.complete) == (SERIES, 3, False)
    assert "only 3 of 4 instances came" in reason


def test_a_wrong_count_is_set_right_by_the_list(faulty, sources, receiver):
    pacs = Counting(sources)
    pacs.count = 7
    receipt = get(OriginServer(faulty(pacs).url), Wanted(STUDY), receiver)
    assert (receipt.asked, receipt.done, receipt.complete) == (4, 4, True)


def test_a_study_that_is_not_there(pacs, receiver):
    receipt = get(pacs, Wanted("1.2.3"), receiver)
    assert (receipt.faults, receipt.complete) == ([("1.2.3", "the server has nothing of it")], False)


def test_it_dies_in_the_middle(faulty, sources, receiver, tmp_path):
    whole = multipart(sources)
    whole.cut = len(whole.body) * 7 // 10
    server = faulty(Pacs(sources, whole=[whole]))
    receipt = get(OriginServer(server.url, "pacs"), Wanted(STUDY), receiver)
    assert (receipt.done, receipt.complete, len(receipt.remarks)) == (4, True, 1)
    assert "ended the connection in the middle" in receipt.remarks[0]
    assert len(asked(server, "/instances/")) == 2  # only what was missing
    assert all(files.same_data(path, Pacs(sources).paths[uid]) for uid, path in receiver.files.items())
    assert left_over(tmp_path) == []


def test_it_dies_again_and_again(faulty, sources, receiver, tmp_path):
    cut_short = multipart(sources)
    cut_short.cut = len(cut_short.body) * 45 // 100
    server = faulty(Pacs(sources, whole=cut_short, instance=cut_short))
    receipt = get(OriginServer(server.url), Wanted(STUDY), receiver, retries=5)
    assert (receipt.asked, receipt.done) == (4, 1)
    assert len(receipt.missing) == 3
    assert len(server.requests) < 12
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(kind="text/html", body=b"<html>log in</html>"), "text/html where application/dicom"),
        (
            Answer(kind="multipart/related; boundary=other", body=b"--limit\r\n\r\nx\r\n--limit--"),
            "ends in the middle",
        ),
        (
            Answer(kind="multipart/related; boundary=b", body=b"--b\r\n\r\nno DICOM\r\n--b--"),
            "something else: no DICOM",
        ),
        (Answer(kind="application/dicom", body=b""), "something else: no DICOM"),
        (Answer(kind="multipart/related", body=b"--\r\n"), "multipart/related where application/dicom"),
        (Answer(500, kind="text/plain", body=b"Doe^Jane"), "fails; its own log says why"),
    ],
)
def test_garbage(faulty, sources, receiver, tmp_path, answer, words):
    server = faulty(Pacs(sources, whole=answer, instance=answer))
    receipt = get(OriginServer(server.url, "pacs"), Wanted(STUDY), receiver)
    assert words in receipt.as_text()
    assert "Doe" not in receipt.as_text()
    assert (receipt.done, receipt.complete, left_over(tmp_path)) == (0, False, [])


def test_what_is_truncated_inside_is_not_taken(faulty, sources, receiver, tmp_path):
    """The multipart content is whole, but an instance in it is not, nor is it the one that was asked for."""
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(Path(sources[0]).read_bytes()[:200])
    other = factories.write(factories.ct_series(1, StudyInstanceUID="1.2.3"), tmp_path / "other")
    server = faulty(Pacs(sources, whole=[multipart([str(broken), *other, *sources[1:]])]))
    receipt = get(OriginServer(server.url), Wanted(STUDY), receiver)
    assert (receipt.asked, receipt.done) == (4, 4)
    assert "another instance than was asked for" in receipt.as_text()
    assert set(receiver.files) == set(Pacs(sources).paths)


def test_evil_uids_stay_in_the_folder(faulty, tmp_path, receiver):
    evil = "../../x"
    (source,) = factories.write(factories.ct_series(1), tmp_path / "source")
    uid = str(factories.uid("series", 0))
    data = Path(source).read_bytes()
    Path(source).write_bytes(data.replace(uid.encode(), evil.encode().ljust(len(uid), b"\0")))
    pacs = Pacs([])
    pacs.paths = {evil: source}
    server = faulty(pacs)
    before = set(tmp_path.rglob("*"))
    receipt = get(OriginServer(server.url), Wanted(STUDY), receiver)
    assert not [request.path for request in server.requests if ".." in request.path]
    new = {path.parent for path in tmp_path.rglob("*")} - {path.parent for path in before}
    assert new <= {tmp_path / "taken"}
    assert receipt.asked == 1


def test_a_hang_ends_with_the_time_limit(faulty, sources, receiver):
    never = threading.Event()
    server = faulty(Pacs(sources, whole=Answer(wait=never)))
    begin = time.monotonic()
    try:
        receipt = get(OriginServer(server.url, "pacs", timeout_s=0.3), Wanted(STUDY), receiver)
    finally:
        never.set()
    assert time.monotonic() - begin < 5
    assert "pacs does not answer within 0.3 s" in receipt.remarks[0]
    assert len(receipt.missing) == 4


def test_cancel_ends_a_hang_at_once(faulty, sources, receiver):
    never = threading.Event()
    server = faulty(Pacs(sources, whole=[Answer(wait=never)]))
    job = retrieve(OriginServer(server.url, timeout_s=60), [Wanted(STUDY)], receiver, access=FAST)
    while next(job).total < 4 or not asked(server, SERIES):
        pass
    begin = time.monotonic()
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    took = time.monotonic() - begin
    never.set()
    assert took < 2
    assert (end.value.value.cancelled, end.value.value.done) == (True, 0)


def test_a_busy_server_is_asked_again_when_it_says(faulty, sources, receiver):
    busy = [Answer(503, headers={"Retry-After": "1"}), Answer(429)]
    server = faulty(Pacs(sources, whole=busy))
    begin = time.monotonic()
    receipt = get(OriginServer(server.url), Wanted(STUDY), receiver, Access(retries=2, first_wait_s=0.01))
    assert time.monotonic() - begin >= 1
    assert receipt.complete
    long = Answer(503, headers={"Retry-After": "3600"})
    server = faulty(Pacs(sources, whole=long))
    assert "is busy" in get(OriginServer(server.url), Wanted(STUDY), receiver, retries=0).as_text()


def test_no_way_in(faulty, sources, receiver):
    for status in (401, 403):
        server = faulty(lambda _request, status=status: Answer(status))
        with pytest.raises(NetworkError, match=str(status)):
            get(OriginServer(server.url), Wanted(STUDY), receiver)
    with pytest.raises(NetworkError, match="nothing listens"):
        get(OriginServer("http://127.0.0.1:1"), Wanted(STUDY), receiver)


def test_a_server_without_search(faulty, sources, receiver):
    server = faulty(Pacs(sources, series=[Answer(501)]))
    receipt = get(OriginServer(server.url), Wanted(STUDY), receiver)
    assert receipt.done == 4
    assert "Whether everything came is not known" in receipt.remarks[0]


def test_a_server_that_wants_another_accept_header(faulty, sources, receiver):
    wanted: list[str] = []
    pacs = Pacs(sources)

    def answer(request):
        if "?" not in request.path:
            wanted.append(request.headers["Accept"])
            if "transfer-syntax" in wanted[-1]:
                return Answer(406)
        return pacs(request)

    assert get(OriginServer(faulty(answer).url), Wanted(STUDY), receiver).complete
    assert wanted == list(wado.INSTANCES[:2])


def test_a_full_disk(faulty, sources, tmp_path):
    class Full(FolderReceiver):
        def take(self, arrival):
            if self.files:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().take(arrival)

    receiver = Full(tmp_path / "taken")
    receipt = get(OriginServer(faulty(Pacs(sources)).url), Wanted(STUDY), receiver)
    assert (receipt.done, left_over(tmp_path)) == (1, [])
    assert "No space left" in receipt.as_text()


def test_memory_does_not_grow_with_an_instance(faulty, tmp_path, receiver):
    size = 2048
    (source,) = factories.write(factories.ct_series(1, size=size), tmp_path / "source")  # 8 MB
    server = OriginServer(faulty(Pacs([source])).url)
    get(server, Wanted(STUDY), receiver)
    session = WebSession(server)
    tracemalloc.start()
    with session, session.get(f"{server.url}/studies/1", "*/*") as answer:
        received = 0
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[1]
        for part in wado.parts_of(session, answer, "application/dicom"):
            received += sum(map(len, part.pieces))
        peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert received == Path(source).stat().st_size
    assert peak < 3_000_000


def test_redirection_tells_no_secret_to_another_host(faulty, sources, receiver):
    pacs = Pacs(sources)
    other = faulty(pacs)
    moved = faulty(lambda request: Answer(307, headers={"Location": other.url + request.path}))
    server = OriginServer(moved.url, token="hidden-token", headers={"X-Key": "hidden-key"})
    assert get(server, Wanted(STUDY), receiver).complete
    assert all(request.headers["Authorization"] == "Bearer hidden-token" for request in moved.requests)
    assert all(request.headers["X-Key"] == "hidden-key" for request in moved.requests)
    assert "hidden" not in str([request.headers for request in other.requests])
    assert len(other.requests) == len(moved.requests)


def test_progress_is_told_on_a_computer_that_was_just_switched_on(faulty, sources, receiver, monkeypatch):
    """Its clock has not reached the time between two news yet; it stands, so that only the last is due."""
    monkeypatch.setattr("DICOMLib.web.client.retrieve.time", SimpleNamespace(monotonic=lambda: 0.01))
    server = OriginServer(faulty(Pacs(sources)).url)
    job = retrieve(server, [Wanted(STUDY)], receiver, RetrieveOptions(list_first=False), FAST)
    told = [progress.done for progress in job if progress.step == "Retrieving"]
    assert told[0] == 1
