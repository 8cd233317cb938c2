"""Faults made on purpose against the archive server: garbage, peers that die, stall or refuse, floods."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time

import pytest
from pynetdicom import AE, evt
from pynetdicom.dsutils import encode

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.network import pdu
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.echo import echo
from DICOMLib.network.get_scu import Answer, GetClient, Instance
from DICOMLib.network.models import FIND_MODELS, GET_MODELS, MOVE_MODELS
from DICOMLib.network.pdu import AssociateRequest, Context
from DICOMLib.network.peers import Peer
from DICOMLib.network.query import identifier
from DICOMLib.network.retrieve import retrieve
from Testing import factories
from Testing.DICOMLib.archive.conftest import TITLE, options
from Testing.DICOMLib.network import files

pytestmark = pytest.mark.network

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
STUDY = str(factories.uid("study"))
FIND, GET, MOVE = 1, 3, 5  # contexts
REQUEST = pdu.encode_request(
    AssociateRequest(
        TITLE,
        "TESTER",
        tuple(
            Context(number, uid, (EXPLICIT,))
            for number, uid in ((FIND, FIND_MODELS[0]), (GET, GET_MODELS[0]), (MOVE, MOVE_MODELS[0]), (7, CT))
        ),
        scp_roles=(CT,),
    )
)
MODELS = {FIND: (FIND_MODELS[0], 0x20), GET: (GET_MODELS[0], 0x10), MOVE: (MOVE_MODELS[0], 0x21)}


@pytest.fixture
def hasty(serve):
    """A server that waits for a second only."""
    return serve(options(association_timeout_s=1, idle_timeout_s=1))


def request(context: int, level: str = "STUDY", **keys: object) -> bytes:
    """A PDU with a request of one of the models."""
    model, field = MODELS[context]
    values = {pdu.AFFECTED_SOP_CLASS: model, pdu.COMMAND_FIELD: field, pdu.MESSAGE_ID: 7,
              pdu.PRIORITY: 0, pdu.DATA_SET_TYPE: 1}  # fmt: skip
    if context == MOVE:
        values[pdu.MOVE_DESTINATION] = "NOBODY"
    fragments = b""
    for flags, body in (
        (3, pdu.encode_command(values)),
        (2, encode(identifier(level, keys, ()), False, True)),
    ):
        fragments += struct.pack(">IBB", len(body) + 2, context, flags) + body
    return pdu.pdu(pdu.DATA_TF, fragments)


def associations_end(server) -> bool:
    end = time.monotonic() + 30
    while server.listener.associations and time.monotonic() < end:
        time.sleep(0.02)
    return not server.listener.associations


def test_damaged_conversations_harm_nothing(hasty, caplog):
    """400 conversations in which bytes were changed, left out or added."""
    chance = random.Random(11)
    asked = [request(FIND, StudyDate="20240101-"), request(GET, StudyInstanceUID=STUDY), request(MOVE)]
    for _ in range(400):
        raw = bytearray(REQUEST + chance.choice(asked) + chance.choice(asked) + pdu.RELEASE_REQUEST)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(raw)) if chance.random() < 0.3 else chance.randrange(460, len(raw))
            raw[place] = chance.randrange(256)
        cut = chance.choice([len(raw), len(raw), chance.randrange(len(raw))])
        with socket.create_connection(("127.0.0.1", hasty.port), 5) as connection:
            connection.sendall(raw[:cut])
    assert run(echo(Peer("127.0.0.1", hasty.port, TITLE))).seconds
    assert associations_end(hasty)
    assert "an association failed" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("context", [FIND, GET])
@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 64, b"\x08\x00\x52\x00CS\xff\xff", b"\x08\x00\x52\x00SQ\x00\x00\xff\xff\xff\xff", b"\x00" * 7],
)
def test_an_identifier_that_is_none_is_refused(hasty, context, garbage):
    """The association goes on: a proper query is answered afterwards."""
    message = request(context)
    length = struct.unpack_from(">I", message, 6)[0]
    body = message[6 : 10 + length] + struct.pack(">IBB", len(garbage) + 2, context, 2) + garbage
    with socket.create_connection(("127.0.0.1", hasty.port), 5) as connection:
        connection.settimeout(10)
        connection.sendall(REQUEST)
        connection.recv(65536)
        connection.sendall(pdu.pdu(pdu.DATA_TF, body))
        status = pdu.decode_command(connection.recv(65536)[12:]).number(pdu.STATUS)
        assert status in (0xC000, 0xA900)
        connection.sendall(request(FIND, PatientID="NOBODY"))
        assert pdu.decode_command(connection.recv(65536)[12:]).number(pdu.STATUS) == 0


def test_an_evil_uid_finds_nothing(server, tmp_path):
    receiver = FolderReceiver(tmp_path / "taken")
    client = GetClient(Peer("localhost", server.port, TITLE), {CT})
    client.associate()
    asked = identifier("STUDY", {"StudyInstanceUID": "1"})
    asked["StudyInstanceUID"]._value = "../../x"
    (answer,) = client.get(asked, receiver)
    client.release()
    assert (answer.status, answer.counts[1:]) == (0, (0, 0, 0))
    assert not receiver.files


def test_cancel_stops_the_server(server, tmp_path):
    receiver = FolderReceiver(tmp_path / "taken")
    client = GetClient(Peer("localhost", server.port, TITLE), {CT})
    client.associate()
    news = []
    for one in client.get(Wanted(STUDY).request(), receiver):
        news.append(one)
        if len([item for item in news if isinstance(item, Instance)]) == 2:
            client.cancel()
    client.release()
    last = news[-1]
    assert isinstance(last, Answer)
    remaining, completed, _failed, _warning = last.counts
    assert last.status == 0xFE00
    assert (remaining + completed, completed < 7) == (7, True)


def test_a_peer_that_dies_in_the_middle(hasty):
    with socket.create_connection(("127.0.0.1", hasty.port), 5) as connection:
        connection.sendall(REQUEST + request(GET, StudyInstanceUID=STUDY))
        connection.recv(2000)
    assert associations_end(hasty)


def test_a_peer_that_stalls_is_left_in_time(hasty):
    with socket.create_connection(("127.0.0.1", hasty.port), 5) as connection:
        connection.sendall(REQUEST + request(GET, StudyInstanceUID=STUDY))
        connection.recv(2000)
        assert hasty.listener.associations
        assert associations_end(hasty)


def test_a_peer_that_answers_to_what_was_not_asked(hasty):
    """It answers to a C-STORE of another message ID: the association is aborted."""
    wrong = pdu.encode_command({pdu.COMMAND_FIELD: 0x8001, pdu.RESPONDED_TO: 999, pdu.DATA_SET_TYPE: 0x0101,
                                pdu.STATUS: 0})  # fmt: skip
    message = pdu.pdu(pdu.DATA_TF, struct.pack(">IBB", len(wrong) + 2, 7, 3) + wrong)
    with socket.create_connection(("127.0.0.1", hasty.port), 5) as connection:
        connection.settimeout(10)
        connection.sendall(REQUEST)
        connection.recv(65536)
        connection.sendall(request(GET, StudyInstanceUID=STUDY) + message)
        heard = b""
        while piece := connection.recv(65536):
            heard += piece
    assert heard.endswith(pdu.abort(2, 1))


def test_a_peer_that_takes_half_of_the_classes(server, database, tmp_path):
    """It asks for MR only: CT is named as failed, and the status says that nothing was sent."""
    client = GetClient(Peer("localhost", server.port, TITLE), {"1.2.840.10008.5.1.4.1.1.4"})
    client.associate()
    (*_, answer) = client.get(Wanted(STUDY).request(), FolderReceiver(tmp_path / "taken"))
    client.release()
    assert (answer.status, answer.counts[2]) == (0xA702, 7)
    assert len(answer.identifier.FailedSOPInstanceUIDList) == 7


def test_a_destination_that_breaks_at_one_instance(serve, sources, tmp_path):
    bad, taken = files.sop_of(sources[3]), []

    def take(event):
        if event.request.AffectedSOPInstanceUID == bad:
            event.assoc.abort()
        taken.append(event.request.AffectedSOPInstanceUID)
        return 0

    entity = AE("BRITTLE")
    entity.add_supported_context(CT, list(files.SYNTAXES))
    there = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, take)])
    try:
        destination = Peer("127.0.0.1", there.server_address[1], "BRITTLE", timeout_s=3, response_timeout_s=3)
        server = serve(destinations=[destination])
        peer = Peer("localhost", server.port, TITLE, protocol="CMOVE", move_destination="BRITTLE")
        receipt = run(retrieve(peer, [Wanted(STUDY)]))
    finally:
        there.shutdown()
    assert len(set(taken) - {bad}) == 6
    assert any("1 failed" in remark for remark in receipt.remarks), receipt.as_text()


def test_a_hundred_queries_at_once(serve):
    server = serve(options(max_associations=20))
    outcomes: list[str] = []

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
            connection.settimeout(30)
            try:
                connection.sendall(REQUEST)
                first = connection.recv(65536)[:1]
                if first != b"\x02":
                    outcomes.append("refused")
                    return
                connection.sendall(request(FIND, "IMAGE") + pdu.RELEASE_REQUEST)
                heard = b""
                while piece := connection.recv(65536):
                    heard += piece
                outcomes.append("answered" if heard.endswith(pdu.RELEASE_RESPONSE) else "cut")
            except OSError:
                outcomes.append("refused")

    threads = [threading.Thread(target=ask) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 100
    assert "cut" not in outcomes
    assert outcomes.count("answered") >= 20
    assert run(echo(Peer("localhost", server.port, TITLE))).seconds


def test_a_server_stops_although_it_sends(serve, tmp_path):
    server = serve()
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall(REQUEST + request(GET, StudyInstanceUID=STUDY))
        connection.recv(100)
        begin = time.monotonic()
        server.stop(grace_s=0.2)
    assert time.monotonic() - begin < 20
    assert not [thread for thread in threading.enumerate() if thread.name == "dicom-association"]
    with pytest.raises(NetworkError):
        run(echo(Peer("localhost", server.port or 1, TITLE, timeout_s=2)))
