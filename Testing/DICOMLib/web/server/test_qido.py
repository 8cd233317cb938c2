"""QIDO-RS with dicomweb-client, against answers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from dicomweb_client import DICOMwebClient
from pydicom.dataset import Dataset

from DICOMLib.web.server.origin_server import OriginServer
from Testing.DICOMLib.web.server.files import ENCODINGS, MULTI, SERIES, STUDY, SYNTAX_STUDY
from Testing.factories import uid

pytestmark = pytest.mark.network
STUDY_2 = str(uid("study 2"))


@pytest.fixture
def client(server: OriginServer) -> DICOMwebClient:
    return DICOMwebClient(server.url)


def ask(server: OriginServer, path: str, **parameters: Any) -> requests.Response:
    return requests.get(f"{server.url}{path}", parameters, timeout=30)


def values(found: list[dict[str, Any]], keyword: str) -> list[Any]:
    return sorted(str(Dataset.from_json(one)[keyword].value) for one in found)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [STUDY, STUDY_2, SYNTAX_STUDY]),
        ({"PatientID": "P2"}, [STUDY_2]),
        ({"00100020": "P2"}, [STUDY_2]),
        ({"PatientName": "muller*"}, [STUDY_2]),
        ({"PatientName": "Müller", "fuzzymatching": "true"}, [STUDY_2]),
        ({"PatientName": "JORG muller", "fuzzymatching": "true"}, [STUDY_2]),
        ({"StudyDate": "20240101-20240131"}, [STUDY, SYNTAX_STUDY]),
        ({"StudyInstanceUID": f"{STUDY},{STUDY_2}"}, [STUDY, STUDY_2]),
        ({"StudyInstanceUID": f"{STUDY}\\{STUDY_2}"}, [STUDY, STUDY_2]),
        ({"ModalitiesInStudy": "SR"}, [STUDY]),
        ({"ModalitiesInStudy": "PT,MR,SR", "multiplevaluematching": "true"}, [STUDY, STUDY_2]),
        ({"ModalitiesInStudy": "MR\\SR"}, [STUDY, STUDY_2]),
        ({"ModalitiesInStudy": ["MR", "", "SR"]}, [STUDY, STUDY_2]),
        ({"ModalitiesInStudy": "", "PatientName": "*jane*"}, [STUDY, SYNTAX_STUDY]),
        ({"ModalitiesInStudy": "PT,NM"}, []),
        ({"PatientBirthDate": '""', "emptyvaluematching": "true"}, []),
        ({"PatientID": "nobody"}, []),
    ],
)
def test_studies(server: OriginServer, keys: dict[str, Any], expected: list[str]) -> None:
    answer = ask(server, "/studies", **keys)
    assert answer.status_code == (200 if expected else 204)
    found = answer.json() if expected else []
    assert values(found, "StudyInstanceUID") == sorted(expected)


def test_what_is_told_of_a_study(client: DICOMwebClient, server: OriginServer) -> None:
    [model] = client.search_for_studies(search_filters={"PatientID": "P2"})
    study = Dataset.from_json(model)
    assert (study.StudyDate, study.StudyTime, study.PatientName) == ("20240220", "101500", "Müller^Jörg")
    assert (study.NumberOfStudyRelatedSeries, study.NumberOfStudyRelatedInstances) == (1, 2)
    assert (study.ModalitiesInStudy, study.InstanceAvailability) == ("MR", "ONLINE")
    assert study.SpecificCharacterSet == "ISO_IR 192"
    assert study.RetrieveURL == f"{server.url}/studies/{STUDY_2}"


def test_series_and_instances_below(client: DICOMwebClient) -> None:
    assert values(client.search_for_series(STUDY), "Modality") == ["CT", "SR"]
    [series] = client.search_for_series(STUDY, search_filters={"Modality": "CT"})
    assert Dataset.from_json(series).NumberOfSeriesRelatedInstances == 3
    assert len(client.search_for_instances(STUDY)) == 4
    found = client.search_for_instances(STUDY, SERIES)
    assert values(found, "InstanceNumber") == ["1", "2", "3"]
    assert values(found, "Rows") == ["8", "8", "8"]


def test_all_series_and_instances_tell_of_their_studies(client: DICOMwebClient) -> None:
    [series] = client.search_for_series(search_filters={"Modality": "MR"})
    assert Dataset.from_json(series).PatientID == "P2"
    instances = client.search_for_instances(search_filters={"PatientID": "P2"})
    assert values(instances, "StudyInstanceUID") == [STUDY_2, STUDY_2]
    [multi] = client.search_for_instances(search_filters={"SOPInstanceUID": MULTI})
    assert Dataset.from_json(multi).NumberOfFrames == 3
    assert len(client.search_for_instances()) == 6 + 1 + len(ENCODINGS)


def test_fields(client: DICOMwebClient) -> None:
    plain = client.search_for_series(STUDY, search_filters={"Modality": "CT"})[0]
    assert "00080070" not in plain
    for field in ("Manufacturer", "00080070"):
        [told] = client.search_for_series(STUDY, fields=[field], search_filters={"Modality": "CT"})
        assert Dataset.from_json(told).Manufacturer == "ACME"
    everything = client.search_for_series(STUDY, fields=["all"], search_filters={"Modality": "CT"})[0]
    assert len(everything) > len(plain)
    assert Dataset.from_json(everything).PatientBirthDate == "19700203"


@pytest.mark.parametrize(("limit", "offset"), [(1, 0), (2, 1), (3, 0), (3, 2), (5, 3)])
def test_pages(server: OriginServer, limit: int, offset: int) -> None:
    everything = values(ask(server, "/studies").json(), "StudyInstanceUID")
    answer = ask(server, "/studies", limit=limit, offset=offset)
    count = max(0, min(limit, len(everything) - offset))
    assert len(answer.json() if count else []) == count
    assert ("Warning" in answer.headers) == (offset + limit < len(everything))


def test_pages_are_put_together(client: DICOMwebClient) -> None:
    assert len(client.search_for_instances(limit=4, get_remaining=True)) == 6 + 1 + len(ENCODINGS)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/studies", {"Colour": "red"}),
        ("/studies", {"limit": "-1"}),
        ("/studies", {"limit": "ten"}),
        ("/studies", {"offset": "1e3"}),
        ("/studies", {"fuzzymatching": "maybe"}),
        ("/studies", {"emptyvaluematching": "1"}),
        ("/studies", {"StudyDate": "soon"}),
        ("/instances", {"Rows": "many"}),
        ("/studies", {"includefield": "Colour"}),
        ("/studies", {"PatientName.PatientID": "1"}),
        ("/studies/abc/series", {}),
    ],
)
def test_what_cannot_be_understood(server: OriginServer, path: str, parameters: dict[str, str]) -> None:
    answer = ask(server, path, **parameters)
    assert answer.status_code == 400
    assert len(answer.text) > 20


def test_only_json(server: OriginServer) -> None:
    for accept, status in (("application/dicom+xml", 406), ("application/json", 200), ("*/*", 200)):
        answer = requests.get(f"{server.url}/studies", headers={"Accept": accept}, timeout=10)
        assert answer.status_code == status
