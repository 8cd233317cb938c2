"""Orthanc's DICOMweb plugin as a client: it searches here, stores here, and takes from here."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests

from DICOMLib.database import Database
from DICOMLib.web.server.origin_server import OriginServer
from Testing.DICOMLib.web.server.files import STUDY, SYNTAX_STUDY
from Testing.orthanc import Orthanc

pytestmark = pytest.mark.network
Ask = Callable[..., Any]


@pytest.fixture
def ask(orthanc: Orthanc) -> Ask:
    """Makes Orthanc call a server; its answer."""

    def call(server: OriginServer, what: str, **message: object) -> Any:
        place = f"{orthanc.web_url}/servers/slicer"
        requests.put(place, json={"Url": server.url}, timeout=10).raise_for_status()
        answer = requests.post(f"{place}/{what}", json=message, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return call


def held_by(orthanc: Orthanc) -> dict[str, pydicom.Dataset]:
    """What it has, by SOP Instance UID."""
    found = {}
    for identifier in requests.get(f"{orthanc.url}/instances", timeout=10).json():
        content = requests.get(f"{orthanc.url}/instances/{identifier}/file", timeout=10).content
        dataset = pydicom.dcmread(io.BytesIO(content))
        found[str(dataset.SOPInstanceUID)] = dataset
    return found


def test_it_searches(ask: Ask, server: OriginServer) -> None:
    [study] = ask(server, "qido", Uri="/studies", Arguments={"StudyInstanceUID": STUDY})
    assert study["0020000D"]["Value"] == STUDY
    assert study["00100010"]["Value"] == "Doe^Jane"


def test_it_stores(
    ask: Ask, store: tuple[OriginServer, Database], orthanc: Orthanc, files: dict[str, Path]
) -> None:
    server, database = store
    orthanc.upload(files.values())
    resources = requests.get(f"{orthanc.url}/studies", timeout=10).json()
    ask(server, "stow", Resources=resources, Synchronous=True)
    sent = held_by(orthanc)
    assert len(sent) == len(files)
    stored = {
        str(row["SOPInstanceUID"]): pydicom.dcmread(database.absolute_path(str(row["Filename"])))
        for row in database.rows("instances")
    }
    assert stored == sent
    for sop, dataset in stored.items():
        assert dataset.file_meta.TransferSyntaxUID == sent[sop].file_meta.TransferSyntaxUID
        assert dataset == pydicom.dcmread(files[sop])


@pytest.mark.parametrize("study", [STUDY, SYNTAX_STUDY])
def test_it_retrieves(
    ask: Ask, server: OriginServer, orthanc: Orthanc, files: dict[str, Path], study: str
) -> None:
    ask(server, "retrieve", Resources=[{"Study": study}], Synchronous=True)
    sources = {sop: pydicom.dcmread(path) for sop, path in files.items()}
    expected = {sop: one for sop, one in sources.items() if one.StudyInstanceUID == study}
    taken = held_by(orthanc)
    assert taken.keys() == expected.keys()
    for sop, dataset in taken.items():
        source = expected[sop]
        assert (dataset.PatientName, dataset.SeriesInstanceUID) == (
            source.PatientName,
            source.SeriesInstanceUID,
        )
        if "PixelData" in source:
            assert (dataset.pixel_array == source.pixel_array).all()
