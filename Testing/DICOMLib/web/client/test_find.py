"""QIDO-RS, at a real Orthanc and at servers that answer oddly."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.query import Range
from DICOMLib.web.client import find as find_module
from DICOMLib.web.client.find import FindOptions, find
from DICOMLib.web.client.send import send
from Testing import factories
from Testing.DICOMLib.web.client.faulty import Answer, json_answer, uid_item

pytestmark = pytest.mark.network

STUDY, SERIES = str(factories.uid("study")), str(factories.uid("series"))


def matches(server, level, keys=None, returned=None, **options) -> list[Dataset]:
    return run(find(server, level, keys or {}, returned, options=FindOptions(**options))).matches


@pytest.fixture
def filled(orthanc, tmp_path):
    """Two patients, the first of them with two studies."""
    datasets = [
        *factories.ct_series(3, PatientName="Müller^Änne", SpecificCharacterSet="ISO_IR 192"),
        *factories.mr_series(2, StudyInstanceUID=factories.uid("later"), StudyDate="20250203"),
        *factories.ct_series(
            1, "other", PatientID="P2", PatientName="Roe^Jo", StudyInstanceUID=factories.uid("of the other")
        ),
    ]
    orthanc.upload(factories.write(datasets, tmp_path / "source"))


def test_levels(filled, pacs):
    patients = matches(pacs, "PATIENT")
    assert sorted(str(one.PatientID) for one in patients) == ["P1", "P2"]
    assert all("StudyInstanceUID" not in one for one in patients)
    assert len(matches(pacs, "STUDY")) == 3
    (series,) = matches(pacs, "SERIES", {"StudyInstanceUID": STUDY})
    assert (str(series.SeriesInstanceUID), series.Modality) == (SERIES, "CT")
    assert int(series.NumberOfSeriesRelatedInstances) == 3
    instances = matches(pacs, "IMAGE", {"StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES})
    assert {str(one.SOPInstanceUID) for one in instances} == {
        str(factories.uid("series", n)) for n in range(3)
    }
    assert {int(one.Rows) for one in instances} == {8}


def test_matching_and_names_in_other_scripts(filled, pacs):
    (study,) = matches(pacs, "STUDY", {"PatientName": "Roe*"})
    assert str(study.StudyInstanceUID) == str(factories.uid("of the other"))
    (study,) = matches(pacs, "STUDY", {"StudyInstanceUID": STUDY})
    assert str(study.PatientName) == "Müller^Änne"
    dated = matches(pacs, "STUDY", {"StudyDate": Range("20250101", "20251231")})
    assert [str(one.StudyInstanceUID) for one in dated] == [str(factories.uid("later"))]
    later = factories.uid("later")
    as_text = matches(pacs, "STUDY", {"StudyInstanceUID": f"{STUDY}\\{later}"})
    assert {str(one.StudyInstanceUID) for one in as_text} == {STUDY, str(later)}
    both = matches(pacs, "STUDY", {"StudyInstanceUID": [STUDY, later]})
    assert len(both) == 2
    assert matches(pacs, "STUDY", {"PatientName": "Nobody"}) == []


def test_what_is_asked_for_is_told(filled, pacs):
    (study,) = matches(pacs, "STUDY", {"StudyInstanceUID": STUDY}, ["SeriesDescription", "PatientName"])
    assert str(study.PatientName) == "Müller^Änne"


def test_page_after_page(filled, pacs, monkeypatch):
    monkeypatch.setattr(find_module, "PAGE", 2)
    came: list[Dataset] = []
    report = run(find(pacs, "STUDY", {}, on_match=came.append))
    assert report.matches == came
    assert (len({str(one.StudyInstanceUID) for one in came}), len(came), report.limited) == (3, 3, False)
    limited = run(find(pacs, "STUDY", {}, options=FindOptions(limit=2)))
    assert (len(limited.matches), limited.limited) == (2, True)


@pytest.mark.slow
def test_a_thousand_instances(orthanc, pacs, tmp_path, monkeypatch):
    monkeypatch.setattr(find_module, "PAGE", 300)
    paths = factories.write(factories.ct_series(1000, size=1), tmp_path / "source")
    assert run(send(pacs, paths)).done == 1000
    found = matches(
        pacs, "IMAGE", {"StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES}, ["SOPInstanceUID"]
    )
    assert {str(one.SOPInstanceUID) for one in found} == {
        str(factories.uid("series", number)) for number in range(1000)
    }


def test_what_is_sent(faulty):
    server = faulty(lambda _request: json_answer([]))
    keys = {"PatientName": "A b*", "StudyInstanceUID": ["1.2", "1.3"], "StudyDescription": "x&y"}
    options = FindOptions(limit=7, fuzzy=True)
    run(find(OriginServer(server.url + "/root/"), "STUDY", keys, ["StudyDate"], options=options))
    (request,) = server.requests
    path, _mark, query = request.path.partition("?")
    assert path == "/root/studies"
    assert sorted(query.split("&")) == sorted(
        [
            "00100010=A%20b*",
            "0020000D=1.2,1.3",
            "00081030=x%26y",
            *(f"includefield={tag}" for tag in ("00080020", "00081030", "00100010", "0020000D")),
            "limit=7",
            "fuzzymatching=true",
        ]
    )
    assert "application/dicom+json" in request.headers["Accept"]


def test_a_server_that_sends_fewer_than_asked_for(faulty):
    def answer(request):
        offset = int(request.path.partition("offset=")[2] or 0)
        return json_answer([uid_item("0020000D", f"1.{n}") for n in range(offset, min(offset + 3, 8))])

    server = faulty(answer)
    assert [str(one.StudyInstanceUID) for one in matches(OriginServer(server.url), "STUDY")] == [
        f"1.{number}" for number in range(8)
    ]


@pytest.mark.parametrize("level", ["PATIENT", "STUDY"])
def test_a_server_that_knows_no_offset(faulty, level):
    one = {**uid_item("0020000D", "1.2"), "00100020": {"vr": "LO", "Value": ["P"]}}
    server = faulty(lambda _request: json_answer([one, {**one, **uid_item("0020000D", "1.3")}]))
    assert len(matches(OriginServer(server.url), level)) == (1 if level == "PATIENT" else 2)
    assert len(server.requests) == 2


def test_a_server_that_refuses_an_offset(faulty):
    def answer(request):
        return Answer(400) if "offset" in request.path else json_answer([uid_item("0020000D", "1.2")])

    server = faulty(answer)
    report = run(find(OriginServer(server.url), "STUDY", {}))
    assert (len(report.matches), report.limited) == (1, False)
    full = run(find(OriginServer(server.url), "STUDY", {}, options=FindOptions(limit=5)))
    assert (len(full.matches), full.limited) == (1, False)


def test_elements_that_are_wrong_are_left_out(faulty):
    odd = {
        **uid_item("0020000D", "1.2"),
        "00100010": {"vr": "PN", "Value": ["not a name in JSON"]},
        "00080020": {"vr": "DA", "Value": ["yesterday"]},
        "nonsense": {"vr": "LO", "Value": ["x"]},
        "00100020": "text",
        "7FE00010": {"vr": "OW", "BulkDataURI": "http://127.0.0.1:1/x"},
        "00081030": {"vr": "LO", "Value": ["Head"]},
    }
    server = faulty(lambda request: json_answer([] if "offset" in request.path else [odd, {}, {"a": 1}]))
    (match,) = matches(OriginServer(server.url), "STUDY")
    assert (str(match.StudyInstanceUID), match.StudyDescription) == ("1.2", "Head")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(kind="text/html", body=b"<html>log in</html>"), "text/html that is no DICOM JSON.*login"),
        (Answer(body=b"[" * 100_000), "no DICOM JSON"),
        (Answer(body=b'["a"]'), "holds no DICOM data sets"),
        (Answer(body=b"\xff\xfe"), "no DICOM JSON"),
        (Answer(401), "does not accept our credentials"),
        (Answer(403), "does not allow"),
        (Answer(404), "URL is not that"),
        (Answer(500), "its own log says why"),
        (Answer(302, headers={"Location": "/again"}), "without end"),
        (Answer(302, headers={"Location": "ftp://127.0.0.1/"}), "no usable URL"),
    ],
)
def test_bad_answers_are_said_in_words(faulty, answer, words):
    server = faulty(lambda _request: answer)
    with pytest.raises(NetworkError, match=words):
        matches(OriginServer(server.url, "pacs"), "STUDY", {"PatientName": "Secret^Name"})


def test_no_fault_names_the_patient(faulty):
    for port in (faulty(lambda _request: Answer(500)).port, 1):
        with pytest.raises(NetworkError) as fault:
            matches(OriginServer(f"http://127.0.0.1:{port}"), "STUDY", {"PatientName": "Secret^Name"})
        chain, error = [], fault.value
        while error is not None:
            chain.append(repr(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        assert "Secret" not in "".join(chain)


@pytest.mark.parametrize("uid", ["../../x", "1.2/..", ".", "1.2?x=1", "1.2\\../x", ""])
def test_evil_uids_never_become_a_part_of_a_url(faulty, uid):
    server = faulty(lambda _request: json_answer([]))
    if uid:
        with pytest.raises(NetworkError, match="no UID"):
            matches(OriginServer(server.url), "IMAGE", {"StudyInstanceUID": uid})
        assert server.requests == []
    else:
        assert matches(OriginServer(server.url), "IMAGE", {"StudyInstanceUID": uid}) == []
        assert server.requests[0].path.startswith("/instances?")


def test_cancel(faulty):
    def answer(request):
        offset = int(request.path.partition("offset=")[2] or 0)
        return json_answer([uid_item("0020000D", f"1.{offset}")])

    job = find(OriginServer(faulty(answer).url), "STUDY", {})
    while next(job).done < 3:
        pass
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled
    assert len(end.value.value.matches) >= 3
