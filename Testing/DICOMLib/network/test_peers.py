"""Server list in the settings, in the form that Slicer reads and writes."""

from __future__ import annotations

import json

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.settings import MemorySettings
from DICOMLib.network.peers import Peer, load_peers, save_peers, with_proxies
from DICOMLib.network.tls import TLSOptions

PACS = Peer("pacs.example", 11112, "PACS", "ME", "Hospital", 30.0, protocol="CMOVE", trusted=False)
# A row as Slicer writes it.
SLICER_ROW = {
    "Name": "Lab",
    "Verification": "success",
    "QueryRetrieveCheckState": 2,
    "StorageCheckState": 0,
    "TrustedCheckState": 2,
    "Calling AETitle": "SLICER",
    "Called AETitle": "ORTHANC",
    "Address": "10.0.0.5",
    "Port": "4242",
    "Timeout": "15",
    "Retrieve Protocol": "CMOVE",
    "Retrieve Proxy": "",
}


def test_defaults_where_there_is_no_list():
    names = [
        (peer.name, peer.host, peer.port, peer.called_ae, peer.query) for peer in load_peers(MemorySettings())
    ]
    assert names == [
        ("ExampleHost", "dicom.example.com", 11112, "AETITLE", False),
        ("MedicalConnections", "dicomserver.co.uk", 104, "ANYAE", False),
    ]


@pytest.mark.parametrize("row", ['{"Name": "Hosp', "[1]", "3", {"Name": "x"}, b"\xff"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_that_is_none_hides_no_other(row, place, caplog):
    settings = MemorySettings()
    save_peers(settings, [PACS] * 3)
    settings.setValue(f"DICOM/ServerNodes/{place}", row)
    assert load_peers(settings) == [PACS] * 2
    assert caplog.messages == [f"Row {place} of a list of servers in the settings cannot be read: left out."]


def test_round_trip_with_tls():
    settings = MemorySettings()
    secured = Peer("h", 2762, "A", "B", "Secured", tls=TLSOptions("ca.pem", "c.pem", "k.pem", verify=False))
    save_peers(settings, [PACS, secured])
    assert load_peers(settings) == [PACS, secured]
    save_peers(settings, [secured])
    assert load_peers(settings) == [secured]
    assert "DICOM/ServerNodes/1" not in settings.values


def test_a_list_of_slicer_is_read():
    settings = MemorySettings()
    settings.setValue("DICOM/ServerNodeCount", "1")
    settings.setValue("DICOM/ServerNodes/0", json.dumps(SLICER_ROW))
    assert load_peers(settings) == [
        Peer("10.0.0.5", 4242, "ORTHANC", "SLICER", "Lab", 15.0, protocol="CMOVE", storage=False)
    ]


def test_slicer_finds_its_keys_in_ours():
    settings = MemorySettings()
    save_peers(settings, [PACS])
    row = json.loads(settings.values["DICOM/ServerNodes/0"])
    assert row.keys() >= SLICER_ROW.keys()
    assert (row["Port"], row["Timeout"], row["TrustedCheckState"]) == ("11112", "30", 0)


def test_a_proxy_belongs_to_the_first_that_names_it():
    proxy = Peer("p", 1, "PROXY", name="proxy")
    first, second = (Peer("h", 1, name=name, proxy="proxy") for name in ("first", "second"))
    pairs = with_proxies([first, proxy, second])
    assert [(peer.name, other.name if other else None) for peer, other in pairs] == [
        ("first", "proxy"),
        ("second", None),
    ]
    assert [peer.move_destination for peer, _ in pairs] == ["PROXY", ""]


@pytest.mark.parametrize(
    ("peer", "words"),
    [
        (Peer("", 104, name="X"), "no address"),
        (Peer("h", 0), "no TCP port"),
        (Peer("h", 104, "SEVENTEEN_LETTERS"), "called AE title"),
        (Peer("h", 104, "A\\B"), "called AE title"),
        (Peer("h", 104, "A", "  "), "calling AE title"),
    ],
)
def test_what_cannot_be_called_is_said_before(peer, words):
    with pytest.raises(NetworkError, match=words):
        peer.check()
