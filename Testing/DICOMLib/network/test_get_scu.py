"""C-GET from a peer that does not say of which classes its instances are (PS3.4: it need not)."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.presentation import AllStoragePresentationContexts

from DICOMLib.core.jobs import run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.get_scu import storage_proposals
from DICOMLib.network.models import FIND_MODELS, GET_MODELS
from DICOMLib.network.peers import Peer
from DICOMLib.network.retrieve import RetrieveOptions, retrieve
from Testing import factories

pytestmark = pytest.mark.network

STUDY = str(factories.uid("study"))
CT, LABEL_MAP = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.66.7"
CONTEXT_REPORT = "1.2.840.10008.5.1.4.1.1.88.71"  # acquisition context SR
CLASSES = (CT, LABEL_MAP, CONTEXT_REPORT)


@pytest.fixture
def peer():
    """It has an instance of each class; when it is asked again, it is asked for what is missing."""
    datasets = factories.ct_series(3, "one")
    for dataset, sop_class in zip(datasets, CLASSES, strict=True):
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class

    def find(event):
        for dataset in datasets[:1] if event.identifier.QueryRetrieveLevel == "SERIES" else datasets:
            match = Dataset()
            match.SeriesInstanceUID, match.SOPInstanceUID = dataset.SeriesInstanceUID, dataset.SOPInstanceUID
            yield 0xFF00, match

    def give(event):
        wanted = event.identifier.get("SOPInstanceUID") or [one.SOPInstanceUID for one in datasets]
        given = [one for one in datasets if one.SOPInstanceUID in wanted]
        yield len(given)
        for dataset in given:
            yield 0xFF00, dataset

    entity = AE("SILENT")
    for model in (*FIND_MODELS, *GET_MODELS):
        entity.add_supported_context(model)
    for sop_class in CLASSES:
        entity.add_supported_context(sop_class, scu_role=True, scp_role=True)
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, find), (evt.EVT_C_GET, give)]
    )
    yield Peer("127.0.0.1", server.server_address[1], "SILENT", response_timeout_s=10)
    server.shutdown()


def test_all_classes_come_within_one_retry(peer, tmp_path):
    at_once = FolderReceiver(tmp_path / "at once")
    run(retrieve(peer, [Wanted(STUDY)], at_once, options=RetrieveOptions(retries=0)))
    assert len(at_once.files) == 2  # the label map, which is loaded here, has no lower place than the CT
    receiver = FolderReceiver(tmp_path / "taken")
    receipt = run(retrieve(peer, [Wanted(STUDY)], receiver))
    assert (receipt.asked, receipt.done, receipt.complete) == (3, 3, True)


def test_every_class_has_its_turn():
    first, again = ({uid for uid, _ in storage_proposals({""}, turn)} for turn in (False, True))
    assert len(first) == len(again) == 126
    assert {str(one.abstract_syntax) for one in AllStoragePresentationContexts} <= first | again
    assert set(CLASSES[:2]) <= first
    assert CONTEXT_REPORT in again - first


def test_what_is_known_is_proposed_beside_what_is_not():
    assert storage_proposals({"", "1.2.3"})[0][0] == "1.2.3"
    assert {uid for uid, _ in storage_proposals({CT})} == {CT}
